"""NinjaOne's ways, as extractors meet them."""

import re

import httpx
import pytest

from tests.sandbox.business import DEVICES
from tests.sandbox.conftest import Served


def ids(answer: httpx.Response) -> list[int]:
    return [record["id"] for record in answer.json()]


def test_a_page_holds_a_hundred_rows_unless_asked_and_never_more_than_a_thousand(ninjaone: httpx.Client):
    assert len(ids(ninjaone.get("/v2/devices"))) == 100
    assert len(ids(ninjaone.get("/v2/devices", params={"pageSize": 5000}))) == 1000


def test_the_next_page_begins_after_the_last_id_and_nothing_is_lost_or_doubled(ninjaone: httpx.Client):
    seen: list[int] = []
    while page := ids(ninjaone.get("/v2/devices-detailed", params={"pageSize": 300, "after": seen[-1] if seen else 0})):
        seen += page
    assert seen == [number for number in range(1, DEVICES + 1) if number != 3]  # 3 was retired


@pytest.mark.parametrize("prefix", ["/v2", "/api/v2"])
def test_both_prefixes_answer_alike(ninjaone: httpx.Client, prefix: str):
    assert ids(ninjaone.get(f"{prefix}/organizations")) == [1]


def test_a_member_without_a_value_is_left_out_rather_than_null(ninjaone: httpx.Client):
    first, second = ninjaone.get("/v2/devices", params={"pageSize": 2}).json()
    assert first["displayName"] == "WS-0001"
    assert "displayName" not in second
    assert "null" not in ninjaone.get("/v2/devices-detailed").text


def test_times_are_epoch_seconds_with_nine_digits_after_the_point(ninjaone: httpx.Client):
    text = ninjaone.get("/v2/device/1").text
    assert re.search(r'"created":1767247200\.000000000[,}]', text)


def test_a_device_is_listed_while_it_is_there_and_has_no_history(served: Served, ninjaone: httpx.Client):
    assert ninjaone.get("/v2/device/3").status_code == 404
    served.set_clock("2026-06-01T00:00:00Z")
    assert ninjaone.get("/v2/device/3").json()["systemName"] == "WS-0003"
    served.set_clock("2025-12-31T00:00:00Z")
    assert ninjaone.get("/v2/devices").json() == []


def test_detailed_devices_carry_members_of_their_class(ninjaone: httpx.Client):
    brief = ninjaone.get("/v2/devices", params={"pageSize": 1}).json()[0]
    detailed = ninjaone.get("/v2/devices-detailed", params={"pageSize": 1}).json()[0]
    assert "os" not in brief
    assert detailed["os"]["name"] == "Windows 11"


def test_the_device_filter_takes_what_it_knows_and_matches_nothing_else(ninjaone: httpx.Client):
    def count(text: str) -> int:
        return len(ids(ninjaone.get("/v2/devices", params={"df": text, "pageSize": 1000})))

    assert count("org=1 AND class in (WINDOWS_WORKSTATION,MAC)") == 1000
    assert count("org=2") == 0
    assert count("planet=earth") == 0


def test_locations_and_organizations_know_each_other(ninjaone: httpx.Client):
    assert ninjaone.get("/v2/locations").json()[0]["organizationId"] == 1
    assert ninjaone.get("/v2/organizations-detailed").json()[0]["locations"][0]["name"] == "Main Street"
    assert len(ids(ninjaone.get("/v2/organization/1/devices"))) == 100
    assert ninjaone.get("/v2/organization/99/devices").status_code == 404


def test_a_wrong_secret_and_a_scope_never_granted_are_refused_in_oauth_words(served: Served):
    known = served.connection("ninjaone")
    form = {
        "grant_type": "client_credentials",
        "client_id": known["client_id"],
        "client_secret": known["client_secret"],
    }
    wrong = served.http.post(known["token_url"], data={**form, "client_secret": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    greedy = served.http.post(known["token_url"], data={**form, "scope": "monitoring control"})
    assert (greedy.status_code, greedy.json()["error"]) == (400, "invalid_scope")
    assert served.http.post(known["token_url"], data={**form, "grant_type": "password"}).status_code == 400


def test_a_token_without_the_monitoring_scope_may_not_read(served: Served):
    known = served.connection("ninjaone")
    form = {name: known[name] for name in ("client_id", "client_secret")}
    form |= {"grant_type": "client_credentials", "scope": "management"}
    token = served.http.post(known["token_url"], data=form).json()["access_token"]
    answer = served.http.get(f"{known['base_url']}/v2/devices", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.json()["resultCode"] == "FAILURE"


def test_a_token_ends_after_an_hour(served: Served, ninjaone: httpx.Client):
    assert ninjaone.get("/v2/organizations").status_code == 200
    served.wall.ahead = 3601
    assert ninjaone.get("/v2/organizations").status_code == 401


def test_a_page_size_that_is_no_number_is_refused(ninjaone: httpx.Client):
    assert ninjaone.get("/v2/devices", params={"pageSize": "many"}).status_code == 400
