"""Stripe's events as a to-do list: which objects changed is read from them, the objects themselves are asked for anew.

An event's own copy of an object has the shape of whatever version it was made under and may be out of date, so nothing
but ids and creation times (which never change) is taken from it. Stripe keeps events for 30 days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import msgspec

from extractors.core.cutting import Cut
from extractors.core.errors import RequestRejected
from extractors.core.pages import starting_after_pages
from extractors.core.side_by_side import side_by_side
from extractors.core.slices import newest_first, newest_first_pages
from extractors.core.stream import Stream
from extractors.core.walk import Walk

PATH = "/v1/events"
PERMISSION = "Events: Read"
TYPES = 20
"""Names that one list of events may be asked for."""
TOGETHER = 100
"""Objects asked for one by one between two resume points."""
WORTH_A_PAGE = 5
"""Changed objects that a page of the list must bring to be cheaper than asking for each: see docs/sources.md."""


class Due(NamedTuple):
    """An object that an event told of. Sorted from the newest object to the oldest, as the lists are.

    `created` is 0 where the event only names the object.
    """

    created: int
    record_id: str
    is_deleted: bool = False

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the order of reading."""
        return (self.created, self.record_id)


def told_by_events(walk: Walk) -> Iterator[Cut]:
    """A list newest first; of its changes those objects that events tell of, each as it is now.

    Of a stream whose new records no event announces, the newest part of the list is read as well.
    """
    since = walk.scope.window.since
    if walk.scope.window.kind != "changes" or since is None:
        yield from newest_first(walk)
        return
    due = told(walk, walk.stream)
    new = walk.cursor.get("new")
    if new is None:
        yield from map(walk.take, afresh(walk, left(due, walk.cursor)))
    if walk.stream.unannounced:
        bounds = {"created[gte]": str(int(since.timestamp())), "created[lte]": _until(walk)}
        done = frozenset(one.record_id for one in due)
        filters = {**walk.stream.parameters, **bounds}
        for cut in newest_first_pages(walk, walk.stream.path, filters, new or {}):
            place = None if cut.cursor is None else {"new": cut.cursor}
            yield walk.take(cut.less(done)._replace(cursor=place))
    walk.close()


def told(walk: Walk, stream: Stream) -> list[Due]:
    """The objects of `stream` that changed within the walk's window, newest object first, each once."""
    since = walk.scope.window.since
    if since is None:
        raise ValueError(f"{stream.name} is read by events only from an instant on")
    feed = replace(
        stream, name=f"the events of {stream.name}", path=PATH, permission=PERMISSION, key="id", changed_at=None
    )
    reader = Walk(walk.client, walk.source, replace(walk.scope, stream=feed))
    types = sorted(stream.events)
    found: dict[str, Due] = {}
    for first in range(0, len(types), TYPES):
        asked = {f"types[{place}]": name for place, name in enumerate(types[first : first + TYPES])}
        bounds = {"created[gte]": str(int(since.timestamp())), "created[lte]": _until(walk)}
        for page in starting_after_pages(reader, PATH, {**asked, **bounds}):
            if page.rejections:
                reader.broken("an event without an id")
            for record in page.records:
                one = _due(reader, stream, reader.decode(record.body, _Event))
                if one is not None:
                    known = found.get(one.record_id, one)
                    created, is_deleted = max(known.created, one.created), known.is_deleted or one.is_deleted
                    found[one.record_id] = Due(created, one.record_id, is_deleted)
    return sorted(found.values(), key=lambda one: one.place, reverse=True)


def left(due: Sequence[Due], cursor: Mapping[str, Any]) -> list[Due]:
    """What a broken read had not come to."""
    after = cursor.get("after")
    return [one for one in due if after is None or one.place < (after[0], after[1])]


def afresh(walk: Walk, due: Sequence[Due]) -> Iterator[Cut]:
    """The objects as they are now, in order; what is gone as deletions. Each cut's cursor says up to where.

    Many are taken from the list, which brings a hundred in a request, as long as its pages bring enough of them; the
    rest is asked for one by one. Either way it takes no more than a request each.
    """
    start = 0
    while len(due) - start > WORTH_A_PAGE and due[start].created:
        end, cut, found = _from_the_list(walk, due[start:])
        if end:
            yield cut._replace(cursor=_place(due[start + end - 1]))
        start += end
        if found < WORTH_A_PAGE:
            break
    for first in range(start, len(due), TOGETHER):
        some = due[first : first + TOGETHER]
        yield _one_by_one(walk, some)._replace(cursor=_place(some[-1]))


