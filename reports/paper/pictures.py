"""Pages of a PDF as pictures: the preview of a deck, and the sheet on which all its slides are looked at."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from PIL import Image, ImageDraw

_MARGIN, _CAPTION = 10, 22


def pages(pdf: Path, width: int) -> Iterator[Image.Image]:
    """Every page, so many pixels wide."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            yield page.render(scale=width / page.get_width()).to_pil()


def preview(pdf: Path, width: int = 640) -> bytes:
    """The first page as PNG."""
    written = io.BytesIO()
    next(pages(pdf, width)).save(written, "PNG", optimize=True)
    return written.getvalue()


def contact_sheet(pictures: Sequence[tuple[str, Image.Image]], columns: int) -> Image.Image:
    """All pictures on one, each under its name."""
    wide, tall = pictures[0][1].size
    cell, row = wide + _MARGIN, tall + _CAPTION + _MARGIN
    lines = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * cell + _MARGIN, lines * row + _MARGIN), "#D7DCE3")
    draw = ImageDraw.Draw(sheet)
    for number, (name, picture) in enumerate(pictures):
        left, top = _MARGIN + number % columns * cell, _MARGIN + number // columns * row
        draw.text((left, top + 4), name, fill="#1B2430")
        sheet.paste(picture, (left, top + _CAPTION))
    return sheet
