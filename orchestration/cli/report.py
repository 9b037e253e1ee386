"""Tables that commands print: SmartNumbers, streams, checks, decks, alerts."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration import readings
from orchestration.checks import blocks
from orchestration.extraction import StreamOutcome
from orchestration.pipeline import OrganizationReport, RunReport
from orchestration.progress import complain
from orchestration.quarter_decks import QuarterDecks
from reports.alerts import AlertSummary
from reports.views.quality import UnmatchedClient, unmatched_clients
from warehouse.check_results import CheckResult
from warehouse.engine import connect
from warehouse.periods import latest_complete_quarter
from warehouse.settings import PROJECT_ROOT

LONGEST_ALERT = 240  # characters on the screen; var/alerts/ and the deliveries hold the whole text
COLOURS = {"green": "green", "yellow": "yellow", "red": "red", "grey": "bright_black", "neutral": "white"}
SEARCHES = {"feed": "feed", "id sweep": "ids", "complete set": "all", "not looked for": "-"}
UNIT_MARKS = {"usd": "$"}


def shown(value: Decimal | None, unit: str, scale: int) -> str:
    """A value as a person reads it: percent for fractions, separators for money. NULL is 'no data', never 0."""
    if value is None:
        return "no data"
    if unit == "fraction":
        return f"{_rounded(value * 100, max(scale - 2, 0)):,}%"
    if unit in {"count", "fte"}:
        return f"{_rounded(value, scale).normalize():,f}"
    return f"{'-' if value < 0 else ''}{UNIT_MARKS.get(unit, '')}{abs(_rounded(value, scale)):,}"


def _rounded(value: Decimal, scale: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_EVEN)


def smartnumbers_table(name: str, quarter: str, rows: Sequence[dict[str, Any]]) -> Table:
    """The SmartNumbers of a quarter: value, previous quarter, change, colour."""
    incomplete = " (incomplete)" if any(row["is_incomplete"] for row in rows) else ""
    table = Table(title=f"{name}: SmartNumbers of {quarter}{incomplete}", title_justify="left")
    for heading in ("", "SmartNumber"):
        table.add_column(heading)
    for heading in (quarter, rows[0]["previous_quarter"] or "before", "change"):
        table.add_column(str(heading), justify="right")
    table.add_column("colour")
    for row in rows:
        change = row["change"]
        table.add_row(
            str(row["position"]),
            row["label"],
            shown(row["value"], row["unit"], row["scale"]),
            shown(row["previous_value"], row["unit"], row["scale"]),
            "" if change is None else f"{'+' if change > 0 else ''}{shown(change, row['unit'], row['scale'])}",
            Text(row["status"], style=COLOURS.get(row["status"], "white")),
        )
    return table


def extraction_table(outcomes: Sequence[StreamOutcome]) -> Table:
    """What was extracted, a line a stream under its source: what the vendor counts, how deletions were looked for."""
    table = Table(title="Extracted", title_justify="left")
    table.add_column("stream", no_wrap=True)
    for heading in ("records", "counted", "new", "changed", "deleted", "by", "rejected", "seconds"):
        table.add_column(heading, justify="left" if heading == "by" else "right")
    table.add_column("outcome")
    source = ""
    for one in outcomes:
        if one.source != source:
            source = one.source
            table.add_section()
            table.add_row(Text(source, style="bold"))
        proof = one.certificate or {}
        figures = [
            f"{one.records:,}",
            "" if proof.get("vendor_count") is None else f"{proof['vendor_count']:,}",
            f"{one.new:,}",
            f"{one.changed:,}",
            f"{one.deleted:,}",
            SEARCHES.get(proof.get("deletions", ""), ""),
            f"{one.rejected:,}",
            f"{one.seconds:.1f}",
        ]
        table.add_row(
            f"  {one.stream}",
            *(figures if one.is_complete else [""] * len(figures)),
            "complete" if one.is_complete else Text("failed", style="red"),
        )
    return table


def remarks(outcomes: Sequence[StreamOutcome]) -> list[str]:
    """What complete reads have to say about themselves, a sentence a cause."""
    causes: dict[tuple[str, str], list[str]] = {}
    for one in outcomes:
        if one.note:
            causes.setdefault((one.source, one.note), []).append(one.stream)
    return [f"{source}, {', '.join(streams)}: {note}" for (source, note), streams in causes.items()]


def failures(outcomes: Sequence[StreamOutcome]) -> list[str]:
    """What failed and why, a sentence a cause: a source that refuses us says so once, not once a stream."""
    causes: dict[tuple[str, str], list[str]] = {}
    for one in outcomes:
        if one.error is not None:
            causes.setdefault((one.source, one.error), []).append(one.stream)
    asked = Counter(one.source for one in outcomes)
    return [f"{source}, {_listed(streams, asked[source])}: {error}" for (source, error), streams in causes.items()]


def _listed(streams: Sequence[str], asked: int) -> str:
    return f"all {asked} streams" if len(streams) == asked > 1 else ", ".join(streams)


def checks_line(outcomes: Sequence[CheckResult]) -> str:
    """How many checks passed, warned and failed."""
    failed = sum(blocks(outcome) for outcome in outcomes)
    warned = sum(not outcome.is_passed and not blocks(outcome) for outcome in outcomes)
    return f"Checks: {len(outcomes) - failed - warned} passed, {warned} warnings, {failed} failed"


def print_checks(console: Console, outcomes: Sequence[CheckResult]) -> None:
    """How many checks passed, and each one that did not with its sentence."""
    _plain(console, checks_line(outcomes))
    for outcome in outcomes:
        if not outcome.is_passed:
            mark = Text(f"  {'FAILED ' if blocks(outcome) else 'warning'} ", "red" if blocks(outcome) else "yellow")
            console.print(mark.append(f"{outcome.check_name}: {outcome.message}", "default"), soft_wrap=True)


def print_run(console: Console, done: RunReport) -> None:
    """Everything one run did, an organization after the other; what did not work comes last, on the error output."""
    for one in done.organizations:
        _print_organization(console, one, done)
    for one in done.organizations:
        for sentence in failures(one.streams):
            complain(f"qbr: {sentence}")
        if one.decks_blocked:
            complain(f"qbr: {one.decks_blocked}")
        for sentence in one.decks.failed:
            complain(f"qbr: {sentence}")
    if summary := _shortfall(done):
        complain(f"qbr: {summary}")


def _shortfall(done: RunReport) -> str | None:
    """What a run that did not do everything has left undone, and how to go on."""
    streams = [outcome for one in done.organizations for outcome in one.streams]
    failed = [outcome for outcome in streams if not outcome.is_complete]
    if not failed:
        return None
    return (
        f"{len(failed)} of {len(streams)} streams were not read, so figures that rest on them stand as of their last "
        "complete read; what was loaded stays. Mend the cause above and run the same command again."
    )


def _print_organization(console: Console, one: OrganizationReport, done: RunReport) -> None:
    organization = one.organization
    if one.streams:
        console.print(extraction_table(one.streams))
    quarter = str(latest_complete_quarter(done.as_of, organization.time_zone))
    with connect() as connection:
        known = quarter in readings.quarters(connection, organization.id)
        rows = readings.smartnumbers(connection, organization.id, quarter) if known else []
        clients = unmatched_clients(connection, organization.id)
    if any(row["value"] is not None for row in rows):
        console.print(smartnumbers_table(organization.name, quarter, rows))
        for row in rows:
            if row["value"] is None:
                _plain(console, f"  {row['label']}: no data, {row['reason']}")
    elif organization.reads_its_database_alone:
        _plain(
            console,
            f"{organization.name} reads an operational database alone, so it has no SmartNumbers of a "
            f"service provider; docs/metrics.md lists its figures, `qbr explain KEY` tells one.",
        )
    else:
        _plain(
            console,
            f"{organization.name} has no SmartNumbers of {quarter} yet: none of their inputs is known. "
            f"Next: {first_steps(organization.id)}, then `qbr run`. `qbr metrics` says what each one lacks.",
        )
    if clients and not organization.reads_its_database_alone:  # where there is one source, all are in one alone
        _plain(console, _clients_line(organization.id, clients))
    print_checks(console, one.checks)
    if one.alerts is not None:
        _print_alerts(console, one.alerts)
    if one.deliveries is not None:
        _plain(console, f"Deliveries: {one.deliveries}")
    _print_decks(console, one)


def _clients_line(organization_id: str, clients: Sequence[UnmatchedClient]) -> str:
    """Which clients a person should look at; all of them count in the totals."""
    alone = [client.name for client in clients if client.is_unmatched]
    unconfirmed = sum(not client.is_unmatched for client in clients)
    found = ([f"{len(alone)} found in one source only ({'; '.join(alone)})"] if alone else []) + (
        [f"{unconfirmed} matched by name alone"] if unconfirmed else []
    )
    return f"Clients to look at: {', '.join(found)}. Map them under `clients` in config/{organization_id}.yml."


def _print_alerts(console: Console, alerts: AlertSummary) -> None:
    """How many alerts opened, stay and ended, and what each new one says."""
    counts = f"{len(alerts.opened)} opened, {len(alerts.still_open)} still open, {len(alerts.resolved)} resolved"
    _plain(console, f"Alerts: {counts}")
    for incident in alerts.opened:
        _plain(
            console, f"  [{incident.severity}] {textwrap.shorten(incident.message, LONGEST_ALERT, placeholder=' ...')}"
        )


def _print_decks(console: Console, one: OrganizationReport) -> None:
    """The company's deck by name, the clients' by their folder."""
    of_clients = [deck for deck in one.decks.built if deck.client_id != "all"]
    for deck in one.decks.built:
        if deck not in of_clients:
            whose = "Deck of the company" if deck.kind == "company" else f"Deck for {deck.kind}s"
            _plain(console, f"{whose}: {near(deck.path)}")
    if of_clients:
        _plain(console, f"Decks of {len(of_clients)} clients: {near(of_clients[0].path.parent.parent)}/")
    if one.decks.built:
        _plain(console, summary(one.decks))
    for said in without_decks(one.decks):
        _plain(console, said)


def summary(done: QuarterDecks) -> str:
    """How many decks there are now, and what lies beside them."""
    companions, new = done.companions, len(done.built) - done.unchanged
    said = [f"{new} decks drawn", *([f"{done.unchanged} as they were"] if done.unchanged else [])]
    if companions.handouts:
        said.append(f"{len(companions.handouts)} handouts")
    if companions.pdfs:
        said.append(f"{len(companions.pdfs)} PDFs by {companions.made_by}")
    return ", ".join(said) + (f". {companions.why_no_pdf}" if companions.why_no_pdf else "")


def without_decks(done: QuarterDecks) -> list[str]:
    """Which clients got no deck because there is nothing to show, and why."""
    if not done.left_out:
        return []
    clients = "1 client, which has" if len(done.left_out) == 1 else f"{len(done.left_out)} clients, which have"
    return [f"No deck for {clients} nothing to show:", *(f"  {one}" for one in done.left_out)]


def first_steps(organization_id: str) -> str:
    """How an organization that has no figures comes by some."""
    return (
        f"connect a source with `qbr connect SOURCE --organization {organization_id}` or import history with "
        f"`qbr import manual FILE --organization {organization_id} --method imported`"
    )


def near(path: Path) -> Path:
    """A path as a person in the clone would write it."""
    return path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
