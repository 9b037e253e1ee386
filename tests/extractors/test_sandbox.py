"""Every stream against the simulated vendors over real HTTP, in fair weather and in foul."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import STREAMS, Stream, open_source, stream
from extractors.core.certificate import Certificate
from extractors.core.errors import (
    CredentialsRefused,
    PagingBroken,
    PermissionMissing,
    VendorError,
    VendorUnavailable,
)
from extractors.core.quickbooks_sign_in import revoke, sign_in_with_browser
from extractors.core.reading import Session
from extractors.core.records import Record
from extractors.core.window import Window
from tests.extractors.fakes import MemoryStore, Unlimited

MONTHS = tuple(f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}" for month in range(25))
EVERYTHING = Window("all", months=MONTHS)
ALL = [one for streams in STREAMS.values() for one in streams]


@pytest.fixture(scope="module")
def now(sandbox: str) -> datetime:
    return datetime.fromisoformat(httpx.get(f"{sandbox}/_sandbox/health").json()["now"])


@pytest.fixture(scope="module")
def connections(sandbox: str) -> dict[str, dict[str, Any]]:
    answer: dict[str, dict[str, Any]] = httpx.get(f"{sandbox}/_sandbox/credentials").json()
    return answer


@pytest.fixture(scope="module")
def stores(connections: dict[str, dict[str, Any]]) -> dict[str, MemoryStore]:
    return {source: MemoryStore(connection) for source, connection in connections.items()}


@pytest.fixture
def befall(sandbox: str) -> Iterator[Any]:
    """Bring faults upon the vendors, and take them away afterwards."""

    def bring(*faults: dict[str, Any]) -> None:
        httpx.put(f"{sandbox}/_sandbox/faults", json={"seed": 1, "faults": list(faults)}).raise_for_status()

    yield bring
    httpx.delete(f"{sandbox}/_sandbox/faults").raise_for_status()


class Vendors:
    """Opens sessions that never sleep, with tokens kept from one to the next."""

    def __init__(self, stores: dict[str, MemoryStore], now: datetime) -> None:
        self.stores = stores
        self.now = now

    def open(self, source: str, **changes: Any) -> Session:
        store = self.stores[source]
        return open_source(
            source,
            {**store.connection, **changes},
            as_of=self.now,
            time_zone="America/Chicago",
            token_store=store,
            budget=Unlimited(),
            sleep=lambda _seconds: None,
        )

    def read(self, one: Stream, window: Window = EVERYTHING) -> tuple[list[Record], Certificate]:
        with self.open(one.source) as session, session.read(one, window) as reading:
            records = [record for page in reading for record in page.records]
        return records, reading.certificate


@pytest.fixture
def vendors(stores: dict[str, MemoryStore], now: datetime) -> Vendors:
    return Vendors(stores, now)


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.source}-{one.name}")
def test_a_stream_is_read_whole_and_no_record_twice(vendors: Vendors, one: Stream) -> None:
    records, proof = vendors.read(one)
    assert records
    assert len({record.record_id for record in records}) == len(records) == proof.records
    assert proof.rejected == 0
    assert proof.cursor_closed
    assert proof.is_complete_set is not one.by_month
    assert proof.vendor_count == (len(records) if one.counted else None)
    if one.changed_at:
        assert all(record.source_updated_at for record in records)


@pytest.mark.parametrize(
    ("name", "page_size"),
    [
        ("ninjaone.devices", 37),
        ("connectwise.tickets", 97),
        ("stripe.invoices", 7),
        ("stripe.invoice_lines", 3),
        ("quickbooks.invoices", 11),
        ("quickbooks.accounts", 2),
    ],
)
def test_small_pages_give_the_same_records_as_large_ones(vendors: Vendors, name: str, page_size: int) -> None:
    one = stream(*name.split("."))
    window = EVERYTHING if one.reads == "entity" else dated("2026-05")
    large, _ = vendors.read(one, window)
    small, _ = vendors.read(replace(one, page_size=page_size), window)
    assert sorted(large) == sorted(small)


RARE = {"refunds", "credit_memos"}
"""Not every month has one."""


def dated(month: str) -> Window:
    """A month in the organization's zone, which is five hours behind UTC in these months."""
    year, number = (int(part) for part in month.split("-"))
    start = datetime(year, number, 1, 5, tzinfo=UTC)
    return Window("dated", start=start, end=start + timedelta(days=31), months=(month,))


