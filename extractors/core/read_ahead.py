"""The pages of one read, fetched by a thread of their own ahead of whoever loads them."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol, Self

from extractors.core.certificate import Certificate
from extractors.core.channel import Channel
from extractors.core.cutting import Cut
from extractors.core.effort import Effort, ReadCancelled, count_into
from extractors.core.records import Page, Record, Rejection
from extractors.core.walk import Scope

PAGES_AHEAD = 3
"""With the page being filled, four are in memory at most."""
PAGE_RECORDS = 1000
PAGE_BYTES = 4_000_000
"""Small answers are gathered up to either: the loader's cost a commit is the same for 100 rows as for 1,000."""


class Plannable(Protocol):
    """A read that is about to be made; what it is asked through, only its steps know."""

    scope: Scope
    is_closed: bool
    vendor_count: int | None

    def steps(self, client: Any) -> Iterator[tuple[Cut, dict[str, Any] | None]]:
        """Every cut with the resume point that follows it."""


class Reading:
    """The pages of one read, to be iterated once; a thread reads page n+1 while page n is being used.

    Leaving early (`close`, or the end of a `with`) ends the thread. `certificate` exists after the last page.
    """

    def __init__(self, plan: Plannable, client: object, *, version: str = "", permission_checked: bool = False) -> None:
        self._channel: Channel[Page] = Channel(PAGES_AHEAD)
        self._effort = Effort()
        issued = self._issued = list[Certificate]()

        def issue(proof: Certificate) -> None:
            issued.append(replace(proof, version=version, permission_checked=permission_checked))

        # The thread must not hold the Reading, or one that is merely forgotten would never end it.
        arguments = (plan, client, self._channel, self._effort, issue)
        self._thread = threading.Thread(target=_read_ahead, args=arguments, name=plan.scope.stream.name, daemon=True)
        self._has_started = False

    def __iter__(self) -> Iterator[Page]:
        return self

    def __next__(self) -> Page:
        if not self._has_started:
            self._has_started = True
            self._thread.start()
        page = self._channel.take()
        if page is None:
            raise StopIteration
        return page

    @property
    def certificate(self) -> Certificate:
        """How complete the read was; raises RuntimeError before its end, since a broken read proves nothing."""
        if not self._issued:
            raise RuntimeError("a read has a certificate only after its last page")
        return self._issued[0]

    def close(self) -> None:
        """End the read now; the thread stops at its next step."""
        self._effort.cancelled.set()
        self._channel.abandon()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._effort.cancelled.set()
        self._channel.abandon()


def _read_ahead(
    plan: Plannable,
    client: object,
    channel: Channel[Page],
    effort: Effort,
    issue: Callable[[Certificate], None],
) -> None:
    """The reader thread: gather answers into pages, hand them over, and certify the end."""
    count_into(effort)
    started = time.monotonic()
    pages = records = rejected = 0
    try:
        for page in _gathered(plan, client, effort):
            channel.give(page)
            pages += 1
            records += len(page.records)
            rejected += len(page.rejections)
    except ReadCancelled:
        channel.finish()
        return
    except BaseException as error:  # noqa: BLE001 - raised again where the pages are taken
        channel.finish(error)
        return
    stream, window = plan.scope.stream, plan.scope.window
    issue(
        Certificate(
            pages=pages,
            records=records,
            rejected=rejected,
            vendor_count=plan.vendor_count,
            cursor_closed=plan.is_closed,
            is_complete_set=plan.is_closed and window.kind == "all" and not stream.by_month and not stream.keeps_purged,
            requests=effort.requests,
            retries=effort.retries,
            rate_limit_waits=effort.rate_limit_waits,
            bytes=effort.bytes,
            seconds=time.monotonic() - started,
            clock_behind=effort.clock_behind,
            window=window.as_json(),
            deletions_told=window.kind == "changes" and stream.feed_reach is not None,
        )
    )
    channel.finish()


def _gathered(plan: Plannable, client: object, effort: Effort) -> Iterator[Page]:
    records: list[Record] = []
    rejections: list[Rejection] = []
    deletions: list[str] = []
    families: list[str] = []
    resume: dict[str, Any] | None = None
    size = requests = received = 0

    def page() -> Page:
        cost = (effort.requests - requests, effort.bytes - received)
        return Page(
            tuple(records), tuple(rejections), resume, *cost, deletions=tuple(deletions), families=tuple(families)
        )

    for cut, resume_after in plan.steps(client):
        if cut.records and deletions:
            # A page's deletions come after its records, so a record that follows a deletion begins a new page.
            yield page()
            records, rejections, deletions, families, size = [], [], [], [], 0
            requests, received = effort.requests, effort.bytes
        records += cut.records
        rejections += cut.rejections
        deletions += cut.deletions
        families += cut.families
        resume = resume_after
        size += sum(len(record.body) for record in cut.records)
        if len(records) >= PAGE_RECORDS or size >= PAGE_BYTES:
            yield page()
            records, rejections, deletions, families, size = [], [], [], [], 0
            requests, received = effort.requests, effort.bytes
    if records or rejections or deletions or families:
        yield page()
