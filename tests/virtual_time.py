"""Time that passes only while everybody sleeps, for tests of several workers that take hours in no time."""

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 7, 6, 14, tzinfo=UTC)


class VirtualTime:
    """A clock and a sleep for threads of which one runs at a time: who sleeps hands over to whoever wakes next."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self.seconds = 0.0
        self._begin = begin
        self._turn: tuple[float, int] | None = None
        self._waiting: list[tuple[float, int]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        with self._changed:
            mine = self._queue(seconds)
            self._wake_next()
            self._changed.wait_for(lambda: self._turn == mine)

    def run(self, workers: Sequence[Callable[[], None]]) -> None:
        """Run every worker to its end; raises what any of them raised."""
        failures: list[BaseException] = []

        def begin(work: Callable[[], None], mine: tuple[float, int]) -> None:
            with self._changed:
                self._changed.wait_for(lambda: self._turn == mine)
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again below, in the test's own thread
                failures.append(error)
            with self._changed:
                self._wake_next()

        with self._changed:
            places = [self._queue(0.0) for _ in workers]
        threads = [threading.Thread(target=begin, args=pair, daemon=True) for pair in zip(workers, places, strict=True)]
        for thread in threads:
            thread.start()
        with self._changed:
            self._wake_next()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _queue(self, seconds: float) -> tuple[float, int]:
        mine = (self.seconds + max(0.0, seconds), next(self._numbers))
        heapq.heappush(self._waiting, mine)
        return mine

    def _wake_next(self) -> None:
        self._turn = heapq.heappop(self._waiting) if self._waiting else None
        if self._turn is not None:
            self.seconds = max(self.seconds, self._turn[0])
        self._changed.notify_all()
