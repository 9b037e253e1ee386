"""Paging NinjaOne's activity log: newest first, walked back by id.

Ids are given in the order in which activities arrive. Their times are the devices' own, and a device that was off
line tells of its week when it comes back; so pages go by id, and times only say when to stop.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from extractors.core.cutting import Cut
from extractors.core.walk import Walk

MARGIN = timedelta(days=1)
"""How far from the time asked for an activity may lie before the filter counts as not understood."""


class _Log(msgspec.Struct):
    activities: list[msgspec.Raw]


_EITHER: Any = _Log | list[msgspec.Raw]


def newest_back(walk: Walk) -> Iterator[Cut]:
    """The log from its newest entry back: to its beginning, or until a page holds nothing as new as the window.

    `olderThan` takes an id and means ids below it, whatever the published text says (it and `newerThan` have each
    other's). A server that took the text at its word is found out at the second page.
    """
    older_than: int | None = walk.cursor.get("older_than")
    filters = walk.filters()
    while True:
        place = {} if older_than is None else {"olderThan": str(older_than)}
        body = walk.get(walk.stream.path, {**filters, "pageSize": str(walk.stream.page_size), **place}).body
        rows = _rows(walk, body)
        if not rows:
            break
        whole = walk.cut(rows)
        cut = whole.less(frozenset({str(older_than)}))
        ids = [int(record_id) for record_id in cut.ids]
        if not ids:
            walk.broken("a page that does not go further back, or has no usable id,")
        if older_than is not None and max(ids) > older_than:
            walk.broken("activities from the wrong side of the id it was asked for")
        if len(cut.records) > 1 and int(cut.records[0].record_id) < int(cut.records[-1].record_id):
            walk.broken("activities that do not come newest first")
        _check_dates(walk, cut)
        older_than = min(ids)
        yield walk.take(cut._replace(cursor={"older_than": older_than}))
        if _is_behind(walk, cut):
            break
    walk.close()


def _rows(walk: Walk, body: bytes) -> list[msgspec.Raw]:
    """The rows of either shape that is in the wild: the documented object, or a bare array."""
    answer: _Log | list[msgspec.Raw] = walk.decode(body or b"[]", _EITHER)
    return answer.activities if isinstance(answer, _Log) else answer


def _is_behind(walk: Walk, cut: Cut) -> bool:
    """Whether all of a page is older than what a read of changes is to bring."""
    since = walk.scope.window.since
    if walk.scope.window.kind != "changes" or since is None or not cut.records:
        return False
    floor = since - walk.stream.look_back
    return all(at is not None and at < floor for at in _times(cut))


def _check_dates(walk: Walk, cut: Cut) -> None:
    """Stop when a month was asked for and other times came: a filter that was not understood."""
    window = walk.scope.window
    if window.kind == "dated" and window.start and window.end:
        earliest, latest = window.start - MARGIN, window.end + MARGIN
        if any(at is not None and not earliest <= at <= latest for at in _times(cut)):
            walk.broken("activities of another time than it was asked for")


def _times(cut: Cut) -> list[datetime | None]:
    return [record.source_updated_at for record in cut.records]
