"""What several slides draw alike: statistics beside a chart, panels of lines, a chart or the reason there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.decks.charts import Chart, Line, Plot, Slot
from reports.decks.deck import Page
from reports.decks.findings import is_flat, places_of
from reports.decks.layouts import Box
from reports.decks.measure import LINE_HEIGHT
from reports.decks.shapes import SMALLEST, Paragraph, Run
from reports.formats import NO_CHANGE, Formats
from reports.views.figures import Figure, Series, difference, reason_of
from warehouse.periods import Period


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure of the quarter beside the previous quarter and the same quarter of last year."""

    label: str
    now: Figure
    earlier: Sequence[Figure]


def statistics(page: Page, box: Box, entries: Sequence[Statistic]) -> None:
    """Statistics one under the other, evenly spaced, with their changes in words."""
    for entry, place in zip(entries, box.rows(*(1 for _ in entries), gap=0.12), strict=True):
        page.text(f"{entry.label} rule", Box(place.left, place.top, place.width, 0.02), [], fill="accent3")
        text = Box(place.left, place.top + 0.1, place.width, place.height - 0.1)
        label, size, label_height = *page.fit(entry.label, (12, SMALLEST), Box(0, 0, text.width, 0.21)), 0.21
        if label != entry.label:
            label, size, label_height = *page.fit(entry.label, (SMALLEST,), Box(0, 0, text.width, 0.4)), 0.4
        lines = [Paragraph([Run(label, size, colour="tx2")])]
        if entry.now.value is None:
            page.cite(entry.now, page.formats.value(None, entry.now.unit))
            room = Box(0, 0, text.width, text.height - label_height - 0.36)
            reason, size = page.fit(reason_of(entry.now), (12, SMALLEST), room)
            lines += [
                Paragraph([Run("No data", 18, bold=True, colour="tx2")]),
                Paragraph([Run(reason, size, colour="tx2")]),
            ]
        else:
            lines.append(Paragraph([Run(_valued(page, entry.now, entry.now), 20, bold=True)]))
            lines += [_compared(page, entry.now, earlier) for earlier in entry.earlier]
        page.text(entry.label, text, lines)


def panel(
    page: Page,
    box: Box,
    heading: str,
    lines: Sequence[str],
    *,
    more: str = "more",
    empty: str = "",
    size: float = 12,
) -> None:
    """A framed list under a heading; an entry takes two lines at most. What does not fit is counted in a last line."""
    margin, gap = 0.16, size / 3
    page.text(f"{heading} panel", box, [], fill="bg2")
    page.text(f"{heading} edge", Box(box.left, box.top, 0.06, box.height), [], fill="accent1")
    inner = Box(box.left + margin + 0.06, box.top + margin, box.width - 2 * margin - 0.06, box.height - 2 * margin)
    title, title_size = page.fit(heading, (size + 2, 13, 12), Box(0, 0, inner.width, 0.3), bold=True)
    paragraphs = [Paragraph([Run(title, title_size, bold=True)])]
    room, line_height = inner.height * 72 - title_size * LINE_HEIGHT, size * LINE_HEIGHT
    for number, entry in enumerate(lines or ([empty] if empty else [])):
        text, _ = page.fit(entry, (size,), Box(0, 0, inner.width, 2 * line_height / 72 + 0.001))
        needed = gap + page.lines(text, size, inner.width) * line_height
        is_last = number == len(lines) - 1
        if needed + (0 if is_last else gap + line_height) > room:
            rest = f"and {len(lines) - number} {more}"
            paragraphs.append(Paragraph([Run(rest, size, colour="tx2")], before=gap))
            break
        room -= needed
        paragraphs.append(Paragraph([Run(text, size, colour="tx1" if lines else "tx2")], before=gap))
    page.text(heading, inner, paragraphs)


def chart_or_reason(page: Page, place: str | Box, chart: Chart, series: Sequence[Series]) -> None:
    """The chart, or a panel that says why there is nothing to draw."""
    if any(not line.is_empty for line in series):
        page.chart(place, chart, (figure for line in series for figure in line.figures))
        return
    box = page.place(place) if isinstance(place, str) else place
    reasons = dict.fromkeys(f"{line.label}: {line.reason}" for line in series)
    for line in series:
        page.cite(line.last)
    missing(page, box, chart.title, list(reasons))


def missing(page: Page, box: Box, heading: str, reasons: Iterable[str]) -> None:
    """A place without data: what would stand here, and why it does not."""
    page.text(f"{heading} missing", box, [], fill="bg2")
    inner = box.inset(0.25)
    title, size = page.fit(heading, (14, 12), Box(0, 0, inner.width, 0.5), bold=True)
    text, text_size = page.fit("\n".join(reasons), (13, 12, SMALLEST), Box(0, 0, inner.width, inner.height - 0.85))
    page.text(
        f"{heading}: no data",
        inner,
        [
            Paragraph([Run(title, size, bold=True)]),
            Paragraph([Run("No data", 14, bold=True, colour="tx2")], before=4),
            *(Paragraph([Run(line, text_size, colour="tx2")], before=2) for line in text.split("\n")),
        ],
    )


def lines_of(series: Sequence[Series], names: Sequence[str], colours: Sequence[Slot]) -> list[Line]:
    """Chart lines from series, with their names in the legend and colours."""
    return [Line(name, line.values, colour) for line, name, colour in zip(series, names, colours, strict=True)]


def month_chart(
    formats: Formats, title: str, series: Sequence[Series], plots: Sequence[Plot], *, unit: str, skip: int = 1
) -> Chart:
    """A chart over months; the number format follows the unit."""
    return Chart(
        title=title,
        categories=[formats.month_tick(period) for period in series[0].periods],
        plots=plots,
        number_format=formats.excel(unit),
        tick_skip=skip,
    )


def gap_lines(formats: Formats, gaps: Sequence[Figure]) -> list[str]:
    """One line a metric and reason, with the months that miss it; months in a row are named by the first and last."""
    months: dict[tuple[str, str], list[str]] = {}
    for figure in gaps:
        months.setdefault((figure.label, reason_of(figure)), []).append(figure.period)
    return [f"{label}, {_span(formats, periods)}: {reason}" for (label, reason), periods in months.items()]


def _span(formats: Formats, periods: Sequence[str]) -> str:
    first, last = Period.parse(min(periods)), Period.parse(max(periods))
    if len(periods) > 2 and last.months_since(first) == len(periods) - 1:
        return f"{formats.month(str(first))} to {formats.month(str(last))}"
    return ", ".join(formats.month(period) for period in periods)


def _valued(page: Page, figure: Figure, like: Figure) -> str:
    shown = page.formats.with_unit(figure.value, figure.unit, places=places_of(like))
    page.cite(figure, shown)
    return shown


def _compared(page: Page, now: Figure, earlier: Figure) -> Paragraph:
    of = page.formats.period(earlier.period)
    change = difference(f"{now.metric}.change_on_{earlier.period}", "change", now, earlier)
    was = _valued(page, earlier, now)
    if change.value is None:
        page.cite(change)
        words = f"{of}: {was}" if earlier.value is None else f"{of}: {was}, not comparable"
        return Paragraph([Run(words, 12, colour="tx2")])
    if is_flat(page.formats, change, now, earlier):
        page.cite(change, NO_CHANGE)
        return Paragraph([Run(f"{of}: {was}, no change", 12, colour="tx2")])
    signed = page.signed(change, places=places_of(now))
    return Paragraph([Run(f"{of}: {was} ", 12, colour="tx2"), Run(f"({signed})", 12, bold=True, colour="tx2")])
