"""Long lists that come newest first, cut by creation time into slices which are read side by side.

A cursor is sequential: page n+1 can only be asked for when page n is there, so a list of 100 records a page is as slow
as the vendor's answers. A filter on creation time is the one place to cut it (https://docs.stripe.com/api/pagination).
Slices never share a cursor: one that was made under another filter has lost records.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import msgspec

from extractors.core.channel import Channel
from extractors.core.cutting import Cut
from extractors.core.effort import current_effort
from extractors.core.pages import starting_after_pages
from extractors.core.records import Record
from extractors.core.side_by_side import fetch
from extractors.core.walk import Walk

SLICES = 4
"""In flight at once. Stripe limits concurrency too, and long lists meet that limit first."""
SLICE_PAGES = 10
"""Pages that a slice is meant to have, and at most waits with: forty of 100 records are some 15 MB."""
PLAIN_PAGES = 5
"""Read one after the other before a list counts as long; they also tell how close together its records lie."""


def newest_first(walk: Walk) -> Iterator[Cut]:
    """Stripe's lists that can be filtered by creation: newest first, long ones in slices."""
    yield from map(walk.take, newest_first_pages(walk, walk.stream.path, walk.filters(), walk.cursor))
    walk.close()


def newest_first_pages(walk: Walk, path: str, filters: Mapping[str, str], cursor: Mapping[str, Any]) -> Iterator[Cut]:
    """The pages of one list from `cursor` on, in the list's own order whoever fetched them.

    Turns are taken: first some pages one after the other, then slices as wide as those suggest. The pages in between
    have no lower bound but the list's, so that they find the next records however long nothing was created.
    """
    until, after = cursor.get("until"), cursor.get("after")
    floor = int(filters.get("created[gte]", 0))
    width, plain = 0, PLAIN_PAGES
    while True:
        stretch = _Stretch()
        for number, cut in enumerate(starting_after_pages(walk, path, _bounded(filters, until), after), 1):
            if cut.cursor is None:
                yield cut
                return
            stretch.take(cut)
            yield cut._replace(cursor=_place(until, cut.cursor["after"]))
            if number >= plain and stretch.is_dated:
                break
        width, plain = width or stretch.width(walk, stretch.oldest), 1
        edges = _edges(stretch.oldest, width, floor)
        lists = [starting_after_pages(walk, path, _bounded(filters, latest, earliest)) for earliest, latest in edges]
        with _fetched(walk, lists) as slices:
            for whole in chain.from_iterable(slices):
                cut = whole.less(stretch.tied)
                if cut.received:
                    stretch.records += len(cut.records)
                    reached = _created(cut.records[-1]) if cut.records else None
                    yield cut._replace(cursor=_place(until if reached is None else reached, None))
        earliest = edges[-1][0]
        if earliest == floor:
            return
        width = stretch.width(walk, earliest)
        until, after = earliest - 1, None


class _Stretch:
    """What one turn has met: from when to when its records were created, and how many they are."""

    def __init__(self) -> None:
        self.records = 0
        self.newest = self.oldest = 0
        self.tied: frozenset[str] = frozenset()
        """The ids of the oldest second so far, of which the list may hold more."""
        self.is_dated = True
        """Whether the records tell when they were created, in the order that the list promises."""

    def take(self, cut: Cut) -> None:
        """Note a page that was read before the slices."""
        created = [_created(record) for record in cut.records]
        dates = [moment for moment in created if moment is not None]
        if not dates or len(dates) < len(created) or dates != sorted(dates, reverse=True):
            self.is_dated = False
            return
        if not self.records:
            self.newest = dates[0]
        last = frozenset(record.record_id for record, date in zip(cut.records, dates, strict=True) if date == dates[-1])
        self.tied = self.tied | last if self.oldest == dates[-1] else last
        self.oldest = dates[-1]
        self.records += len(cut.records)

    def width(self, walk: Walk, oldest: int) -> int:
        """Seconds in which a slice's pages were created, if it goes on as from the newest record to `oldest`."""
        return max(1, SLICE_PAGES * walk.stream.page_size * (self.newest - oldest + 1) // self.records)


class _Created(msgspec.Struct):
    created: Any = None


_DECODER = msgspec.json.Decoder(_Created)


def _created(record: Record) -> int | None:
    """The epoch second of a record's creation, None where it does not say."""
    moment = _DECODER.decode(record.body).created
    return moment if isinstance(moment, int) else None


def _edges(latest: int, width: int, floor: int) -> list[tuple[int, int]]:
    """The slices' first and last seconds, newest slice first, none beyond `floor`."""
    edges: list[tuple[int, int]] = []
    while len(edges) < SLICES and latest >= floor:
        edges.append((max(floor, latest - width + 1), latest))
        latest = edges[-1][0] - 1
    return edges


def _bounded(filters: Mapping[str, str], until: int | None, since: int | None = None) -> dict[str, str]:
    """The list's filters with other bounds."""
    bounds = dict(filters)
    if until is not None:
        bounds.pop("created[lt]", None)
        bounds["created[lte]"] = str(until)
    if since is not None:
        bounds["created[gte]"] = str(since)
    return bounds


def _place(until: int | None, after: str | None) -> dict[str, Any]:
    """Where a broken read goes on: a cursor is kept with the bound that it belongs to."""
    place = {"until": until, "after": after}
    return {name: value for name, value in place.items() if value is not None}


@contextmanager
def _fetched(walk: Walk, lists: Sequence[Iterator[Cut]]) -> Iterator[list[Iterator[Cut]]]:
    """The same lists, each walked by a thread of its own until the block ends."""
    effort = current_effort()
    channels: list[Channel[Cut]] = [Channel(SLICE_PAGES) for _ in lists]
    efforts = [effort.of_a_helper() for _ in lists]
    for pages, channel, own in zip(lists, channels, efforts, strict=True):
        threading.Thread(target=fetch, args=(pages, channel, own), name=walk.stream.name, daemon=True).start()
    try:
        yield [iter(channel.take, None) for channel in channels]
    finally:
        for channel in channels:
            channel.abandon()
        for own in efforts:
            effort.add(own)
