"""Data quality and freshness: what was read and when, what is missing, what the checks say."""

from collections.abc import Sequence
from datetime import datetime

from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence
from reports.decks.layouts import Box
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.parts import missing, panel
from reports.formats import Formats, utc
from reports.views.company import Freshness, Quality
from reports.views.figures import Figure, Receipt, counted
from reports.views.organizations import Snapshot
from reports.views.quality import MissingInput, StreamFreshness, UnmappedAccount

SOURCES = {
    "ninjaone": "NinjaOne",
    "connectwise": "ConnectWise",
    "stripe": "Stripe",
    "quickbooks": "QuickBooks Online",
}
_FRESHNESS, _UNMAPPED = "marts.fct_source_freshness", "marts.fct_unmapped_accounts"


def render_freshness(deck: Deck, view: Freshness) -> None:
    """One row a source: its streams, the oldest last complete read among them, and what failed."""
    page = deck.page("Table", freshness_headline(deck.formats, view.streams))
    if not view.streams:
        missing(
            page,
            page.place("Table"),
            "Sources",
            ["No source is connected. The figures of this deck were imported or entered by hand."],
        )
        return
    rows = []
    for source in dict.fromkeys(stream.source for stream in view.streams):
        streams = [stream for stream in view.streams if stream.source == source]
        rows.append(_source_row(page, source, streams, deck.quarter.quarter))
        for stream in streams:
            outcome = stream.last_outcome or "never read"
            page.say(
                f"{stream.source} {stream.stream}: {outcome}, last complete read {utc(stream.last_completed_at)}, "
                f"data as of {utc(stream.completed_as_of)}."
            )
    page.table(
        "Table",
        Table(
            columns=(
                Column("Source", 2.6),
                Column("Streams", 1.2, "r"),
                Column("Records", 1.2, "r"),
                Column("Rejected", 1.3, "r"),
                Column("Oldest complete read", 2.8),
                Column("Data as of", 2.4),
                Column("State", 2.5),
            ),
            rows=rows,
            size=13,
            row_height=0.42,
        ),
        alt="Sources with their streams, records, last complete read and state.",
    )
    room = page.place("Table")
    below = Box(room.left, room.top + 0.42 * (len(rows) + 1) + 0.3, room.width, 1.9)
    panel(page, below, "How to read this", _reading_help(deck.formats, deck.snapshot.state), size=13)


def render_gaps(deck: Deck, quality: Quality) -> None:
    """Four panels: missing inputs, unmapped accounts, clients to confirm, checks."""
    formats, quarter = deck.formats, deck.quarter
    page = deck.page("Finding", gaps_headline(formats, quality, quarter.quarter))
    upper, lower = page.content.rows(1, 1)
    (inputs, accounts), (clients, checks) = upper.columns(1, 1), lower.columns(1, 1)
    period = quarter.quarter

    def count(metric: str, number: int, model: str) -> str:
        return page.count(metric, period, number, model=model)

    has_books = any(stream.source == "quickbooks" for stream in quality.streams)
    panel(
        page,
        inputs,
        f"Missing inputs: {count('missing_inputs', len(quality.missing), 'marts.fct_missing_inputs')}",
        missing_lines(formats, quality.missing),
        more="more, listed by qbr doctor",
        empty="Every monthly input has a value." if quarter.complete_months else "No month of the quarter is over.",
    )
    panel(
        page,
        accounts,
        f"Accounts without a mapping: {count('unmapped_accounts', len(quality.unmapped), _UNMAPPED)}",
        [_account_line(page, account, period) for account in quality.unmapped],
        empty="Every account with postings is mapped." if has_books else "No books were read.",
    )
    unconfirmed = [
        f"{client.name}: {'found in one system only' if client.is_unmatched else 'matched by name, to be confirmed'}"
        for client in quality.clients
    ]
    panel(
        page,
        clients,
        f"Clients to confirm: {count('clients.to_confirm', len(quality.clients), 'marts.dim_clients')}",
        unconfirmed,
        empty="Every client is matched and confirmed." if quality.has_clients else "No client is known.",
    )
    failed = [check for check in quality.checks if not check.is_passed]
    passed = len(quality.checks) - len(failed)
    total = count("checks.all", len(quality.checks), "app.check_results")
    done = count("checks.passed", passed, "app.check_results")
    panel(
        page,
        checks,
        f"Checks passed: {done} of {total}",
        [f"{check.severity.capitalize()}: {check.check_name} on {check.subject}" for check in failed],
        empty="No check was recorded for this organization." if not quality.checks else "All checks passed.",
    )
    for gap in quality.missing:
        page.say(f"Missing: {gap.metric} {gap.period}, {gap.reason}.")
    for check in failed:
        page.say(f"Failed {check.severity}: {check.check_name} on {check.subject}: {check.message}")