@pytest.mark.parametrize(
    "one", [one for one in ALL if one.reads == "windowed"], ids=lambda one: f"{one.source}-{one.name}"
)
def test_a_month_is_a_part_of_the_whole(vendors: Vendors, one: Stream) -> None:
    whole = {record.record_id: record.body for record in vendors.read(one)[0]}
    part = {record.record_id: record.body for record in vendors.read(one, dated("2026-05"))[0]}
    assert part.items() <= whole.items()
    assert len(part) < len(whole)
    assert part or one.name in RARE


@pytest.mark.parametrize(
    "one",
    [one for one in ALL if one.reads == "windowed" and one.changed_at],
    ids=lambda one: f"{one.source}-{one.name}",
)
def test_changes_are_the_records_with_a_later_change_mark(vendors: Vendors, now: datetime, one: Stream) -> None:
    since = now - timedelta(days=20)
    expected = {
        record.record_id
        for record in vendors.read(one)[0]
        if record.source_updated_at is not None and record.source_updated_at > since
    }
    found, _ = vendors.read(one, Window("changes", since=since))
    assert {record.record_id for record in found} == expected


@pytest.mark.parametrize("source", sorted(STREAMS))
def test_the_preflight_check_passes(vendors: Vendors, source: str) -> None:
    with vendors.open(source) as session:
        session.preflight(STREAMS[source])


@pytest.mark.parametrize("name", ["tickets", "time_entries"])
def test_a_sweep_gives_the_ids_of_a_whole_read(vendors: Vendors, name: str) -> None:
    one = stream("connectwise", name)
    with vendors.open("connectwise") as session:
        swept = [record_id for some in session.ids(one) for record_id in some]
    assert sorted(swept) == sorted(record.record_id for record in vendors.read(one)[0])


FIRST = {
    "ninjaone": ("devices", "/v2/devices-detailed$"),
    "connectwise": ("tickets", "/service/tickets$"),
    "stripe": ("invoices", "/v1/invoices$"),
    "quickbooks": ("invoices", "/query$"),
}


@pytest.mark.parametrize("source", sorted(FIRST))
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "too_many_requests"},
        {"kind": "too_many_requests", "retry_after": "7"},
        {"kind": "server_error"},
        {"kind": "html"},
        {"kind": "time_out", "seconds": 0.05},
        {"kind": "connection_reset"},
        {"kind": "half_body"},
        {"kind": "expired_token"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_a_passing_fault_costs_a_retry_and_no_record(
    vendors: Vendors, befall: Any, source: str, fault: dict[str, Any]
) -> None:
    name, path = FIRST[source]
    one = stream(source, name)
    undisturbed, _ = vendors.read(one, dated("2026-05"))
    befall({**fault, "source": source, "path": path, "times": 2 if fault["kind"] != "expired_token" else 1})
    assert vendors.read(one, dated("2026-05"))[0] == undisturbed


def test_a_storm_is_weathered_within_two_and_a_half_times_the_calls(vendors: Vendors, befall: Any) -> None:
    one = replace(stream("connectwise", "tickets"), page_size=100)
    undisturbed, calm = vendors.read(one)
    befall(
        {"kind": "too_many_requests", "source": "connectwise", "rate": 0.12, "times": None},
        {"kind": "server_error", "source": "connectwise", "rate": 0.12, "times": None},
        {"kind": "half_body", "source": "connectwise", "rate": 0.06, "times": None},
    )
    weathered, storm = vendors.read(one)
    assert weathered == undisturbed
    assert storm.retries > 0
    assert storm.requests <= 2.5 * calm.requests


@pytest.mark.parametrize("source", sorted(FIRST))
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", VendorUnavailable),
        ("too_many_requests", VendorUnavailable),
        ("connection_reset", VendorUnavailable),
        ("permission_missing", PermissionMissing),
        ("invalid_json", VendorUnavailable),
    ],
)
def test_a_lasting_fault_ends_in_one_sentence(
    vendors: Vendors, befall: Any, source: str, kind: str, error: type[VendorError]
) -> None:
    name, path = FIRST[source]
    befall({"kind": kind, "source": source, "path": path, "times": None})
    with pytest.raises(error) as caught:
        vendors.read(stream(source, name))
    assert name in str(caught.value)
    assert "not read" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "page_size"),
    [("ninjaone.devices", 100), ("connectwise.tickets", 100), ("stripe.invoices", 10), ("quickbooks.invoices", 20)],
)
def test_a_repeated_page_is_never_taken_for_a_whole_list(
    vendors: Vendors, befall: Any, name: str, page_size: int
) -> None:
    one = replace(stream(*name.split(".")), page_size=page_size)
    after = 2 if one.counted else 1
    befall({"kind": "repeated_page", "source": one.source, "path": FIRST[one.source][1], "after": after, "times": None})
    with pytest.raises(PagingBroken, match=one.name):
        vendors.read(one)


