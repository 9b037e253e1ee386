"""Paging through lists that hang from other records: one list a parent, or one nested in the parent's record."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from extractors.core.cutting import Cut
from extractors.core.pages import forward_only, forward_pages, last_id, starting_after_pages
from extractors.core.slices import newest_first_pages
from extractors.core.stream import Stream
from extractors.core.walk import Walk


def for_each_parent(walk: Walk) -> Iterator[Cut]:
    """ConnectWise's child lists: walk the parents' ids, then each parent's own list."""
    parent, key = _parent(walk.stream)
    only_ids = replace(parent, parameters={**parent.parameters, "fields": key})
    for page in forward_only(_walk_of(walk, only_ids)):
        if page.rejections:
            walk.broken(f"a record of {parent.name} without an id")
        for record in page.records:
            path = walk.stream.path.format(parent=record.record_id)
            for cut in forward_pages(walk, path, walk.filters()):
                yield walk.take(cut._replace(cursor=None))
    walk.close()


def nested_lists(walk: Walk) -> Iterator[Cut]:
    """Stripe's nested lists: a parent carries the first of its children, and the rest has a list of its own."""
    parent, key = _parent(walk.stream)
    parents = _walk_of(walk, parent)
    shape = _shape(key, walk.stream.nested or walk.stream.name)
    for page in newest_first_pages(parents, parent.path, parents.filters(), walk.cursor):
        records, rejections = [], list(page.rejections)
        for record in page.records:
            held: Any = walk.decode(record.body, shape)
            for cut in _children(walk, held.key, held.children):
                records += cut.records
                rejections += cut.rejections
        yield walk.take(Cut(records, rejections, page.cursor))
    walk.close()


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
