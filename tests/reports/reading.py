"""Reads a finished deck back: its words, notes, charts and tables, and what is inside embedded workbooks."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pptx import Presentation

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class ReadChart:
    """A chart as three sources tell it: its cache, its workbook, and its formats."""

    name: str
    title: str
    categories: list[str]
    cache: dict[str, list[Decimal | None]]
    workbook: dict[str, list[Decimal | None]]
    formats: set[str]
    alt_text: str


def presentation(path: Path) -> Any:
    """The deck, opened."""
    return Presentation(str(path))


def texts(slide: Any) -> list[str]:
    """Every paragraph on the slide, table cells included."""
    found = []
    for element in slide.shapes.element.iter(f"{A}p"):
        text = "".join(part.text or "" for part in element.iter(f"{A}t"))
        if text:
            found.append(text)
    return found


def notes(slide: Any) -> list[str]:
    """The lines of the speaker notes."""
    return slide.notes_slide.notes_text_frame.text.split("\n") if slide.has_notes_slide else []


def receipts(slide: Any) -> list[dict[str, str]]:
    """The receipts in the notes: metric, period, value, and what the slide shows."""
    found = []
    for line in notes(slide):
        parts = line.split(" | ")
        if len(parts) < 6:
            continue
        shown = [part.removeprefix("shown as ") for part in parts if part.startswith("shown as ")]
        found.append(
            {
                "metric": parts[0],
                "period": parts[1],
                "value": parts[2],
                "shown": shown[0] if shown else "",
                "line": line,
            }
        )
    return found


def charts(slide: Any) -> list[ReadChart]:
    """Every chart of the slide."""
    return [_chart(shape) for shape in slide.shapes if shape.has_chart]


def tables(slide: Any) -> list[list[list[str]]]:
    """Every table of the slide as rows of cells."""
    return [
        [[cell.text for cell in row.cells] for row in shape.table.rows] for shape in slide.shapes if shape.has_table
    ]


def every_byte(package: bytes) -> Iterator[tuple[str, bytes]]:
    """Every part of a package, packages inside it opened as well."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            yield name, content
            if content[:4] == b"PK\x03\x04":
                for inner, inside in every_byte(content):
                    yield f"{name}!{inner}", inside


def numbers(text: str) -> list[str]:
    """The figures in a text, without those that belong to a date, a quarter or a unit of time."""
    for pattern in (
        r"Q[1-4] \d{4}",
        r"\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}",
        r"[A-Z][a-z]{2} \d{1,2}, \d{4}",
        r"[A-Z][a-z]{2} \d{2,4}",
        r"\d{4}-\d{2}",
        r"of 3 months",
    ):
        text = re.sub(pattern, " ", text)
    return [found.strip(".,") for found in re.findall(r"\d[\d,.]*", text)]


def _chart(shape: Any) -> ReadChart:
    part = shape.chart.part
    root = ElementTree.fromstring(part.blob)
    cache, formats = {}, set()
    categories: list[str] = []
    for series in root.iter(f"{C}ser"):
        name = series.find(f"{C}tx//{C}v").text or ""
        points = {
            int(point.get("idx")): Decimal(point.find(f"{C}v").text) for point in series.findall(f"{C}val//{C}pt")
        }
        categories = [point.find(f"{C}v").text or "" for point in series.findall(f"{C}cat//{C}pt")]
        cache[name] = [points.get(index) for index in range(len(categories))]
        formats |= {code.text or "" for code in series.iter(f"{C}formatCode")}
    title = "".join(part.text or "" for part in root.find(f"{C}chart/{C}title").iter(f"{A}t"))
    alt_text = shape.element.nvGraphicFramePr.cNvPr.get("descr") or ""
    book = _workbook(part.chart_workbook.xlsx_part.blob)
    return ReadChart(shape.name, title, categories, cache, book, formats, alt_text)


def _workbook(blob: bytes) -> dict[str, list[Decimal | None]]:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    cells: dict[str, str] = {}
    for cell in sheet.iter(f"{S}c"):
        inline = "".join(text.text or "" for text in cell.iter(f"{S}t"))
        value = cell.find(f"{S}v")
        cells[cell.get("r")] = inline if value is None else value.text or ""
    height = max(int(re.sub(r"\D", "", reference)) for reference in cells)
    headers = {reference[0]: text for reference, text in cells.items() if reference[1:] == "1" and reference[0] != "A"}
    return {
        name: [Decimal(cells[f"{column}{row}"]) if f"{column}{row}" in cells else None for row in range(2, height + 1)]
        for column, name in headers.items()
    }
