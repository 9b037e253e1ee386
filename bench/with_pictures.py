"""The deck one would write first: a blank template, text boxes, and a matplotlib picture for every chart.

Run in the rivals' own environment with a file of deck records; prints how many seconds drawing them took. It says the
same words and draws the same values as our decks, and carries neither receipts nor workbooks.
"""

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot
from pptx import Presentation
from pptx.util import Inches, Pt


def draw(record: dict[str, Any], path: Path) -> None:
    """One deck."""
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(13.333), Inches(7.5)
    blank = presentation.slide_layouts[6]
    for slide in record["slides"]:
        page = presentation.slides.add_slide(blank)
        box = page.shapes.add_textbox(Inches(0.6), Inches(0.4), Inches(12), Inches(0.9))
        box.text_frame.text = slide["title"]
        box.text_frame.paragraphs[0].font.size = Pt(24)
        body = page.shapes.add_textbox(Inches(0.6), Inches(1.5), Inches(6), Inches(5))
        body.text_frame.text = "\n".join(slide["texts"])
        for chart in slide["charts"]:
            page.shapes.add_picture(picture(chart), Inches(6.8), Inches(1.5), width=Inches(6))
        for table in slide["tables"]:
            rows = [table["headings"], *table["rows"]]
            place = (Inches(0.6), Inches(1.5), Inches(6), Inches(0.3 * len(rows)))
            grid = page.shapes.add_table(len(rows), len(rows[0]), *place).table
            for y, row in enumerate(rows):
                for x, text in enumerate(row):
                    grid.cell(y, x).text = text
    presentation.save(str(path))


def picture(chart: dict[str, Any]) -> io.BytesIO:
    """The chart as PNG, 150 dots an inch."""
    figure, axes = pyplot.subplots(figsize=(6, 3.4))
    places = range(len(chart["categories"]))
    wide = 0.8 / max(1, len(chart["series"]))
    for number, (name, values) in enumerate(chart["series"]):
        heights = [0.0 if value is None else float(value) for value in values]
        axes.bar([place + number * wide for place in places], heights, wide, label=name)
    axes.set_xticks(list(places), chart["categories"], rotation=45)
    axes.set_title(chart["title"])
    axes.legend()
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=150, bbox_inches="tight")
    pyplot.close(figure)
    written.seek(0)
    return written


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    records = json.loads(source.read_bytes())
    draw(records[0], folder / "warm.pptx")  # imports and fonts, once
    began = time.perf_counter()
    for number, record in enumerate(records):
        draw(record, folder / f"{number}.pptx")
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
