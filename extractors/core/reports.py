"""Paging NinjaOne's other answers: lists that come whole in one answer, and reports behind a named cursor.

Report rows have no id of their own, so their keys are made of fields. Rows that differ and share a key are kept aside
rather than laid over one another in silence.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from extractors.core.cutting import Cut
from extractors.core.effort import current_effort
from extractors.core.errors import RequestRejected, VendorUnavailable
from extractors.core.records import Rejection
from extractors.core.walk import Walk

REFUSALS_BORNE = 1
"""A cursor lapses some minutes after its last use. One that lapses again was not our slowness."""
LOSSES_BORNE = 5


def in_one_answer(walk: Walk) -> Iterator[Cut]:
    """A list that has no pages: the whole of it is one JSON array, and its closing bracket the only proof of the end.

    How many rows came proves nothing, round numbers included: there is no page size that could have cut them.
    """
    body = walk.get(walk.stream.path, walk.filters()).body
    # An empty body is a documented way to say "none".
    yield walk.take(_kept_apart(walk, walk.decode(body or b"[]", list[msgspec.Raw])))
    walk.close()


def by_named_cursor(walk: Walk) -> Iterator[Cut]:
    """NinjaOne's reports: send back the cursor's name until an answer has no cursor, or no rows.

    The position is kept by the server, so a cursor that it has forgotten, and an answer that was lost on its way,
    mean beginning again: what was read is read once more, which changes nothing. There is nothing to go on from after
    a crash for the same reason.
    """
    refusals = losses = 0
    while True:
        try:
            yield from map(walk.take, _one_pass(walk))
        except _CursorRefused as error:
            refusals += 1
            if refusals > REFUSALS_BORNE:
                walk.broken("a refusal of its own cursor, twice,", error)
        except _AnswerLost as error:
            losses += 1
            if losses > LOSSES_BORNE:
                raise VendorUnavailable(
                    f"{walk.source.label} broke off too many answers for {walk.stream.name}, so it was not read to its "
                    "end: after each one its cursor may have passed rows over. What was loaded stays. Run again later.",
                    vendor=walk.source.label,
                    about=walk.stream.name,
                ) from error
        else:
            walk.close()
            return


class _CursorRefused(Exception):
    """The server does not know its cursor any more."""


class _AnswerLost(Exception):
    """A request had to be repeated, and the answer does not tell that the cursor stood still meanwhile."""


class _Cursor(msgspec.Struct):
    name: str | None = None
    offset: int | None = None


class _Report(msgspec.Struct):
    results: list[msgspec.Raw]
    cursor: _Cursor | None = None


def _one_pass(walk: Walk) -> Iterator[Cut]:
    """The report from its beginning to its end; raises _CursorRefused or _AnswerLost when it has to begin again."""
    place = _Cursor()
    passed: set[tuple[str, int | None]] = set()
    page_before: frozenset[bytes] = frozenset()
    while True:
        report, was_repeated = _ask(walk, place.name)
        rows, following = report.results, report.cursor or _Cursor()
        if was_repeated and place.name is not None and following.offset != (place.offset or 0) + len(rows):
            raise _AnswerLost
        if rows and following.name:
            # Most reports keep the name and move the offset, some change the name: only both together tell.
            if (following.name, following.offset) in passed:
                walk.broken("the same cursor twice, name and offset,")
            passed.add((following.name, following.offset))
        texts = frozenset(bytes(row) for row in rows)
        if rows and texts <= page_before:
            walk.broken("the page before once more")
        yield _kept_apart(walk, [row for row in rows if bytes(row) not in page_before])
        if not rows or not following.name:
            return
        place, page_before = following, texts


class _Answered(NamedTuple):
    report: _Report
    was_repeated: bool


def _ask(walk: Walk, cursor: str | None) -> _Answered:
    """One page, and whether an earlier answer to the same request may have moved the cursor and then been lost."""
    effort = current_effort()
    lost_before = effort.retries - effort.rate_limit_waits
    place = {} if cursor is None else {"cursor": cursor}
    parameters = {**walk.filters(), "pageSize": str(walk.stream.page_size), **place}
    try:
        body = walk.get(walk.stream.path, parameters).body
    except RequestRejected as error:
        if cursor is None:
            raise
        raise _CursorRefused from error
    # Who was told to wait was not served, so the cursor stood still.
    was_repeated = effort.retries - effort.rate_limit_waits > lost_before
    return _Answered(walk.decode(body or b'{"results":[]}', _Report), was_repeated)


def _kept_apart(walk: Walk, rows: list[msgspec.Raw]) -> Cut:
    """The rows as records; one that differs from a later one with the same key is a rejection under that key."""
    cut = walk.cut(rows)
    if cut.received == len(rows):
        return cut
    kept = {record.record_id: record.body for record in cut.records}
    doubles = [
        Rejection(record.body, f"does not fit {walk.stream.name}: another row has the same key", record.record_id)
        for row in rows
        for record in walk.cut([row]).records
        if record.body != kept[record.record_id]
    ]
    return cut._replace(rejections=[*cut.rejections, *doubles])
