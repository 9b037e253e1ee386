"""Every misfortune of the sandbox's catalogue, at every vendor: what was read is right, or there is one sentence.

A fault that passes costs a retry and no record. One that lasts ends in a `VendorError` that names the vendor, the
object, the status if there was one, and what to do; never in a list that is shorter than it should be.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import httpx
import msgspec
import pytest

from extractors import SOURCES, Stream, stream
from extractors.core.errors import (
    CredentialsRefused,
    PagingBroken,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
)
from extractors.core.records import Record
from extractors.core.window import Window
from sandbox.faults import Kind
from tests.extractors.vendors import EVERYTHING, Vendors

Befall = Callable[..., None]

LISTS = {
    "ninjaone": (replace(stream("ninjaone", "devices"), page_size=100), "/v2/devices-detailed$"),
    "connectwise": (replace(stream("connectwise", "companies"), page_size=4), "/company/companies$"),
    "stripe": (replace(stream("stripe", "prices"), page_size=4), "/v1/prices$"),
    "quickbooks": (replace(stream("quickbooks", "accounts"), page_size=7), "/query$"),
}
"""A list of several pages of each vendor, and the path that it is asked for."""
VENDORS = sorted(LISTS)

PASSING: dict[str, dict[str, Any]] = {
    "429": {"kind": "too_many_requests", "times": 2},
    "429 with seconds": {"kind": "too_many_requests", "retry_after": "7", "times": 2},
    "429 with a date": {"kind": "too_many_requests", "retry_after": "+7", "times": 2},
    "500": {"kind": "server_error", "times": 2},
    "502": {"kind": "server_error", "status": 502, "times": 2},
    "503": {"kind": "server_error", "status": 503, "retry_after": "3"},
    "HTML under 502": {"kind": "html"},
    "HTML under 503": {"kind": "html", "status": 503},
    "throttling in XML": {"kind": "throttling_xml", "times": 3},
    "time-out": {"kind": "time_out", "seconds": 0.02, "times": 2},
    "connection reset": {"kind": "connection_reset", "times": 2},
    "half a body": {"kind": "half_body", "times": 2},
    "slow pages": {"kind": "slow", "seconds": 0.05, "times": 3},
    "tokens that expire": {"kind": "expired_token", "after": 1},
    "rows in another order": {"kind": "reordered_page", "after": 1},
    "a clock an hour ahead": {"kind": "skewed_clock", "ahead": 3600, "times": None},
    "a clock an hour behind": {"kind": "skewed_clock", "ahead": -3600, "times": None},
    "a clock two hours ahead for one answer, for which tokens have lapsed": {"kind": "skewed_clock", "ahead": 7200},
}
"""What is over soon, or harmless. The records are those of an undisturbed read."""

LASTING: dict[str, tuple[dict[str, Any], type[VendorError], str]] = {
    "429": ({"kind": "too_many_requests"}, VendorUnavailable, "HTTP 429"),
    "429 for an hour": (
        {"kind": "too_many_requests", "retry_after": "3600"},
        VendorUnavailable,
        "HTTP 429, (10000, |003001, |3001, )?(.*, )?asks to wait 3600 s",
    ),
    "500": ({"kind": "server_error"}, VendorUnavailable, "HTTP 500"),
    "502": ({"kind": "server_error", "status": 502}, VendorUnavailable, "HTTP 502"),
    "503": ({"kind": "server_error", "status": 503}, VendorUnavailable, "HTTP 503"),
    "HTML under 502": ({"kind": "html"}, VendorUnavailable, "HTTP 502"),
    "HTML under 404": ({"kind": "html", "status": 404}, RequestRejected, "HTTP 404"),
    "HTML under 200": ({"kind": "html", "status": 200}, VendorUnavailable, "not JSON"),
    "throttling in XML": ({"kind": "throttling_xml"}, VendorUnavailable, "HTTP 429"),
    "no permission": ({"kind": "permission_missing"}, PermissionMissing, "HTTP 403"),
    "a fault under 200": ({"kind": "fault_in_success"}, PagingBroken, "another shape"),
    "time-out": ({"kind": "time_out", "seconds": 0.0}, VendorUnavailable, "broke off the connection"),
    "connection reset": ({"kind": "connection_reset"}, VendorUnavailable, "broke off the connection"),
    "half a body": ({"kind": "half_body"}, VendorUnavailable, "broke off the connection"),
    "invalid JSON": ({"kind": "invalid_json"}, VendorUnavailable, "not JSON"),
    "the same page again and again": ({"kind": "repeated_page", "after": 2}, PagingBroken, ""),
}
"""What does not pass: the error, and what its sentence says of the status."""
OTHERWISE: dict[tuple[str, str], tuple[type[VendorError], str]] = {
    ("quickbooks", "a fault under 200"): (VendorUnavailable, "HTTP 200, 10000"),
    # A 404 before anything was answered is how ConnectWise refuses a key; the count came first here.
    ("connectwise", "HTML under 404"): (RequestRejected, "HTTP 404"),
}
ADVICE = re.compile(r"[Rr]un again|Grant the right: \w+|qbr connect \w+|compare extractors/|against docs/sources.md")
TOLD_ELSEWHERE = {"rotated_token", "sign_in_denied", "records_change", "short_total", "swapped_pages"}
"""Kinds that have tests of their own, below or in test_quickbooks_sign_in.py, because no single request meets them."""


@pytest.fixture(scope="module")
def undisturbed(stores: Any, now: Any) -> dict[str, list[Record]]:
    """The lists as they are in fair weather."""
    return {source: Vendors(stores, now).read(one)[0] for source, (one, _) in LISTS.items()}


def test_every_kind_of_the_catalogue_is_met_here() -> None:
    ours = {fault["kind"] for fault in PASSING.values()} | {fault["kind"] for fault, *_ in LASTING.values()}
    assert set(get_args(Kind)) - ours - TOLD_ELSEWHERE == set()


def test_every_vendor_that_is_reached_over_http_is_met_here() -> None:
    assert {name for name, source in SOURCES.items() if "base_url" in source.needs} == set(LISTS)


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("source", VENDORS)
def test_a_passing_fault_costs_no_record(
    vendors: Vendors, befall: Befall, undisturbed: dict[str, list[Record]], source: str, name: str
) -> None:
    one, path = LISTS[source]
    is_lasting = PASSING[name].get("times", 1) is None  # a clock that differs does so at the sign-in too
    befall({**PASSING[name], "source": source, "path": None if is_lasting else path})
    records, proof = vendors.read(one)
    assert proof.cursor_closed
    if "ahead" in PASSING[name]:  # another hour there: devices were seen since, balances moved
        assert by_id(records).keys() == by_id(undisturbed[source]).keys()
    else:
        assert by_id(records) == by_id(undisturbed[source])


@pytest.mark.parametrize("name", LASTING)
@pytest.mark.parametrize("source", VENDORS)
def test_a_lasting_fault_ends_in_one_sentence(vendors: Vendors, befall: Befall, source: str, name: str) -> None:
    one, path = LISTS[source]
    fault, error, status = LASTING[name]
    error, status = OTHERWISE.get((source, name), (error, status))
    befall({"times": None, **fault, "source": source, "path": path})
    with pytest.raises(VendorError) as caught:
        vendors.read(one)
    told = str(caught.value)
    assert type(caught.value) is error, told
    assert SOURCES[source].label in told
    assert one.name in told
    assert re.search(status, told)
    assert ADVICE.search(told), told


@pytest.mark.parametrize("source", ["ninjaone", "quickbooks"])
def test_tokens_that_expire_as_fast_as_they_come_end_in_a_sentence(
    vendors: Vendors, befall: Befall, source: str
) -> None:
    one, path = LISTS[source]
    befall({"kind": "expired_token", "source": source, "path": path, "times": None})
    with pytest.raises(CredentialsRefused, match=f"{one.name} .HTTP 401.*qbr connect {source}"):
        vendors.read(one)


def test_a_refresh_token_that_another_program_spent_ends_in_a_sentence(
    sandbox: str, vendors: Vendors, befall: Befall
) -> None:
    connection = httpx.get(f"{sandbox}/_sandbox/credentials").json()["quickbooks"]
    vendors.stores["quickbooks"].connection = connection
    befall({"kind": "rotated_token", "source": "quickbooks"})
    with pytest.raises(CredentialsRefused, match=r"QuickBooks refused the sign-in .*Sign in again: qbr connect"):
        vendors.read(LISTS["quickbooks"][0])
    vendors.stores["quickbooks"].connection = httpx.get(f"{sandbox}/_sandbox/credentials").json()["quickbooks"]


@pytest.mark.parametrize(("retry_after", "ahead"), [("7", 0), ("+7", 0), ("+7", 3600), ("+7", -3600)])
@pytest.mark.parametrize("source", VENDORS)
def test_we_wait_as_long_as_the_vendor_asks_whatever_its_clock_shows(
    vendors: Vendors, befall: Befall, source: str, retry_after: str, ahead: float
) -> None:
    """A date in Retry-After is by the vendor's clock: by ours it would be an hour from now, or long past."""
    one, path = LISTS[source]
    befall({"kind": "too_many_requests", "retry_after": retry_after, "ahead": ahead, "source": source, "path": path})
    _, proof = vendors.read(one)
    assert proof.rate_limit_waits == 1
    assert vendors.waits == [pytest.approx(7.35, abs=0.36)]


