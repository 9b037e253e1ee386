"""What is exported: named columns of one kind each, and rows that are read once, in a fixed order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "integer", "decimal", "boolean", "day", "instant"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and what its cells hold; `scale` is how many decimals the longest of its values has."""

    name: str
    kind: Kind = "text"
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of Python values: str, int, Decimal, bool, date, datetime, or None for what is missing."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Any]]
    about: tuple[tuple[str, str], ...] = ()
    """Facts of the whole table, as a person reads them; what CSV has no place for."""
