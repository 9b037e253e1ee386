"""Paging, one function a style: how a list is walked to its end, and how we know that it was the end.

A function takes a `Walk` and yields one `Cut` an answer. Each fails closed: a page that repeats, a cursor that does
not move or a total that is not reached raises PagingBroken. An end is only what the vendor calls an end.
Vendors' filters are not here: a source puts them in through `Source.narrow`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from extractors.core.cutting import Cut
from extractors.core.walk import Walk

CONNECTWISE_DEFAULT_PAGE = 25


def after_largest_id(walk: Walk) -> Iterator[Cut]:
    """NinjaOne's lists: ask for ids after the largest one seen, until an empty page.

    A short page is no end, since the server may cap the page size without a word; nor is a missing Link header,
    which full pages lack at times.
    """
    after: int | None = walk.cursor.get("after")
    page_before: frozenset[str] = frozenset()
    while True:
        beyond = {} if after is None else {"after": str(after)}
        body = walk.get(walk.stream.path, {**walk.filters(), "pageSize": str(walk.stream.page_size), **beyond}).body
        rows = walk.decode(body or b"[]", list[msgspec.Raw])  # an empty body is a documented way to say "none"
        if not rows:
            walk.close()
            return
        cut = _only_new(walk, walk.cut(rows), after, page_before)
        page_before = frozenset(cut.ids)
        if not page_before:
            walk.broken("a page without one usable id to go on from")
        after = max(int(record_id) for record_id in page_before)
        yield walk.take(cut._replace(cursor={"after": after}))


def forward_only(walk: Walk) -> Iterator[Cut]:
    """ConnectWise's lists in forward-only mode: ascending ids, each page's Link naming the next.

    A counted stream is held against `<path>/count` under the same conditions, asked before the walk and, if the walk
    fell short, once more after it.
    """
    filters = walk.filters()
    if walk.stream.counted and not walk.cursor:
        walk.expected = count_of(walk, walk.stream.path, filters)
    for cut in forward_pages(walk, walk.stream.path, filters, walk.cursor.get("page_id"), walk.cursor.get("largest")):
        yield walk.take(cut)
    walk.reach(lambda: count_of(walk, walk.stream.path, filters))
    walk.close()


def forward_pages(
    walk: Walk, path: str, filters: Mapping[str, str], page_id: str | None = None, largest: int | None = None
) -> Iterator[Cut]:
    """The pages of one ConnectWise list from `page_id` on, uncounted."""
    asked_for = {page_id}
    page_before: frozenset[str] = frozenset()
    while True:
        place = {} if page_id is None else {"pageId": page_id}
        answer = walk.get(
            path,
            {**filters, "pageSize": str(walk.stream.page_size), **place},
            headers={"pagination-type": "forward-only"},
        )
        rows = walk.decode(answer.body, list[msgspec.Raw])
        page_id = _next_page_id(walk, answer.headers.get("link"), len(rows))
        if page_id is not None and page_id in asked_for:
            walk.broken("the same next page twice")
        asked_for.add(page_id)
        cut = _only_new(walk, walk.cut(rows), largest, page_before)
        page_before = frozenset(cut.ids)
        if page_id is not None and not rows:
            walk.broken("an empty page that names a next one")
        largest = max((int(record_id) for record_id in page_before), default=largest)
        yield cut if page_id is None else cut._replace(cursor={"page_id": page_id, "largest": largest})
        if page_id is None:
            return


def after_last_id(walk: Walk) -> Iterator[Cut]:
    """Stripe's lists: newest first, the next page starts after the last id of this one, until has_more is false."""
    yield from map(walk.take, starting_after_pages(walk, walk.stream.path, walk.filters(), walk.cursor.get("after")))
    walk.close()


class _Listing(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


def starting_after_pages(walk: Walk, path: str, filters: Mapping[str, str], after: str | None = None) -> Iterator[Cut]:
    """The pages of one Stripe list from the object `after` on."""
    asked_for = {after}
    page_before: frozenset[str] = frozenset()
    while True:
        place = {} if after is None else {"starting_after": after}
        listing = walk.decode(walk.get(path, {**filters, "limit": str(walk.stream.page_size), **place}).body, _Listing)
        if not listing.data and (listing.has_more or after is not None):
            # Seen when a filter's edge fell on the cursor's own second: the rest of that second was lost.
            walk.broken("an empty page where it had announced more")
        whole = walk.cut(listing.data)
        cut = whole.less(page_before)
        if whole.ids and not cut.ids:
            walk.broken("the page before once more")
        page_before = frozenset(whole.ids)
        if not listing.has_more:
            yield cut
            return
        after = last_id(walk, listing.data)
        if after in asked_for:
            walk.broken("the same cursor twice")
        asked_for.add(after)
        yield cut._replace(cursor={"after": after})


def last_id(walk: Walk, rows: list[msgspec.Raw]) -> str:
    """The id of the last row, from which a Stripe list goes on."""
    last = walk.cut(rows[-1:]).ids
    if not last:
        walk.broken("a list that goes on after an object without an id")
    return last[0]


def _only_new(walk: Walk, cut: Cut, floor: int | None, page_before: frozenset[str]) -> Cut:
    """The page less what the page before already held; ids must lie beyond `floor`, the largest id so far."""
    again = frozenset(record_id for record_id in cut.ids if floor is not None and int(record_id) <= floor)
    fresh = cut.less(again)
    if again and not fresh.ids:
        walk.broken("a page that does not go beyond the one before")
    if again - page_before:
        walk.broken("ids that do not ascend, so that others may have been passed over,")
    return fresh


def _next_page_id(walk: Walk, link: str | None, rows: int) -> str | None:
    """The pageId of the Link header's next page; None at the end."""
    if link is None:
        if rows >= walk.stream.page_size or rows == CONNECTWISE_DEFAULT_PAGE:
            walk.broken(f"a page of {rows} rows without a Link header (paging not supported or page size ignored)")
        return None
    if not link.strip():
        return None
    following = httpx.Response(200, headers={"link": link}).links.get("next")
    if following is None:
        return None
    page_id: str | None = httpx.URL(following.get("url", "")).params.get("pageId")
    if not page_id:
        walk.broken("a Link header whose next page has no pageId")
    return page_id


class _Count(msgspec.Struct):
    count: int


def count_of(walk: Walk, path: str, filters: Mapping[str, str]) -> int:
    """How many records ConnectWise says a list has under these conditions."""
    kept: dict[str, Any] = {name: value for name, value in filters.items() if name != "fields"}
    return walk.decode(walk.get(f"{path}/count", kept).body, _Count).count
