"""Where a read begins: at the start of its window, or where an earlier read of the same window broke off."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from extractors.core.client import ReadClient
from extractors.core.contract import Contract
from extractors.core.cutting import Cut
from extractors.core.errors import RequestRejected
from extractors.core.source import Source
from extractors.core.walk import Scope, Walk

Step = tuple[Cut, dict[str, Any] | None]


@dataclass(slots=True)
class Plan:
    """One read. `resume` is what a Page of an earlier, broken read carried, or None.

    A resumed read keeps the bounds of the broken one, so that both together are one read as of the earlier instant:
    whoever moves a watermark has to take that one.
    """

    source: Source
    scope: Scope
    resume: dict[str, Any] | None = None
    contract: Contract | None = None
    is_closed: bool = False
    vendor_count: int | None = None

    def __post_init__(self) -> None:
        if not self.scope.stream.resumes or (self.resume or {}).get("window") != self.scope.window.as_json():
            # Entities start over; and a resume point of another window says nothing about this one.
            self.resume = None

    def steps(self, client: ReadClient) -> Iterator[Step]:
        """Every cut with the resume point that follows it."""
        steps = self._walk(client)
        if self.resume is not None:
            try:
                first = next(steps, None)
            except RequestRejected:
                # The object that the cursor names may be gone by now; reading again from the start costs only time.
                self.resume = None
                steps = self._walk(client)
            else:
                if first is not None:
                    yield first
        yield from steps

    def _walk(self, client: ReadClient) -> Iterator[Step]:
        scope, so_far = self.scope, self.resume or {}
        if so_far:
            scope = replace(scope, as_of=datetime.fromisoformat(so_far["as_of"]))
        walk = Walk(
            client,
            self.source,
            scope,
            cursor=so_far.get("cursor"),
            received=so_far.get("received", 0),
            expected=so_far.get("expected"),
            contract=self.contract,
        )
        for cut in scope.stream.pages(walk):
            yield cut, _resume_after(walk, cut)
        self.is_closed = walk.is_closed
        self.vendor_count = walk.expected


def _resume_after(walk: Walk, cut: Cut) -> dict[str, Any] | None:
    if not walk.stream.resumes or cut.cursor is None:
        return None
    return {
        "window": walk.scope.window.as_json(),
        "as_of": walk.scope.as_of.isoformat(),
        "cursor": cut.cursor,
        "received": walk.received,
        "expected": walk.expected,
    }
