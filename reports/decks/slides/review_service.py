"""Slides of a customer review: service, what it cost, parts and rentals, and what it was worth."""

from collections.abc import Sequence
from decimal import Decimal

from reports.decks.charts import Chart, Line, Plot, Slot
from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence
from reports.decks.layouts import Box
from reports.decks.slides.cards import Tile, draw_tiles
from reports.decks.slides.parts import missing, panel
from reports.formats import Formats
from reports.views.figures import Figure, Series, reason_of
from reports.views.review_figures import Costs, PartsAndRentals, Service, Value

_COLOURS: tuple[Slot, ...] = ("accent1", "accent2", "accent3", "tx2")


def render_service(deck: Deck, view: Service) -> None:
    """Four figures, what calls were for, and calls by month."""
    formats = deck.formats
    page = deck.page("Finding", _service_title(formats, view))
    left, right = page.content.columns(3.4, 8.6)
    tiles = (
        Tile("Service calls", view.calls),
        Tile("Planned maintenance completed", view.completion),
        Tile("Average response", view.response, places=1, suffix=" h"),
        Tile("Fixed at the first visit", view.first_time),
    )
    draw_tiles(page, left.rows(1, 1, 1, 1, gap=0.12), tiles)
    upper, lower = right.rows(1.15, 1)
    _months(page, upper, "Service calls by month", view.monthly)
    if all(figure.value is None for figure in view.shares):
        missing(page, lower, "What calls were for", [reason_of(view.shares[0])])
        return
    chart = Chart(
        "What calls were for, share of the quarter's calls",
        [figure.label for figure in view.shares],
        [Plot("bar", [Line("Share", [figure.value for figure in view.shares], "accent2")], labels=True)],
        formats.excel("fraction", 1),
    )
    page.chart(lower, chart, view.shares)


def render_costs(deck: Deck, view: Costs) -> None:
    """What service cost in all, by kind with its number of orders, and over four quarters."""
    formats = deck.formats
    page = deck.page("Finding", _costs_title(formats, view))
    upper, lower = page.content.rows(1.3, 3.3)
    tiles = [Tile("Total service spend", view.total, under=_per_machine(formats, view.per_machine))]
    tiles += [Tile(cost.label, cost, under=_orders(formats, count)) for cost, count in view.kinds]
    draw_tiles(page, upper.columns(*(1 for _ in tiles), gap=0.15), tiles)
    _quarters(page, lower, "Service cost by quarter", view.trend)


def render_parts_and_rentals(deck: Deck, view: PartsAndRentals) -> None:
    """Parts at the left, rentals at the right: figures, a chart, and what stands out."""
    formats = deck.formats
    page = deck.page("Finding", _parts_title(formats, view))
    for at, box in enumerate(page.content.columns(1, 1, gap=0.35)):
        tiles_box, chart_box, words_box = box.rows(1.1, 2.2, 1.3, gap=0.14)
        if at == 0:
            tiles = [Tile("Parts orders", view.parts_orders), Tile("Parts spend", view.parts_spend)]
            draw_tiles(page, tiles_box.columns(1, 1, gap=0.15), tiles)
            _categories(page, chart_box, view)
            panel(page, words_box, "Parts", _parts_words(page, view))
        else:
            tiles = [Tile("Active rentals", view.active_rentals), Tile("Rental days", view.rental_days, places=0)]
            draw_tiles(page, tiles_box.columns(1, 1, gap=0.15), tiles)
            _months(page, chart_box, "Rental days by month", view.rental_months)
            panel(page, words_box, "Rentals", _rental_words(page, view))


def render_value(deck: Deck, view: Value) -> None:
    """What was gained, what was spent, and spend over four quarters."""
    formats = deck.formats
    page = deck.page("Finding", _value_title(formats, view))
    upper, lower = page.content.rows(1.45, 3.15)
    under = Sentence(formats).finding(view.savings_label) if view.savings_label else None
    tiles = (
        Tile("Estimated savings vs. reactive-only maintenance", view.savings, under=under),
        Tile("Uptime achieved", view.uptime, places=1),
        Tile("Downtime avoided", view.downtime_avoided, places=1, suffix=" h", under=_against_last_year(view)),
    )
    draw_tiles(page, upper.columns(1, 1, 1), tiles)
    left, right = lower.columns(3.85, 8)
    spend = [Tile(figure.label, figure) for figure in view.spend] + [Tile("Total spend", view.total)]
    draw_tiles(page, [cell for row in left.rows(1, 1, gap=0.12) for cell in row.columns(1, 1, gap=0.12)], spend)
    _quarters(page, right, "Spend by quarter", view.trend)


def _service_title(formats: Formats, view: Service) -> Finding:
    say = Sentence(formats)
    if view.calls.value is None:
        return say.finding("How service went is not known for this quarter")
    text = f"{say.count(view.calls, 'service call', 'service calls')} in the quarter"
    if view.first_time.value is not None:
        text += f"; {say.value(view.first_time)} of repairs took one visit"
    return say.finding(text)


