"""The sandbox's own time. Every vendor shows the business as it stood at this instant; nothing else decides "now".

Only the lifetimes of access tokens and sign-in codes follow wall time (see ``tokens``), because the programs that
hold them do.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

DEFAULT_NOW = datetime(2026, 7, 6, 14, 0, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A clock that stands still until somebody sets it."""

    now: datetime = DEFAULT_NOW
    start: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.now

    def set(self, now: datetime) -> None:
        """Move to another instant, earlier or later; raise ``ValueError`` when it names no time zone."""
        if now.tzinfo is None:
            raise ValueError(f"The sandbox's clock needs an instant with a time zone, for example {now.isoformat()}Z.")
        self.now = now.astimezone(UTC)

    def reset(self) -> None:
        """Go back to where the clock stood at first."""
        self.now = self.start


def parse_instant(text: str) -> datetime:
    """Read ISO 8601 with a zone as UTC; raise ``ValueError`` otherwise."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; write it like 2026-07-06T14:00:00Z.")
    return instant.astimezone(UTC)
