"""How ConnectWise compares one value of a record with a value of a condition.

Text is compared without regard to case, as the database underneath does. A value that is absent is null: it equals
``null`` only and passes no other comparison.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.answers import utc_text

ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
STAMP = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")


class ConditionRefused(Exception):
    """The server cannot make sense of a condition; the text says why, in its own words."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date in square brackets: the whole second as the records write it, and whether a fraction was cut off."""

    text: str
    has_fraction: bool


Literal = str | int | float | bool | Stamp | None


def date_literal(text: str) -> Stamp:
    """Read what stands between square brackets. Without an offset it is UTC."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConditionRefused(f"'{text}' is not a date.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return Stamp(utc_text(instant), instant.microsecond > 0)


def comparing(
    name: str, read: Callable[[dict[str, Any]], Any], word: str, wanted: Literal | list[Literal]
) -> Callable[[dict[str, Any]], bool]:
    """A test of one value of a record. ``word`` is an operator of the grammar in lower case."""
    if isinstance(wanted, list):
        return among(name, read, wanted)
    if word in ("like", "contains"):
        return matching(read, word, wanted)
    if word in ("=", "!="):
        same = equalling(name, read, wanted)
        if word == "=":
            return same
        if wanted is None:
            return lambda record: not same(record)
        return lambda record: read(record) is not None and not same(record)
    return ordering(name, read, word, wanted)


def among(name: str, read: Callable[[dict[str, Any]], Any], wanted: list[Literal]) -> Callable[[dict[str, Any]], bool]:
    """Whether a value equals one of many. Long lists of ids are common, so plain numbers are looked up, not tried."""
    numbers = {one for one in wanted if isinstance(one, int | float) and not isinstance(one, bool)}
    if len(numbers) == len(set(wanted)):

        def listed(record: dict[str, Any]) -> bool:
            value = read(record)
            if isinstance(value, str):
                raise ConditionRefused(f"{name} cannot be compared with numbers.")
            return value in numbers

        return listed
    tests = [equalling(name, read, one) for one in wanted]
    return lambda record: any(test(record) for test in tests)


def equalling(name: str, read: Callable[[dict[str, Any]], Any], wanted: Literal) -> Callable[[dict[str, Any]], bool]:
    """Whether a value equals another."""
    if wanted is None:
        return lambda record: read(record) is None
    if isinstance(wanted, Stamp):
        return lambda record: not wanted.has_fraction and read(record) == wanted.text
    if isinstance(wanted, str):
        folded = wanted.casefold()

        def same_text(record: dict[str, Any]) -> bool:
            value = read(record)
            return value is not None and text_of(name, value).casefold() == folded

        return same_text

    def same(record: dict[str, Any]) -> bool:
        value = read(record)
        if isinstance(value, str):
            raise ConditionRefused(f"{name} cannot be compared with {wanted}.")
        return value is not None and bool(value == wanted)

    return same


def ordering(
    name: str, read: Callable[[dict[str, Any]], Any], word: str, wanted: Literal
) -> Callable[[dict[str, Any]], bool]:
    """Whether a value lies before or after another."""
    if wanted is None or isinstance(wanted, bool):
        raise ConditionRefused(f"{name} cannot be ordered against {wanted}.")
    if isinstance(wanted, Stamp):
        # Records hold whole seconds: later than a fraction means later than the second it was cut from.
        if wanted.has_fraction:
            word = {">=": ">", "<": "<="}.get(word, word)
        compare, limit = ORDERINGS[word], wanted.text

        def dated(record: dict[str, Any]) -> bool:
            value = read(record)
            if value is not None and not (isinstance(value, str) and STAMP.match(value)):
                raise ConditionRefused(f"{name} is not a date.")
            return value is not None and compare(value, limit)

        return dated
    compare = ORDERINGS[word]

    def ordered(record: dict[str, Any]) -> bool:
        value = read(record)
        if isinstance(value, str) is not isinstance(wanted, str) and value is not None:
            raise ConditionRefused(f"{name} cannot be compared with {wanted}.")
        return value is not None and compare(value, wanted)

    return ordered


def matching(read: Callable[[dict[str, Any]], Any], word: str, wanted: Literal) -> Callable[[dict[str, Any]], bool]:
    """Whether a text contains another, or fits a pattern where ``%`` and ``*`` stand for anything."""
    if not isinstance(wanted, str):
        raise ConditionRefused(f"{word} needs a text.")
    inner = "".join(".*" if mark in "%*" and word == "like" else re.escape(mark) for mark in wanted)
    pattern = re.compile(inner, re.IGNORECASE | re.DOTALL)
    fits = pattern.search if word == "contains" else pattern.fullmatch
    return lambda record: isinstance(value := read(record), str) and fits(value) is not None


def text_of(name: str, value: Any) -> str:
    """A value that is compared with text; a date must stand in square brackets to be compared."""
    if not isinstance(value, str) or STAMP.match(value):
        raise ConditionRefused(f"{name} cannot be compared with text.")
    return value
