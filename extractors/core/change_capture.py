"""QuickBooks' change data capture: what changed since a moment, with a stub for each object that was deleted.

It reaches 30 days back, sends 1,000 objects at most, and has no pages. One answer can tell of many entities, and Intuit
meters reads: so all streams of a session that go on from the same moment share one answer. An answer that reaches the
limit may be cut, so its entities are asked for in halves; one entity that reaches it alone cannot be told by the feed,
and nothing else tells deletions, so its stream has to be read whole.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from extractors.core.client import ReadClient
from extractors.core.cutting import Cut
from extractors.core.effort import current_effort
from extractors.core.errors import ChangesCutShort, RequestRejected
from extractors.core.queries import by_change_time, found_rows, moment
from extractors.core.walk import Walk

MOST_OBJECTS = 1000
"""Whether per entity or per answer is not documented, so both are taken for full."""
CONFIRMED_AT_ONCE = 100
NOT_FOUND = "610"
_COUNTS = frozenset({"startPosition", "maxResults", "totalCount"})


def by_change_capture(walk: Walk) -> Iterator[Cut]:
    """An entity's changes and deletions by the feed; everything, or one month, by change time."""
    if walk.scope.window.kind != "changes":
        yield from by_change_time(walk)
        return
    rows = _feed_of(walk).rows(walk)
    changed, stubs = [], []
    for row in rows:
        seen = walk.decode(bytes(row), _Seen)
        # Some answers write it in lower case.
        if seen.status is not None and seen.status.casefold() == "deleted":
            stubs.append(seen.id)
        else:
            changed.append(row)
    # A live object has been seen marked as deleted, and a deletion is not to be taken back later.
    alive, gone = _confirmed(walk, stubs)
    yield walk.take(walk.cut([*changed, *alive])._replace(deletions=tuple(gone)))
    walk.close()


class _Seen(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    status: str | None = None


class _Response(msgspec.Struct):
    parts: list[dict[str, msgspec.Raw]] = msgspec.field(name="QueryResponse", default_factory=list)


class _Answer(msgspec.Struct):
    responses: list[_Response] = msgspec.field(name="CDCResponse")


class _Feed:
    """The answers of one session from one moment on, shared by its streams. Each part is handed out once."""

    def __init__(self, entities: tuple[str, ...], since: datetime) -> None:
        self._groups = [entities]
        self._since = since
        self._rows: dict[str, list[msgspec.Raw]] = {}
        self._clock_behind = 0.0
        self._lock = threading.Lock()

    def rows(self, walk: Walk) -> list[msgspec.Raw]:
        """The rows and stubs of the walk's entity; raises ChangesCutShort where there are more than can be told."""
        entity = walk.stream.path
        with self._lock:
            while entity not in self._rows:
                self._ask(walk, next(group for group in self._groups if entity in group))
            # Asked for again, it is asked for anew.
            self._groups.append((entity,))
            # A read that sends nothing itself sees no clock: it has to know what the shared answer showed.
            effort = current_effort()
            effort.clock_behind = max(effort.clock_behind, self._clock_behind)
            return self._rows.pop(entity)

    def _ask(self, walk: Walk, group: tuple[str, ...]) -> None:
        fixed = {name: value for name, value in walk.filters().items() if name != "where"}
        asked = {**fixed, "entities": ",".join(group), "changedSince": moment(self._since)}
        found = _parts(walk, group, walk.decode(walk.get("/cdc", asked).body, _Answer))
        self._clock_behind = max(self._clock_behind, current_effort().clock_behind)
        self._groups.remove(group)  # only now: what failed is asked for again by the next stream
        if sum(len(rows) for rows in found.values()) < MOST_OBJECTS:
            self._rows.update(found)
            return
        if len(group) == 1:
            self._groups.append(group)
            raise ChangesCutShort(
                f"{walk.source.label} tells at most {MOST_OBJECTS:,} changes at once and there are that many of "
                f"{walk.stream.name} since {moment(self._since)}, so they were not read from its feed of changes. "
                "Nothing is lost: the stream is read whole instead, now or in the next run.",
                vendor=walk.source.label,
                about=walk.stream.name,
            )
        middle = len(group) // 2
        self._groups += [group[:middle], group[middle:]]


_FEEDS: WeakKeyDictionary[ReadClient, dict[datetime, _Feed]] = WeakKeyDictionary()
_FEEDS_LOCK = threading.Lock()


def _feed_of(walk: Walk) -> _Feed:
    """The feed of this session from the window's moment on."""
    since = walk.scope.window.since
    if since is None:
        raise ValueError(f"{walk.stream.name} has no moment to go on from")
    streams = walk.source.streams
    entities = tuple(one.path for one in streams if one.pages is by_change_capture) or (walk.stream.path,)
    with _FEEDS_LOCK:
        feeds = _FEEDS.setdefault(walk.client, {})
        if since not in feeds:
            feeds[since] = _Feed(entities if walk.stream.path in entities else (walk.stream.path,), since)
        return feeds[since]


def _parts(walk: Walk, group: Sequence[str], answer: _Answer) -> dict[str, list[msgspec.Raw]]:
    """Rows by entity. One without changes is missing, or an empty object."""
    found: dict[str, list[msgspec.Raw]] = {entity: [] for entity in group}
    for part in (part for response in answer.responses for part in response.parts):
        for name in part.keys() - _COUNTS:
            if name not in found:
                walk.broken("changes of something that was not asked for")
            rows = walk.decode(bytes(part[name]), list[msgspec.Raw])
            if "maxResults" in part and walk.decode(bytes(part["maxResults"]), int) != len(rows):
                walk.broken("another number of changes than its own count says")
            found[name] += rows
    return found


def _confirmed(walk: Walk, ids: Sequence[str]) -> tuple[list[msgspec.Raw], list[str]]:
    """Objects that are still there although the feed calls them deleted, and the ids of those that are gone.

    One query asks for many; a transaction it still finds is asked for itself, since the query's index may lag behind.
    """
    if not all(number.isdigit() for number in ids):
        walk.broken("a deletion without a usable id")
    alive: dict[str, msgspec.Raw] = {}
    for start in range(0, len(ids), CONFIRMED_AT_ONCE):
        quoted = ", ".join(f"'{number}'" for number in ids[start : start + CONFIRMED_AT_ONCE])
        for row in found_rows(walk, [f"Id IN ({quoted})"]):
            alive[walk.decode(bytes(row), _Seen).id] = row
    for number in list(alive) if walk.stream.date_filters else ():
        if (held := _single(walk, number)) is None:
            del alive[number]
        else:
            alive[number] = held
    return list(alive.values()), [number for number in dict.fromkeys(ids) if number not in alive]


def _single(walk: Walk, number: str) -> msgspec.Raw | None:
    """The object itself; None where QuickBooks knows none by that id."""
    fixed = {name: value for name, value in walk.filters().items() if name != "where"}
    try:
        body = walk.get(f"/{walk.stream.path.lower()}/{number}", fixed).body
    except RequestRejected as error:
        if error.code == NOT_FOUND:
            return None
        raise
    answer: dict[str, Any] = walk.decode(body, dict[str, msgspec.Raw])
    if walk.stream.path not in answer:
        walk.broken(f"an object that is no {walk.stream.path}")
    row: msgspec.Raw = answer[walk.stream.path]
    return row
