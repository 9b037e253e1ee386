"""A presentation as HTML: every slide a page, every shape where it stands, charts as SVG. No place is computed anew."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn

from reports.paper.colours import fill_of, fonts_of, theme_of
from reports.paper.graphs import svg

_ANCHORS = {"t": "flex-start", "ctr": "center", "b": "flex-end"}
_ALIGNS = {"l": "left", "ctr": "center", "r": "right"}
_MARKS = {
    "ellipse": '<circle cx="5" cy="5" r="5"/>',
    "triangle": '<path d="M5 0L10 10H0Z"/>',
    "diamond": '<path d="M5 0L10 5L5 10L0 5Z"/>',
    "mathMinus": '<path d="M0 3.8H10V6.2H0Z"/>',
}
_LINE_HEIGHT = 1.2


@dataclass(frozen=True, slots=True)
class _Look:
    """What runs of a place look like where they say nothing themselves."""

    size: float = 14.0
    bold: bool = False
    colour: str | None = None
    align: str = "l"
    anchor: str = "t"
    font: str = "+mn-lt"


def html(deck: bytes) -> str:
    """The presentation as one document; each slide is a page of its size."""
    presentation = Presentation(io.BytesIO(deck))
    drawing = _Drawing(theme_of(presentation), fonts_of(presentation))
    wide, tall = ((size or 0) / 12700 for size in (presentation.slide_width, presentation.slide_height))
    slides = "".join(drawing.slide(slide) for slide in presentation.slides)
    title = escape(presentation.core_properties.title or "")
    style = (
        f"@page{{size:{wide:.1f}pt {tall:.1f}pt;margin:0}}body{{margin:0}}"
        f"section{{position:relative;width:{wide:.1f}pt;height:{tall:.1f}pt;overflow:hidden;break-after:page}}"
        "div,p,table,svg{position:absolute;margin:0;box-sizing:border-box}div.text{display:flex;flex-direction:column}"
        f"p{{position:static;white-space:pre-wrap;line-height:{_LINE_HEIGHT}}}"
        "table{border-collapse:collapse;table-layout:fixed}td{padding:0 5.8pt;overflow:hidden}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head><body>{slides}</body></html>"
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    theme: Mapping[str, str]
    fonts: Mapping[str, str]

    def slide(self, slide: Any) -> str:
        """One page: background, what master and layout draw, then the slide's own shapes in their order."""
        layout = slide.slide_layout
        background = self._background(slide) or self._background(layout) or self._background(layout.slide_master)
        shapes = []
        if layout.element.get("showMasterSp") != "0":
            shapes += [one for one in layout.slide_master.shapes if not one.is_placeholder]
        shapes += [one for one in layout.shapes if not one.is_placeholder]
        drawn = "".join(self._shape(one, layout) for one in [*shapes, *slide.shapes])
        return f'<section style="background:{background or "#FFFFFF"}">{drawn}</section>'

    def _background(self, of: Any) -> str | None:
        return fill_of(of.element.find(f"{qn('p:cSld')}/{qn('p:bg')}/{qn('p:bgPr')}"), self.theme)

    def _shape(self, shape: Any, layout: Any) -> str:
        box = _box(shape)
        if shape.element.tag == qn("p:cxnSp"):
            line = shape.element.find(f"{qn('p:spPr')}/{qn('a:ln')}")
            thick = int(line.get("w")) / 12700
            return f'<div style="{box};border-top:{thick:.1f}pt solid {fill_of(line, self.theme)}"></div>'
        if shape.element.tag == qn("p:pic"):
            return f'<img alt="" style="position:absolute;{box}" src="{_picture(shape)}">'
        if getattr(shape, "has_chart", False):
            return self._chart(shape, box)
        if getattr(shape, "has_table", False):
            return self._table(shape.element.find(f".//{qn('a:tbl')}"), box)
        return self._box_of_text(shape, layout, box)

    def _box_of_text(self, shape: Any, layout: Any, box: str) -> str:
        properties, body = shape.element.find(qn("p:spPr")), shape.element.find(qn("p:txBody"))
        look = self._inherited(shape, layout)
        filled, edge = fill_of(properties, self.theme), fill_of(properties.find(qn("a:ln")), self.theme)
        kind = properties.find(qn("a:prstGeom"))
        mark = None if kind is None else _MARKS.get(kind.get("prst"))
        if mark is not None:
            return f'<svg style="{box}" viewBox="0 0 10 10" fill="{filled}">{mark}</svg>'
        attributes = {} if body is None else body.find(qn("a:bodyPr")).attrib
        inset = int(attributes.get("lIns", 0 if shape.is_placeholder else 91440)) / 12700
        style = f"{box};padding:{inset:.1f}pt;justify-content:{_ANCHORS[attributes.get('anchor', look.anchor)]}"
        style += f";background:{filled}" if filled else ""
        style += f";border:.75pt solid {edge}" if edge else ""
        texts = "" if body is None else "".join(self._paragraph(one, look) for one in body.findall(qn("a:p")))
        return f'<div class="text" style="{style}">{texts}</div>'

    def _inherited(self, shape: Any, layout: Any) -> _Look:
        """What the layout's place of the same number says."""
        if not shape.is_placeholder:
            return _Look()
        wanted = shape.placeholder_format.idx
        for place in layout.placeholders:
            if place.placeholder_format.idx != wanted:
                continue
            level = place.element.find(f".//{qn('a:lstStyle')}/{qn('a:lvl1pPr')}")
            if level is None:
                break
            runs = level.find(qn("a:defRPr"))
            latin = runs.find(qn("a:latin"))
            return _Look(
                size=int(runs.get("sz", "1400")) / 100,
                bold=runs.get("b") == "1",
                colour=fill_of(runs, self.theme),
                align=level.get("algn", "l"),
                anchor=place.element.find(f".//{qn('a:bodyPr')}").get("anchor", "t"),
                font="+mn-lt" if latin is None else latin.get("typeface"),
            )
        return _Look()

    def _paragraph(self, paragraph: Any, look: _Look) -> str:
        properties = paragraph.find(qn("a:pPr"))
        align = look.align if properties is None else properties.get("algn", look.align)
        before = None if properties is None else properties.find(f"{qn('a:spcBef')}/{qn('a:spcPts')}")
        space = f";margin-top:{int(before.get('val')) / 100:.1f}pt" if before is not None else ""
        runs = "".join(self._run(one, look) for one in paragraph if one.tag in {qn("a:r"), qn("a:fld")})
        return f'<p style="text-align:{_ALIGNS[align]}{space}">{runs or "&#8203;"}</p>'

    def _run(self, run: Any, look: _Look) -> str:
        properties = run.find(qn("a:rPr"))
        latin = properties.find(qn("a:latin"))
        font = look.font if latin is None else latin.get("typeface")
        colour = fill_of(properties, self.theme) or look.colour or "#" + self.theme["tx1"]
        bold = properties.get("b", "1" if look.bold else "0") == "1"
        size = int(properties.get("sz", look.size * 100)) / 100
        style = f"font-size:{size:g}pt;color:{colour};font-family:'{self.fonts.get(font, font)}',sans-serif"
        style += ";font-weight:bold" if bold else ""
        return f'<span style="{style}">{escape(run.find(qn("a:t")).text or "")}</span>'

    def _table(self, table: Any, box: str) -> str:
        widths = [int(one.get("w")) / 12700 for one in table.find(qn("a:tblGrid"))]
        columns = "".join(f'<col style="width:{width:.1f}pt">' for width in widths)
        rows = ""
        for row in table.findall(qn("a:tr")):
            cells = "".join(self._cell(one) for one in row.findall(qn("a:tc")))
            rows += f'<tr style="height:{int(row.get("h")) / 12700:.1f}pt">{cells}</tr>'
        return f'<table style="{box.rpartition(";height")[0]}"><colgroup>{columns}</colgroup>{rows}</table>'

    def _cell(self, cell: Any) -> str:
        look = cell.find(qn("a:tcPr"))
        style = "".join(
            f"border-{side}:{int(line.get('w')) / 12700:.2f}pt solid {colour};"
            for side, line in (("top", look.find(qn("a:lnT"))), ("bottom", look.find(qn("a:lnB"))))
            if line is not None and (colour := fill_of(line, self.theme))
        )
        filled = fill_of(look, self.theme)
        style += f"background:{filled}" if filled else ""
        body = cell.find(qn("a:txBody"))
        return f'<td style="{style}">{"".join(self._paragraph(one, _Look()) for one in body.findall(qn("a:p")))}</td>'

    def _chart(self, shape: Any, box: str) -> str:
        wide, tall = shape.width / 12700, shape.height / 12700
        space = parse_xml(shape.chart.part.blob)
        text = self.fonts.get("+mn-lt", "sans-serif")
        picture = svg(space, wide, tall, self.theme, shown).replace("<text ", f'<text font-family="{text}" ')
        return f'<div style="{box}">{picture}</div>'


def shown(value: Decimal, code: str) -> str:
    """A value in one of the number formats that `Formats.excel` gives: digits, decimals, a percent sign, a currency."""
    number = "".join(code.split('"')[::2])
    places = len(number.partition(".")[2].rstrip("%"))
    if number.endswith("%"):
        return f"{value * 100:.{places}f}%"
    before, _, after = code.partition(number)
    return f"{before.strip(chr(34))}{value:,.{places}f}{after.strip(chr(34))}"


def _box(shape: Any) -> str:
    left, top, width, height = (value / 12700 for value in (shape.left, shape.top, shape.width, shape.height))
    return f"left:{left:.1f}pt;top:{top:.1f}pt;width:{width:.1f}pt;height:{height:.1f}pt"


def _picture(shape: Any) -> str:
    from base64 import b64encode

    return f"data:{shape.image.content_type};base64,{b64encode(shape.image.blob).decode()}"
