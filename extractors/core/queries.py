"""Paging QuickBooks: queries walked by change time, and single objects."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from extractors.core.cutting import Cut
from extractors.core.walk import Walk

CHANGE_TIME = "MetaData.LastUpdatedTime"


class _Answer(msgspec.Struct):
    response: dict[str, msgspec.Raw] = msgspec.field(name="QueryResponse")


def by_change_time(walk: Walk) -> Iterator[Cut]:
    """An entity's rows, oldest change first; each page starts at the last change time of the one before.

    STARTPOSITION alone would lose a row whenever a row already read is changed meanwhile: it moves to the end and
    all others move up by one. So positions only count within one second, where change times tie.
    """
    conditions = walk.filters()
    where = [text for name, text in conditions.items() if name == "where"]
    fixed = {name: text for name, text in conditions.items() if name != "where"}
    if not walk.cursor:
        walk.expected = _count(walk, where, fixed)
    since = datetime.fromisoformat(walk.cursor["since"]) if walk.cursor else None
    position: int = walk.cursor.get("position", 1)
    tied = frozenset(walk.cursor.get("tied", ()))
    size = walk.stream.page_size
    while True:
        bounds = [*where, *([] if since is None else [f"{CHANGE_TIME} >= '{moment(since)}'"])]
        statement = _statement("*", walk.stream.path, bounds)
        statement += f" ORDERBY {CHANGE_TIME} ASC STARTPOSITION {position} MAXRESULTS {size}"
        rows = _rows(walk, _ask(walk, statement, fixed))
        whole = walk.cut(rows)
        cut = whole.less(tied & _ids_at(whole, since))
        if len(rows) < size:
            yield walk.take(cut)
            break
        times = [piece.source_updated_at for piece in whole.pieces if piece.source_updated_at is not None]
        if not times:
            walk.broken("a full page without change times")
        if not cut.ids:
            walk.broken("a full page that brings nothing new")
        first, last = min(times), max(times)
        if since is not None and first < since:
            walk.broken("rows from before the time it was asked for")
        # A page that is all of one second is left by position only.
        beyond_page = position + size if last == since else size + 1
        position = beyond_page if first == last else 1
        at_last = _ids_at(whole, last)
        tied = tied | at_last if last == since else at_last
        since = last
        yield walk.take(cut._replace(cursor={"since": moment(since), "position": position, "tied": sorted(tied)}))
    walk.reach(lambda: _count(walk, where, fixed))
    walk.close()


def one_object(walk: Walk) -> Iterator[Cut]:
    """A single object that is no list: `{"CompanyInfo": {...}}`."""
    answer = walk.decode(walk.get(walk.stream.path, walk.filters()).body, dict[str, msgspec.Raw])
    held = [value for name, value in answer.items() if name != "time"]
    if len(held) != 1:
        walk.broken(f"{len(held)} objects where there is one")
    yield walk.take(walk.cut(held))
    walk.close()


def found_rows(walk: Walk, conditions: list[str]) -> list[msgspec.Raw]:
    """The rows that meet the conditions and the stream's own, whatever the window; at most as many as a page holds."""
    where = [text for name, text in walk.stream.parameters.items() if name == "where"]
    fixed = {name: text for name, text in walk.filters().items() if name != "where"}
    statement = _statement("*", walk.stream.path, [*where, *conditions]) + f" MAXRESULTS {walk.stream.page_size}"
    return _rows(walk, _ask(walk, statement, fixed))


def moment(value: datetime) -> str:
    """A time as QuickBooks reads it in a query: ISO-8601 with an offset, whole seconds."""
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _ids_at(cut: Cut, time: datetime | None) -> frozenset[str]:
    return frozenset(piece.record_id for piece in cut.pieces if piece.record_id and piece.source_updated_at == time)


def _statement(what: str, entity: str, where: list[str]) -> str:
    return f"SELECT {what} FROM {entity}" + (f" WHERE {' AND '.join(where)}" if where else "")  # noqa: S608 - no SQL


def _ask(walk: Walk, statement: str, fixed: dict[str, str]) -> dict[str, msgspec.Raw]:
    return walk.decode(walk.get("/query", {**fixed, "query": statement}).body, _Answer).response


def _rows(walk: Walk, response: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    held = response.get(walk.stream.path)
    if held is None:
        # Empty results come as {}; anything else under another name is not what was asked for.
        if response.keys() - {"startPosition", "maxResults", "totalCount"}:
            walk.broken(f"rows that are no {walk.stream.path}")
        return []
    return walk.decode(bytes(held), list[msgspec.Raw])


def _count(walk: Walk, where: list[str], fixed: dict[str, str]) -> int:
    response = _ask(walk, _statement("COUNT(*)", walk.stream.path, where), fixed)
    total = response.get("totalCount")
    if total is None:
        walk.broken("no total where it was asked for one")
    return walk.decode(bytes(total), int)
