"""Reactive tickets and hours over thirteen months; the same slide serves the company deck and a client's."""

from reports.decks import headlines
from reports.decks.charts import Plot
from reports.decks.deck import Deck
from reports.decks.slides.parts import Statistic, chart_or_reason, lines_of, month_chart, statistics
from reports.views.company import SERVICE, Trends


def render_service(deck: Deck, view: Trends) -> None:
    """Created against closed above, hours below, the quarter's figures beside them."""
    formats = deck.formats
    created, closed, hours = (view.quarterly[metric] for metric in SERVICE)
    page = deck.page("Two Charts and Sidebar", headlines.tickets(formats, created, closed))
    tickets = [view.monthly[metric] for metric in SERVICE[:2]]
    chart_or_reason(
        page,
        "Upper Chart",
        month_chart(
            formats,
            "Reactive tickets per month",
            tickets,
            [Plot("column", lines_of(tickets, ("Created", "Closed"), ("accent1", "accent3")))],
            unit="count",
        ),
        tickets,
    )
    time = [view.monthly[SERVICE[2]]]
    chart_or_reason(
        page,
        "Lower Chart",
        month_chart(
            formats,
            "Hours on reactive tickets per month",
            time,
            [Plot("column", lines_of(time, ("Hours",), ("accent2",)))],
            unit="count",
        ),
        time,
    )
    statistics(
        page,
        page.place("Sidebar"),
        [
            Statistic(label, series.figures[2], (series.figures[1], series.figures[0]))
            for label, series in (
                ("Tickets created in the quarter", created),
                ("Tickets closed in the quarter", closed),
                ("Hours on reactive tickets", hours),
            )
        ],
    )
