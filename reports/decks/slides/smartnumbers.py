"""One slide a block of SmartNumbers: a card each with value, colour, both trends and target."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from reports.decks import headlines
from reports.decks.charts import Chart, ChartKind, Line, Plot, Slot
from reports.decks.deck import Deck, Page
from reports.decks.findings import is_flat, places_of, verdict
from reports.decks.layouts import GUTTER, Box
from reports.decks.shapes import SMALLEST, Paragraph, Run
from reports.decks.slides.parts import chart_or_reason, missing
from reports.formats import NO_CHANGE
from reports.views.company import SmartNumbers
from reports.views.figures import Figure, reason_of
from reports.views.smartnumbers import SmartNumber

TRENDS: dict[str, tuple[str, ChartKind, tuple[tuple[str, str, Slot], ...]]] = {
    "profit": (
        "Shares over five quarters",
        "line",
        (
            ("net_profit_pct", "Net profit", "accent1"),
            ("revenue_from_services_pct", "Revenue from services", "accent2"),
            ("services_from_mrr_pct", "Services from MRR", "tx2"),
        ),
    ),
    "leverage": (
        "Annual service revenue per head over five quarters",
        "column",
        (
            ("annual_service_rev_per_employee", "Per employee", "accent1"),
            ("annual_service_rev_per_tech", "Per technician", "accent2"),
        ),
    ),
    "sales": (
        "MRR won and lost",
        "column",
        (("new_mrr_added", "New MRR", "accent1"), ("lost_mrr", "Lost MRR", "accent3")),
    ),
}
"""What the free places of a block show: title, kind, and the SmartNumbers with legend names and colours."""

_STATUS: dict[str, tuple[str, str, str]] = {
    "green": ("On target", "ellipse", "accent4"),
    "yellow": ("Watch", "triangle", "accent5"),
    "red": ("Off target", "diamond", "accent6"),
    "grey": ("No data", "mathMinus", "tx2"),
    "neutral": ("No target set", "rect", "tx2"),
}
"""Word, shape and colour of a status: each alone is enough to tell them apart."""

_COLUMNS, _ROWS = 3, 2
_MARGIN = 0.17


def render_block(deck: Deck, view: SmartNumbers) -> None:
    """The block's cards on a grid of six places; a trend chart takes the places that are free."""
    key, numbers = view.block, view.numbers
    title = headlines.BLOCKS[key]
    page = deck.page("Finding", headlines.block(deck.formats, title, numbers))
    if not numbers:
        missing(page, page.content, title, ["The marts hold no SmartNumber of this block for this quarter."])
        return
    rows = page.content.rows(*[1] * _ROWS)
    places = [place for row in rows for place in row.columns(*[1] * _COLUMNS)]
    for number, place in zip(numbers, places, strict=False):
        _card(page, place, number)
    for extra in numbers[len(places) :]:
        page.cite(extra.figure)
    if key in TRENDS and len(numbers) < len(places):
        _trend(page, key, _free(rows[-1], len(numbers), len(places)), numbers)


def _free(last_row: Box, used: int, places: int) -> Box:
    free = min(places - used, _COLUMNS)
    first = last_row.columns(*[1] * _COLUMNS)[_COLUMNS - free]
    return Box(first.left, last_row.top, last_row.right - first.left, last_row.height)


def _card(page: Page, box: Box, number: SmartNumber) -> None:
    formats, figure = page.formats, number.figure
    word, shape, colour = _STATUS[number.status]
    page.text(f"{figure.metric} card", box, [], fill="bg2")
    page.text(f"{figure.metric} edge", Box(box.left, box.top, 0.06, box.height), [], fill=colour)
    left, width = box.left + 0.06 + _MARGIN, box.width - 0.06 - 2 * _MARGIN

    label_box = Box(left, box.top + 0.17, width, 0.45)
    label, size = page.fit(figure.label, (13, 12, SMALLEST), label_box, bold=True)
    page.text(f"{figure.metric} label", label_box, [Paragraph([Run(label, size, bold=True)])])

    status_width = 1.25
    value_box = Box(left, box.top + 0.66, width - status_width, 0.5)
    value = formats.with_unit(figure.value, figure.unit, places=places_of(figure))
    page.cite(figure, value)
    value_text, value_size = page.fit(value, (28, 24, 20, 18), value_box, bold=True)
    faded = "tx2" if figure.value is None else None
    page.text(
        f"{figure.metric} value",
        value_box,
        [Paragraph([Run(value_text, value_size, bold=True, colour=faded)])],
        anchor="ctr",
    )
    mark = Box(left + width - status_width, box.top + 0.84, 0.15, 0.15)
    page.text(f"{figure.metric} status mark", mark, [], fill=colour, shape=shape, alt=f"Status: {word}")
    words = Box(mark.right + 0.07, box.top + 0.66, status_width - 0.22, 0.5)
    page.text(f"{figure.metric} status", words, [Paragraph([Run(word, 12, bold=True, colour=colour)])], anchor="ctr")

    below = Box(left, box.top + 1.3, width, box.height - 1.3 - 0.12)
    if figure.value is None:
        reason, size = page.fit(reason_of(figure), (12, SMALLEST), below)
        page.text(f"{figure.metric} reason", below, [Paragraph([Run(reason, size, colour="tx2")])])
        return
    _trends(page, below, number)


