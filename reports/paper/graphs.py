"""A native chart as an SVG picture: columns, stacked columns, bars and lines over one axis or two, from the cache."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import ceil, floor, log10
from typing import Any

from pptx.oxml.ns import qn

from reports.decks.charts import RIGHT_CATEGORY_AXIS
from reports.paper.colours import fill_of

_SIZE = 11.0
_LETTER = 6.6
"""About how wide a letter of that size is, in points."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One series: how, which values, which colour."""

    kind: str
    name: str
    values: Sequence[Decimal | None]
    colour: str
    labels: bool
    is_right: bool = False
    """Drawn against an axis of its own at the right."""


Show = Callable[[Decimal], str]


def svg(
    chart_space: Any, width: float, height: float, theme: Mapping[str, str], show: Callable[[Decimal, str], str]
) -> str:
    """The chart in a box of so many points; `show` writes a value in the number format it is given."""
    texts = chart_space.findall(f".//{qn('c:title')}//{qn('a:t')}")
    codes = [one.get("formatCode") for one in chart_space.findall(f".//{qn('c:valAx')}/{qn('c:numFmt')}")]
    graph = _Graph(
        series=list(_series(chart_space, theme)),
        categories=[point.text or "" for point in chart_space.find(f".//{qn('c:cat')}").iter(qn("c:v"))],
        every=int(chart_space.find(f".//{qn('c:tickLblSkip')}").get("val")),
        ink="#" + theme["tx2"],
        pale="#" + theme["bg2"],
        show=lambda value: show(value, codes[0]),
        show_right=lambda value: show(value, codes[-1]),
    )
    legend = list(graph.legend(width, height)) if len(graph.series) > 1 else []
    area = _Area(0, 24, width, height - 44 - 16 * len(legend))
    drawn = graph.bars(area) if any(one.kind == "bar" for one in graph.series) else graph.upright(area)
    title = _text(0, 12, "".join(one.text or "" for one in texts), "start", "#" + theme["tx1"], bold=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.1f}pt" height="{height:.1f}pt" '
        f'viewBox="0 0 {width:.1f} {height:.1f}">{"".join([title, *drawn, *legend])}</svg>'
    )


@dataclass(frozen=True, slots=True)
class _Area:
    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


def _series(chart_space: Any, theme: Mapping[str, str]) -> Iterator[Drawn]:
    for group in chart_space.find(f".//{qn('c:plotArea')}"):
        kind = {qn("c:lineChart"): "line", qn("c:barChart"): "column"}.get(group.tag)
        if kind is None:
            continue
        if kind == "column" and group.find(qn("c:barDir")).get("val") == "bar":
            kind = "bar"
        elif kind == "column" and group.find(qn("c:grouping")).get("val") == "stacked":
            kind = "stacked"
        for one in group.findall(qn("c:ser")):
            look = one.find(qn("c:spPr"))
            colour = fill_of(look.find(qn("a:ln")) if kind == "line" else look, theme) or "#" + theme["accent1"]
            cache = one.find(f"{qn('c:val')}//{qn('c:numCache')}")
            values: list[Decimal | None] = [None] * int(cache.find(qn("c:ptCount")).get("val"))
            for point in cache.findall(qn("c:pt")):
                values[int(point.get("idx"))] = Decimal(point.find(qn("c:v")).text)
            name = one.find(f"{qn('c:tx')}//{qn('c:v')}").text or ""
            is_right = group.find(qn("c:axId")).get("val") == str(RIGHT_CATEGORY_AXIS)
            yield Drawn(kind, name, values, colour, one.find(qn("c:dLbls")) is not None, is_right)


