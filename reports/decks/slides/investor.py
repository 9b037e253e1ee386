"""Slides of the investor pack: the figures at a glance, growth, the bridge, retention, runway, reliability."""

from collections.abc import Sequence

from reports.decks import headlines_of_growth as headlines
from reports.decks.charts import Chart, Line, Plot, Slot
from reports.decks.deck import Deck, Page
from reports.decks.findings import is_flat, places_of
from reports.decks.layouts import Box
from reports.decks.shapes import SMALLEST, Cell, Column, Paragraph, Run, Table
from reports.decks.slides.parts import Statistic, chart_or_reason, gap_lines, lines_of, month_chart, panel, statistics
from reports.formats import Formats
from reports.views.figures import Figure, Series, difference, reason_of
from reports.views.investor import CASH, MOVEMENTS, RELIABILITY, RETENTION, About, Bridge, Growth, Measures, Overview

_COLOURS: dict[str, Slot] = {
    "new_mrr": "accent1",
    "expansion_mrr": "accent2",
    "reactivation_mrr": "accent3",
    "contraction_mrr": "accent5",
    "churn_mrr": "accent6",
    "fx_mrr": "tx2",
}


def render_overview(deck: Deck, view: Overview) -> None:
    """Eight cards: the value at the quarter's end, and the same month a year before."""
    page = deck.page("Finding", headlines.overview(deck.formats, view))
    upper, lower = page.content.rows(1, 1)
    boxes = [*upper.columns(1, 1, 1, 1), *lower.columns(1, 1, 1, 1)]
    for figure, earlier, box in zip(view.figures, view.earlier, boxes, strict=True):
        _card(page, box, figure, earlier)


def render_growth(deck: Deck, view: Growth) -> None:
    """Recurring revenue as columns, its growth as a line at an axis of its own, clients and revenue beside it."""
    formats, revenue = deck.formats, view.months["mrr_run_rate"]
    page = deck.page("Two Charts and Sidebar", headlines.growth(formats, view))
    chart = Chart(
        title="Monthly recurring revenue, and its growth on the month before (right)",
        categories=[formats.month_tick(month) for month in revenue.periods],
        plots=[
            Plot("column", [Line("MRR", revenue.values, "accent1")]),
            Plot("line", [Line("Growth", view.growth.values, "accent2")], right_format=formats.excel("fraction", 1)),
        ],
        number_format=formats.excel("usd"),
    )
    chart_or_reason(page, "Upper Chart", chart, [revenue, view.growth])
    clients, arpa = view.months["paying_clients"], view.months["arpa"]
    chart = Chart(
        title="Paying clients, and MRR of each (right)",
        categories=[formats.month_tick(month) for month in clients.periods],
        plots=[
            Plot("column", [Line("Paying clients", clients.values, "accent3")]),
            Plot("line", [Line("MRR per client", arpa.values, "accent2")], right_format=formats.excel("usd")),
        ],
        number_format=formats.excel("count"),
    )
    chart_or_reason(page, "Lower Chart", chart, [clients, arpa])
    _beside(page, [revenue, view.months["arr"], clients])


def render_bridge(deck: Deck, view: Bridge) -> None:
    """Each month's movements stacked with their net change as a line; the quarter's bridge as a table."""
    formats = deck.formats
    page = deck.page("Chart and Table", headlines.bridge(formats, view))
    moved = [view.months[metric] for metric in MOVEMENTS if _moved(view.months[metric])]
    moved = moved or [view.months["new_mrr"]]
    chart = month_chart(
        formats,
        "What moved MRR per month, and the net change",
        moved,
        [
            Plot("stacked", [Line(line.label, line.values, _COLOURS[line.metric]) for line in moved]),
            Plot("line", lines_of([view.net], ["Net change"], ["tx1"])),
        ],
        unit="usd",
        skip=2,
    )
    chart_or_reason(page, "Chart", chart, [*moved, view.net])
    rows = [("Opening MRR", view.opening), *((view.parts[metric].label, view.parts[metric]) for metric in MOVEMENTS)]
    rows.append(("Closing MRR", view.closing))
    last_year, before, now = view.opening.periods
    headings = [formats.quarter(period) for period in (now, before, last_year)]
    page.table(
        "Table",
        Table(
            columns=(Column("MRR", 1.7), *(Column(heading, 1.2, "r") for heading in headings)),
            rows=[
                [Cell(name), *(Cell(_amount(page, figure, is_part=0 < at < len(rows) - 1))
                               for figure in reversed(series.figures))]
                for at, (name, series) in enumerate(rows)
            ],
            strong=frozenset({0, len(rows) - 1}),
            row_height=0.42,
        ),
        alt=f"Opening MRR, movements and closing MRR of {', '.join(headings)}.",
    )  # fmt: skip


