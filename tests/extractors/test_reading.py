"""Reading ahead: what is promised to the one who loads the pages."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from extractors import stream
from extractors.core import read_ahead
from extractors.core.effort import pause
from extractors.core.errors import PagingBroken, RequestRejected, VendorUnavailable
from extractors.core.queries import by_change_time
from extractors.core.window import Window
from tests.extractors.fakes import (
    EVERYTHING,
    NOW,
    ConnectWise,
    NinjaOne,
    QuickBooks,
    Stripe,
    ledger_row,
    opened,
    read,
)

TICKETS = replace(stream("connectwise", "tickets"), page_size=10)
DEVICES = replace(stream("ninjaone", "devices"), page_size=10)
ROWS = [{"id": number} for number in range(1, 101)]


def one_answer_a_page() -> Any:
    return patch.object(read_ahead, "PAGE_RECORDS", 1)


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        threading.Event().wait(0.002)


def reader_threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_later_pages_are_fetched_while_the_first_is_in_use() -> None:
    vendor = NinjaOne(ROWS)
    with one_answer_a_page(), opened("ninjaone", vendor) as session, session.read(DEVICES, EVERYTHING) as reading:
        next(reading)
        wait_until(lambda: len(vendor.asked) >= 3)


def test_no_more_than_a_few_pages_wait_in_memory() -> None:
    vendor = NinjaOne([{"id": number} for number in range(1, 1001)])
    with one_answer_a_page(), opened("ninjaone", vendor) as session, session.read(DEVICES, EVERYTHING) as reading:
        next(reading)
        wait_until(lambda: len(vendor.asked) == 5)
        threading.Event().wait(0.05)
        assert len(vendor.asked) == 5  # one in use, three waiting, one in the reader's hands


def test_nothing_is_asked_before_the_first_page_is_wanted() -> None:
    vendor = NinjaOne(ROWS)
    with opened("ninjaone", vendor) as session:
        session.read(DEVICES, EVERYTHING)
    assert vendor.asked == []


def test_small_answers_are_gathered_into_pages_worth_a_commit() -> None:
    with opened("ninjaone", NinjaOne(ROWS)) as session, session.read(DEVICES, EVERYTHING) as reading:
        pages = list(reading)
    assert [len(page.records) for page in pages] == [100]
    assert pages[0].requests == 12  # ten pages, the empty one, the token
    assert reading.certificate.requests == 12
    assert pages[0].bytes == reading.certificate.bytes


def test_a_page_ends_by_size_as_well() -> None:
    rows = [{"id": number, "notes": "x" * 10_000} for number in range(1, 41)]
    with (
        patch.object(read_ahead, "PAGE_BYTES", 100_000),
        opened("ninjaone", NinjaOne(rows)) as session,
        session.read(DEVICES, EVERYTHING) as reading,
    ):
        assert [len(page.records) for page in reading] == [10, 10, 10, 10]


def test_the_thread_ends_when_the_consumer_leaves_early() -> None:
    with one_answer_a_page(), opened("ninjaone", NinjaOne(ROWS)) as session:
        with session.read(replace(DEVICES, name="left-early"), EVERYTHING) as reading:
            next(reading)
            assert reader_threads("left-early")
        assert not reader_threads("left-early")


def test_the_thread_ends_when_the_consumer_merely_forgets() -> None:
    with one_answer_a_page(), opened("ninjaone", NinjaOne(ROWS)) as session:
        reading = session.read(replace(DEVICES, name="forgotten"), EVERYTHING)
        next(reading)
        session._readings.clear()
        del reading
        wait_until(lambda: not reader_threads("forgotten"))


def test_the_thread_ends_while_it_waits_for_the_vendor_to_recover() -> None:
    asked = []

    def busy(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t"})
        asked.append(request)
        return httpx.Response(429, headers={"Retry-After": "100"})

    with opened("ninjaone", busy, sleep=pause) as session:
        reading = session.read(replace(DEVICES, name="waiting"), EVERYTHING)
        taker = threading.Thread(target=lambda: list(reading))
        taker.start()
        wait_until(lambda: asked)
        reading.close()
        taker.join(10)
        assert not taker.is_alive()
        assert not reader_threads("waiting")


def test_an_error_comes_after_the_pages_before_it_and_leaves_no_certificate() -> None:
    class Failing(NinjaOne):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.url.params.get("after") == "30":
                return httpx.Response(500)
            return super().__call__(request)

    seen: list[str] = []
    with one_answer_a_page(), opened("ninjaone", Failing(ROWS)) as session:
        reading = session.read(DEVICES, EVERYTHING)
        with pytest.raises(VendorUnavailable):
            seen.extend(record.record_id for page in reading for record in page.records)
        assert seen == [str(number) for number in range(1, 31)]
        with pytest.raises(RuntimeError, match="only after its last page"):
            _ = reading.certificate


def test_a_certificate_states_what_was_read() -> None:
    rows: list[dict[str, Any]] = [*ROWS, {"id": 101, "_info": "not an object"}]
    _, reading = read("connectwise", ConnectWise({"/service/tickets": rows}), TICKETS)
    proof = reading.certificate
    assert (proof.pages, proof.records, proof.rejected, proof.vendor_count) == (1, 100, 1, 101)
    assert proof.cursor_closed
    assert proof.is_complete_set
    assert proof.requests == 12  # eleven pages and the count
    assert proof.seconds > 0


@pytest.mark.parametrize(
    ("window", "is_complete"),
    [
        (EVERYTHING, True),
        (Window("changes", since=NOW - timedelta(days=1)), False),
        (Window("dated", start=NOW - timedelta(days=60), end=NOW - timedelta(days=30)), False),
    ],
)
def test_only_a_read_of_everything_shows_what_is_gone(window: Window, is_complete: bool) -> None:
    _, reading = read("connectwise", ConnectWise({"/service/tickets": ROWS}), TICKETS, window)
    assert reading.certificate.is_complete_set is is_complete


def test_an_entity_is_read_whole_whatever_window_is_asked_for() -> None:
    vendor = Stripe({"/v1/customers": [{"id": "cus_1"}]})
    without_a_feed = replace(stream("stripe", "customers"), feed_reach=None)
    _, reading = read("stripe", vendor, without_a_feed, Window("changes", since=NOW))
    assert reading.certificate.is_complete_set
    assert not any(name.startswith("created") for name in vendor.asked[0].url.params)


def test_an_entity_that_broke_starts_over() -> None:
    with one_answer_a_page(), opened("ninjaone", NinjaOne(ROWS)) as session:
        assert {page.resume is None for page in session.read(DEVICES, EVERYTHING)} == {True}


def resume_point(vendor: ConnectWise, window: Window, pages: int = 3) -> dict[str, Any]:
    with (
        one_answer_a_page(),
        opened("connectwise", vendor) as session,
        session.read(TICKETS, window) as reading,
    ):
        for _ in range(pages):
            page = next(reading)
    assert page.resume is not None
    return page.resume


def test_a_resumed_read_goes_on_after_the_last_committed_page() -> None:
    vendor = ConnectWise({"/service/tickets": ROWS})
    resume = resume_point(vendor, EVERYTHING)
    seen, reading = read("connectwise", vendor, TICKETS, resume=resume)
    assert seen == [str(number) for number in range(31, 101)]
    assert reading.certificate.vendor_count == 100
    assert reading.certificate.is_complete_set


def test_a_resumed_read_is_still_held_against_the_whole_count() -> None:
    vendor = ConnectWise({"/service/tickets": list(ROWS)})
    resume = resume_point(vendor, EVERYTHING)

    class Short(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return super().page(request, rows[:60])

    with pytest.raises(PagingBroken, match="60 records where its own count says 100"):
        read("connectwise", Short({"/service/tickets": ROWS}), TICKETS, resume=resume)


def test_a_resume_point_of_another_window_is_not_used() -> None:
    vendor = ConnectWise({"/service/tickets": ROWS})
    resume = resume_point(vendor, Window("changes", since=NOW - timedelta(days=2)))
    seen, _ = read("connectwise", vendor, TICKETS, EVERYTHING, resume=resume)
    assert len(seen) == 100


def test_a_resumed_read_of_changes_keeps_the_bound_of_the_broken_one() -> None:
    """With a later bound the rows between the two instants would shift the pages already read."""
    start = datetime(2026, 7, 1, tzinfo=UTC)
    vendor = QuickBooks({"Invoice": [ledger_row(number, start + timedelta(hours=number)) for number in range(40)]})
    invoices = replace(stream("quickbooks", "invoices"), page_size=10, pages=by_change_time)  # as one without a feed
    window = Window("changes", since=start)
    with one_answer_a_page(), opened("quickbooks", vendor) as session, session.read(invoices, window) as reading:
        resume = next(reading).resume
    vendor.statements.clear()
    seen, _ = read("quickbooks", vendor, invoices, window, resume=resume, as_of=NOW + timedelta(days=1))
    assert seen == [str(number) for number in range(10, 40)]
    assert all("<= '2026-07-06T14:00:00+00:00'" in statement for statement in vendor.statements)


def test_a_cursor_that_the_vendor_has_forgotten_starts_the_read_over() -> None:
    """The draft invoice that the cursor named was deleted meanwhile."""
    rows = [{"id": f"in_{number}"} for number in range(5)]

    class Forgetful(Stripe):
        def page(self, request: httpx.Request, shown: list[dict[str, Any]]) -> httpx.Response:
            if request.url.params.get("starting_after") == "in_gone":
                return httpx.Response(400, json={"error": {"code": "resource_missing"}})
            return super().page(request, shown)

    window = Window("dated", start=NOW - timedelta(days=60), end=NOW)
    resume = {
        "window": window.as_json(),
        "as_of": NOW.isoformat(),
        "cursor": {"after": "in_gone"},
        "received": 1,
        "expected": None,
    }
    seen, _ = read("stripe", Forgetful({"/v1/invoices": rows}), stream("stripe", "invoices"), window, resume)
    assert seen == [row["id"] for row in rows]


def test_a_refusal_without_a_resume_point_is_not_tried_twice() -> None:
    calls = []

    def refusing(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(400)

    with pytest.raises(RequestRejected):
        read("stripe", refusing, stream("stripe", "invoices"))
    assert len(calls) == 1


def test_a_sweep_gives_every_id_and_asks_for_nothing_else() -> None:
    vendor = ConnectWise({"/service/tickets": ROWS})
    with opened("connectwise", vendor) as session:
        ids = [record_id for some in session.ids(TICKETS) for record_id in some]
    assert ids == [str(number) for number in range(1, 101)]
    assert {request.url.params.get("fields") for request in vendor.asked if not request.url.path.endswith("count")} == {
        "id"
    }


def test_a_sweep_that_falls_short_of_the_count_fails_rather_than_call_records_deleted() -> None:
    class Short(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return super().page(request, rows[:99])

    with opened("connectwise", Short({"/service/tickets": ROWS})) as session, pytest.raises(PagingBroken):
        list(session.ids(TICKETS))


def test_a_stream_without_a_sweep_says_so() -> None:
    with opened("stripe", Stripe({})) as session, pytest.raises(ValueError, match="has no id sweep"):
        list(session.ids(stream("stripe", "invoices")))
