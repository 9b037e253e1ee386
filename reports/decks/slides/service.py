"""Reactive tickets and hours over thirteen months; the same slide serves the company deck and a client's."""

from collections.abc import Mapping

from reports.decks import headlines
from reports.decks.charts import Plot
from reports.decks.deck import Deck
from reports.decks.slides.parts import Statistic, chart_or_reason, lines_of, month_chart, statistics
from reports.views.figures import Series

MONTHLY = ("reactive_tickets_created", "reactive_tickets_closed", "reactive_time_spent")
"""The metrics this slide reads, by month and by quarter."""


def render_service(deck: Deck, monthly: Mapping[str, Series], quarterly: Mapping[str, Series], kicker: str) -> None:
    """Created against closed above, hours below, the quarter's figures beside them.

    `quarterly` holds three quarters a metric: last year's, the previous one, this one.
    """
    formats = deck.formats
    created, closed, hours = (quarterly[metric] for metric in MONTHLY)
    page = deck.page("Two Charts and Sidebar", kicker, headlines.tickets(formats, created, closed))
    tickets = [monthly[metric] for metric in MONTHLY[:2]]
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
    time = [monthly[MONTHLY[2]]]
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