@pytest.mark.parametrize("name", ["connectwise.tickets", "quickbooks.invoices"])
def test_a_short_list_is_found_out_by_the_vendors_own_total(vendors: Vendors, befall: Any, name: str) -> None:
    one = stream(*name.split("."))
    befall({"kind": "short_total", "source": one.source, "path": FIRST[one.source][1], "times": None})
    with pytest.raises(PagingBroken, match="its own count says"):
        vendors.read(one)


def test_a_quickbooks_fault_under_status_200_is_an_error(vendors: Vendors, befall: Any) -> None:
    befall({"kind": "fault_in_success", "source": "quickbooks", "path": "/query$", "times": None})
    with pytest.raises(VendorUnavailable, match="HTTP 200, 10000"):
        vendors.read(stream("quickbooks", "invoices"))


def test_a_passing_fault_under_status_200_costs_a_retry(vendors: Vendors, befall: Any) -> None:
    befall({"kind": "fault_in_success", "source": "quickbooks", "path": "/query$"})
    records, proof = vendors.read(stream("quickbooks", "accounts"))
    assert len(records) == proof.vendor_count
    assert proof.retries == 1


def test_quickbooks_throttling_in_xml_is_waited_out(vendors: Vendors, befall: Any) -> None:
    befall({"kind": "throttling_xml", "source": "quickbooks", "path": "/query$", "times": 3})
    _, proof = vendors.read(stream("quickbooks", "accounts"))
    assert proof.rate_limit_waits == 3


@pytest.mark.parametrize(
    ("source", "key"),
    [("ninjaone", "client_secret"), ("connectwise", "private_key"), ("stripe", "api_key")],
)
def test_a_wrong_key_ends_in_one_sentence_that_does_not_repeat_it(vendors: Vendors, source: str, key: str) -> None:
    name, _ = FIRST[source]
    wrong = "not-the-key-at-all"
    with (
        vendors.open(source, **{key: wrong}) as session,
        session.read(stream(source, name), EVERYTHING) as reading,
        pytest.raises(CredentialsRefused, match=f"qbr connect {source}") as caught,
    ):
        list(reading)
    assert wrong not in str(caught.value)


def test_a_refresh_token_spent_by_another_program_says_sign_in_again(sandbox: str, now: datetime, befall: Any) -> None:
    own = MemoryStore(httpx.get(f"{sandbox}/_sandbox/credentials").json()["quickbooks"])
    befall({"kind": "rotated_token", "source": "quickbooks"})
    with pytest.raises(CredentialsRefused, match="Sign in again: qbr connect quickbooks"):
        Vendors({"quickbooks": own}, now).read(stream("quickbooks", "company_info"))


def test_a_stopped_vendor_is_told_in_one_sentence(vendors: Vendors) -> None:
    with (
        vendors.open("stripe", base_url="http://127.0.0.1:9") as session,
        session.read(stream("stripe", "customers"), EVERYTHING) as reading,
        pytest.raises(VendorUnavailable, match=r"Stripe could not be reached at http://127.0.0.1:9"),
    ):
        list(reading)


def test_a_person_signs_in_to_quickbooks_and_out_again(connections: dict[str, Any], now: datetime) -> None:
    app = {
        name: value for name, value in connections["quickbooks"].items() if name not in {"realm_id", "refresh_token"}
    }

    def browse(url: str) -> None:
        consent = httpx.get(url)
        address = consent.headers["location"].replace("localhost", "127.0.0.1")
        # The browser's own request comes while the sign-in waits for it.
        threading.Thread(target=lambda: httpx.get(address, trust_env=False)).start()

    connection = sign_in_with_browser(app, show=browse, port=0)
    assert connection["realm_id"] == connections["quickbooks"]["realm_id"]
    own = Vendors({"quickbooks": MemoryStore(connection)}, now)
    assert own.read(stream("quickbooks", "company_info"))[0]
    revoke(own.stores["quickbooks"].connection)
    own.stores["quickbooks"].connection["access_token"] = None
    with pytest.raises(CredentialsRefused):
        own.read(stream("quickbooks", "company_info"))
