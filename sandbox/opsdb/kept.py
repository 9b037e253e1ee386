"""Tables with their past: each row with the time from which, and until which, it was so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 9, 30)
"""Behind the sandbox's usual now, so that its clock can be moved on and something happens."""
OPENED = datetime.combine(FIRST_DAY, time(), UTC)
DAYS = (LAST_DAY - FIRST_DAY).days
CHICAGO = ZoneInfo("America/Chicago")


@dataclass(slots=True)
class Kept:
    """One table: its columns with their types, the first of them the key, and every version of every row."""

    schema: str
    name: str
    columns: dict[str, str]
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, values: Sequence[Any], since: datetime, until: datetime | None = None) -> None:
        """A row that is so from `since` on, until it is gone or replaced."""
        self.rows.append((*values, since, until))

    def add_versions(self, versions: Sequence[tuple[datetime, Sequence[Any]]], gone: datetime | None = None) -> None:
        """A row through its changes, in their order; `gone` is when it was deleted, if it ever is."""
        ends = [since for since, _ in versions[1:]]
        for (since, values), until in zip(versions, [*ends, gone], strict=True):
            if gone is None or since < gone:
                self.add(values, since, until)


def at(day: date, minutes: float) -> datetime:
    """That many minutes into a day in UTC."""
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minutes)


def local(moment: datetime) -> datetime:
    """As a system without zones writes it: Chicago's time, to the second."""
    return moment.astimezone(CHICAGO).replace(tzinfo=None, microsecond=0)


def day_number(number: int) -> date:
    """The day so many days after the first."""
    return FIRST_DAY + timedelta(days=number)