@pytest.mark.parametrize("ahead", [-5400, 0, 5400])
def test_the_certificate_says_how_far_the_vendors_clock_lags(vendors: Vendors, befall: Befall, ahead: float) -> None:
    """The watermark is set back by so much: see tests/test_incremental_equals_fresh.py."""
    one, _ = LISTS["connectwise"]
    befall({"kind": "skewed_clock", "ahead": ahead, "source": "connectwise", "times": None})
    _, proof = vendors.read(one)
    assert proof.clock_behind == pytest.approx(max(0, -ahead), abs=2)


@pytest.mark.parametrize("source", ["connectwise", "quickbooks"])
def test_a_list_that_stays_short_is_found_out_by_the_vendors_own_total(
    vendors: Vendors, befall: Befall, source: str
) -> None:
    one, path = LISTS[source]
    befall({"kind": "short_total", "source": source, "path": path, "times": None})
    with pytest.raises(PagingBroken, match="its own count says"):
        vendors.read(one)


@pytest.mark.parametrize("source", VENDORS)
def test_two_pages_that_change_places_leave_nothing_out(
    sandbox: str, vendors: Vendors, befall: Befall, undisturbed: dict[str, list[Record]], source: str
) -> None:
    """QuickBooks' accounts all bear one change time, so they are walked by position and each page comes once."""
    one, path = LISTS[source]
    befall({"kind": "swapped_pages", "source": source, "path": path, "after": 2, "times": 2})
    if source == "quickbooks":
        assert by_id(vendors.read(one)[0]) == by_id(undisturbed[source])
    else:
        with pytest.raises(PagingBroken, match=f"{one.name}, so the read was stopped"):
            vendors.read(one)
    assert httpx.get(f"{sandbox}/_sandbox/faults").json()["faults"][0]["struck"] == 2