def freshness_headline(formats: Formats, streams: Sequence[StreamFreshness]) -> str:
    """Whether every stream was read to its end, and if not, which source to look at."""
    if not streams:
        return "No source is connected; the figures were imported or entered by hand"
    never = [stream for stream in streams if stream.last_completed_at is None]
    failed = [stream for stream in streams if stream.last_outcome == "failed"]
    if never:
        return f"{_names(never)} has streams that were never read completely"
    if failed:
        return f"The last read of {_names(failed)} failed; the figures stand as of the read before"
    oldest = min(stream.last_completed_at for stream in streams if stream.last_completed_at is not None)
    return f"Every stream was read completely, the oldest at {formats.instant(oldest)}"


def gaps_headline(formats: Formats, quality: Quality, period: str) -> Finding:
    """What is missing, counted; or that nothing is."""
    say = Sentence(formats)
    parts = []
    if quality.missing:
        count = counted("missing_inputs", "missing inputs", period, len(quality.missing), "marts.fct_missing_inputs")
        parts.append(say.count(count, "input is missing", "inputs are missing"))
    if quality.unmapped:
        accounts = len(quality.unmapped)
        count = counted("unmapped_accounts", "unmapped", period, accounts, "marts.fct_unmapped_accounts")
        parts.append(say.count(count, "account is unmapped", "accounts are unmapped"))
    if quality.clients:
        count = counted("clients.to_confirm", "clients", period, len(quality.clients), "marts.dim_clients")
        parts.append(say.count(count, "client is to be confirmed", "clients are to be confirmed"))
    failed = sum(not check.is_passed for check in quality.checks)
    if failed:
        rows = len(quality.checks)
        count = counted("checks.failed", "failed checks", period, failed, "app.check_results", of_rows=rows)
        parts.append(say.count(count, "check fails", "checks fail"))
    if not parts:
        if not quality.checks:
            return say.finding("No gap is known, but no check was recorded for this organization")
        return say.finding("No gap is known and no check fails")
    text = ", ".join(parts)
    return say.finding(text[:1].upper() + text[1:])


def missing_lines(formats: Formats, gaps: Sequence[MissingInput]) -> list[str]:
    """One line a metric with the months it misses."""
    by_metric: dict[str, list[MissingInput]] = {}
    for gap in gaps:
        by_metric.setdefault(gap.label, []).append(gap)
    return [
        f"{label}: {', '.join(formats.month(gap.period) for gap in found)} ({found[0].reason})"
        for label, found in by_metric.items()
    ]


def _source_row(page: Page, source: str, streams: Sequence[StreamFreshness], period: str) -> list[Cell]:
    formats = page.formats
    name = SOURCES.get(source, source)
    facts = []
    for what, amount, how in (
        ("streams", len(streams), f"rows counted: streams of {source}"),
        ("records", sum(stream.records or 0 for stream in streams), f"sum of records of {source}"),
        ("rejected", sum(stream.records_rejected or 0 for stream in streams), f"sum of records_rejected of {source}"),
    ):
        facts.append(page.count(f"{source}.{what}", period, amount, model=_FRESHNESS, how=how))
    never = [stream for stream in streams if stream.last_completed_at is None]
    failed = [stream.stream for stream in streams if stream.last_outcome == "failed"]
    oldest = None if never else _oldest([stream.last_completed_at for stream in streams])
    as_of = None if never else _oldest([stream.completed_as_of for stream in streams])
    if failed:
        state = Cell(f"Failed: {', '.join(failed)}", bold=True, colour="accent6")
    elif never:
        state = Cell(f"Never read: {', '.join(stream.stream for stream in never)}", bold=True, colour="accent6")
    else:
        state = Cell("Complete", bold=True, colour="accent4")
    streams_cell, records_cell, rejected_cell = (Cell(fact) for fact in facts)
    dates = Cell(formats.instant(oldest)), Cell(formats.instant(as_of))
    return [Cell(name, bold=True), streams_cell, records_cell, rejected_cell, *dates, state]


def _oldest(instants: Sequence[datetime | None]) -> datetime | None:
    known = [instant for instant in instants if instant is not None]
    return min(known) if known else None


def _account_line(page: Page, account: UnmappedAccount, period: str) -> str:
    name = f"unmapped.{account.account_id}"
    shown = page.formats.money(account.amount, 2)
    receipt = Receipt(_UNMAPPED, method="recorded", note="sum of amount over the quarter's months")
    page.cite(Figure(name, account.account_name, period, account.amount, "usd", receipt), shown)
    return f"{account.account_name} ({account.report_group}): {shown}"


def _names(streams: Sequence[StreamFreshness]) -> str:
    return ", ".join(dict.fromkeys(SOURCES.get(stream.source, stream.source) for stream in streams))


def _reading_help(formats: Formats, snapshot: Snapshot) -> list[str]:
    checked = formats.instant(snapshot.checked_at) if snapshot.checked_at else "no check was recorded"
    return [
        "A source is fresh when each of its streams was read to its end; rows alone prove nothing.",
        "A value that cannot be computed is shown as No data with its reason, never as zero.",
        "The speaker notes of every slide hold the receipt of each figure.",
        f"Checks last run: {checked}",
    ]