def render_retention(deck: Deck, view: Measures) -> None:
    """Retention over twelve months above, what each month lost below."""
    net, gross, clients, revenue = (view.months[metric] for metric in RETENTION)
    _two_charts(
        deck,
        headlines.retention(deck.formats, net, gross),
        ("Retention of the revenue of twelve months before", [net, gross], ("Net", "Gross"), "line"),
        ("Lost in the month", [clients, revenue], ("Of clients", "Of revenue"), "column"),
        [net, gross, revenue],
    )


def render_runway(deck: Deck, view: Measures) -> None:
    """Cash and burn as columns, months of runway as a line at an axis of its own; net profit below."""
    formats = deck.formats
    cash, burn, runway, profit = (view.months[metric] for metric in CASH)
    page = deck.page("Two Charts and Sidebar", headlines.runway(formats, cash, burn, runway))
    chart = Chart(
        title="Cash reserve and monthly burn, and months of runway (right)",
        categories=[formats.month_tick(month) for month in cash.periods],
        plots=_cash_plots(formats, cash, burn, runway),
        number_format=formats.excel("usd"),
    )
    chart_or_reason(page, "Upper Chart", chart, [cash, burn, runway])
    chart = month_chart(
        formats, "Net profit per month", [profit], [Plot("column", lines_of([profit], ("Net profit",), ("accent2",)))],
        unit="usd",
    )  # fmt: skip
    chart_or_reason(page, "Lower Chart", chart, [profit])
    _beside(page, [cash, burn, runway])


def _cash_plots(formats: Formats, cash: Series, burn: Series, runway: Series) -> list[Plot]:
    """Amounts as columns, months as a line; what is known in no month is not in the legend."""
    columns = [Line("Cash reserve", cash.values, "accent1")] if not cash.is_empty else []
    if not burn.is_empty:
        columns.append(Line("Monthly burn", burn.values, "accent3"))
    plots = [Plot("column", columns)] if columns else []
    if not runway.is_empty:
        line = [Line("Runway, months", runway.values, "accent2")]
        plots.append(Plot("line", line, right_format=formats.excel("count", 1) if columns else None))
    return plots


def render_reliability(deck: Deck, view: Measures) -> None:
    """Uptime above, failed requests below, how fast and how many services beside."""
    uptime, errors, latency, services = (view.months[metric] for metric in RELIABILITY)
    _two_charts(
        deck,
        headlines.reliability(deck.formats, uptime, errors),
        ("Uptime over the last 30 days of each month", [uptime], ("Uptime",), "line"),
        ("Requests that failed", [errors], ("Failed requests",), "column"),
        [uptime, latency, services],
    )


def render_about(deck: Deck, view: About) -> None:
    """What the words mean, and which figures are not known."""
    title = "All figures of this update are known" if not view.gaps else "Some figures of this update are not known"
    page = deck.page("Finding", title)
    left, right = page.content.columns(6.4, 5.4)
    panel(page, left, "What the words mean", _WORDS, size=14)
    panel(
        page, right, "Not known", gap_lines(deck.formats, view.gaps), empty="Nothing: every figure is known.", size=14
    )
    for figure in view.gaps:
        page.cite(figure)


