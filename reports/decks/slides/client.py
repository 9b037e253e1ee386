"""Slides of a client's own deck: devices, agreements, and where the data comes from. Nothing of anyone else."""

from collections.abc import Sequence
from decimal import Decimal

from reports.decks import headlines
from reports.decks.charts import Chart, Line, Plot
from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence
from reports.decks.layouts import Box
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.parts import chart_or_reason, gap_lines, lines_of, missing, month_chart, panel
from reports.decks.slides.quality import SOURCES
from reports.formats import Formats
from reports.views.client import CLIENT_SOURCES, Agreements, DataNotes, Devices
from reports.views.clients import Agreement
from reports.views.company import FLEET
from reports.views.figures import Figure, Receipt, counted
from reports.views.organizations import QuarterFacts

_MOST_CLASSES, _MOST_AGREEMENTS = 8, 12
_MOST_OF_TWO_LINES = 7
"""Rows of agreements whose names have room to break."""


def render_devices(deck: Deck, view: Devices) -> None:
    """The client's endpoints and seats over thirteen months, and what kinds of devices they are now."""
    formats, classes = deck.formats, view.classes
    series = [view.monthly[metric] for metric in FLEET]
    page = deck.page("Finding", headlines.fleet(formats, *series))
    left, right = _halves(page)
    chart_or_reason(
        page,
        left,
        month_chart(
            formats,
            "Endpoints and seats per month",
            series,
            [Plot("line", lines_of(series, ("Endpoints", "Seats"), ("accent1", "accent2")))],
            unit="count",
            skip=2,
        ),
        series,
    )
    month = formats.month(series[0].last.period)
    if not classes:
        reason = series[0].last.reason or "no device of this month is known by class"
        missing(page, right, f"Endpoints by class, {month}", [f"Not known: {reason}"])
        return
    shown, rest = list(classes[:_MOST_CLASSES]), classes[_MOST_CLASSES:]
    names = [entry.label for entry in shown]
    values: list[Decimal | None] = [entry.count.value for entry in shown]
    if rest:
        names.append("Other classes")
        values.append(sum((entry.count.value or Decimal(0) for entry in rest), Decimal(0)))
    chart = Chart(
        title=f"Endpoints by class, {month}",
        categories=names,
        plots=[Plot("bar", [Line("Endpoints", values, "accent1")], labels=True)],
        number_format=formats.excel("count"),
    )
    page.chart(right, chart, [entry.count for entry in classes])


def render_agreements(deck: Deck, view: Agreements) -> None:
    """The agreements in force at the quarter's end, with what they are and cost a month."""
    formats, agreements, quarter = deck.formats, view.agreements, deck.quarter
    page = deck.page("Table", agreements_headline(formats, agreements, quarter))
    if not agreements:
        missing(
            page, page.place("Table"), "Agreements", ["No agreement of yours was in force at the end of the quarter."]
        )
        return
    rows = [_agreement_row(page, agreement) for agreement in agreements[:_MOST_AGREEMENTS]]
    total = agreements_total(agreements, quarter.quarter)
    has_total = len(agreements) > 1 and total.value is not None
    if has_total:
        rows.append([Cell("Together"), *(Cell("") for _ in range(4)), Cell(page.value(total, places=2))])
    page.table(
        "Table",
        Table(
            columns=(
                Column("Agreement", 4.4),
                Column("Type", 2.4),
                Column("Managed", 1.4),
                Column("Since", 1.55),
                Column("Until", 1.55),
                Column("Per month", 1.4, "r"),
            ),
            rows=rows,
            strong=frozenset({len(rows) - 1}) if has_total else frozenset(),
            size=13,
            row_height=0.36 if len(rows) > _MOST_OF_TWO_LINES else 0.53,
            lines=1 if len(rows) > _MOST_OF_TWO_LINES else 2,
        ),
        alt="Agreements in force at the end of the quarter, with type, dates and monthly amount.",
    )
    for agreement in agreements[_MOST_AGREEMENTS:]:
        page.say(
            f"Also in force: {agreement.name}, {agreement.kind}, {page.value(agreement.monthly_amount, places=2)}."
        )


