"""The months the world covers, and how days and hours become UTC instants. Nothing here reads a clock."""

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Chicago")
DEFAULT_NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
FIRST_PERIOD = "2024-07"
LAST_PERIOD = "2026-07"
WEEKEND = 5


@cache
def months(first: str = FIRST_PERIOD, last: str = LAST_PERIOD) -> tuple[str, ...]:
    """Every period from the first to the last, both included."""
    periods = [first]
    while periods[-1] < last:
        periods.append(following(periods[-1]))
    return tuple(periods)


@cache
def following(period: str) -> str:
    """The month after."""
    year, month = (int(part) for part in period.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def months_before(day: date, period: str) -> int:
    """How many months the day lies before the month: 0 within it, negative after it."""
    year, month = (int(part) for part in period.split("-"))
    return 12 * (year - day.year) + month - day.month


@cache
def first_day(period: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{period}-01")


@cache
def last_day(period: str) -> date:
    """The last day of a month."""
    return first_day(following(period)) - timedelta(days=1)


def period_of(day: date) -> str:
    """The month a day lies in."""
    return f"{day:%Y-%m}"


@cache
def starts_at(period: str) -> datetime:
    """The first instant of a month in the business zone, UTC: 05:00 or 06:00, as daylight saving has it."""
    return at(first_day(period))


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A wall-clock time of the business as an instant, UTC."""
    return datetime.combine(day, time(hour, minute, second), ZONE).astimezone(UTC)


@cache
def days_of(period: str) -> tuple[date, ...]:
    """Every day of a month."""
    return tuple(first_day(period) + timedelta(days=index) for index in range(last_day(period).day))


@cache
def workdays(period: str) -> tuple[date, ...]:
    """Mondays to Fridays of a month."""
    return tuple(day for day in days_of(period) if day.weekday() < WEEKEND)


@cache
def quiet_workdays(period: str) -> tuple[date, ...]:
    """Workdays away from both ends of the month: what happens on them is the same to every month-end reading."""
    last = last_day(period)
    return tuple(day for day in workdays(period) if day.day > 1 and day < last - timedelta(days=1))


def office_instant(draw: random.Random, day: date) -> datetime:
    """A second within office hours of the day, thickest before lunch."""
    hour = draw.choices(range(7, 18), weights=(3, 9, 12, 11, 9, 6, 8, 9, 8, 6, 2))[0]
    return at(day, hour, draw.randrange(60), draw.randrange(60))


def next_workday(day: date) -> date:
    """The first Monday-to-Friday on or after the day."""
    while day.weekday() >= WEEKEND:
        day += timedelta(days=1)
    return day
