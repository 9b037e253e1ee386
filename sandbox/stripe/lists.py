"""Stripe lists: newest first, cursors that are ids, ``created`` bounds, and no total anywhere."""

import bisect
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from sandbox.answers import joined
from sandbox.shelves import Rendered
from sandbox.stripe.errors import Refused

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100
COMMON = frozenset({"limit", "starting_after", "ending_before", "expand"})
CREATED = re.compile(r"^created(?:\[(gt|gte|lt|lte)\])?$")


@dataclass(frozen=True, slots=True)
class Sorted:
    """All rows of a list, newest first, with where each id stands."""

    rows: tuple[Rendered, ...]
    places: Mapping[str, int]

    @classmethod
    def newest_first(cls, rows: list[Rendered]) -> "Sorted":
        """Sort by creation, then id, so that rows of one second keep an order."""
        rows = sorted(rows, key=lambda row: (row.members.get("created", 0), row.key), reverse=True)
        return cls.as_given(rows)

    @classmethod
    def as_given(cls, rows: list[Rendered]) -> "Sorted":
        """Keep the order, as the lines of an invoice do."""
        return cls(tuple(rows), {row.key: place for place, row in enumerate(rows)})


def bounded(listed: Sorted, asked: QueryParams) -> Sorted:
    """The rows created within the bounds asked for."""
    bounds = {found[1] or "is": asked[name] for name in asked if (found := CREATED.match(name))}
    if not bounds:
        return listed
    low, high = float("-inf"), float("inf")  # both inclusive
    for word, text in bounds.items():
        value = whole_number(text, "created")
        if word in ("gt", "gte", "is"):
            low = max(low, value + (word == "gt"))
        if word in ("lt", "lte", "is"):
            high = min(high, value - (word == "lt"))
    ages = [-row.members["created"] for row in listed.rows]  # ascending
    first, last = bisect.bisect_left(ages, -high), bisect.bisect_right(ages, -low)
    return Sorted.as_given(list(listed.rows[first:last]))


def page_of(listed: Sorted, whole: Sorted, asked: QueryParams) -> tuple[list[Rendered], bool]:
    """The rows of one page and whether more follow. A cursor may be any row of the whole list."""
    limit = whole_number(asked.get("limit", str(DEFAULT_LIMIT)), "limit")
    if not 1 <= limit <= LARGEST_LIMIT:
        raise Refused("Limit must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    if "starting_after" in asked and "ending_before" in asked:
        raise Refused("You may only specify one of these parameters: starting_after, ending_before.")
    if "ending_before" in asked:
        place = place_of(listed, whole, asked["ending_before"], "ending_before")
        first = max(0, place - limit)
        return list(listed.rows[first:place]), first > 0
    first = 0
    if "starting_after" in asked:
        cursor = asked["starting_after"]
        first = place_of(listed, whole, cursor, "starting_after") + (cursor in listed.places)
    return list(listed.rows[first : first + limit]), first + limit < len(listed.rows)


def place_of(listed: Sorted, whole: Sorted, cursor: str, param: str) -> int:
    """Where the page begins that a cursor points at, also when the filters leave the cursor's own row out."""
    if cursor in listed.places:
        return listed.places[cursor]
    if cursor not in whole.places:
        raise Refused(f"No such object: '{cursor}'", code="resource_missing", param=param)
    before = whole.places[cursor]
    return sum(whole.places[row.key] < before for row in listed.rows)


def envelope(url: str, bodies: list[bytes], has_more: bool) -> bytes:
    """The list envelope, with records that are rendered already."""
    more = b"true" if has_more else b"false"
    return b'{"object":"list","url":"%s","has_more":%s,"data":%s}' % (url.encode(), more, joined(bodies))


def whole_number(text: str, param: str) -> int:
    """An integer parameter."""
    if not re.fullmatch(r"-?\d+", text):
        raise Refused(f"Invalid integer: {text}", code="parameter_invalid_integer", param=param)
    return int(text)


def check_names(asked: QueryParams, allowed: frozenset[str]) -> None:
    """Refuse a parameter that the list does not have, as Stripe does."""
    for name in asked:
        bare = CREATED.sub("created", name)
        bare = re.sub(r"^(expand|types)\[\d*\]$", r"\1", bare)
        if bare not in allowed and bare not in COMMON:
            raise Refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
