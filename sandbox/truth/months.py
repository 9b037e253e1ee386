"""Which months and quarters are over, and which month an instant lies in, in the zone of the business."""

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sandbox.world.entities import World


def month_of(instant: datetime, zone: ZoneInfo) -> str:
    """The month in which the wall clock of the zone shows the instant."""
    return f"{instant.astimezone(zone):%Y-%m}"


def last_date(period: str) -> date:
    """The last day of a month."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, monthrange(year, month)[1])


def last_second(period: str, zone: ZoneInfo) -> datetime:
    """The last second of a month."""
    day = last_date(period)
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)


def complete_months(world: World, now: datetime) -> tuple[str, ...]:
    """The months that are over at the instant."""
    zone = ZoneInfo(world.time_zone)
    return tuple(period for period in world.periods if period < month_of(now, zone))


def quarter_of(period: str) -> str:
    """The calendar quarter of a month."""
    return f"{period[:4]}-Q{(int(period[5:]) + 2) // 3}"
