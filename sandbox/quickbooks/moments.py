"""Intuit's own time: instants in Pacific offsets, whatever the company's zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def pacific(instant: datetime) -> str:
    """``2026-07-06T07:00:00-07:00``; the offset moves with daylight saving."""
    return instant.astimezone(PACIFIC).isoformat(timespec="seconds")
