"""What a session with a source can do, whatever the source is asked through: read, compare ids, try its rights."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from extractors.core.read_ahead import Plannable, Reading
from extractors.core.stream import Stream
from extractors.core.walk import Scope
from extractors.core.window import Window


class Session(ABC):
    """A signed-in connection to one source. Use as a context manager: it owns the connections."""

    def __init__(self, client: object, *, as_of: datetime, time_zone: ZoneInfo) -> None:
        self._client = client
        self._as_of = as_of
        self._time_zone = time_zone
        self._readings: list[Reading] = []
        self._permitted: set[str] = set()

    def read(self, stream: Stream, window: Window, resume: dict[str, Any] | None = None) -> Reading:
        """Read the part of a stream that `window` names, from `resume` on if an earlier read of it broke.

        Entity streams are read whole whatever the window, unless a feed tells their changes. A resume point of
        another window is ignored. A resumed read keeps the bounds of the broken one: together they are one read as of
        the earlier instant. Raises ValueError for a window the stream cannot be read by; iterating raises a
        `VendorError`.
        """
        if stream.reads == "entity" and not (stream.feed_reach and window.kind == "changes"):
            window = Window("all", months=window.months)
        elif stream.reads == "windowed" and not stream.by_month:
            needed = {"changes": stream.change_filter or stream.feed_reach, "dated": stream.date_filters}
            if not needed.get(window.kind, True):
                raise ValueError(f"{stream.source}.{stream.name} cannot be read by {window.kind}")
        plan = self._plan(self._scope(stream, window), resume)
        may_read = stream.name in self._permitted
        reading = Reading(plan, self._client, version=self.version, permission_checked=may_read)
        self._readings.append(reading)
        return reading

    @property
    def version(self) -> str:
        """The pinned version that the source is asked for; empty where there is none to pin."""
        return ""

    @abstractmethod
    def _plan(self, scope: Scope, resume: dict[str, Any] | None) -> Plannable:
        """How that part of the stream is read."""

    @abstractmethod
    def ids(self, stream: Stream) -> Iterator[list[str]]:
        """The ids of all records the source has, page by page, to find deletions by.

        Counted against the source's total; raises ValueError for a stream that needs no sweep, or a `VendorError`:
        then no record may be taken for deleted.
        """

    @abstractmethod
    def preflight(self, streams: Iterable[Stream]) -> None:
        """Try a little of each stream; raises CredentialsRefused or PermissionMissing, naming the right."""

    def close(self) -> None:
        """End every read; what owns connections closes them too."""
        for reading in self._readings:
            reading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _scope(self, stream: Stream, window: Window) -> Scope:
        return Scope(stream, window, self._as_of, self._time_zone)
