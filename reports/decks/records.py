"""What a drawn deck says, as data: for each slide its words, tables, charts and every figure with its receipt.

Handout, diff, the share of fields filled automatically and any other drawing of a deck read the record; nothing reads
a deck's file back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from reports.views.figures import Figure

TYPED = frozenset({"manual", "imported", "corrected", "typed"})
"""Methods by which a person, not a source, gave a value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One figure as a slide shows it; `shown` is None where only a chart draws it."""

    figure: Figure
    shown: str | None

    @property
    def is_filled(self) -> bool:
        """True when it has a value."""
        return self.figure.value is not None

    @property
    def is_automatic(self) -> bool:
        """True when it has a value that nobody typed."""
        return self.is_filled and self.figure.receipt.method not in TYPED


@dataclass(frozen=True, slots=True)
class ChartRecord:
    """A chart as drawn: title, categories, and each series with its values; `kinds` are column, stacked, line, bar."""

    place: str
    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[Decimal | None, ...]], ...]
    kinds: tuple[str, ...]
    number_format: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class TableRecord:
    """A table as drawn, headings first."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...]
    alt_text: str


@dataclass(frozen=True, slots=True)
class SlideRecord:
    """One page of a deck; a slide that continues has several pages of one name."""

    slide: str
    number: int
    kicker: str
    title: str
    texts: tuple[str, ...]
    """Every paragraph outside tables and charts, in the order drawn; kicker, title and footer are not among them."""
    tables: tuple[TableRecord, ...]
    charts: tuple[ChartRecord, ...]
    fields: tuple[Field, ...]
    typed: tuple[str, ...]
    """Words that a person wrote."""
    actions: tuple[str, ...]
    """What is to be decided or done."""
    spoken: tuple[str, ...]
    """Words for the presenter."""


@dataclass(frozen=True, slots=True)
class DeckRecord:
    """A whole deck."""

    deck: str
    title: str
    organization_id: str
    organization_name: str
    client_id: str
    client_name: str | None
    quarter: str
    footer: str
    draft_reason: str | None
    receipts_heading: str
    slides: tuple[SlideRecord, ...]

    @property
    def fields(self) -> list[Field]:
        """The figures of all slides, each counted once however often it is shown."""
        found: dict[tuple[str, str, str], Field] = {}
        for slide in self.slides:
            for field in slide.fields:
                key = field.figure.metric, field.figure.period, field.figure.client_id
                found.setdefault(key, field)
        return list(found.values())

    @property
    def filled_automatically(self) -> Decimal | None:
        """The share of figures and typed words that no person had to fill in; None for a deck without any."""
        fields, typed = self.fields, sum(len(slide.typed) for slide in self.slides)
        if not fields and not typed:
            return None
        return Decimal(sum(field.is_automatic for field in fields)) / (len(fields) + typed)


def encode_record(record: DeckRecord) -> bytes:
    """The record as JSON, the same bytes for the same deck."""
    return msgspec.json.encode(record)


def decode_record(document: bytes) -> DeckRecord:
    """The record of a JSON document."""
    return msgspec.json.decode(document, type=DeckRecord)


def lines_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Paragraphs without the empty ones."""
    return tuple(text for text in texts if text.strip())
