"""Sixteen ways in which a vendor's paging goes wrong, each at every vendor whose style it fits: none ends short.

*detected*: the read stops with an error. *handled*: every record is there, each at least once. What each has cost whom
is told in test_paging_mutants.py. Two lies nobody could find out are told at the end.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import stream
from extractors.core.errors import VendorError
from tests.extractors.fakes import ConnectWise, Handler, NinjaOne, QuickBooks, Stripe, ledger_row, read

START = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 15
LAST = 4
Answer = Callable[[httpx.Request], httpx.Response]
Change = Callable[["Vendor", httpx.Request, int], httpx.Response]


class Vendor:
    """Sixty rows behind an honest fake; `change` gives the n-th page instead of it, the sign-in and counts aside."""

    def __init__(self, source: str, change: Change) -> None:
        self.source, self.change, self.asked = source, change, 0
        self.rows: list[dict[str, Any]] = [{"id": number, "name": "x"} for number in range(1, 61)]
        if source == "stripe":
            self.rows = [{"id": f"cus_{number}"} for number in range(60, 0, -1)]
        if source == "quickbooks":
            self.rows = [ledger_row(number, START + timedelta(seconds=number)) for number in range(1, 61)]
        self.honest: Handler = {
            "ninjaone": lambda: NinjaOne(self.rows),
            "connectwise": lambda: ConnectWise({"/company/companies": self.rows}),
            "stripe": lambda: Stripe({"/v1/customers": self.rows}),
            "quickbooks": lambda: QuickBooks({"Account": self.rows}),
        }[source]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self.honest(request)
        if request.url.path.endswith("/count") or "COUNT(*)" in request.url.params.get("query", ""):
            return self.counted(request)
        self.asked += 1
        return self.change(self, request, self.asked)

    def counted(self, request: httpx.Request) -> httpx.Response:
        body = self.honest(request).json()
        held = body if "count" in body else body["QueryResponse"]
        name = "count" if "count" in body else "totalCount"
        held[name] += 3 if self.change is wrong_total else 0
        return httpx.Response(200, json=body)

    def page(self, request: httpx.Request, change: Callable[[list[Any]], list[Any]]) -> httpx.Response:
        """The honest page with other rows; cursor and headers stay."""
        answer = self.honest(request)
        body = answer.json()
        if isinstance(body, list):
            body = change(body)
        elif "data" in body:
            body["data"] = change(body["data"])
        else:
            body["QueryResponse"]["Account"] = change(body["QueryResponse"].get("Account", []))
        kept = {"Link": answer.headers["Link"]} if "Link" in answer.headers else {}
        return httpx.Response(200, json=body, headers=kept)

    def elsewhere(self, request: httpx.Request, number: int) -> httpx.Response:
        """The honest answer to the question for page `number`."""
        place = {"ninjaone": "after", "connectwise": "pageId", "stripe": "starting_after"}.get(self.source)
        seen = SIZE * (number - 1)
        if place is None:
            text = request.url.params["query"].split(" STARTPOSITION")[0].split(" WHERE ")[0].split(" ORDERBY")[0]
            text += f" ORDERBY MetaData.LastUpdatedTime ASC STARTPOSITION {seen + 1} MAXRESULTS {SIZE}"
            return self.honest(httpx.Request("GET", request.url.copy_merge_params({"query": text})))
        url = request.url.copy_remove_param(place)
        if seen:
            url = url.copy_merge_params({place: str(self.rows[seen - 1]["id"])})
        return self.honest(httpx.Request("GET", url))


def honest(vendor: Vendor, request: httpx.Request, _number: int) -> httpx.Response:
    return vendor.honest(request)


def default_page_size(vendor: Vendor, _request: httpx.Request, _number: int) -> httpx.Response:
    return httpx.Response(200, json=vendor.rows[:25])


def full_page_without_link(vendor: Vendor, _request: httpx.Request, _number: int) -> httpx.Response:
    return httpx.Response(200, json=vendor.rows[:SIZE])


def repeated_cursor(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.elsewhere(request, min(number, 2))


def shrinking_list(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    if number == 2:
        del vendor.rows[45]
    return vendor.honest(request)


def duplicate_across_pages(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    again = vendor.rows[SIZE * (number - 1) - 1 : SIZE * (number - 1)] if number > 1 else []
    return vendor.page(request, lambda rows: [*again, *rows] if rows else rows)


def empty_last_page(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    answer = vendor.honest(request)
    if number == LAST:
        if vendor.source == "stripe":
            return httpx.Response(200, json={**answer.json(), "has_more": True})
        following = request.url.copy_merge_params({"pageId": str(vendor.rows[-1]["id"])})
        return httpx.Response(200, json=answer.json(), headers={"Link": f'<{following}>; rel="next"'})
    return answer if number < LAST or vendor.source != "stripe" else vendor.page(request, lambda _: [])


def wrong_total(vendor: Vendor, request: httpx.Request, _number: int) -> httpx.Response:
    return vendor.honest(request)  # the pages are right


def capped_page_size(vendor: Vendor, request: httpx.Request, _number: int) -> httpx.Response:
    if vendor.source == "quickbooks":
        return vendor.page(request, lambda rows: rows[:7])
    size = {"ninjaone": "pageSize", "connectwise": "pageSize", "stripe": "limit"}[vendor.source]
    return vendor.honest(httpx.Request("GET", request.url.copy_merge_params({size: "7"})))


def has_more_at_the_end(vendor: Vendor, request: httpx.Request, _number: int) -> httpx.Response:
    if request.url.params.get("starting_after") == vendor.rows[-1]["id"]:
        return httpx.Response(200, json={"data": [], "has_more": True})
    return httpx.Response(200, json={**vendor.honest(request).json(), "has_more": True})


def cursor_to_the_past(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.elsewhere(request, (1, 2, 1)[(number - 1) % 3])


def unordered_ids(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.page(request, lambda rows: [*rows[:-1], vendor.rows[3]] if number == 2 else rows)


def rows_missing_in_the_middle(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.page(request, lambda rows: [*rows[:5], *rows[9:]] if number == 2 else rows)


def same_page_under_new_cursors(vendor: Vendor, request: httpx.Request, _number: int) -> httpx.Response:
    first = vendor.elsewhere(request, 1)
    if vendor.source != "connectwise":
        return first
    following = request.url.copy_merge_params({"pageId": str(int(request.url.params.get("pageId", 0)) + SIZE)})
    return httpx.Response(200, json=first.json(), headers={"Link": f'<{following}>; rel="next"'})


def swapped_pages(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.elsewhere(request, {2: 3, 3: 2}.get(number, number))


def another_shape(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    return vendor.honest(request) if number == 1 else httpx.Response(200, json={"message": "try later"})


def cut_off_json(vendor: Vendor, request: httpx.Request, number: int) -> httpx.Response:
    answer = vendor.honest(request)
    return answer if number == 1 else httpx.Response(200, content=answer.content[:-9], headers=answer.headers)


DETECTED, HANDLED = "detected", "handled"
ALL = ("ninjaone", "connectwise", "stripe", "quickbooks")
MUTANTS: dict[Change, dict[str, str]] = {
    default_page_size: {"connectwise": DETECTED},
    full_page_without_link: {"connectwise": DETECTED},
    repeated_cursor: dict.fromkeys(ALL, DETECTED),
    shrinking_list: dict.fromkeys(ALL, HANDLED),
    duplicate_across_pages: dict.fromkeys(("ninjaone", "connectwise", "stripe"), HANDLED),
    empty_last_page: {"connectwise": HANDLED, "stripe": DETECTED},
    wrong_total: {"connectwise": DETECTED, "quickbooks": DETECTED},
    capped_page_size: {**dict.fromkeys(("ninjaone", "connectwise", "stripe"), HANDLED), "quickbooks": DETECTED},
    has_more_at_the_end: {"stripe": DETECTED},
    cursor_to_the_past: dict.fromkeys(ALL, DETECTED),
    unordered_ids: {"ninjaone": HANDLED, "connectwise": DETECTED},
    rows_missing_in_the_middle: {"connectwise": DETECTED, "quickbooks": DETECTED},
    same_page_under_new_cursors: dict.fromkeys(ALL, DETECTED),
    swapped_pages: {**dict.fromkeys(("ninjaone", "connectwise", "quickbooks"), DETECTED), "stripe": HANDLED},
    another_shape: dict.fromkeys(ALL, DETECTED),
    cut_off_json: dict.fromkeys(ALL, DETECTED),
}
CASES = [(change, source, outcome) for change, fits in MUTANTS.items() for source, outcome in fits.items()]
LISTS = {
    "ninjaone": replace(stream("ninjaone", "organizations"), page_size=SIZE),
    "connectwise": replace(stream("connectwise", "companies"), page_size=SIZE),
    "stripe": replace(stream("stripe", "customers"), page_size=SIZE),
    "quickbooks": replace(stream("quickbooks", "accounts"), page_size=SIZE),
}


def test_there_are_at_least_twelve_and_every_style_of_paging_meets_most() -> None:
    assert len(MUTANTS) == 16
    assert all(sum(source in fits for fits in MUTANTS.values()) >= 8 for source in ALL)


@pytest.mark.parametrize("source", ALL)
def test_without_a_mutation_everything_is_read(source: str) -> None:
    vendor = Vendor(source, honest)
    seen, _ = read(source, vendor, LISTS[source])
    assert sorted(seen) == sorted(str(row.get("id", row.get("Id"))) for row in vendor.rows)


@pytest.mark.parametrize(
    ("change", "source", "outcome"), CASES, ids=[f"{change.__name__}-{source}" for change, source, _ in CASES]
)
def test_no_mutant_ends_in_a_short_success(change: Change, source: str, outcome: str) -> None:
    vendor = Vendor(source, change)
    if outcome == DETECTED:
        with pytest.raises(VendorError, match=r"was not read to its end|so the read was stopped"):
            read(source, vendor, LISTS[source])
        return
    seen, reading = read(source, vendor, LISTS[source])
    assert {str(row.get("id", row.get("Id"))) for row in vendor.rows} <= set(seen)
    assert reading.certificate.cursor_closed


@pytest.mark.parametrize("source", ["ninjaone", "stripe"])
def test_what_a_vendor_without_a_total_hides_in_the_middle_cannot_be_known(source: str) -> None:
    """NinjaOne and Stripe give no count. A later whole read finds the rows; until then they count as deleted."""
    seen, reading = read(source, Vendor(source, rows_missing_in_the_middle), LISTS[source])
    assert len(seen) == 56
    assert reading.certificate.vendor_count is None, "with a count it could be known: hold the read against it"
