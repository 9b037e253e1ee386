"""How an entity looks at an instant: the one rule by which everything here is cut by the clock.

Histories are tuples of dated rows, oldest first. A row dated exactly at the clock has happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Anything that became true at an instant (UTC)."""

    @property
    def at(self) -> datetime:
        """When it became true, UTC."""
        ...


DatedRow = TypeVar("DatedRow", bound=Dated)


def latest(history: Sequence[DatedRow], clock: datetime) -> DatedRow | None:
    """The row of a history in force at the clock; None before the first."""
    found = None
    for row in history:
        if row.at > clock:
            break
        found = row
    return found


def last_change(instants: Iterable[datetime], clock: datetime) -> datetime | None:
    """The latest of the instants that the clock has reached: what a vendor shows as "last updated"."""
    return max((instant for instant in instants if instant <= clock), default=None)
