"""Native, editable PowerPoint charts: columns, stacked columns and lines, alone or together over one axis or two.

The chart part is written whole, with an explicit number format on every series and axis, because values must equal the
mart's decimals and formats must survive editing. Colours are theme slots, so a brand recolours every chart. Elements
follow ECMA-376 part 1, DrawingML charts; their order is the schema's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reports.decks.workbook import letter, workbook
from reports.decks.xmltext import attribute, content

_NAMESPACES = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_CATEGORY_AXIS, _VALUE_AXIS = 111111111, 222222222
RIGHT_CATEGORY_AXIS, RIGHT_VALUE_AXIS = 333333333, 444444444
"""A plot with an axis of its own names these."""
FONT_SIZE = 11
"""Points; axis labels, legend and data labels are never smaller."""

Slot = Literal["accent1", "accent2", "accent3", "accent5", "accent6", "accent1-light", "tx1", "tx2"]
ChartKind = Literal["column", "stacked", "line", "bar"]


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name in the legend, a value or a gap per category, and its theme colour, pale with ``-light``."""

    name: str
    values: Sequence[Decimal | None]
    colour: Slot


@dataclass(frozen=True, slots=True)
class Plot:
    """Series drawn one way; several plots share the chart's axes."""

    kind: ChartKind
    lines: Sequence[Line]
    labels: bool = False
    """Values printed at the points, for charts of few points."""
    right_format: str | None = None
    """Draws against an axis of its own at the right, in this number format: for a share beside an amount."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's whole content. `title` says what is drawn and in which unit; `number_format` is Excel's."""

    title: str
    categories: Sequence[str]
    plots: Sequence[Plot]
    number_format: str
    tick_skip: int = 1
    """Print every n-th category label, for narrow charts."""

    @property
    def lines(self) -> list[Line]:
        """All series in the order of the workbook's columns."""
        return [line for plot in self.plots for line in plot.lines]

    def xml(self) -> bytes:
        """The chart part, without its link to the workbook."""
        column, groups = 1, []
        for plot in self.plots:
            groups.append(self._group(plot, column))
            column += len(plot.lines)
        horizontal = any(plot.kind == "bar" for plot in self.plots)
        right = next((plot for plot in self.plots if plot.right_format is not None), None)
        legend = (
            f'<c:legend><c:legendPos val="b"/><c:overlay val="0"/>{_text_properties()}</c:legend>'
            if len(self.lines) > 1
            else ""
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<c:chartSpace {_NAMESPACES}>'
            '<c:date1904 val="0"/><c:roundedCorners val="0"/><c:chart>'
            f'{self._title()}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>{"".join(groups)}'
            f"{self._category_axis(horizontal)}{self._value_axis(horizontal)}"
            f"{self._right_axes(right) if right else ''}</c:plotArea>{legend}"
            '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
            f"<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>{_text_properties()}</c:chartSpace>"
        ).encode()

    def embedded_workbook(self) -> bytes:
        """The .xlsx that PowerPoint shows under "Edit Data"."""
        formats = [self.format_of(plot) for plot in self.plots for _ in plot.lines]
        return workbook(self.categories, [(line.name, line.values) for line in self.lines], formats)

    def format_of(self, plot: Plot) -> str:
        """The number format of a plot's values: its own axis' where it has one."""
        return plot.right_format or self.number_format

    def alt_text(self) -> str:
        """What a reader who cannot see the chart is told: kind, title, series with first and last value."""
        kinds = " and ".join(dict.fromkeys(_KIND_WORDS[plot.kind] for plot in self.plots))
        series = "; ".join(f"{line.name} {_ends(self.categories, line.values)}" for line in self.lines)
        return f"{kinds} chart, {self.title}: {series}."

    def _group(self, plot: Plot, first_column: int) -> str:
        series = "".join(
            self._series(plot, line, index) for index, line in enumerate(plot.lines, start=first_column - 1)
        )
        ids = (RIGHT_CATEGORY_AXIS, RIGHT_VALUE_AXIS) if plot.right_format else (_CATEGORY_AXIS, _VALUE_AXIS)
        axes = "".join(f'<c:axId val="{axis}"/>' for axis in ids)
        if plot.kind == "line":
            return (
                f'<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/>'
                f"{axes}</c:lineChart>"
            )
        grouping, overlap = ("stacked", 100) if plot.kind == "stacked" else ("clustered", -5)
        direction = "bar" if plot.kind == "bar" else "col"
        return (
            f'<c:barChart><c:barDir val="{direction}"/><c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}'
            f'<c:gapWidth val="60"/><c:overlap val="{overlap}"/>{axes}</c:barChart>'
        )

    def _series(self, plot: Plot, line: Line, index: int) -> str:
        column, last = letter(index + 1), len(self.categories) + 1
        fill = _solid(line.colour)
        if plot.kind == "line":
            look = (
                f'<c:spPr><a:ln w="31750" cap="rnd">{fill}<a:round/></a:ln></c:spPr><c:marker><c:symbol val="circle"/>'
                f'<c:size val="6"/><c:spPr>{fill}<a:ln w="9525">{_solid("bg1")}</a:ln>'
                "</c:spPr></c:marker>"
            )
        else:
            # Pale fills get an edge, so that they stand out from the white of the slide.
            edge = f'<a:ln w="9525">{_solid("accent1")}</a:ln>' if line.colour in _PALE else ""
            look = f'<c:spPr>{fill}{edge}</c:spPr><c:invertIfNegative val="0"/>'
        smooth = '<c:smooth val="0"/>' if plot.kind == "line" else ""
        categories = "".join(
            f'<c:pt idx="{at}"><c:v>{content(category)}</c:v></c:pt>' for at, category in enumerate(self.categories)
        )
        values = "".join(
            f'<c:pt idx="{at}"><c:v>{value:f}</c:v></c:pt>' for at, value in enumerate(line.values) if value is not None
        )
        count = f'<c:ptCount val="{len(self.categories)}"/>'
        return (
            f'<c:ser><c:idx val="{index}"/><c:order val="{index}"/><c:tx><c:strRef><c:f>Sheet1!${column}$1</c:f>'
            f'<c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{content(line.name)}</c:v></c:pt></c:strCache>'
            f"</c:strRef></c:tx>{look}{self._labels(plot)}"
            f"<c:cat><c:strRef><c:f>Sheet1!$A$2:$A${last}</c:f><c:strCache>{count}{categories}</c:strCache></c:strRef>"
            f"</c:cat><c:val><c:numRef><c:f>Sheet1!${column}$2:${column}${last}</c:f><c:numCache>"
            f"<c:formatCode>{content(self.format_of(plot))}</c:formatCode>{count}{values}</c:numCache></c:numRef></c:val>"
            f"{smooth}</c:ser>"
        )

    def _labels(self, plot: Plot) -> str:
        if not plot.labels:
            return ""
        position = {"line": "t", "column": "outEnd", "bar": "outEnd", "stacked": "ctr"}[plot.kind]
        return (
            f'<c:dLbls><c:numFmt formatCode={attribute(self.format_of(plot))} sourceLinked="0"/>'
            f'<c:spPr><a:noFill/></c:spPr>{_text_properties("tx1")}<c:dLblPos val="{position}"/>'
            '<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>'
            '<c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
        )

    def _title(self) -> str:
        return (
            "<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr/></a:pPr><a:r>"
            '<a:rPr lang="en-US" sz="1200" b="1"><a:solidFill><a:schemeClr val="tx1"/></a:solidFill></a:rPr>'
            f"<a:t>{content(self.title)}</a:t></a:r></a:p></c:rich></c:tx>"
            '<c:layout><c:manualLayout><c:xMode val="edge"/><c:yMode val="edge"/><c:x val="0.005"/><c:y val="0"/>'
            '</c:manualLayout></c:layout><c:overlay val="0"/></c:title>'
        )

    def _category_axis(self, horizontal: bool) -> str:
        # A bar chart is read from the top, so its first category stands there.
        order, position = ("maxMin", "l") if horizontal else ("minMax", "b")
        return (
            f'<c:catAx><c:axId val="{_CATEGORY_AXIS}"/><c:scaling><c:orientation val="{order}"/></c:scaling>'
            f'<c:delete val="0"/><c:axPos val="{position}"/><c:numFmt formatCode="General" sourceLinked="0"/>'
            '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>'
            '<c:spPr><a:ln w="9525"><a:solidFill><a:schemeClr val="tx2"/></a:solidFill></a:ln></c:spPr>'
            f'{_text_properties()}<c:crossAx val="{_VALUE_AXIS}"/><c:crosses val="autoZero"/><c:auto val="0"/>'
            f'<c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:tickLblSkip val="{self.tick_skip}"/>'
            '<c:noMultiLvlLbl val="1"/></c:catAx>'
        )

    def _value_axis(self, horizontal: bool) -> str:
        hidden = int(horizontal)  # bars carry their values as labels
        position, crosses = ("t", "autoZero") if horizontal else ("l", "autoZero")
        grid = (
            ""
            if horizontal
            else (
                '<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:schemeClr val="bg2"><a:lumMod val="90000"/>'
                "</a:schemeClr></a:solidFill></a:ln></c:spPr></c:majorGridlines>"
            )
        )
        floor = "" if _goes_below_zero([plot for plot in self.plots if not plot.right_format]) else '<c:min val="0"/>'
        return (
            f'<c:valAx><c:axId val="{_VALUE_AXIS}"/><c:scaling><c:orientation val="minMax"/>{floor}</c:scaling>'
            f'<c:delete val="{hidden}"/><c:axPos val="{position}"/>{grid}'
            f'<c:numFmt formatCode={attribute(self.number_format)} sourceLinked="0"/>'
            '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
            f'<c:spPr><a:ln><a:noFill/></a:ln></c:spPr>{_text_properties()}<c:crossAx val="{_CATEGORY_AXIS}"/>'
            f'<c:crosses val="{crosses}"/><c:crossBetween val="between"/></c:valAx>'
        )

    def _right_axes(self, plot: Plot) -> str:
        floor = "" if _goes_below_zero([plot]) else '<c:min val="0"/>'
        return (
            f'<c:valAx><c:axId val="{RIGHT_VALUE_AXIS}"/><c:scaling><c:orientation val="minMax"/>{floor}</c:scaling>'
            '<c:delete val="0"/><c:axPos val="r"/>'
            f'<c:numFmt formatCode={attribute(self.format_of(plot))} sourceLinked="0"/>'
            '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
            f'<c:spPr><a:ln><a:noFill/></a:ln></c:spPr>{_text_properties()}<c:crossAx val="{RIGHT_CATEGORY_AXIS}"/>'
            '<c:crosses val="max"/><c:crossBetween val="between"/></c:valAx>'
            f'<c:catAx><c:axId val="{RIGHT_CATEGORY_AXIS}"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
            '<c:delete val="1"/><c:axPos val="b"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/>'
            f'<c:tickLblPos val="none"/><c:crossAx val="{RIGHT_VALUE_AXIS}"/><c:crosses val="autoZero"/>'
            '<c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>'
        )


_PALE = {"accent3", "accent1-light"}
_KIND_WORDS = {"column": "Column", "stacked": "Stacked column", "line": "Line", "bar": "Bar"}


def _goes_below_zero(plots: Sequence[Plot]) -> bool:
    return any(value is not None and value < 0 for plot in plots for line in plot.lines for value in line.values)


def _ends(categories: Sequence[str], values: Sequence[Decimal | None]) -> str:
    known = [(category, value) for category, value in zip(categories, values, strict=True) if value is not None]
    if not known:
        return "has no data"
    (first, start), (last, end) = known[0], known[-1]
    return f"from {start:f} in {first} to {end:f} in {last}" if len(known) > 1 else f"{end:f} in {last}"


def _solid(colour: str) -> str:
    slot, _, light = colour.partition("-")
    lighter = '<a:lumMod val="30000"/><a:lumOff val="70000"/>' if light else ""
    return f'<a:solidFill><a:schemeClr val="{slot}">{lighter}</a:schemeClr></a:solidFill>'


def _text_properties(colour: str = "tx2") -> str:
    look = f'<a:defRPr sz="{FONT_SIZE * 100}">{_solid(colour)}<a:latin typeface="+mn-lt"/></a:defRPr>'
    return f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr>{look}</a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>'
