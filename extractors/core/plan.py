"""What a read will walk: the window asked for, or the rest of a broken read plus what changed since it broke."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from extractors.core.client import ReadClient
from extractors.core.cutting import Cut
from extractors.core.errors import RequestRejected
from extractors.core.source import Source
from extractors.core.walk import Scope, Walk
from extractors.core.window import Window


@dataclass(slots=True)
class Plan:
    """The walks of one read, in order. `resume` is what an earlier Page carried, or None."""

    source: Source
    scope: Scope
    resume: dict[str, Any] | None = None
    is_whole: bool = True
    """Every record of the window was walked by this read itself, from the start."""
    is_closed: bool = True
    vendor_count: int | None = None

    def __post_init__(self) -> None:
        if not self.scope.stream.resumes or (self.resume or {}).get("asked") != self.scope.window.as_json():
            # Entities start over; and a resume point of another window says nothing about this one.
            self.resume = None

    def cuts(self, client: ReadClient) -> Iterator[tuple[Cut, dict[str, Any] | None]]:
        """Every cut with the resume point that follows it."""
        if self.resume is not None:
            try:
                yield from self._rest(client, self.resume)
            except _CursorForgotten:
                self.is_whole = True
            else:
                return
        yield from self._walked(Walk(client, self.source, self.scope))

    def _rest(self, client: ReadClient, resume: dict[str, Any]) -> Iterator[tuple[Cut, dict[str, Any] | None]]:
        self.is_whole = False
        stopped_at = datetime.fromisoformat(resume["as_of"])
        scope = replace(self.scope, window=Window.from_json(resume["reads"]), as_of=stopped_at)
        walk = Walk(
            client,
            self.source,
            scope,
            cursor=resume["cursor"],
            received=resume["received"],
            expected=resume["expected"],
        )
        cuts = self._walked(walk)
        try:
            first = next(cuts, None)
        except RequestRejected as error:
            # The object a cursor names may be gone by now; reading again from the start costs only time.
            raise _CursorForgotten from error
        if first is not None:
            yield first
        yield from cuts
        if self.scope.window.kind != "dated" and not self.scope.stream.by_month and stopped_at < self.scope.as_of:
            # What changed after the broken read began may lie in the part it had already passed.
            since = stopped_at - self.scope.stream.overlap
            yield from self._walked(Walk(client, self.source, replace(self.scope, window=Window("changes", since))))

    def _walked(self, walk: Walk) -> Iterator[tuple[Cut, dict[str, Any] | None]]:
        for cut in walk.stream.pages(walk):
            yield cut, self._resume_after(walk, cut)
        self.is_closed = self.is_closed and walk.is_closed
        self.vendor_count = walk.expected

    def _resume_after(self, walk: Walk, cut: Cut) -> dict[str, Any] | None:
        if not walk.stream.resumes or cut.cursor is None:
            return None
        return {
            "asked": self.scope.window.as_json(),
            "reads": walk.scope.window.as_json(),
            "as_of": walk.scope.as_of.isoformat(),
            "cursor": cut.cursor,
            "received": walk.received,
            "expected": walk.expected,
        }


class _CursorForgotten(Exception):
    """The vendor no longer knows where the broken read stopped."""
