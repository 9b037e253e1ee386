"""Two decks set side by side by their records: which numbers, words and actions changed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from reports.decks.records import DeckRecord, Field, SlideRecord
from warehouse.periods import Period, PeriodError, Quarter


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number of a slide; None where one of the decks does not show it."""

    slide: str
    label: str
    old_period: str | None
    new_period: str | None
    old: Decimal | None
    new: Decimal | None
    old_shown: str | None
    new_shown: str | None
    model: str = ""
    """Where the number comes from."""


@dataclass(frozen=True, slots=True)
class WordChange:
    """A sentence or an action that one of the decks has and the other has not."""

    slide: str
    is_new: bool
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one deck to the other."""

    numbers: tuple[NumberChange, ...]
    words: tuple[WordChange, ...]
    actions: tuple[WordChange, ...]
    slides_gone: tuple[str, ...]
    slides_new: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """True when both decks say the same."""
        return not (self.numbers or self.words or self.actions or self.slides_gone or self.slides_new)


def compare(old: DeckRecord, new: DeckRecord) -> Comparison:
    """Numbers are paired by slide, metric, client and distance from their deck's quarter; words as they stand."""
    before, after = _by_slide(old), _by_slide(new)
    numbers: list[NumberChange] = []
    words: list[WordChange] = []
    actions: list[WordChange] = []
    for slide in after:
        if slide not in before:
            continue
        numbers += _numbers(slide, old, new, before[slide], after[slide])
        words += _words(slide, list(_sentences(before[slide])), list(_sentences(after[slide])))
        actions += _words(slide, _actions(before[slide]), _actions(after[slide]))
    return Comparison(
        tuple(numbers),
        tuple(words),
        tuple(actions),
        tuple(slide for slide in before if slide not in after),
        tuple(slide for slide in after if slide not in before),
    )


def _by_slide(deck: DeckRecord) -> dict[str, list[SlideRecord]]:
    pages: dict[str, list[SlideRecord]] = {}
    for page in deck.slides:
        pages.setdefault(page.slide, []).append(page)
    return pages


def _numbers(
    slide: str, old: DeckRecord, new: DeckRecord, before: list[SlideRecord], after: list[SlideRecord]
) -> Iterator[NumberChange]:
    were = {_key(field, old.quarter): field for page in before for field in page.fields}
    are = {_key(field, new.quarter): field for page in after for field in page.fields}
    for key in dict.fromkeys((*were, *are)):
        was, now = were.get(key), are.get(key)
        if was is not None and now is not None and was.figure.value == now.figure.value:
            continue
        known = now or was
        if known is None:
            continue
        yield NumberChange(
            slide,
            known.figure.label,
            None if was is None else was.figure.period,
            None if now is None else now.figure.period,
            None if was is None else was.figure.value,
            None if now is None else now.figure.value,
            None if was is None else was.shown,
            None if now is None else now.shown,
            known.figure.receipt.model,
        )


def _key(field: Field, quarter: str) -> tuple[str, str, str]:
    """The figure without its date: how far its period lies from its deck's quarter, and in its name likewise."""
    figure = field.figure
    metric = re.sub(r"20\d\d-(Q\d|\d\d)", lambda found: _distance(found[0], quarter), figure.metric)
    return metric, _distance(figure.period, quarter), figure.client_id


def _distance(period: str, quarter: str) -> str:
    of = Quarter.parse(quarter)
    try:
        if "Q" in period:
            return f"quarter {_number(Quarter.parse(period)) - _number(of)}"
        return f"month {Period.parse(period).months_since(of.periods[2])}"
    except PeriodError:
        return "day"


def _number(quarter: Quarter) -> int:
    return quarter.periods[0].months_since(Period(2000, 1)) // 3


def _sentences(pages: list[SlideRecord]) -> Iterator[str]:
    """Titles and texts that say something; a bare number or label is not a sentence."""
    for page in pages:
        yield page.title
        yield from (text for text in page.texts if len(text.split()) > 3)
        yield from (cell for table in page.tables for row in table.rows for cell in row if len(cell.split()) > 3)
        yield from page.typed


def _actions(pages: list[SlideRecord]) -> list[str]:
    return [action for page in pages for action in page.actions]


def _words(slide: str, before: list[str], after: list[str]) -> list[WordChange]:
    gone = [WordChange(slide, False, text) for text in dict.fromkeys(before) if text and text not in after]
    came = [WordChange(slide, True, text) for text in dict.fromkeys(after) if text and text not in before]
    return [*gone, *came]