def render_data_notes(deck: Deck, view: DataNotes) -> None:
    """Where this client's figures come from, how fresh they are, and what is not known."""
    formats, gaps = deck.formats, view.gaps
    title = "All figures of this review are known" if not gaps else "Some figures of this review are not known"
    page = deck.page("Finding", title)
    left, right = _halves(page)
    known = [SOURCES[source] for source in view.client.sources if source in CLIENT_SOURCES]
    lines = [f"You are known in {' and '.join(known)}." if known else "You are known in none of the connected systems."]
    for source in CLIENT_SOURCES:
        own = [stream for stream in view.streams if stream.source == source]
        if not own:
            lines.append(f"{SOURCES[source]}: not connected.")
            continue
        done = [stream.last_completed_at for stream in own]
        known_instants = [instant for instant in done if instant is not None]
        oldest = min(known_instants) if len(known_instants) == len(done) else None
        lines.append(f"{SOURCES[source]}: last read completely {formats.instant(oldest)}.")
    lines += [
        f"Months end at midnight in {formats.time_zone}.",
        "Tickets are reactive tickets of the service desk; projects are not among them.",
        "Endpoints are managed devices; seats are the workstations among them.",
    ]
    if not deck.quarter.is_complete:
        lines.append(f"{deck.incomplete_words}.")
    panel(page, left, "Where the figures come from", lines, size=14)
    panel(page, right, "Not known", gap_lines(formats, gaps), empty="Nothing: every figure shown has a value.", size=14)
    for figure in gaps:
        page.cite(figure)


def agreements_headline(formats: Formats, agreements: Sequence[Agreement], quarter: QuarterFacts) -> Finding:
    """How many agreements there are, and how many of them are managed services."""
    say = Sentence(formats)
    period = formats.quarter(quarter.quarter)
    if not agreements:
        return say.finding(f"No agreement was in force at the end of {period}")
    model = "marts.fct_agreements"
    whose = agreements[0].monthly_amount.client_id
    managed = sum(agreement.is_managed for agreement in agreements)
    total = counted(
        "agreements.in_force", "agreements", quarter.quarter, len(agreements), model,
        client_id=whose, which="in force on the quarter's last day",
    )  # fmt: skip
    part = counted(
        "agreements.managed", "managed", quarter.quarter, managed, model,
        of_rows=len(agreements), client_id=whose, which="those in force that are for managed services",
    )  # fmt: skip
    verb = "was" if len(agreements) == 1 else "were"
    return say.finding(
        f"{say.count(total, 'agreement', 'agreements')} {verb} in force at the end of {period}, "
        f"{say.value(part)} for managed services"
    )


def agreements_total(agreements: Sequence[Agreement], period: str) -> Figure:
    """What all agreements come to a month; without a value when one of them has none."""
    amounts = [agreement.monthly_amount.value for agreement in agreements]
    known = [amount for amount in amounts if amount is not None]
    is_whole = len(known) == len(amounts)
    return Figure(
        metric="agreements.monthly_amount",
        label="Agreements a month",
        period=period,
        value=sum(known, Decimal(0)) if is_whole else None,
        unit="usd",
        client_id=agreements[0].monthly_amount.client_id,
        reason=None if is_whole else "an agreement has no monthly amount",
        receipt=Receipt(
            model="marts.fct_agreements",
            source="connectwise",
            source_rows=len(known),
            note="sum of monthly_amount over the agreements in force on the quarter's last day",
        ),
    )


def _halves(page: Page) -> tuple[Box, Box]:
    left, right = page.content.columns(6.4, 5.4)
    return left, right


def _agreement_row(page: Page, agreement: Agreement) -> list[Cell]:
    day = page.formats.day
    return [
        Cell(agreement.name, bold=True),
        Cell(agreement.kind),
        Cell("Yes" if agreement.is_managed else "No"),
        Cell(day(agreement.start_date) if agreement.start_date else "Not given"),
        Cell(day(agreement.end_date) if agreement.end_date else "Open"),
        Cell(page.value(agreement.monthly_amount, places=2)),
    ]