def _trends(page: Page, box: Box, number: SmartNumber) -> None:
    """Two lines of comparison and one for the target, in columns that line up from card to card."""
    name, value, change = box.columns(0.8, 0.95, 1.8, gap=0.05)
    names, values, changes = [], [], []
    for earlier, moved in ((number.previous, number.change), (number.last_year, number.last_year_change)):
        names.append(Paragraph([Run(page.formats.quarter(earlier.period), 12, colour="tx2")], before=2))
        shown = page.formats.with_unit(earlier.value, earlier.unit, places=places_of(number.figure))
        page.cite(earlier, shown)
        values.append(Paragraph([Run(shown, 12, colour="tx2")], align="r", before=2))
        run = _change(page, number, moved, earlier)
        text, size = page.fit(run.text, (12, SMALLEST), Box(0, 0, change.width, 0.21), bold=run.bold)
        changes.append(Paragraph([replace(run, text=text, size=size)], align="r", before=2))
    for part, paragraphs, place in (("period", names, name), ("earlier", values, value), ("change", changes, change)):
        page.text(f"{number.figure.metric} {part}", Box(place.left, place.top, place.width, 0.5), paragraphs)
    foot = Box(box.left, box.top + 0.66, box.width, box.height - 0.58)
    text, size = page.fit(_target(page, number), (12, SMALLEST), foot)
    page.text(f"{number.figure.metric} target", foot, [Paragraph([Run(text, size, colour="tx2")])])


def _change(page: Page, number: SmartNumber, moved: Figure, earlier: Figure) -> Run:
    if moved.value is None:
        page.cite(moved)
        return Run("no comparison", 12, colour="tx2")
    if is_flat(page.formats, moved, number.figure, earlier):
        page.cite(moved, NO_CHANGE)
        return Run(NO_CHANGE, 12, colour="tx2")
    signed = page.signed(moved, places=places_of(number.figure))
    judged = verdict(number, moved, earlier)
    colour = {"better": "accent4", "worse": "accent6"}.get(judged, "tx2")
    return Run(f"{signed} {judged}".strip(), 12, bold=True, colour=colour)


def _target(page: Page, number: SmartNumber) -> str:
    """The green band in words, and on how many months the value rests when some are missing."""
    low = _bound(page, number, "green_min", number.target.green_min)
    high = _bound(page, number, "green_max", number.target.green_max)
    if low and high:
        text = f"Target {low} to {high}"
    elif low or high:
        text = f"Target {low} or more" if low else f"Target {high} or less"
    else:
        text = "No target set"
    if number.is_incomplete:
        name = f"{number.figure.metric}.months_present"
        months = page.count(name, number.figure.period, number.figure.months or 0, model="marts.fct_smartnumbers")
        text += f"; incomplete: {months} of 3 months"
    return text


def _bound(page: Page, number: SmartNumber, name: str, bound: Decimal | None) -> str:
    if bound is None:
        return ""
    figure = number.figure
    shown = page.formats.with_unit(bound, figure.unit, places=places_of(figure))
    metric, receipt = f"{figure.metric}.{name}", number.bound_receipt(name)
    page.cite(Figure(metric, metric, figure.period, bound, figure.unit, receipt), shown)
    return shown


def _trend(page: Page, key: str, box: Box, numbers: Sequence[SmartNumber]) -> None:
    title, kind, entries = TRENDS[key]
    history = {number.figure.metric: number.history for number in numbers}
    known = [(history[metric], name, colour) for metric, name, colour in entries if metric in history]
    if not known:
        return
    series = [line for line, _, _ in known]
    unit = series[0].unit
    chart = Chart(
        title=title,
        categories=[page.formats.quarter(period) for period in series[0].periods],
        plots=[Plot(kind, [Line(name, line.values, colour) for line, name, colour in known])],
        number_format=page.formats.excel(unit),
        tick_skip=1 if box.width > 4 + GUTTER else 2,
    )
    chart_or_reason(page, box, chart, series)