@dataclass(frozen=True, slots=True)
class _Graph:
    """What is drawn, apart from where."""

    series: Sequence[Drawn]
    categories: Sequence[str]
    every: int
    """Every which category has its name printed."""
    ink: str
    pale: str
    show: Show
    show_right: Show

    def upright(self, area: _Area) -> Iterator[str]:
        """Columns, stacked columns and lines."""
        right = [one for one in self.series if one.is_right]
        low, high, step = _scale([one for one in self.series if not one.is_right], len(self.categories))
        ticks = _ticks(low, high, step)
        margin = max(len(self.show(tick)) for tick in ticks) * _LETTER + 8
        least, most, apart = _scale(right, len(self.categories))
        marks = _ticks(least, most, apart) if right else []
        beside = max((len(self.show_right(mark)) for mark in marks), default=0) * _LETTER + 4
        area = _Area(margin, area.top, area.width - margin - beside, area.height)
        tall = area.height / float(high - low)

        def y(value: Decimal) -> float:
            return area.bottom - float(value - low) * tall

        def at_right(value: Decimal) -> float:
            return area.bottom - float((value - least) / (most - least)) * area.height

        for mark in marks:
            yield _text(area.left + area.width + 4, at_right(mark) + 4, self.show_right(mark), "start", self.ink)
        for tick in ticks:
            yield f'<path d="M{area.left:.1f} {y(tick):.1f}h{area.width:.1f}" stroke="{self.pale}" stroke-width=".7"/>'
            yield _text(area.left - 4, y(tick) + 4, self.show(tick), "end", self.ink)
        slot = area.width / max(1, len(self.categories))
        for at, category in enumerate(self.categories):
            yield from self._columns(at, area.left + at * slot, slot, y)
            if at % self.every == 0:
                yield _text(area.left + (at + 0.5) * slot, area.bottom + 14, category, "middle", self.ink)
        yield f'<path d="M{area.left:.1f} {y(Decimal(0)):.1f}h{area.width:.1f}" stroke="{self.ink}" stroke-width=".8"/>'
        for one in self.series:
            if one.kind == "line":
                middles = [area.left + (at + 0.5) * slot for at in range(len(self.categories))]
                yield from self._line(one, middles, at_right if one.is_right else y)

    def bars(self, area: _Area) -> Iterator[str]:
        """Bars from left to right, the first category on top, each with its value."""
        one = self.series[0]
        left = min(max(map(len, self.categories), default=0) * _LETTER + 10, area.width * 0.5)
        most = max((value for value in one.values if value is not None), default=Decimal(1)) or Decimal(1)
        slot = area.height / max(1, len(self.categories))
        for at, (category, value) in enumerate(zip(self.categories, one.values, strict=True)):
            middle = area.top + (at + 0.5) * slot
            yield _text(left - 6, middle + 4, category, "end", self.ink)
            if value is not None:
                wide = max(float(value / most) * (area.width - left - 56), 0)
                yield _rectangle(left, middle - slot * 0.31, wide, slot * 0.62, one.colour)
                yield _text(left + wide + 4, middle + 4, self.show(value), "start", self.ink)

    def legend(self, width: float, height: float) -> Iterator[str]:
        """Names beside their colours, a line of them each; as many lines as they need, the last at the foot."""
        lines: list[list[Drawn]] = [[]]
        used = 0.0
        for one in self.series:
            wide = 29 + len(one.name) * _LETTER
            if lines[-1] and used + wide > width:
                lines.append([])
                used = 0.0
            lines[-1].append(one)
            used += wide
        for number, line in enumerate(lines):
            x, y, parts = 4.0, height - 4 - 16 * (len(lines) - 1 - number), []
            for one in line:
                parts += [_rectangle(x, y - 8, 9, 9, one.colour), _text(x + 13, y, one.name, "start", self.ink)]
                x += 29 + len(one.name) * _LETTER
            yield "".join(parts)

    def _columns(self, at: int, left: float, slot: float, y: Callable[[Decimal], float]) -> Iterator[str]:
        left, wide, foot = left + slot * 0.19, slot * 0.62, Decimal(0)
        above = below = Decimal(0)
        beside = [one for one in self.series if one.kind == "column"]
        for number, one in enumerate(beside):
            value, thin = one.values[at], wide / len(beside)
            if value is not None:
                top, tall = min(y(value), y(foot)), abs(y(foot) - y(value))
                yield _rectangle(left + number * thin, top, thin * 0.96, tall, one.colour)
                if one.labels:
                    yield _text(left + (number + 0.5) * thin, top - 3, self.show(value), "middle", self.ink)
        for one in self.series:
            value = one.values[at] if one.kind == "stacked" else None
            if value is not None:  # what adds stands above zero, what takes away below
                start = above if value >= 0 else below
                yield _rectangle(
                    left, min(y(start), y(start + value)), wide, abs(y(start) - y(start + value)), one.colour
                )
                above, below = (above + value, below) if value >= 0 else (above, below + value)

    def _line(self, one: Drawn, xs: Sequence[float], y: Callable[[Decimal], float]) -> Iterator[str]:
        """Joined where neighbours are known; a gap stays a gap."""
        path, pen = "", "M"
        for x, value in zip(xs, one.values, strict=True):
            path, pen = (path, "M") if value is None else (f"{path}{pen}{x:.1f} {y(value):.1f}", "L")
        if path:
            yield f'<path d="{path}" fill="none" stroke="{one.colour}" stroke-width="2.3" stroke-linejoin="round"/>'
        for x, value in zip(xs, one.values, strict=True):
            if value is not None:
                yield f'<circle cx="{x:.1f}" cy="{y(value):.1f}" r="2.8" fill="{one.colour}"/>'
                yield _text(x, y(value) - 7, self.show(value), "middle", self.ink) if one.labels else ""


def _scale(series: Sequence[Drawn], count: int) -> tuple[Decimal, Decimal, Decimal]:
    """The axis: its ends and the step between its ticks, all round numbers."""
    piles = [
        sum(
            (value for one in series if one.kind == "stacked" and sign * (value := one.values[at] or Decimal(0)) > 0),
            Decimal(0),
        )
        for at in range(count)
        for sign in (1, -1)
    ]
    values = [value for one in series for value in one.values if value is not None and one.kind != "stacked"] + piles
    least, most = min([Decimal(0), *values]), max([Decimal(0), *values])
    rough = float(most - least) / 5 or 1.0
    size = 10.0 ** floor(log10(rough))
    step = Decimal(str(next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough * 0.999)))
    return step * floor(least / step), step * max(1, ceil(most / step)), step


def _ticks(low: Decimal, high: Decimal, step: Decimal) -> list[Decimal]:
    return [low + step * number for number in range(int((high - low) / step) + 1)]


def _rectangle(left: float, top: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str, *, bold: bool = False) -> str:
    weight, size = (' font-weight="bold"', 12) if bold else ("", _SIZE)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )
