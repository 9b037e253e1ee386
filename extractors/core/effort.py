"""What a read costs, counted where it is spent, and the way to call a read off.

Each read owns one `Effort`, found through a context variable: the transport far below counts into it without
every layer between having to hand it on.
"""

import threading
from contextvars import ContextVar
from dataclasses import dataclass, field


class ReadCancelled(Exception):
    """The consumer stopped; raised in the reader thread only, and ends there."""


@dataclass(slots=True)
class Effort:
    """Requests sent, waits made and bytes received so far by one read."""

    requests: int = 0
    retries: int = 0
    rate_limit_waits: int = 0
    bytes: int = 0
    clock_behind: float = 0.0
    """Seconds by which the vendor's clock was seen to lag behind ours, at most; 0 when it does not."""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def of_a_helper(self) -> "Effort":
        """For a thread that helps this read: called off with it, counted apart, since counting is no single step."""
        return Effort(cancelled=self.cancelled)

    def add(self, helper: "Effort") -> None:
        """Take over what a helper has spent."""
        self.requests += helper.requests
        self.retries += helper.retries
        self.rate_limit_waits += helper.rate_limit_waits
        self.bytes += helper.bytes
        self.clock_behind = max(self.clock_behind, helper.clock_behind)


_CURRENT: ContextVar[Effort | None] = ContextVar("effort", default=None)


def current_effort() -> Effort:
    """The effort of the read this code runs for; a fresh one outside any read."""
    effort = _CURRENT.get()
    if effort is None:
        effort = Effort()
        _CURRENT.set(effort)
    return effort


def count_into(effort: Effort) -> None:
    """Count what this thread does from now on into `effort`."""
    _CURRENT.set(effort)


def pause(seconds: float) -> None:
    """Sleep, unless the read is called off meanwhile; then raise `ReadCancelled` at once."""
    if current_effort().cancelled.wait(seconds):
        raise ReadCancelled