def _costs_title(formats: Formats, view: Costs) -> Finding:
    say = Sentence(formats)
    if view.total.value is None:
        return say.finding("What service cost is not known for this quarter")
    (planned, _), (unplanned, _), *_ = view.kinds
    text = f"Service cost {say.value(view.total)}"
    if planned.value is not None and unplanned.value is not None:
        text += f": {say.value(unplanned)} for repairs, {say.value(planned)} for planned maintenance"
    return say.finding(text)


def _parts_title(formats: Formats, view: PartsAndRentals) -> Finding:
    say = Sentence(formats)
    parts = f"Parts for {say.value(view.parts_spend)}" if view.parts_spend.value is not None else "Parts: no data"
    rentals = (
        f"rentals for {say.value(view.rental_spend)}" if view.rental_spend.value is not None else "rentals: no data"
    )
    return say.finding(f"{parts}, {rentals}")


def _value_title(formats: Formats, view: Value) -> Finding:
    say = Sentence(formats)
    if view.uptime.value is not None:
        return say.finding(f"Your fleet was up {say.value(view.uptime)} of its scheduled hours")
    if view.total.value is not None:
        return say.finding(f"You spent {say.value(view.total)} on your fleet; its uptime was not measured")
    return say.finding("What the quarter was worth is not known")


def _against_last_year(view: Value) -> Finding | None:
    avoided = view.downtime_avoided.value
    if avoided is None:
        return None
    less_or_more = "less" if avoided > 0 else "as much" if avoided == 0 else "more"
    return Finding(f"{less_or_more} downtime {'as' if avoided == 0 else 'than'} in the same quarter of last year")


def _orders(formats: Formats, count: Figure) -> Finding | None:
    say = Sentence(formats)
    return None if count.value is None else say.finding(f"{say.value(count)} {count.label}")


def _per_machine(formats: Formats, figure: Figure) -> Finding | None:
    say = Sentence(formats)
    return None if figure.value is None else say.finding(f"{say.value(figure)} a machine")


def _months(page: Page, box: Box, title: str, series: Series) -> None:
    if series.is_empty:
        page.cite(series.last)
        missing(page, box, title, [series.reason])
        return
    chart = Chart(
        title,
        [page.formats.month_tick(period) for period in series.periods],
        [Plot("column", [Line(series.label, series.values, "accent1")], labels=True)],
        page.formats.excel(series.unit),
    )
    page.chart(box, chart, series.figures)


def _quarters(page: Page, box: Box, title: str, trend: Sequence[Series]) -> None:
    if all(series.is_empty for series in trend):
        for series in trend:
            page.cite(series.last)
        missing(page, box, title, list(dict.fromkeys(series.reason for series in trend)))
        return
    # Nothing but zeros says nothing; what is not known is no zero, and is named.
    drawn = [series for series in trend if any(value != 0 for value in series.values)] or [trend[0]]
    unknown = [series.label for series in drawn if series.is_empty]
    if unknown:
        title += f" (no data: {', '.join(unknown)})"
    lines = [Line(series.label, series.values, colour) for series, colour in zip(drawn, _COLOURS, strict=False)]
    chart = Chart(
        title,
        [page.formats.quarter(period) for period in drawn[0].periods],
        [Plot("stacked", lines)],
        page.formats.excel("usd"),
    )
    page.chart(box, chart, (figure for series in drawn for figure in series.figures))


def _categories(page: Page, box: Box, view: PartsAndRentals) -> None:
    if all(figure.value is None for figure in view.categories):
        reason = reason_of(view.parts_spend) if view.parts_spend.value is None else "No part was ordered."
        missing(page, box, "Parts spend by category", [reason])
        return
    chart = Chart(
        "Parts spend by category",
        [figure.label for figure in view.categories],
        [Plot("bar", [Line("Spend", [figure.value for figure in view.categories], "accent2")], labels=True)],
        page.formats.excel("usd"),
    )
    page.chart(box, chart, view.categories)


def _parts_words(page: Page, view: PartsAndRentals) -> list[str]:
    words = []
    if view.categories and view.categories[0].value is not None:
        top, is_whole = view.categories[0], all(figure.value is not None for figure in view.categories)
        words.append(f"{top.label} came first, with {page.value(top)}{'' if is_whole else ', as far as it is known'}.")
    if view.over_the_counter.value is not None:
        words.append(f"{page.value(view.over_the_counter)} were bought over the counter, beside service orders.")
    return words or [f"No data: {reason_of(view.parts_orders)}."]


def _rental_words(page: Page, view: PartsAndRentals) -> list[str]:
    if view.rental_days.value is None:
        return [f"No data: {reason_of(view.rental_days)}."]
    words = []
    if view.rental_spend.value is not None:
        words.append(f"Rentals cost {page.value(view.rental_spend)} in the quarter.")
    months = view.rental_months.figures
    most = max(months, key=_value)
    if most.value and all(figure.value is not None for figure in months):  # an unknown month may be the busiest
        words.append(
            f"The busiest month of the year was {page.formats.month(most.period)}: {page.value(most, places=0)} days."
        )
    return words or ["No machine was rented."]


def _value(figure: Figure) -> Decimal:
    return figure.value if figure.value is not None else Decimal(0)