@pytest.mark.parametrize("source", ["ninjaone", "stripe"])
def test_a_row_that_a_page_leaves_out_at_its_end_opens_the_next_one(
    vendors: Vendors, befall: Befall, undisturbed: dict[str, list[Record]], source: str
) -> None:
    """These two have no total to be held against, but their next page begins after the last row that was seen."""
    one, path = LISTS[source]
    befall({"kind": "short_total", "source": source, "path": path, "after": 1})
    assert by_id(vendors.read(one)[0]) == by_id(undisturbed[source])


CHANGING: dict[str, tuple[Stream, str]] = {
    "ninjaone": (replace(stream("ninjaone", "devices"), page_size=200), "/v2/devices-detailed$"),
    "connectwise": (replace(stream("connectwise", "tickets"), page_size=400), "/service/tickets$"),
    "stripe": (replace(stream("stripe", "charges"), page_size=60), "/v1/charges$"),
    "quickbooks": (replace(stream("quickbooks", "invoices"), page_size=300), "/query$"),
}


@pytest.mark.parametrize("source", VENDORS)
def test_records_that_change_between_two_pages_push_no_other_out_of_sight(
    sandbox: str, vendors: Vendors, befall: Befall, source: str
) -> None:
    """Five days go by during the read. What was there before and after is in it, as it was at some moment between."""
    one, path = CHANGING[source]
    before = by_id(vendors.read(one, EVERYTHING)[0])
    befall({"kind": "records_change", "seconds": 2.5 * 86_400, "source": source, "path": path, "after": 2, "times": 2})
    seen = by_id(vendors.read(one, EVERYTHING)[0])
    assert clock(sandbox) == vendors.now + timedelta(days=5), "the read was over before anything changed"
    befall()
    after = by_id(vendors.read(one, EVERYTHING)[0])
    assert before != after
    lasting = before.keys() & after.keys()
    assert lasting <= seen.keys() <= before.keys() | after.keys()
    assert all(seen[key] == before[key] for key in lasting if before[key] == after[key])


@pytest.mark.parametrize("source", ["connectwise", "quickbooks"])
def test_the_next_read_of_changes_has_what_changed_during_the_one_before(
    vendors: Vendors, befall: Befall, source: str
) -> None:
    one, path = CHANGING[source]
    befall({"kind": "records_change", "seconds": 2.5 * 86_400, "source": source, "path": path, "after": 2, "times": 2})
    held = by_id(vendors.read(one, EVERYTHING)[0])
    befall()
    began, vendors.now = vendors.now, vendors.now + timedelta(days=5)
    held |= by_id(vendors.read(one, Window("changes", since=began - one.overlap))[0])
    whole = by_id(vendors.read(one, EVERYTHING)[0])
    assert {key: held[key] for key in whole} == whole


def clock(sandbox: str) -> datetime:
    return datetime.fromisoformat(httpx.get(f"{sandbox}/_sandbox/clock").json()["now"])


def by_id(records: list[Record]) -> dict[str, Any]:
    """The records parsed, since a fault that takes a page apart writes its JSON anew."""
    return {record.record_id: msgspec.json.decode(record.body) for record in records}
