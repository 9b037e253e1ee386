"""Paging through lists that hang from other records: one list a parent, or one nested in the parent's record."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec

from extractors.core.cutting import Cut
from extractors.core.errors import RequestRejected
from extractors.core.events import afresh, left, told
from extractors.core.pages import count_of, forward_only, forward_pages, last_id, starting_after_pages
from extractors.core.side_by_side import side_by_side
from extractors.core.slices import newest_first_pages
from extractors.core.stream import Stream
from extractors.core.walk import Walk


def for_each_parent(walk: Walk) -> Iterator[Cut]:
    """ConnectWise's child lists: walk the parents' ids, then each parent's own list, a few of them at a time.

    Of a counted stream each list is held against its own `/count`; `expected` is the sum of those.
    """
    parent, key = _parent(walk.stream)
    only_ids = replace(parent, parameters={**parent.parameters, "fields": key})
    filters = walk.filters()
    if walk.stream.counted:
        walk.expected = 0
    for page in forward_only(_walk_of(walk, only_ids)):
        if page.rejections:
            walk.broken(f"a record of {parent.name} without an id")
        totals: list[int] = []
        lists = (_list_of(walk, parent, record.record_id, filters, totals) for record in page.records)
        for cut in side_by_side(walk.stream.name, lists):
            yield walk.take(cut._replace(cursor=None))
        if walk.stream.counted:
            walk.expected = (walk.expected or 0) + sum(totals)
    walk.close()


def _list_of(walk: Walk, parent: Stream, parent_id: str, filters: dict[str, str], totals: list[int]) -> Iterator[Cut]:
    """One parent's list. A parent that went while its siblings were read has none, and is no error."""
    path = walk.stream.path.format(parent=parent_id)
    received = 0
    try:
        total = count_of(walk, path, filters) if walk.stream.counted else 0
        for cut in forward_pages(walk, path, filters):
            received += cut.received
            yield cut
        if received < total:
            # Records may have gone while we read: what the list has now must be reached all the same.
            total = min(total, count_of(walk, path, filters))
            if received < total:
                walk.broken(f"{received} records of {parent.name} {parent_id} where its own count says {total}")
    except RequestRejected as error:
        # A release or a role that lacks the list answers 404 too, and must not pass for "there is nothing".
        if error.status != httpx.codes.NOT_FOUND or _is_there(walk, parent, parent_id):
            raise
        total = received
    totals.append(total)


def _is_there(walk: Walk, parent: Stream, parent_id: str) -> bool:
    """Whether the parents' list still has it."""
    asked = {"conditions": f"{parent.key} = {parent_id}", "fields": f"{parent.key}", "pageSize": "1"}
    return bool(walk.decode(walk.get(parent.path, asked).body, list[msgspec.Raw]))


def nested_lists(walk: Walk) -> Iterator[Cut]:
    """Stripe's nested lists: a parent carries the first of its children, and the rest has a list of its own.

    Children have no events: of changes, all children of the parents that changed are read.
    """
    parent, key = _parent(walk.stream)
    parents = _walk_of(walk, parent)
    if walk.scope.window.kind == "changes":
        for page in afresh(parents, left(told(parents, parent), walk.cursor)):
            families = (*page.deletions, *(record.record_id for record in page.records))
            yield walk.take(_with_children(walk, page, key)._replace(families=families))
    else:
        for page in newest_first_pages(parents, parent.path, parents.filters(), walk.cursor):
            yield walk.take(_with_children(walk, page, key))
    walk.close()


def _with_children(walk: Walk, page: Cut, key: str) -> Cut:
    """The children of a page of parents."""
    shape = _shape(key, walk.stream.nested or walk.stream.name)
    records, rejections = [], list(page.rejections)
    for record in page.records:
        held: Any = walk.decode(record.body, shape)
        for cut in _children(walk, held.key, held.children):
            records += cut.records
            rejections += cut.rejections
    return Cut(records, rejections, page.cursor)


class _Nested(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


def _children(walk: Walk, parent_id: str, nested: _Nested | None) -> Iterator[Cut]:
    after = None
    if nested is not None:
        yield walk.cut(nested.data)
        if not nested.has_more:
            return
        after = last_id(walk, nested.data)
    stream = walk.stream
    parameters = {name: value.format(parent=parent_id) for name, value in stream.parameters.items()}
    yield from starting_after_pages(walk, stream.path.format(parent=parent_id), parameters, after)


def _shape(key: str, nested: str) -> type[msgspec.Struct]:
    fields: list[Any] = [("key", str), ("children", _Nested | None, None)]
    return msgspec.defstruct("Parent", fields, rename={"key": key, "children": nested})


def _parent(stream: Stream) -> tuple[Stream, str]:
    """What the stream hangs from, and the field that identifies it."""
    parent = stream.parent
    if parent is None or not isinstance(parent.key, str):
        raise ValueError(f"stream {stream.name} does not say what it hangs from by one field")
    return parent, parent.key


def _walk_of(walk: Walk, stream: Stream) -> Walk:
    return Walk(walk.client, walk.source, replace(walk.scope, stream=stream))
