"""A second brand for the gallery: a .pptx of its own with another shape of slide, other fonts and a drawn logo."""

import io
from typing import Any

from PIL import Image, ImageDraw
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

from reports.decks.brand import Brand
from reports.decks.theme import template

INDENT = 0.3
"""By how many inches titles stand further in than the product's."""


def logo() -> bytes:
    """Two discs and a bar on a plate that stands out from dark covers."""
    picture = Image.new("RGB", (620, 228), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((14, 14, 214, 214), fill="#5B1F3A")
    pen.ellipse((134, 14, 334, 214), outline="#C2571A", width=18)
    pen.rectangle((370, 94, 600, 134), fill="#5B1F3A")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def second_brand() -> bytes:
    """The template: of the shape of A4, a band at its left, titles further in, Georgia over Verdana."""
    brand = Brand(
        "Second brand",
        primary="5B1F3A",
        accent="A8480F",
        text="2B1A22",
        heading_font="Georgia",
        body_font="Verdana",
        paper="a4",
        logo=logo(),
    )
    presentation = Presentation(io.BytesIO(template(brand)))
    for layout in presentation.slide_layouts:
        if layout.name == "Cover":
            continue
        for place in layout.placeholders:
            if place.name in {"Title", "Kicker"}:
                place.left, place.width = place.left + Inches(INDENT), place.width - Inches(INDENT)
        _band(layout, presentation.slide_height or 0)
    written = io.BytesIO()
    presentation.save(written)
    return written.getvalue()


def _band(layout: Any, height: int) -> None:
    """A bar down the left edge of a layout, under everything else; python-pptx draws on slides alone."""
    blank = Presentation()
    slide = blank.slides.add_slide(blank.slide_layouts[6])
    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(0.16), height)
    bar.fill.solid()
    bar.fill.fore_color.rgb = RGBColor(0x5B, 0x1F, 0x3A)
    bar.line.fill.background()
    bar.name = "Band"
    element = bar._element  # noqa: SLF001 - nothing public puts a shape on a layout
    element.nvSpPr.cNvPr.set("id", "900")
    layout.shapes._spTree.insert(2, element)  # noqa: SLF001
