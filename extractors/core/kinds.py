"""The kinds of value that a field contract can ask for: how each is told at full speed, and how in so many words.

Each kind has two faces. `fast` is a type for msgspec, which checks a whole record in one pass; `fits` looks at a
decoded value, and is asked only about records that the fast pass refused. The fast face is never the more generous.
What a kind lets through, the cast of a staging model takes: a test tries that on Postgres.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

_INT64 = 2**63
_EPOCHS = (-6e10, 2.5e14)
"""Seconds of the years 69 to 9892, where from 1e11 on they are taken for milliseconds."""
_NUMBER = r"^-?[0-9]{1,100}(\.[0-9]{1,100})?$"
_DIGITS = r"^[0-9]{1,100}$"
_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,12})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?)?"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of JSON value. `told` completes "should be ..."."""

    told: str
    json: str
    """Which of JSON's own types it is: two kinds of one JSON type share a place in the fast pass."""
    fast: Any
    fits: Callable[[Any], bool]


class AnyObject(msgspec.Struct, gc=False):
    """An object whose members nobody reads by name."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64


def _is_epoch(value: Any) -> bool:
    return _is_number(value) and _EPOCHS[0] <= value <= _EPOCHS[1]


def _is_instant(value: Any) -> bool:
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return False
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        return False
    return True


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.search(value) is not None


KINDS = {
    "text": Kind("text", "text", str, lambda value: isinstance(value, str)),
    "empty text": Kind("empty text", "text", Annotated[str, msgspec.Meta(max_length=0)], lambda value: value == ""),
    "number in text": Kind(
        "a number in quotes", "text", Annotated[str, msgspec.Meta(pattern=_NUMBER)], _matches(_NUMBER)
    ),
    "digits": Kind("digits in quotes", "text", Annotated[str, msgspec.Meta(pattern=_DIGITS)], _matches(_DIGITS)),
    "day": Kind("a day", "text", date, _is_instant),
    "instant": Kind("an instant", "text", datetime, _is_instant),
    "number": Kind("a number", "number", float, _is_number),
    "whole number": Kind(
        "a whole number", "number", Annotated[int, msgspec.Meta(ge=-_INT64, le=_INT64 - 1)], _is_whole
    ),
    "epoch": Kind(
        "an instant in seconds", "number", Annotated[float, msgspec.Meta(ge=_EPOCHS[0], le=_EPOCHS[1])], _is_epoch
    ),
    "true or false": Kind("true or false", "boolean", bool, lambda value: isinstance(value, bool)),
    "object": Kind("an object", "object", AnyObject, lambda value: isinstance(value, dict)),
    "list": Kind("a list", "list", list[msgspec.Raw], lambda value: isinstance(value, list)),
}
"""By the word that a contract file uses."""


def kind_of(value: Any) -> str:
    """What a value is, in words: its JSON type, never the value itself."""
    if isinstance(value, int) and not isinstance(value, bool) and not _is_whole(value):
        return "too large a number"
    if value == "":
        return "empty text"
    return _TYPES.get(type(value), "a list")


_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number with decimals",
    str: "text",
    dict: "an object",
}
