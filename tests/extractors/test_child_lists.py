"""Lists that hang from a parent: a few read at a time, in order, and what a missing list means."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from extractors import stream
from extractors.core.cutting import Cut
from extractors.core.errors import PagingBroken, RequestRejected
from extractors.core.side_by_side import LISTS_AT_ONCE, side_by_side
from tests.extractors.fakes import ConnectWise, read

ADDITIONS = stream("connectwise", "agreement_additions")
RESULTS = stream("connectwise", "survey_results")
NOT_FOUND = httpx.Response(404, json={"code": "NotFound", "message": "Not found."})


def agreements(count: int, *, of_each: int = 2) -> dict[str, list[dict[str, Any]]]:
    """Agreements 1 to `count`, each with additions 101, 102 ... 201, 202 ..."""
    lists: dict[str, list[dict[str, Any]]] = {"/finance/agreements": [{"id": one} for one in range(1, count + 1)]}
    for one in range(1, count + 1):
        rows = [{"id": 100 * one + place} for place in range(1, of_each + 1)]
        lists[f"/finance/agreements/{one}/additions"] = rows
    return lists


@dataclass
class Losing(ConnectWise):
    """A ConnectWise some of whose agreements have no list; `is_gone` says whether they are deleted altogether."""

    lost: tuple[int, ...] = ()
    is_gone: bool = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if any(f"/agreements/{one}/" in request.url.path for one in self.lost):
            return NOT_FOUND
        if "conditions" in request.url.params:
            number = int(request.url.params["conditions"].removeprefix("id = "))
            is_there = number not in self.lost or not self.is_gone
            return httpx.Response(200, json=[{"id": number}] if is_there else [], headers={"Link": ""})
        return super().__call__(request)


def test_lists_read_at_the_same_time_come_out_in_their_order() -> None:
    seen, reading = read("connectwise", ConnectWise(agreements(11, of_each=5)), replace(ADDITIONS, page_size=2))
    assert seen == [str(100 * one + place) for one in range(1, 12) for place in range(1, 6)]
    # The parents' count and list, and three pages of each of eleven lists.
    assert reading.certificate.requests == 2 + 11 * 3


def test_so_many_lists_are_asked_for_at_once_and_no_more() -> None:
    """Each of the first lists answers only when all of them have been asked for."""
    together = threading.Barrier(LISTS_AT_ONCE, timeout=20)
    under_way, most, lock = 0, 0, threading.Lock()

    def pages(number: int) -> Iterator[Cut]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        if number < LISTS_AT_ONCE:
            together.wait()
        with lock:
            under_way -= 1
        yield Cut([], [], {"list": number})

    cuts = list(side_by_side("numbers", [pages(number) for number in range(9)]))
    assert [cut.cursor for cut in cuts] == [{"list": number} for number in range(9)]
    assert most == LISTS_AT_ONCE


@dataclass
class Refusing(ConnectWise):
    """Refuses the third agreement's list."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/agreements/3/" in request.url.path:
            return httpx.Response(400, json={"code": "InvalidObject"})
        return super().__call__(request)


def test_a_list_that_is_refused_stops_the_read() -> None:
    with pytest.raises(RequestRejected, match="agreement_additions"):
        read("connectwise", Refusing(agreements(9)), ADDITIONS)


def test_a_parent_that_went_meanwhile_has_no_list_and_is_no_error() -> None:
    vendor = Losing(agreements(6), lost=(2, 6))
    seen, reading = read("connectwise", vendor, ADDITIONS)
    assert seen == ["101", "102", "301", "302", "401", "402", "501", "502"]
    assert reading.certificate.is_complete_set


def test_a_list_that_a_parent_lacks_is_never_taken_for_an_empty_one() -> None:
    """A release without the list answers 404 for every parent: all that is here would pass for deleted."""
    with pytest.raises(RequestRejected, match="HTTP 404, NotFound"):
        read("connectwise", Losing(agreements(6), lost=(1, 2, 3, 4, 5, 6), is_gone=False), ADDITIONS)


@dataclass
class Vanishing(ConnectWise):
    """Its second agreement is deleted after the first page of its additions."""

    gone: list[bool] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/agreements/2/" in request.url.path and "pageId" in request.url.params:
            self.gone.append(True)
            return NOT_FOUND
        if "conditions" in request.url.params:
            assert self.gone, "nobody asks for a parent before its list is missing"
            return httpx.Response(200, json=[], headers={"Link": ""})
        return super().__call__(request)


def test_a_parent_that_goes_between_two_pages_leaves_what_was_read() -> None:
    seen, reading = read("connectwise", Vanishing(agreements(3, of_each=3)), replace(ADDITIONS, page_size=2))
    assert seen == ["101", "102", "103", "201", "202", "301", "302", "303"]
    assert reading.certificate.is_complete_set


def surveys(*sizes: int) -> dict[str, list[dict[str, Any]]]:
    lists: dict[str, list[dict[str, Any]]] = {"/service/surveys": []}
    for survey, size in enumerate(sizes, 1):
        lists["/service/surveys"].append({"id": survey})
        lists[f"/service/surveys/{survey}/results"] = [{"id": 100 * survey + place} for place in range(size)]
    return lists


def test_counted_lists_are_held_against_their_own_counts() -> None:
    _, reading = read("connectwise", ConnectWise(surveys(3, 0, 7)), RESULTS)
    assert reading.certificate.vendor_count == reading.certificate.records == 10


def test_no_parents_make_a_counted_stream_of_none() -> None:
    _, reading = read("connectwise", ConnectWise(surveys()), RESULTS)
    assert reading.certificate.vendor_count == 0


@dataclass
class Short(ConnectWise):
    """Leaves out the last row of every list of results, and counts it."""

    def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        return super().page(request, rows[:-1] if request.url.path.endswith("/results") else rows)


def test_one_short_list_among_many_is_found_out() -> None:
    with pytest.raises(PagingBroken, match="2 records of surveys 1 where its own count says 3"):
        read("connectwise", Short(surveys(3, 4)), RESULTS)


@dataclass
class Shrinking(ConnectWise):
    """A result is deleted after it was counted."""

    counts: int = 0

    def count(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        counted = super().count(request, rows)
        if request.url.path.endswith("/results/count") and self.counts == 0:
            self.counts += 1
            rows.pop()
        return counted


def test_a_row_deleted_while_its_list_is_read_is_no_shortage() -> None:
    seen, reading = read("connectwise", Shrinking(surveys(3)), RESULTS)
    assert len(seen) == reading.certificate.vendor_count == 2