_WORDS = (
    "MRR: what subscriptions bring a month at the month's end, discounts taken off, yearly prices divided by twelve.",
    "ARR: twelve times MRR.",
    "Net retention: what the clients of twelve months ago pay now, for each unit they paid then.",
    "Gross retention: the same, counting of each client the lesser of both.",
    "New, expansion, reactivation, contraction, churn: by which clients came, grew, came back, shrank or left.",
    "Runway: cash divided by the monthly burn.",
)


def _two_charts(
    deck: Deck,
    title: headlines.Finding,
    upper: tuple[str, Sequence[Series], Sequence[str], headlines.Drawn],
    lower: tuple[str, Sequence[Series], Sequence[str], headlines.Drawn],
    beside: Sequence[Series],
) -> None:
    page = deck.page("Two Charts and Sidebar", title)
    colours: tuple[Slot, ...] = ("accent1", "accent2")
    for place, (name, series, names, kind) in (("Upper Chart", upper), ("Lower Chart", lower)):
        plots = [Plot(kind, lines_of(series, names, colours[: len(names)]))]
        chart = Chart(
            title=name,
            categories=[deck.formats.month_tick(month) for month in series[0].periods],
            plots=plots,
            number_format=deck.formats.excel(series[0].unit, 1),
        )
        chart_or_reason(page, place, chart, series)
    _beside(page, beside)


def _beside(page: Page, series: Sequence[Series]) -> None:
    """The quarter's last month beside the quarter before and a year before."""
    entries = [
        Statistic(
            f"{line.label}, {page.formats.month(line.last.period)}", line.last, (line.figures[-4], line.figures[0])
        )
        for line in series
    ]
    statistics(page, page.place("Sidebar"), entries)


def _card(page: Page, box: Box, figure: Figure, earlier: Figure) -> None:
    formats = page.formats
    page.text(f"{figure.metric} card", box, [], fill="bg2")
    page.text(f"{figure.metric} edge", Box(box.left, box.top, 0.06, box.height), [], fill="accent1")
    inner = Box(box.left + 0.23, box.top + 0.17, box.width - 0.4, box.height - 0.34)
    label_box, value_box, below = inner.rows(0.5, 0.6, 1.0, gap=0.05)
    label, size = page.fit(figure.label, (13, 12, SMALLEST), label_box, bold=True)
    page.text(f"{figure.metric} label", label_box, [Paragraph([Run(label, size, bold=True)])])
    shown = formats.with_unit(figure.value, figure.unit, places=places_of(figure))
    page.cite(figure, shown)
    value, size = page.fit(shown, (28, 24, 20, 18), value_box, bold=True)
    colour = "tx2" if figure.value is None else None
    page.text(
        f"{figure.metric} value", value_box, [Paragraph([Run(value, size, bold=True, colour=colour)])], anchor="ctr"
    )
    text, size = page.fit(_since(page, figure, earlier), (12, SMALLEST), below)
    page.text(f"{figure.metric} change", below, [Paragraph([Run(text, size, colour="tx2")])])


def _since(page: Page, figure: Figure, earlier: Figure) -> str:
    formats = page.formats
    if figure.value is None:
        return reason_of(figure)
    month = formats.month(earlier.period)
    was = formats.with_unit(earlier.value, earlier.unit, places=places_of(figure))
    page.cite(earlier, was)
    if earlier.value is None:
        return f"{formats.month(figure.period)}; not known for {month}"
    change = difference(f"{figure.metric}.change_on_year", f"{figure.label}, change", figure, earlier)
    if is_flat(formats, change, figure, earlier):
        return f"{formats.month(figure.period)}; the same as in {month}"
    return f"{formats.month(figure.period)}; {page.signed(change, places=places_of(figure))} on {month} ({was})"


def _amount(page: Page, figure: Figure, *, is_part: bool) -> str:
    return page.signed(figure, places=0) if is_part and figure.value else page.value(figure, places=0)


def _moved(series: Series) -> bool:
    return any(value for value in series.values)
