"""NinjaOne's streams against the sandbox as its clock moves: both ways of paging, changes, what disappears."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import STREAMS, Stream, open_source, stream
from extractors.core.certificate import Certificate
from extractors.core.errors import PagingBroken
from extractors.core.window import Window
from tests.extractors.fakes import Unlimited

EVERYTHING = Window("all")
NOON = datetime(2026, 3, 17, 17, tzinfo=UTC)
REPORTS = [one for one in STREAMS["ninjaone"] if one.path.startswith("/v2/queries/")]
CURSORED = [*REPORTS, stream("ninjaone", "activities")]


class Rmm:
    """The sandbox's NinjaOne at an instant."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.connection: dict[str, Any] = httpx.get(f"{address}/_sandbox/credentials").json()["ninjaone"]
        self.now = NOON

    def set_clock(self, now: datetime) -> None:
        self.now = now
        httpx.put(f"{self.address}/_sandbox/clock", json={"now": now.isoformat()}).raise_for_status()

    def befall(self, **fault: Any) -> None:
        plan = {"faults": [{"source": "ninjaone", **fault}]}
        httpx.put(f"{self.address}/_sandbox/faults", json=plan).raise_for_status()

    def read(
        self, one: Stream | str, window: Window = EVERYTHING, prefix: str = ""
    ) -> tuple[dict[str, dict[str, Any]], Certificate]:
        """The records by id, and the certificate; `prefix` is for tenants that page in the other way."""
        chosen = stream("ninjaone", one) if isinstance(one, str) else one
        connection = {**self.connection, "base_url": self.connection["base_url"] + prefix}
        options: dict[str, Any] = {"budget": Unlimited(), "sleep": lambda _seconds: None}
        with (
            open_source("ninjaone", connection, as_of=self.now, time_zone="America/Chicago", **options) as session,
            session.read(chosen, window) as reading,
        ):
            found = {record.record_id: json.loads(record.body) for page in reading for record in page.records}
        return found, reading.certificate


@pytest.fixture
def rmm(sandbox: str) -> Iterator[Rmm]:
    there = Rmm(sandbox)
    there.set_clock(NOON)
    yield there
    httpx.delete(f"{sandbox}/_sandbox/clock").raise_for_status()
    httpx.delete(f"{sandbox}/_sandbox/faults").raise_for_status()


@pytest.mark.parametrize("one", CURSORED, ids=lambda one: str(one.name))
def test_small_pages_give_the_same_records_under_either_kind_of_cursor(rmm: Rmm, one: Stream) -> None:
    rmm.set_clock(datetime(2024, 7, 17, 17, tzinfo=UTC))  # little has been logged by then
    large, _ = rmm.read(one)
    for prefix in ("", "/api"):
        small, proof = rmm.read(replace(one, page_size=97), prefix=prefix)
        assert small == large
        assert len(large) == proof.records
        assert proof.requests > len(large) // 97


@pytest.mark.parametrize("kind", ["half_body", "server_error", "connection_reset", "expired_token", "html"])
@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_fault_in_the_middle_of_a_report_costs_no_row(rmm: Rmm, kind: str, prefix: str) -> None:
    """Where the cursor stays, half an answer has moved it: asked again, it would go on after the lost rows."""
    one = replace(stream("ninjaone", "volumes"), page_size=97)
    undisturbed, _ = rmm.read(one)
    rmm.befall(kind=kind, path="/queries/volumes$", after=2)
    disturbed, proof = rmm.read(one, prefix=prefix)
    assert disturbed == undisturbed
    assert proof.cursor_closed


@pytest.mark.parametrize("name", ["volumes", "activities"])
def test_a_repeated_page_is_never_taken_for_a_whole_list(rmm: Rmm, name: str) -> None:
    rmm.befall(kind="repeated_page", path=f"/({name}|queries/{name})$", after=2, times=None)
    with pytest.raises(PagingBroken, match=name):
        rmm.read(replace(stream("ninjaone", name), page_size=97))


def test_activities_read_by_changes_as_time_goes_by_are_those_of_one_whole_read(rmm: Rmm) -> None:
    known, _ = rmm.read("activities")
    watermark = rmm.now - timedelta(minutes=10)
    for days in (1, 2, 9, 30):
        rmm.set_clock(rmm.now + timedelta(days=days))
        found, proof = rmm.read("activities", Window("changes", since=watermark))
        assert found.keys() - known.keys()
        assert proof.records < len(known)
        known |= found
        watermark = rmm.now - timedelta(minutes=10)
    assert known == rmm.read("activities")[0]


