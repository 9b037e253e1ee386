"""Months and quarters: how they are written, counted, and cut out of time in an organization's zone.

A period is a calendar month, `2026-06`; a quarter is three of them, `2026-Q2`. Their borders are the first instants of
local months, half-open, given in UTC. Nothing here reads the clock: whoever asks brings the instant.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FIRST_YEAR, LAST_YEAR = 2000, 2100

_PERIOD = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)


class PeriodError(ValueError):
    """A month, quarter or time zone is not written as one, or lies outside 2000 to 2100."""


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """A calendar month. Periods compare, subtract (in months) and move by whole months."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise PeriodError(f"{self.year}-{self.month} is not a month between {FIRST_YEAR}-01 and {LAST_YEAR}-12.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The month written `YYYY-MM`, and no other way; raises `PeriodError`."""
        found = _PERIOD.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12 or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise PeriodError(f"'{text}' is not a month; write it as YYYY-MM, for example 2026-06.")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def containing(cls, instant: datetime, zone: str) -> Self:
        """The month that an instant falls into on the wall clock of `zone`."""
        local = _aware(instant).astimezone(time_zone(zone))
        return cls(local.year, local.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __add__(self, months: int) -> "Period":
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Period(years, month + 1)

    def __sub__(self, months: int) -> "Period":
        return self + -months

    def months_since(self, earlier: "Period") -> int:
        """How many months lie between the two; 0 for the same month, negative if `earlier` is later."""
        return (self.year - earlier.year) * 12 + self.month - earlier.month

    @property
    def first_day(self) -> date:
        """The month's first calendar day."""
        return date(self.year, self.month, 1)

    @property
    def quarter(self) -> "Quarter":
        """The quarter the month belongs to."""
        return Quarter(self.year, (self.month + 2) // 3)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """First instant of the month and of the next one in `zone`, both in UTC; the end is not part of it."""
        return _first_instant(self.year, self.month, zone), _first_instant(*_next_month(self.year, self.month), zone)


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """A calendar quarter; 1 is January to March."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.number <= 4):
            raise PeriodError(f"{self.year}-Q{self.number} is not a quarter of the years {FIRST_YEAR} to {LAST_YEAR}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The quarter written `YYYY-Qn`, and no other way; raises `PeriodError`."""
        found = _QUARTER.fullmatch(text)
        if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise PeriodError(f"'{text}' is not a quarter; write it as YYYY-Qn, for example 2026-Q2.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"

    def __add__(self, quarters: int) -> "Quarter":
        years, index = divmod(self.year * 4 + self.number - 1 + quarters, 4)
        return Quarter(years, index + 1)

    def __sub__(self, quarters: int) -> "Quarter":
        return self + -quarters

    @property
    def periods(self) -> tuple[Period, Period, Period]:
        """The three months, in order."""
        first = Period(self.year, self.number * 3 - 2)
        return first, first + 1, first + 2

    @property
    def previous(self) -> "Quarter":
        """The quarter before."""
        return self - 1

    @property
    def year_before(self) -> "Quarter":
        """The same quarter of the year before."""
        return self - 4

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """First instant of the quarter and of the next one in `zone`, both in UTC; the end is not part of it."""
        return self.periods[0].bounds(zone)[0], self.periods[2].bounds(zone)[1]


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; raises `PeriodError` when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of the zone database is an OSError
        raise PeriodError(f"'{name}' is not an IANA time zone; write one such as America/Chicago.") from error


def periods_between(first: Period, last: Period) -> list[Period]:
    """All months from `first` to `last`, both included; empty when `last` comes before `first`."""
    return [first + offset for offset in range(last.months_since(first) + 1)]


def latest_complete_period(as_of: datetime, zone: str) -> Period:
    """The newest month that has ended in `zone` at `as_of`."""
    return Period.containing(as_of, zone) - 1


def latest_complete_quarter(as_of: datetime, zone: str) -> Quarter:
    """The newest quarter that has ended in `zone` at `as_of`."""
    return Period.containing(as_of, zone).quarter - 1


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _first_instant(year: int, month: int, zone: str) -> datetime:
    # Where clocks jump over midnight, fold=0 reads it with the offset before the jump: the instant of the jump itself.
    return datetime(year, month, 1, tzinfo=time_zone(zone)).astimezone(UTC)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise PeriodError(f"The instant {instant} carries no time zone, so its month is not known.")
    return instant
