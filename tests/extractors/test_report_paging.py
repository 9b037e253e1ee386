"""NinjaOne's reports and unpaged lists: whole whatever the page size, and stopped wherever paging goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import stream
from extractors.core.errors import PagingBroken, RequestRejected, VendorUnavailable
from extractors.core.records import Rejection
from extractors.core.stream import Stream
from tests.extractors.fakes import EVERYTHING, Handler, opened, read

EXAMPLES = settings(max_examples=40, deadline=None)
VOLUMES = replace(stream("ninjaone", "volumes"), page_size=20)
ALERTS = stream("ninjaone", "alerts")

Change = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(answer: dict[str, Any]) -> dict[str, Any]:
    return answer


def volume(number: int) -> dict[str, Any]:
    return {"deviceId": number // 2, "name": "CD"[number % 2] + ":", "timestamp": 1_750_000_000.25}


@dataclass
class Report:
    """A report behind a cursor that the server moves on, under one name or under a new one each time.

    ``change`` spoils an answer; ``refuses`` are the numbers of the requests whose cursor is unknown, ``loses`` those
    whose answer breaks off after the cursor has moved.
    """

    rows: list[dict[str, Any]]
    renames: bool = False
    ends_empty: bool = False
    change: Change = unchanged
    refuses: frozenset[int] = frozenset()
    loses: frozenset[int] = frozenset()
    slows: frozenset[int] = frozenset()
    asked: list[httpx.Request] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 3600})
        self.asked.append(request)
        number, name = len(self.asked), request.url.params.get("cursor")
        if number in self.slows:
            return httpx.Response(429)
        if name is not None and (name not in self.places or number in self.refuses):
            return httpx.Response(400, json={"resultCode": "FAILURE"})
        answer = self.page(self.places.get(name or "", 0), int(request.url.params["pageSize"]), name)
        if number in self.loses:
            raise httpx.ReadError("the connection broke off")
        return httpx.Response(200, json=self.change(answer))

    def page(self, start: int, size: int, name: str | None) -> dict[str, Any]:
        shown = self.rows[start : start + size]
        reached = start + len(shown)
        if not shown or (reached >= len(self.rows) and not self.ends_empty):
            return {"results": shown}
        name = name if name and not self.renames else f"cursor-{len(self.places)}"
        self.places[name] = reached
        return {"results": shown, "cursor": {"name": name, "offset": reached, "count": len(shown), "expires": 1.5}}


rows_of = st.integers(0, 70).map(lambda count: [volume(number) for number in range(count)])
sizes = st.integers(1, 30)


@EXAMPLES
@given(rows=rows_of, size=sizes, renames=st.booleans(), ends_empty=st.booleans())
def test_a_report_is_whole_whatever_its_cursor_does_with_its_name(
    rows: list[dict[str, Any]], size: int, renames: bool, ends_empty: bool
) -> None:
    """A client that took an unchanged name for a cursor that is stuck stopped at 200 rows (msp-skills #179)."""
    seen, reading = read("ninjaone", Report(rows, renames, ends_empty), replace(VOLUMES, page_size=size))
    assert seen == [f"{row['deviceId']}:{row['name'][0]}%3A" for row in rows]
    assert reading.certificate.is_complete_set


@EXAMPLES
@given(size=st.integers(3, 30), lost=st.sets(st.integers(2, 12), max_size=3), renames=st.booleans())
def test_answers_that_are_lost_after_the_cursor_moved_cost_time_and_no_row(
    size: int, lost: set[int], renames: bool
) -> None:
    """The server keeps the position: asked again under the same name, it goes on after the rows nobody received."""
    vendor = Report([volume(number) for number in range(60)], renames=renames, loses=frozenset(lost))
    seen, reading = read("ninjaone", vendor, replace(VOLUMES, page_size=size))
    assert set(seen) == {f"{number // 2}:{'CD'[number % 2]}%3A" for number in range(60)}
    assert reading.certificate.cursor_closed


def refused(vendor: Handler, mutant_of: Stream) -> str:
    """The sentence that stops the read."""
    with pytest.raises(PagingBroken) as caught:
        read("ninjaone", vendor, mutant_of)
    assert caught.value.object == mutant_of.name
    return str(caught.value)


SIXTY = [volume(number) for number in range(60)]


def test_a_lost_answer_under_a_cursor_that_stays_makes_the_report_begin_again() -> None:
    vendor = Report(SIXTY, loses=frozenset({2}))
    seen, reading = read("ninjaone", vendor, VOLUMES)
    assert len(seen) == 20 + 60
    assert len(set(seen)) == 60
    assert reading.certificate.retries == 1


def test_being_told_to_wait_moves_no_cursor_and_costs_no_second_reading() -> None:
    seen, reading = read("ninjaone", Report(SIXTY, slows=frozenset({2, 3})), VOLUMES)
    assert len(seen) == 60
    assert reading.certificate.rate_limit_waits == 2


def test_a_retry_that_the_offset_proves_harmless_costs_no_second_reading() -> None:
    class Restless(Report):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and len(self.asked) == 1:
                self.asked.append(request)
                return httpx.Response(503)
            return super().__call__(request)

    assert len(read("ninjaone", Restless(SIXTY), VOLUMES)[0]) == 60


def test_a_vendor_that_keeps_losing_answers_is_left_for_a_later_run() -> None:
    with pytest.raises(VendorUnavailable, match=r"broke off too many answers for volumes.*not read to its end"):
        read("ninjaone", Report(SIXTY, loses=frozenset(range(2, 200, 2))), replace(VOLUMES, page_size=10))


def test_a_cursor_that_has_expired_makes_the_report_begin_again_once() -> None:
    vendor = Report(SIXTY, refuses=frozenset({3}))
    seen, reading = read("ninjaone", vendor, VOLUMES)
    assert set(seen) == {f"{number // 2}:{'CD'[number % 2]}%3A" for number in range(60)}
    assert [request.url.params.get("cursor") is None for request in vendor.asked] == [
        True,
        False,
        False,
        True,
        False,
        False,
    ]
    assert reading.certificate.is_complete_set


def test_a_cursor_that_expires_again_is_an_error() -> None:
    assert "a refusal of its own cursor, twice," in refused(Report(SIXTY, refuses=frozenset({3, 5})), VOLUMES)


def test_a_report_that_is_refused_from_the_start_is_no_expired_cursor() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": "t"}) if request.method == "POST" else httpx.Response(400)

    with pytest.raises(RequestRejected):
        read("ninjaone", vendor, VOLUMES)


def test_a_cursor_whose_name_and_offset_stand_still_is_an_error() -> None:
    def stuck(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"cursor": {"name": "cursor-0", "offset": 20}} if "cursor" in answer else answer

    assert "the same cursor twice" in refused(Report(SIXTY, change=stuck), VOLUMES)


def test_a_page_sent_twice_under_a_cursor_that_moves_is_an_error() -> None:
    def repeating(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": SIXTY[:20]} if answer["results"] else answer

    assert "the page before once more" in refused(Report(SIXTY, change=repeating), VOLUMES)


def test_a_row_repeated_at_the_page_border_is_read_once() -> None:
    def overlapping(answer: dict[str, Any]) -> dict[str, Any]:
        first = answer["results"][0] if answer["results"] else None
        index = SIXTY.index(first) if first else 0
        return answer | {"results": [*SIXTY[max(0, index - 1) : index], *answer["results"]]}

    assert len(read("ninjaone", Report(SIXTY, change=overlapping), VOLUMES)[0]) == 60


def test_a_server_that_gives_shorter_pages_than_it_was_asked_for_is_read_whole() -> None:
    class Sparing(Report):
        def page(self, start: int, size: int, name: str | None) -> dict[str, Any]:
            return super().page(start, min(size, 7), name)

    assert len(read("ninjaone", Sparing(SIXTY), VOLUMES)[0]) == 60


def test_an_answer_without_rows_is_the_end_although_it_names_a_cursor() -> None:
    def naming(answer: dict[str, Any]) -> dict[str, Any]:
        return {"cursor": {"name": "cursor-0", "offset": 60}} | answer

    vendor = Report(SIXTY, ends_empty=True, change=naming)
    assert len(read("ninjaone", vendor, VOLUMES)[0]) == 60
    assert len(vendor.asked) == 4


@pytest.mark.parametrize("cursor", [None, {}, {"offset": 60}, {"name": None}, {"name": ""}])
def test_a_cursor_without_a_name_is_the_end(cursor: dict[str, Any] | None) -> None:
    def nameless(answer: dict[str, Any]) -> dict[str, Any]:
        return answer if "cursor" in answer else answer | {"cursor": cursor}

    assert len(read("ninjaone", Report(SIXTY, change=nameless), VOLUMES)[0]) == 60


def test_an_answer_without_results_is_no_empty_report() -> None:
    failure = {"resultCode": "FAILURE", "errorMessage": "ninja-secret-value"}
    message = refused(Report(SIXTY, change=lambda _: failure), VOLUMES)
    assert "another shape" in message
    assert "ninja-secret-value" not in message


def test_an_empty_body_is_an_empty_report() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": "t"}) if request.method == "POST" else httpx.Response(204)

    for name in ("volumes", "alerts", "activities"):
        seen, reading = read("ninjaone", vendor, stream("ninjaone", name))
        assert seen == []
        assert reading.certificate.cursor_closed


def rejections(vendor: Handler, one: Stream) -> list[Rejection]:
    with opened("ninjaone", vendor) as session, session.read(one, EVERYTHING) as reading:
        return [piece for page in reading for piece in page.rejections]


def test_two_rows_that_differ_and_share_a_key_are_not_laid_over_one_another() -> None:
    twice = [volume(0) | {"freeSpace": 1}, volume(1), volume(0) | {"freeSpace": 2}]
    (double,) = rejections(Report(twice), VOLUMES)
    assert b'"freeSpace":1' in double.body.replace(b" ", b"")
    assert double.record_id == "0:C%3A"
    assert "another row has the same key" in double.reason
    assert not rejections(Report([volume(0), volume(0)]), VOLUMES)


def test_a_row_without_a_part_of_its_key_is_rejected_by_its_name() -> None:
    (piece,) = rejections(Report([{"deviceId": 1, "timestamp": 1.5}]), VOLUMES)
    assert "`name`" in piece.reason


def test_an_object_where_a_list_comes_whole_is_an_error() -> None:
    assert "another shape" in refused(Report([], change=lambda _: {"resultCode": "FAILURE"}), unpaged(ALERTS))


def unpaged(one: Stream) -> Stream:
    """`Report` wants a page size, which these lists do not know."""
    return replace(one, parameters={"pageSize": "1000"})


def test_a_list_that_comes_whole_is_asked_for_once_however_round_its_number_of_rows() -> None:
    asked = []

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t"})
        asked.append(dict(request.url.params))
        return httpx.Response(200, json=[{"uid": f"alert-{number}"} for number in range(1000)])

    seen, reading = read("ninjaone", vendor, ALERTS)
    assert (len(seen), asked) == (1000, [{}])
    assert reading.certificate.is_complete_set