def test_installs_read_by_changes_as_time_goes_by_are_those_of_one_whole_read(rmm: Rmm) -> None:
    known, _ = rmm.read("os_patch_installs")
    for days in (1, 9, 20):
        watermark = rmm.now - timedelta(minutes=10)
        rmm.set_clock(rmm.now + timedelta(days=days))
        found, _ = rmm.read("os_patch_installs", Window("changes", since=watermark))
        known |= found
    whole, _ = rmm.read("os_patch_installs")
    listed = {str(device["id"]) for device in rmm.read("devices")[0].values()}
    assert {key: body for key, body in known.items() if key.split(":")[0] in listed} == whole
    assert known.keys() - whole.keys(), "devices were removed meanwhile, and their installations with them"


def test_an_alert_that_is_reset_is_missing_and_the_log_says_when(rmm: Rmm) -> None:
    before, proof = rmm.read("alerts")
    rmm.set_clock(NOON + timedelta(days=20))
    after, _ = rmm.read("alerts")
    gone = before.keys() - after.keys()
    assert gone
    assert before.keys() & after.keys(), "some are left standing for weeks"
    assert proof.is_complete_set
    log, _ = rmm.read("activities")
    told = {(entry.get("seriesUid"), entry["statusCode"]) for entry in log.values()}
    listed = {device["id"] for device in rmm.read("devices")[0].values()}
    assert {(uid, "RESET") for uid in gone if before[uid]["deviceId"] in listed} <= told
    assert {(uid, "TRIGGERED") for uid in before} <= told


def test_a_device_that_is_removed_is_gone_from_every_list_and_report(rmm: Rmm) -> None:
    before = rmm.read("devices")[0]
    rmm.set_clock(NOON + timedelta(days=60))
    gone = {int(key) for key in before.keys() - rmm.read("devices")[0].keys()}
    assert gone
    for one in [*REPORTS, stream("ninjaone", "alerts")]:
        rows = rmm.read(one)[0].values()
        assert rows
        assert not {row.get("deviceId", row.get("id")) for row in rows} & gone, one.name
    log = rmm.read("activities")[0].values()
    assert gone <= {entry["deviceId"] for entry in log if entry["statusCode"] == "NODE_DELETED"}


def test_the_reports_agree_with_each_other_and_with_the_devices(rmm: Rmm) -> None:
    devices = {device["id"]: device for device in rmm.read("devices")[0].values()}
    health = {row["deviceId"]: row for row in rmm.read("device_health")[0].values()}
    patches = [row["deviceId"] for row in rmm.read("os_patches")[0].values()]
    alerts = [row["deviceId"] for row in rmm.read("alerts")[0].values()]
    systems = {row["deviceId"]: row for row in rmm.read("operating_systems")[0].values()}
    assert health.keys() == devices.keys()
    for number, row in health.items():
        assert row["pendingOSPatchesCount"] == patches.count(number)
        assert row["alertCount"] == alerts.count(number)
        assert row["offline"] == devices[number]["offline"]
    agents = {number for number, device in devices.items() if "os" in device}
    assert systems.keys() == agents
    assert all(systems[number]["name"] == devices[number]["os"]["name"] for number in agents)
    assert {row["deviceId"] for row in rmm.read("antivirus_status")[0].values()} < agents
    assert {row["timestamp"] <= rmm.now.timestamp() for row in systems.values()} == {True}


def test_a_patch_of_many_devices_is_a_record_of_each(rmm: Rmm) -> None:
    rows, _ = rmm.read("os_patches")
    patches = {row["id"] for row in rows.values()}
    assert len(patches) < len(rows) / 5
    assert {tuple(key.split(":")) for key in rows} == {(str(row["deviceId"]), row["id"]) for row in rows.values()}


def test_a_technician_and_an_end_user_with_one_number_are_two_users(rmm: Rmm) -> None:
    users, _ = rmm.read("users")
    numbers = [row["id"] for row in users.values()]
    assert len(set(numbers)) < len(numbers)
    technicians, _ = rmm.read("technicians")
    assert {row["id"] for row in users.values() if row["userType"] == "TECHNICIAN"} == set(map(int, technicians))
