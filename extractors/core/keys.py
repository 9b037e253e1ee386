"""Record ids that are made of several fields, where the vendor gives its rows no id of their own.

The parts are joined by `:`. A `:` inside a part becomes `%3A` and a `%` becomes `%25`, nothing else is changed, so an
id can be taken apart in one way only and two keys never share one. A number keeps the vendor's own text, digit for
digit; `5` and `"5"` name the same thing, since a vendor does not change the quotes of one field.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


class PartMissing(ValueError):
    """A field that the key needs is empty, null or no single value; the message names it."""


def joined(parts: Iterable[str]) -> str:
    """The parts as one id."""
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)


def taken_apart(record_id: str) -> list[str]:
    """The parts that `joined` made an id of."""
    return [part.replace("%3A", ":").replace("%25", "%") for part in record_id.split(":")]


def parts_of(fields: Sequence[str], values: Sequence[Any]) -> list[str]:
    """The text of each field from the vendor's own JSON; raises PartMissing, DecodeError or UnicodeDecodeError."""
    return [_text(field, bytes(value)) for field, value in zip(fields, values, strict=True)]


def _text(field: str, value: bytes) -> str:
    if value.startswith(b'"'):
        text = msgspec.json.decode(value, type=str)
        if not text:
            raise PartMissing(f"{field} is empty")
        return text
    if value[:1] not in b"-0123456789":
        raise PartMissing(f"{field} is neither text nor a number")
    return value.decode()
