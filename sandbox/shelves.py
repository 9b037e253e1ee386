"""Rendered records, kept per instant of the clock: a list is built once, and serving a page is slicing bytes."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sandbox.clock import Clock

INSTANTS_KEPT = 3
LISTS_KEPT = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One record as its vendor shows it: the key it is paged by, its bytes, and its members for filters."""

    key: Any
    body: bytes
    members: dict[str, Any]


@dataclass(slots=True)
class Shelf(Generic[T]):
    """What has been worked out for the clock's present instant, and for the few it stood at before."""

    clock: Clock
    _by_instant: OrderedDict[datetime, OrderedDict[Any, T]] = field(default_factory=OrderedDict)

    def kept(self, name: Any, build: Callable[[datetime], T]) -> T:
        """The value called ``name`` at the clock's instant, built when it is asked for the first time."""
        now = self.clock.now
        lists = self._by_instant.setdefault(now, OrderedDict())
        self._by_instant.move_to_end(now)
        while len(self._by_instant) > INSTANTS_KEPT:
            self._by_instant.popitem(last=False)
        if name not in lists:
            lists[name] = build(now)
        lists.move_to_end(name)
        while len(lists) > LISTS_KEPT:
            lists.popitem(last=False)
        return lists[name]


def by_key(rows: Iterable[Rendered]) -> dict[Any, Rendered]:
    """Rows by the key they are asked for one at a time."""
    return {row.key: row for row in rows}


def certain(value: T | None, told: str) -> T:
    """A value that the world always has; raise ``LookupError`` with these words when it has not."""
    if value is None:
        raise LookupError(told)
    return value
