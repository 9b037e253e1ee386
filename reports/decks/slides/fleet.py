"""Endpoints and seats over thirteen months, and who has them."""

from reports.decks import headlines
from reports.decks.charts import Plot
from reports.decks.deck import Deck, Page
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.parts import chart_or_reason, lines_of, missing, month_chart
from reports.views.clients import ClientFleet
from reports.views.company import FLEET, Fleet


def render_fleet(deck: Deck, view: Fleet) -> None:
    """The fleet's course at the left; the largest clients, the rest and the total of one month at the right."""
    formats, clients = deck.formats, view.clients
    series = [view.monthly[metric] for metric in FLEET]
    page = deck.page("Chart and Table", headlines.fleet(formats, *series))
    chart_or_reason(
        page,
        "Chart",
        month_chart(
            formats,
            "Endpoints and seats under management",
            series,
            [Plot("line", lines_of(series, ("Endpoints", "Seats"), ("accent1", "accent2")))],
            unit="count",
            skip=2,
        ),
        series,
    )
    page.say(page.words(headlines.clients_share(formats, clients)))
    month = formats.month(clients.period)
    if not clients.named:
        missing(
            page, page.place("Table"), f"By client, {month}", ["No device reading of this month belongs to a client."]
        )
        return
    rows = [_row(page, fleet) for fleet in clients.named]
    if clients.rest is not None:
        beside = clients.rest.endpoints.receipt.note or ""
        how = f"clients counted that have devices, {beside[beside.find('beside') :]}"
        page.count("clients.rest", clients.period, clients.rest_count, model="marts.fct_metrics_monthly", how=how)
        rows.append(_row(page, clients.rest))
    rows.append(_row(page, clients.total))
    page.table(
        "Table",
        Table(
            columns=(Column(f"Client, {month}", 3), Column("Endpoints", 1, "r"), Column("Seats", 1, "r")),
            rows=rows,
            strong=frozenset({len(rows) - 1}),
            row_height=0.345,
        ),
        alt=f"Endpoints and seats by client in {month}, with the organization's total in the last row.",
    )


def _row(page: Page, fleet: ClientFleet) -> list[Cell]:
    return [Cell(fleet.name), Cell(page.value(fleet.endpoints)), Cell(page.value(fleet.seats))]
