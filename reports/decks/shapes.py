"""Text boxes, panels, marks and tables as DrawingML, sized so that their text fits before they are written."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reports.decks.layouts import Align, Box
from reports.decks.measure import LINE_HEIGHT, largest, shortened
from reports.decks.xmltext import attribute, content

NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
SMALLEST = 11.0
"""No text on a slide is smaller, in points."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look. Colours are theme slots; size in points, None takes the place's own."""

    text: str
    size: float | None = None
    bold: bool = False
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `before` is the space above it in points."""

    runs: Sequence[Run]
    align: Align = "l"
    before: float = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: heading, share of the width, side on which its text stands."""

    heading: str
    share: float
    align: Align = "l"


@dataclass(frozen=True, slots=True)
class Cell:
    """A table's cell. Text that does not fit its lines is shortened with an ellipsis."""

    text: str
    bold: bool = False
    colour: str = "tx1"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. `strong` holds the indexes of rows set off as totals."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    strong: frozenset[int] = field(default=frozenset())
    size: float = 12
    row_height: float = 0.32
    """Inches."""
    lines: int = 1
    """Lines a cell may take."""
    heading_height: float | None = None
    """Inches of the row of headings, where it is less than that of the others; headings take one line then."""

    @property
    def height(self) -> float:
        """Inches of the whole table."""
        return len(self.rows) * self.row_height + (self.heading_height or self.row_height)


def paragraph_xml(paragraph: Paragraph, font: str = "+mn-lt") -> str:
    """One `a:p` element; `font` is the theme's body font unless a heading asks for the other."""
    space = f'<a:spcBef><a:spcPts val="{round(paragraph.before * 100)}"/></a:spcBef>' if paragraph.before else ""
    runs = "".join(
        f"<a:r>{_run_properties(run, font)}<a:t>{content(run.text)}</a:t></a:r>" for run in paragraph.runs if run.text
    )
    return f'<a:p><a:pPr algn="{paragraph.align}">{space}</a:pPr>{runs}</a:p>'


def textbox_xml(
    shape_id: int,
    name: str,
    box: Box,
    paragraphs: Sequence[Paragraph],
    *,
    fill: str | None = None,
    line: str | None = None,
    shape: str = "rect",
    margin: float = 0.0,
    anchor: str = "t",
    alt: str = "",
) -> str:
    """A shape with text in it; `margin` in inches, `shape` a preset geometry, `fill` and `line` theme slots."""
    left, top, width, height = box.emu
    inset = round(margin * 914400)
    filled = f'<a:solidFill><a:schemeClr val="{fill}"/></a:solidFill>' if fill else "<a:noFill/>"
    edge = f'<a:solidFill><a:schemeClr val="{line}"/></a:solidFill>' if line else "<a:noFill/>"
    body = "".join(map(paragraph_xml, paragraphs)) or "<a:p/>"
    described = f" descr={attribute(alt)}" if alt else ""
    return (
        f'<p:sp {NAMESPACES}><p:nvSpPr><p:cNvPr id="{shape_id}" name={attribute(name)}{described}/><p:cNvSpPr/>'
        f'<p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        f'<a:prstGeom prst="{shape}"><a:avLst/></a:prstGeom>{filled}<a:ln w="9525">{edge}</a:ln></p:spPr>'
        f'<p:txBody><a:bodyPr wrap="square" lIns="{inset}" tIns="{inset}" rIns="{inset}" bIns="{inset}" '
        f'anchor="{anchor}"><a:noAutofit/></a:bodyPr><a:lstStyle/>{body}</p:txBody></p:sp>'
    )


def table_xml(
    shape_id: int, name: str, box: Box, table: Table, *, font: str, head: str, place: int | None, alt: str
) -> str:
    """A native table of fixed row heights: headings in the slot `head` on the brand's colour, hairlines below rows."""
    total = sum(column.share for column in table.columns)
    widths = [box.width * column.share / total for column in table.columns]
    grid = "".join(f'<a:gridCol w="{round(width * 914400)}"/>' for width in widths)
    heading = [Cell(column.heading, bold=True, colour=head) for column in table.columns]
    table = replace(table, size=_common_size(table, [heading, *table.rows], widths, font))
    top_row = table if table.heading_height is None else replace(table, row_height=table.heading_height, lines=1)
    rows = [_row_xml(top_row, heading, widths, font, fill="folHlink", strong=False)]
    for index, row in enumerate(table.rows):
        rows.append(_row_xml(table, row, widths, font, fill=None, strong=index in table.strong))
    left, top, width, _ = box.emu
    height = round(table.height * 914400)
    holder = f'<p:ph type="tbl" idx="{place}"/>' if place is not None else ""
    return (
        f"<p:graphicFrame {NAMESPACES}><p:nvGraphicFramePr>"
        f'<p:cNvPr id="{shape_id}" name={attribute(name)} descr={attribute(alt)}/>'
        f'<p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr>{holder}</p:nvPr>'
        f'</p:nvGraphicFramePr><p:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></p:xfrm>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl>'
        f'<a:tblPr firstRow="1"/><a:tblGrid>{grid}</a:tblGrid>{"".join(rows)}</a:tbl></a:graphicData></a:graphic>'
        "</p:graphicFrame>"
    )


