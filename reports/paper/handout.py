"""The handout of a deck: a workbook with every number shown and its receipt, every word, and what charts draw."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports.decks.records import DeckRecord
from reports.exports.table import Column, Table
from reports.exports.workbook import write_workbook
from reports.files import finished

_SLIDE = (Column("slide_number", "integer"), Column("slide"))
_FIGURES = (
    *_SLIDE,
    *(Column(name) for name in ("label", "metric", "period", "client_id")),
    Column("value", "decimal"),
    *(Column(name) for name in ("unit", "shown", "reason", "method", "basis", "source", "model")),
    Column("column"),
    Column("source_rows", "integer"),
    Column("months", "integer"),
    Column("freshest_at", "instant"),
    Column("note"),
)
_WORDS = (*_SLIDE, Column("kind"), Column("words"))
_CHARTS = (*_SLIDE, *(Column(name) for name in ("chart", "series", "category")), Column("value", "decimal"))


def write_handout(record: DeckRecord, snapshot: str, path: Path) -> None:
    """Write the workbook of the deck that was drawn from the snapshot of this hash; the same deck, the same bytes."""
    with finished(path) as unfinished:
        write_workbook(list(_tables(record, snapshot)), unfinished)


def _tables(record: DeckRecord, snapshot: str) -> Iterator[Table]:
    figures = list(_figures(record))
    missing = sum(row[6] is None for row in figures)
    about = (
        ("Deck", f"{record.title}, {record.quarter}"),
        ("Organization", f"{record.organization_name} ({record.organization_id})"),
        ("Client", record.client_name or "the whole organization"),
        *((("Draft", record.draft_reason),) if record.draft_reason else ()),
        ("Made from", record.receipts_heading),
        ("Snapshot", f"SHA-256 {snapshot}"),
        ("Figures", f"{len(figures)}, of which {missing} have no value; the column reason says why"),
        ("Fractions", "value holds 0.125 where shown reads 12.5%"),
    )
    yield Table("Figures", _FIGURES, figures, about)
    yield Table("Words", _WORDS, list(_words(record)))
    yield Table("Charts", _CHARTS, list(_charts(record)))


def _figures(record: DeckRecord) -> Iterator[Sequence[Any]]:
    """A row for each figure of each slide, in the order shown; one that a text shows twice differently has two."""
    for slide in record.slides:
        for field in slide.fields:
            figure, receipt = field.figure, field.figure.receipt
            yield (
                slide.number,
                slide.title,
                *(figure.label, figure.metric, figure.period, figure.client_id, figure.value, figure.unit, field.shown),
                *(figure.reason, receipt.method, receipt.basis, receipt.source, receipt.model, receipt.column),
                *(receipt.source_rows, figure.months, receipt.freshest_at, receipt.note),
            )


def _words(record: DeckRecord) -> Iterator[Sequence[Any]]:
    for slide in record.slides:
        place = (slide.number, slide.title)
        yield (*place, "kicker", slide.kicker)
        for kind, texts in (
            ("text", slide.texts),
            ("typed", slide.typed),
            ("decision", slide.actions),
            ("spoken", slide.spoken),
        ):
            for text in texts:
                yield (*place, kind, text)
        for table in slide.tables:
            for row in (table.headings, *table.rows):
                yield (*place, "table", " | ".join(row))


def _charts(record: DeckRecord) -> Iterator[Sequence[str | int | Decimal | None]]:
    for slide in record.slides:
        for chart in slide.charts:
            for name, values in chart.series:
                for category, value in zip(chart.categories, values, strict=True):
                    yield (slide.number, slide.title, chart.title, name, category, value)
