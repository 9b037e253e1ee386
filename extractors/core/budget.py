"""How often a source may be asked: one token bucket a source."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from extractors.core.effort import pause


class Rate(NamedTuple):
    """Requests a second in the long run, and how many may come at once."""

    per_second: float
    burst: int


class Budget(Protocol):
    """Whoever rations requests. Shared by everything that talks to a source."""

    def take(self, source: str) -> None:
        """Return when one more request to `source` is allowed, or raise."""


class TokenBuckets:
    """A budget within one process: each source's bucket fills steadily and empties by one a request.

    `clock` and `sleep` count in seconds and are handed in by tests.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        self._rates = dict(rates)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._levels = {source: (float(rate.burst), clock()) for source, rate in rates.items()}

    def take(self, source: str) -> None:
        """Take one request's worth, waiting for it if need be; KeyError for an unknown source."""
        rate = self._rates[source]
        with self._lock:
            level, then = self._levels[source]
            now = self._clock()
            # The level may go below zero: each waiting request has reserved its place in the queue.
            level = min(float(rate.burst), level + (now - then) * rate.per_second) - 1
            self._levels[source] = (level, now)
        if level < 0:
            self._sleep(-level / rate.per_second)