def chart_xml(shape_id: int, name: str, box: Box, relation: str, *, place: int | None, alt: str) -> str:
    """The frame that shows a chart part on a slide."""
    left, top, width, height = box.emu
    holder = f'<p:ph type="chart" idx="{place}"/>' if place is not None else ""
    return (
        f"<p:graphicFrame {NAMESPACES}><p:nvGraphicFramePr>"
        f'<p:cNvPr id="{shape_id}" name={attribute(name)} descr={attribute(alt)}/>'
        f'<p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr>{holder}</p:nvPr>'
        f'</p:nvGraphicFramePr><p:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></p:xfrm>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        f'<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="{relation}"/>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )


def fitted(
    text: str, sizes: tuple[float, ...], box: Box, *, bold: bool = False, font: str = "Arial", margin: float = 0.0
) -> tuple[str, float]:
    """`text` and the largest of `sizes` at which it fits `box`; cut with an ellipsis when even the smallest is too big.

    Each of `sizes` and the result are points, `margin` is inches on every side.
    """
    room, tall = (box.width - 2 * margin) * 72, (box.height - 2 * margin) * 72
    size = largest(text, sizes, room, tall, bold=bold, font=font)
    if size is not None:
        return text, size
    lines = max(1, int(tall / (sizes[-1] * LINE_HEIGHT)))
    return shortened(text, sizes[-1], room, lines=lines, bold=bold, font=font), sizes[-1]


_CELL_MARGIN = 0.08


def _common_size(table: Table, rows: Sequence[Sequence[Cell]], widths: Sequence[float], font: str) -> float:
    """One size for all cells: the table's own, a little less where that spares an ellipsis."""
    smaller = [size for size in (table.size, table.size - 0.5, table.size - 1) if size >= SMALLEST]
    for size in smaller:
        if all(
            # Measured in bold, which any row may be.
            fitted(cell.text, (size,), _cell_box(table, size, width), bold=True, font=font)[0] == cell.text
            for row in rows
            for cell, width in zip(row, widths, strict=True)
        ):
            return size
    return smaller[-1]


def _cell_box(table: Table, size: float, width: float) -> Box:
    return Box(0, 0, width - 2 * _CELL_MARGIN, table.lines * size * LINE_HEIGHT / 72 + 0.001)


def _row_xml(
    table: Table, row: Sequence[Cell], widths: Sequence[float], font: str, *, fill: str | None, strong: bool
) -> str:
    cells = []
    for column, cell, width in zip(table.columns, row, widths, strict=True):
        bold = cell.bold or strong
        text, size = fitted(cell.text, (table.size,), _cell_box(table, table.size, width), bold=bold, font=font)
        paragraph = paragraph_xml(Paragraph([Run(text, size, bold, cell.colour)], column.align))
        look = _cell_properties(fill, strong=strong)
        cells.append(f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/>{paragraph}</a:txBody>{look}</a:tc>")
    return f'<a:tr h="{round(table.row_height * 914400)}">{"".join(cells)}</a:tr>'


def _cell_properties(fill: str | None, *, strong: bool) -> str:
    side, none = round(_CELL_MARGIN * 914400), '<a:ln{0} w="0"><a:noFill/></a:ln{0}>'
    hair = '<a:solidFill><a:schemeClr val="bg2"><a:lumMod val="90000"/></a:schemeClr></a:solidFill>'
    rule = '<a:solidFill><a:schemeClr val="tx1"/></a:solidFill>'
    above = f'<a:lnT w="12700">{rule}</a:lnT>' if strong else none.format("T")
    filled = f'<a:solidFill><a:schemeClr val="{fill}"/></a:solidFill>' if fill else "<a:noFill/>"
    return (
        f'<a:tcPr marL="{side}" marR="{side}" marT="0" marB="0" anchor="ctr">{none.format("L")}{none.format("R")}'
        f'{above}<a:lnB w="6350">{hair}</a:lnB>{filled}</a:tcPr>'
    )


def _run_properties(run: Run, font: str) -> str:
    size = f' sz="{round(run.size * 100)}"' if run.size else ""
    bold = ' b="1"' if run.bold else ""
    colour = f'<a:solidFill><a:schemeClr val="{run.colour}"/></a:solidFill>' if run.colour else ""
    return f'<a:rPr lang="en-US"{size}{bold}>{colour}<a:latin typeface="{font}"/></a:rPr>'
