"""Every stream against the simulated vendors over real HTTP, in fair weather and in foul."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import VENDORS, Stream, stream
from extractors.core.errors import CredentialsRefused, VendorUnavailable
from extractors.core.quickbooks_sign_in import revoke, sign_in_with_browser
from extractors.core.window import Window
from tests.extractors.fakes import MemoryStore
from tests.extractors.vendors import EVERYTHING, Vendors, dated

ALL = [one for vendor in VENDORS.values() for one in vendor.streams]
WITHOUT_MARKS = {"contacts"}
"""Some of their records have no change mark."""


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.source}-{one.name}")
def test_a_stream_is_read_whole_and_no_record_twice(vendors: Vendors, one: Stream) -> None:
    records, proof = vendors.read(one)
    assert records
    assert len({record.record_id for record in records}) == len(records) == proof.records
    assert proof.rejected == 0
    assert proof.cursor_closed
    assert proof.is_complete_set is not (one.by_month or one.keeps_purged)
    assert proof.vendor_count == (len(records) if one.counted else None)
    if one.changed_at and one.name not in WITHOUT_MARKS:
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


RARE = {
    "refunds",
    "credit_memos",
    "refund_receipts",
    "vendor_credits",
    "transfers",
    "disputes",
    "credit_notes",
    "events",
}
"""Not every month has one."""


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
    since = now - timedelta(days=27)
    expected = {
        record.record_id
        for record in vendors.read(one)[0]
        if record.source_updated_at is not None and record.source_updated_at > since
    }
    found = {record.record_id for record in vendors.read(one, Window("changes", since=since))[0]}
    # A stream that looks back has records that come late, and brings some again.
    assert found >= expected if one.look_back else found == expected
    assert expected or one.name in RARE


@pytest.mark.parametrize("source", sorted(VENDORS))
def test_the_preflight_check_passes(vendors: Vendors, source: str) -> None:
    with vendors.open(source) as session:
        session.preflight(VENDORS[source].streams)


@pytest.mark.parametrize("one", [one for one in ALL if one.sweeps_deletions], ids=lambda one: one.name)
def test_a_sweep_gives_the_ids_of_a_whole_read(vendors: Vendors, one: Stream) -> None:
    with vendors.open(one.source) as session:
        swept = [record_id for some in session.ids(one) for record_id in some]
    assert sorted(swept) == sorted(record.record_id for record in vendors.read(one)[0])


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
