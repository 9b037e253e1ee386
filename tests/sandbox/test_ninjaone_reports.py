"""NinjaOne's reports, people, alerts and activities, as extractors meet them."""

import re
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.business import DEVICES
from tests.sandbox.conftest import Served

REPORTS = (
    "device-health", "os-patches", "os-patch-installs", "antivirus-status", "operating-systems", "computer-systems",
    "disks", "volumes", "backup/usage",
)  # fmt: skip


def rows(client: httpx.Client, report: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = client.get(f"/v2/queries/{report}", params={"pageSize": 10_000, **asked}).raise_for_status().json()
        found += answer["results"]
        if "cursor" not in answer:
            return found
        asked["cursor"] = answer["cursor"]["name"]


def epoch(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


def test_a_report_page_holds_a_hundred_rows_unless_asked(ninjaone: httpx.Client):
    assert len(ninjaone.get("/v2/queries/disks").json()["results"]) == 100
    assert len(rows(ninjaone, "device-health")) == DEVICES - 1  # one was retired


def test_below_v2_the_cursor_keeps_its_name_and_the_last_page_has_none(ninjaone: httpx.Client):
    seen, names, cursor = [], set(), None
    while True:
        asked = {"pageSize": 300, **({"cursor": cursor} if cursor else {})}
        answer = ninjaone.get("/v2/queries/disks", params=asked).json()
        seen += [row["deviceId"] for row in answer["results"]]
        if "cursor" not in answer:
            break
        assert answer["cursor"]["offset"] == len(seen)
        cursor = answer["cursor"]["name"]
        names.add(cursor)
    assert len(names) == 1
    assert len(seen) == len(set(seen)) == DEVICES - 1


def test_below_api_v2_every_answer_renames_it_and_an_empty_one_is_the_end(ninjaone: httpx.Client):
    seen, names = [], [None]
    while True:
        asked = {"pageSize": 300, **({"cursor": names[-1]} if names[-1] else {})}
        answer = ninjaone.get("/api/v2/queries/disks", params=asked).json()
        if not answer["results"]:
            break
        seen += [row["deviceId"] for row in answer["results"]]
        assert answer["cursor"]["name"] not in names
        names.append(answer["cursor"]["name"])
    assert len(seen) == len(set(seen)) == DEVICES - 1


def test_a_cursor_is_forgotten_after_ten_minutes_by_other_tokens_and_for_other_reports(
    served: Served, ninjaone: httpx.Client
):
    name = ninjaone.get("/v2/queries/disks").json()["cursor"]["name"]
    assert ninjaone.get("/v2/queries/volumes", params={"cursor": name}).status_code == 400
    with served.client("ninjaone") as another:
        assert another.get("/v2/queries/disks", params={"cursor": name}).status_code == 400
    assert ninjaone.get("/v2/queries/disks", params={"cursor": name}).status_code == 200
    served.wall.ahead = 601
    expired = ninjaone.get("/v2/queries/disks", params={"cursor": name})
    assert (expired.status_code, expired.json()["resultCode"]) == (400, "FAILURE")


@pytest.mark.parametrize("asked", [{"pageSize": "many"}, {"pageSize": 0}, {"cursor": "never-given"}, {"ts": "soon"}])
def test_a_parameter_that_makes_no_sense_is_refused(ninjaone: httpx.Client, asked: dict[str, Any]):
    assert ninjaone.get("/v2/queries/os-patches", params=asked).status_code == 400


@pytest.mark.parametrize("report", REPORTS)
def test_report_rows_have_no_nulls_and_times_with_nine_digits(ninjaone: httpx.Client, report: str):
    text = ninjaone.get(f"/v2/queries/{report}", params={"pageSize": 200}).text
    assert "null" not in text
    assert report == "device-health" or re.search(r'"(timestamp|lastUpdate)":\d{10}\.\d{9}[,}]', text)


def test_report_filters_take_what_they_know_and_a_class_finds_nothing(ninjaone: httpx.Client):
    assert len(rows(ninjaone, "disks", df="org=1")) == DEVICES - 1
    assert len(rows(ninjaone, "disks", df="id in (1,2)")) == 2
    assert len(rows(ninjaone, "disks", df="created after 2026-01-01")) < DEVICES
    assert rows(ninjaone, "disks", df="class=WINDOWS_WORKSTATION") == []
    assert rows(ninjaone, "disks", df="planet=earth") == []


def test_patches_are_filtered_by_status_severity_and_time(ninjaone: httpx.Client):
    installs = rows(ninjaone, "os-patch-installs")
    assert {row["status"] for row in installs} == {"INSTALLED", "FAILED"}
    failed = rows(ninjaone, "os-patch-installs", status="FAILED")
    assert failed == [row for row in installs if row["status"] == "FAILED"]
    may = rows(ninjaone, "os-patch-installs", installedAfter=epoch("2026-05-01"), installedBefore=epoch("2026-06-01"))
    assert may == [row for row in installs if epoch("2026-05-01") <= row["installedAt"] <= epoch("2026-06-01")] != []
    critical = rows(ninjaone, "os-patches", severity="critical")
    assert {row["severity"] for row in critical} == {"CRITICAL"}
    assert rows(ninjaone, "os-patches", ts=epoch("2026-07-06"))
    assert rows(ninjaone, "os-patches", ts=epoch("2026-07-07")) == []


def test_a_patch_is_lacking_until_it_is_installed_or_superseded(served: Served, ninjaone: httpx.Client):
    served.set_clock("2026-05-13T12:00:00Z")
    newest = [row for row in rows(ninjaone, "os-patches", status="APPROVED") if row["name"].startswith("2026-05")]
    lacking = {(row["deviceId"], row["id"]) for row in newest}
    assert lacking
    served.set_clock("2026-05-31T12:00:00Z")
    still = {(row["deviceId"], row["id"]): row["timestamp"] for row in rows(ninjaone, "os-patches")}
    installs = rows(ninjaone, "os-patch-installs", status="INSTALLED")
    installed = {(row["deviceId"], row["id"]): row["installedAt"] for row in installs}
    assert lacking - still.keys() <= installed.keys()
    # A patch leaves the report with the next daily scan.
    assert all(installed[one] > still[one] for one in still.keys() & installed.keys())


def test_backups_of_devices_that_are_gone_are_shown_when_asked_for(served: Served, ninjaone: httpx.Client):
    shown = {row["id"] for row in rows(ninjaone, "backup/usage")}
    every = {row["id"] for row in rows(ninjaone, "backup/usage", includeDeletedDevices="true")}
    assert shown <= every
    assert all(row["references"]["backupUsage"]["cloudTotalSize"] > 0 for row in rows(ninjaone, "backup/usage"))


def test_activities_go_back_by_ids_below_and_forward_by_ids_above(ninjaone: httpx.Client):
    first = ninjaone.get("/v2/activities").json()
    ids = [entry["id"] for entry in first["activities"]]
    assert len(ids) == 200
    assert ids == sorted(ids, reverse=True)
    second = ninjaone.get("/v2/activities", params={"olderThan": ids[-1], "pageSize": 10}).json()["activities"]
    assert max(entry["id"] for entry in second) < ids[-1]
    newer = ninjaone.get("/v2/activities", params={"newerThan": ids[3], "pageSize": 10}).json()["activities"]
    assert [entry["id"] for entry in newer] == ids[:3]
    bare = ninjaone.get("/api/v2/activities", params={"pageSize": 10}).json()
    assert [entry["id"] for entry in bare] == ids[:10]


def test_an_instant_where_an_id_belongs_finds_no_activity_and_no_error(ninjaone: httpx.Client):
    assert ninjaone.get("/v2/activities", params={"newerThan": 1_780_000_000}).json() == {"activities": []}


@pytest.mark.parametrize("size", [9, 1001])
def test_a_page_of_activities_has_its_limits(ninjaone: httpx.Client, size: int):
    assert ninjaone.get("/v2/activities", params={"pageSize": size}).status_code == 400


def test_activities_are_filtered_by_date_class_and_device(ninjaone: httpx.Client):
    def found(**asked: Any) -> list[dict[str, Any]]:
        return list(ninjaone.get("/v2/activities", params={"pageSize": 1000, **asked}).json()["activities"])

    june = found(after=epoch("2026-06-01"), before=epoch("2026-07-01"))
    assert june
    assert all(epoch("2026-06-01") <= entry["activityTime"] <= epoch("2026-07-01") for entry in june)
    assert {entry["statusCode"] for entry in found(**{"class": "USER"})} == {"APP_USER_LOGGED_IN"}
    assert all("deviceId" in entry for entry in found(**{"class": "DEVICE"}))
    one = ninjaone.get("/v2/device/5/activities").json()["activities"]
    assert {entry["deviceId"] for entry in one} == {5}


def test_activities_are_never_taken_back(served: Served, ninjaone: httpx.Client):
    def log() -> dict[int, Any]:
        entries: dict[int, Any] = {}
        while page := ninjaone.get(
            "/v2/activities", params={"pageSize": 1000, "olderThan": min(entries, default=10**9)}
        ).json()["activities"]:
            entries |= {entry["id"]: entry for entry in page}
        return entries

    served.set_clock("2026-03-01T12:00:00Z")
    early = log()
    served.set_clock("2026-04-01T12:00:00Z")
    later = log()
    assert len(later) > len(early)
    assert early == {number: later[number] for number in early}


def test_alerts_are_those_that_are_active(served: Served, ninjaone: httpx.Client):
    alerts = ninjaone.get("/v2/alerts").json()
    assert alerts
    series = ninjaone.get("/v2/activities", params={"seriesUid": alerts[0]["uid"], "pageSize": 10}).json()["activities"]
    assert [entry["statusCode"] for entry in series] == ["TRIGGERED"]
    assert re.fullmatch(r"\d{13}", str(alerts[0]["data"]["message"]["params"]["start_date"]))
    assert ninjaone.get("/v2/alerts", params={"df": "org=2"}).json() == []


def test_organizations_are_filtered_and_people_belong_to_them(ninjaone: httpx.Client):
    assert len(ninjaone.get("/v2/organizations", params={"of": "id=1"}).json()) == 1
    assert ninjaone.get("/v2/organizations", params={"of": "planet=earth"}).json() == []
    (contact,) = ninjaone.get("/v2/contacts").json()
    assert contact["organizationId"] == 1
    kinds = {user["userType"] for user in ninjaone.get("/v2/users").json()}
    assert kinds == {"TECHNICIAN", "END_USER"}
    assert all(
        user["userType"] == "END_USER" for user in ninjaone.get("/v2/users", params={"userType": "END_USER"}).json()
    )
