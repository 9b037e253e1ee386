"""The sandbox's own time. Every vendor shows the business as it stood at this instant; nothing else decides "now".

Only the lifetimes of access tokens and sign-in codes follow wall time (see ``tokens``), because the programs that
hold them do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

DEFAULT_NOW = datetime(2026, 7, 6, 14, 0, tzinfo=UTC)

_AHEAD: ContextVar[float] = ContextVar("ahead", default=0.0)


def ahead() -> float:
    """Seconds that the vendor's clocks run ahead of ours for the request being answered; negative for behind."""
    return _AHEAD.get()


@contextmanager
def running_ahead(seconds: float) -> Iterator[None]:
    """What is answered inside is answered by a vendor whose clocks differ from ours by so much."""
    before = _AHEAD.set(seconds)
    try:
        yield
    finally:
        _AHEAD.reset(before)


@dataclass(slots=True)
class Clock:
    """A clock that stands still until somebody sets it."""

    standing: datetime = DEFAULT_NOW
    start: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.standing

    @property
    def now(self) -> datetime:
        """The instant that a vendor takes for the present."""
        return self.standing + timedelta(seconds=ahead())

    def set(self, now: datetime) -> None:
        """Move to another instant, earlier or later; raise ``ValueError`` when it names no time zone."""
        if now.tzinfo is None:
            raise ValueError(f"The sandbox's clock needs an instant with a time zone, for example {now.isoformat()}Z.")
        self.standing = now.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let the business go on for so long."""
        self.standing += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Go back to where the clock stood at first."""
        self.standing = self.start


def parse_instant(text: str) -> datetime:
    """Read ISO 8601 with a zone as UTC; raise ``ValueError`` otherwise."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; write it like 2026-07-06T14:00:00Z.")
    return instant.astimezone(UTC)
