"""A bounded hand-over between the thread that reads a vendor and the one that loads."""

import threading
from collections import deque
from typing import Generic, TypeVar

from extractors.core.effort import ReadCancelled

T = TypeVar("T")


class Channel(Generic[T]):
    """Holds at most `capacity` items; the giver waits while it is full, the taker while it is empty."""

    def __init__(self, capacity: int) -> None:
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._changed = threading.Condition()
        self._is_abandoned = False
        self._is_finished = False
        self._failure: BaseException | None = None

    def give(self, item: T) -> None:
        """Hand an item over, waiting for room; raises ReadCancelled when nobody takes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_abandoned or len(self._items) < self._capacity)
            if self._is_abandoned:
                raise ReadCancelled
            self._items.append(item)
            self._changed.notify_all()

    def finish(self, failure: BaseException | None = None) -> None:
        """Nothing more follows; `failure` is raised at the taker after the items given so far."""
        with self._changed:
            self._is_finished = True
            self._failure = failure
            self._changed.notify_all()

    def take(self) -> T | None:
        """The next item, or None at the end; raises the giver's failure."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_finished)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
        if self._failure is not None:
            raise self._failure
        return None

    def abandon(self) -> None:
        """The taker has had enough."""
        with self._changed:
            self._is_abandoned = True
            self._items.clear()
            self._changed.notify_all()