class _Data(msgspec.Struct):
    object: dict[str, Any]


class _Event(msgspec.Struct):
    type: str
    data: _Data


class _Stub(msgspec.Struct):
    id: str
    deleted: bool = False
    created: int | None = None


class _Listing(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


def _due(walk: Walk, stream: Stream, event: _Event) -> Due | None:
    """The object that an event tells of; None where it tells of something else, such as a customer's own discount."""
    where = stream.events.get(event.type)
    if where is None:
        walk.broken(f"events of type {event.type[:60]}, which were not asked for,")
    told_of = event.data.object
    for way in where.split("|"):
        held: Any = told_of
        for step in way.split("."):
            held = held.get(step) if isinstance(held, dict) else None
        if isinstance(held, dict):
            held = held.get("id")
        if isinstance(held, str) and held:
            created = told_of.get("created") if way == "id" else None
            is_deleted = way == "id" and event.type.endswith(".deleted")
            return Due(created if isinstance(created, int) else 0, held, is_deleted)
    if where == "id":
        walk.broken("an event that does not say which object it is about")
    return None


def _from_the_list(walk: Walk, due: Sequence[Due]) -> tuple[int, Cut, int]:
    """How many of the objects one page of the list settles, what they are now, and how many of them it held."""
    stream = walk.stream
    floor = min(one.created for one in due if one.created)
    bounds = {"created[gte]": str(floor), "created[lte]": str(due[0].created), "limit": str(stream.page_size)}
    listing = walk.decode(walk.get(stream.path, {**stream.parameters, **bounds}).body, _Listing)
    # What was created in the page's last second may go on on the next one.
    edge = floor
    if listing.has_more:
        last = walk.decode(bytes(listing.data[-1]), _Stub).created if listing.data else None
        if last is None:
            walk.broken("a page that goes on after an object without a time of creation")
        edge = last + 1
    settled = [one for one in due if one.created >= edge]
    wanted = frozenset(one.record_id for one in settled)
    whole = walk.cut(listing.data)
    held = frozenset(whole.ids)
    cut = whole.less(held - wanted)
    missing = [one for one in settled if one.record_id not in held]
    if missing:
        rest = _one_by_one(walk, missing)
        cut = Cut(cut.records + rest.records, cut.rejections + rest.rejections, None, rest.deletions)
    return len(settled), cut, len(wanted & held)


def _one_by_one(walk: Walk, due: Sequence[Due]) -> Cut:
    """Each object asked for by its id, some at a time."""
    cut = Cut([], [])
    for piece in side_by_side(walk.stream.name, (map(partial(_object, walk), [one]) for one in due)):
        cut.records.extend(piece.records)
        cut.rejections.extend(piece.rejections)
        cut = cut._replace(deletions=(*cut.deletions, *piece.deletions))
    return cut


def _object(walk: Walk, one: Due) -> Cut:
    """An object as it is now, or that it is gone."""
    stream = walk.stream
    wider = {name: path.removeprefix("data.") for name, path in stream.parameters.items() if name.startswith("expand[")}
    try:
        body = walk.get(f"{stream.path}/{one.record_id}", wider).body
    except RequestRejected as error:
        if error.status != 404:
            raise
        if one.is_deleted:
            return Cut([], [], None, (one.record_id,))
        walk.broken(f"events about {one.record_id}, which it does not have and never told was deleted,", error)
    stub = walk.decode(body, _Stub)
    if stub.id != one.record_id:
        walk.broken("another object than the one it was asked for")
    if stub.deleted:
        return Cut([], [], None, (one.record_id,))
    return walk.cut([msgspec.Raw(body)])


def _place(one: Due) -> dict[str, Any]:
    return {"after": list(one.place)}


def _until(walk: Walk) -> str:
    return str(int(walk.scope.as_of.timestamp()))
