"""Long lists read in slices: the same records in the same order as page after page, only sooner."""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import Stream, stream
from extractors.core import read_ahead
from extractors.core.errors import PagingBroken
from extractors.core.slices import PLAIN_PAGES, SLICES, newest_first
from extractors.core.window import Window
from tests.extractors.fakes import EVERYTHING, Stripe, opened, read

PATH = "/v1/invoices"
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
INVOICES = replace(stream("stripe", "invoices"), page_size=5)
LINES = replace(stream("stripe", "invoice_lines"), parent=INVOICES)
PLAIN = PLAIN_PAGES * INVOICES.page_size


@dataclass
class DatedStripe(Stripe):
    """Knows the bounds on creation; a cursor must belong to the list that it bounds."""

    def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        bounds = {name: int(value) for name, value in request.url.params.items() if name.startswith("created[")}
        tests = {
            "created[gte]": lambda row, bound: row["created"] >= bound,
            "created[lte]": lambda row, bound: row["created"] <= bound,
            "created[lt]": lambda row, bound: row["created"] < bound,
        }
        return super().page(request, [row for row in rows if all(tests[name](row, at) for name, at in bounds.items())])


def created_at(moments: list[int]) -> list[dict[str, Any]]:
    """A list newest first, with ids that tell the order."""
    ordered = sorted(moments, reverse=True)
    return [{"id": f"in_{number:04d}", "created": moment} for number, moment in enumerate(ordered)]


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def bounded(vendor: Stripe) -> list[httpx.Request]:
    """The requests of slices: those with two bounds."""
    return [request for request in vendor.asked if "created[gte]" in request.url.params]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 2_000_000_000), st.integers(1, 40), st.integers(0, 5000)), min_size=1, max_size=8)
)
def test_every_record_is_read_once_and_in_order_however_they_are_spread(bursts: list[tuple[int, int, int]]) -> None:
    """Bursts of records: where each begins, how many there are and how many seconds lie between them (0: a tie)."""
    rows = created_at([start + number * gap for start, many, gap in bursts for number in range(many)])
    found, reading = read("stripe", DatedStripe({PATH: rows}), INVOICES)
    assert found == ids(rows)
    assert reading.certificate.is_complete_set


def test_no_second_between_two_slices_is_passed_over() -> None:
    rows = created_at(list(range(100_000, 100_000 + 40 * PLAIN)))
    vendor = DatedStripe({PATH: rows})
    found, _ = read("stripe", vendor, INVOICES)
    assert found == ids(rows)
    assert len(bounded(vendor)) > 2 * SLICES, "several turns, or their borders are not met"


def test_a_short_list_is_read_page_after_page() -> None:
    vendor = DatedStripe({PATH: created_at(list(range(1000, 1000 + PLAIN)))})
    read("stripe", vendor, INVOICES)
    assert len(vendor.asked) == PLAIN_PAGES
    assert not bounded(vendor)


def test_the_slices_of_a_long_list_are_asked_for_side_by_side() -> None:
    """Every slice's first page waits until all slices have been asked for."""
    together = threading.Barrier(SLICES, timeout=10)

    class Patient(DatedStripe):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            if "created[gte]" in request.url.params and "starting_after" not in request.url.params:
                together.wait()
            return super().page(request, rows)

    rows = created_at([100_000 + 60 * number for number in range(PLAIN + SLICES * 10 * INVOICES.page_size)])
    found, _ = read("stripe", Patient({PATH: rows}), INVOICES)
    assert found == ids(rows)


def test_a_list_without_dates_is_read_page_after_page() -> None:
    rows = [{"id": f"in_{number}"} for number in range(3 * PLAIN)]
    vendor = DatedStripe({PATH: rows})
    found, _ = read("stripe", vendor, INVOICES)
    assert found == ids(rows)
    assert not bounded(vendor)


def test_a_list_that_is_not_newest_first_is_read_page_after_page() -> None:
    """Slices would pass over what stands in the wrong place."""
    rows = created_at([100_000 + 60 * number for number in range(4 * PLAIN)])
    rows[3], rows[-1] = rows[-1], rows[3]
    vendor = DatedStripe({PATH: rows})
    found, _ = read("stripe", vendor, INVOICES)
    assert found == ids(rows)
    assert not bounded(vendor)


@pytest.mark.parametrize(
    ("declared", "window"),
    [
        # Read by creation, from a while before: the other lists are read by events.
        (replace(INVOICES, pages=newest_first, look_back=timedelta(days=90)), Window("changes", since=JUNE)),
        (INVOICES, Window("dated", start=datetime(2026, 4, 1, tzinfo=UTC), end=datetime(2026, 5, 1, tzinfo=UTC))),
    ],
    ids=["changes", "dated"],
)
def test_no_slice_reaches_beyond_the_window(declared: Stream, window: Window) -> None:
    first, last = datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    vendor = DatedStripe({PATH: created_at(list(range(int(first.timestamp()), int(last.timestamp()), 40_000)))})
    plain = DatedStripe(vendor.lists)
    found, _ = read("stripe", vendor, declared, window)
    at_once, _ = read("stripe", plain, replace(declared, page_size=100), window)
    assert found == at_once
    assert len(plain.asked) <= PLAIN_PAGES, "the whole window at once must need no slices, or it proves nothing"
    floor = min(int(request.url.params["created[gte]"]) for request in plain.asked)
    assert all(int(request.url.params["created[gte]"]) >= floor for request in vendor.asked)


def test_a_read_that_broke_off_anywhere_goes_on_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "PAGE_RECORDS", 1)
    rows = created_at([100_000 + 60 * (number // 2) for number in range(3 * PLAIN)])
    for declared, lists in (
        (INVOICES, {PATH: rows}),
        (LINES, {PATH: [{**row, "lines": {"data": [{"id": row["id"]}], "has_more": False}} for row in rows]}),
    ):
        vendor = DatedStripe(lists)
        seen: list[str] = []
        places: list[tuple[int, dict[str, Any]]] = []
        for page in _pages(vendor, declared):
            seen += [record.record_id for record in page.records]
            if page.resume is not None:
                places.append((len(seen), page.resume))
        assert seen == ids(rows)
        assert len(places) > PLAIN_PAGES
        for read_so_far, resume in places:
            rest, _ = read("stripe", DatedStripe(lists), declared, resume=resume)
            assert set(seen[:read_so_far]) | set(rest) == set(seen)


def test_what_goes_wrong_in_a_slice_stops_the_read() -> None:
    class Stuck(DatedStripe):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            answer = super().page(request, rows)
            if "created[gte]" in request.url.params:
                return httpx.Response(200, json={"data": answer.json()["data"][:1], "has_more": True})
            return answer

    rows = created_at([100_000 + 60 * number for number in range(4 * PLAIN)])
    with pytest.raises(PagingBroken):
        read("stripe", Stuck({PATH: rows}), INVOICES)


def test_the_requests_of_all_slices_are_counted() -> None:
    vendor = DatedStripe({PATH: created_at([100_000 + 60 * number for number in range(6 * PLAIN)])})
    _, reading = read("stripe", vendor, INVOICES)
    assert bounded(vendor)
    assert reading.certificate.requests == len(vendor.asked)


def _pages(vendor: Stripe, declared: Any) -> list[Any]:
    with opened("stripe", vendor) as session, session.read(declared, EVERYTHING) as reading:
        return list(reading)
