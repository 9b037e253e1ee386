"""Every misfortune that can be ordered, as a client on the other end of the connection meets it."""

import json
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Served

SOURCES = ("ninjaone", "connectwise", "stripe", "quickbooks")
READS = {
    "ninjaone": "/v2/devices?pageSize=50",
    "connectwise": "/service/tickets?pageSize=50",
    "stripe": "/v1/invoices?limit=2",
    "quickbooks": "/query?query=select * from Invoice",
}


def read(client: httpx.Client, source: str) -> httpx.Response:
    return client.get(READS[source])


@pytest.mark.parametrize("source", SOURCES)
def test_too_many_requests_come_with_and_without_retry_after_and_then_stop(served: Served, source: str):
    with served.client(source) as client:
        served.set_faults(
            {"kind": "too_many_requests", "source": source, "retry_after": "2"},
            {"kind": "too_many_requests", "source": source},
        )
        first, second, third = (read(client, source) for _ in range(3))
    assert (first.status_code, first.headers.get("retry-after")) == (429, "2")
    assert (second.status_code, second.headers.get("retry-after")) == (429, None)
    assert third.status_code == 200


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_come_in_the_vendors_own_words(served: Served, source: str, status: int):
    with served.client(source) as client:
        served.set_faults({"kind": "server_error", "source": source, "status": status})
        answer = read(client, source)
    assert answer.status_code == status
    assert answer.json()


def test_an_edge_page_is_html_and_throttling_may_be_xml(served: Served, quickbooks: httpx.Client):
    served.set_faults({"kind": "html", "source": "quickbooks"}, {"kind": "throttling_xml", "source": "quickbooks"})
    page, throttled = read(quickbooks, "quickbooks"), read(quickbooks, "quickbooks")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (502, "text/html")
    assert (throttled.status_code, throttled.headers["content-type"]) == (429, "application/xml")
    assert "ThrottleExceeded" in throttled.text


def test_a_fault_may_hide_in_a_200(served: Served, quickbooks: httpx.Client):
    served.set_faults({"kind": "fault_in_success", "source": "quickbooks"})
    answer = read(quickbooks, "quickbooks")
    assert answer.status_code == 200
    assert answer.json()["Fault"]["Error"][0]["code"] == "10000"


@pytest.mark.parametrize("source", SOURCES)
def test_a_missing_permission_is_403(served: Served, source: str):
    with served.client(source) as client:
        served.set_faults({"kind": "permission_missing", "source": source})
        assert read(client, source).status_code == 403


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "connection_reset"}, httpx.ReadError),
        ({"kind": "time_out", "seconds": 0.05}, httpx.ReadError),
        ({"kind": "half_body"}, httpx.RemoteProtocolError),
    ],
)
def test_connections_break_and_the_next_one_holds(
    served: Served, source: str, fault: dict[str, Any], error: type[httpx.TransportError]
):
    with served.client(source) as client:
        served.set_faults({**fault, "source": source})
        with pytest.raises(error):
            read(client, source)
        assert read(client, source).status_code == 200


def test_a_slow_answer_is_late_but_right(served: Served, stripe: httpx.Client):
    right = read(stripe, "stripe").json()
    served.set_faults({"kind": "slow", "source": "stripe", "seconds": 0.2})
    began = time.monotonic()
    assert read(stripe, "stripe").json() == right
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("source", SOURCES)
def test_a_body_may_be_whole_and_still_not_json(served: Served, source: str):
    with served.client(source) as client:
        served.set_faults({"kind": "invalid_json", "source": source})
        answer = read(client, source)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_repeated_page_brings_the_page_before_cursor_and_all(served: Served, connectwise: httpx.Client):
    served.set_faults({"kind": "repeated_page", "source": "connectwise", "path": "/service/tickets$"})
    forward = {"pagination-type": "forward-only"}
    first = connectwise.get("/service/tickets", params={"pageSize": 50}, headers=forward)
    second = connectwise.get(first.links["next"]["url"], headers=forward)
    third = connectwise.get(first.links["next"]["url"], headers=forward)
    assert second.content == first.content
    assert second.links == first.links
    assert third.content != first.content


@pytest.mark.parametrize("source", SOURCES)
def test_a_reordered_page_has_the_same_rows_from_the_last_to_the_first(served: Served, source: str):
    with served.client(source) as client:
        right = rows(read(client, source).json())
        served.set_faults({"kind": "reordered_page", "source": source})
        assert rows(read(client, source).json()) == right[::-1]


def test_of_two_swapped_pages_the_later_comes_first(served: Served, ninjaone: httpx.Client):
    pages = [ninjaone.get("/v2/devices", params={"pageSize": 20, "after": after}).json() for after in (0, 20, 40, 60)]
    served.set_faults({"kind": "swapped_pages", "source": "ninjaone", "times": 2})
    seen = [ninjaone.get("/v2/devices", params={"pageSize": 20, "after": after}).json() for after in (0, 20, 40, 60)]
    assert seen == [pages[0], pages[2], pages[1], pages[3]]


def test_records_change_as_the_business_goes_on(served: Served, connectwise: httpx.Client):
    before = connectwise.get("/service/tickets", params={"pageSize": 1}).json()
    served.set_clock("2026-06-01T12:00:00Z")
    served.set_faults({"kind": "records_change", "seconds": 3600})
    assert connectwise.get("/service/tickets", params={"pageSize": 1}).json() != before
    assert served.control("GET", "clock")["now"] == "2026-06-01T13:00:00+00:00"


@pytest.mark.parametrize("ahead", [-1800, 1800])
def test_a_vendors_clock_may_differ_from_ours_for_an_answer(served: Served, quickbooks: httpx.Client, ahead: int):
    right = read(quickbooks, "quickbooks")
    served.set_faults(
        {"kind": "skewed_clock", "source": "quickbooks", "ahead": ahead},
        {"kind": "too_many_requests", "source": "quickbooks", "ahead": ahead, "retry_after": "+60"},
    )
    skewed, refused = read(quickbooks, "quickbooks"), read(quickbooks, "quickbooks")
    assert (when(skewed.headers["date"]) - when(right.headers["date"])).total_seconds() == pytest.approx(ahead, abs=5)
    told = [datetime.fromisoformat(one.json()["time"]) for one in (skewed, right)]
    assert (told[0] - told[1]).total_seconds() == ahead
    assert when(refused.headers["retry-after"]) - when(refused.headers["date"]) == timedelta(seconds=60)
    assert when(read(quickbooks, "quickbooks").headers["date"]) < when(right.headers["date"]) + timedelta(minutes=5)


def when(header: str) -> datetime:
    return parsedate_to_datetime(header)


@pytest.mark.parametrize("source", SOURCES)
def test_a_short_total_leaves_out_rows_and_says_nothing(served: Served, source: str):
    with served.client(source) as client:
        full = rows(read(client, source).json())
        served.set_faults({"kind": "short_total", "source": source, "rows": 1})
        short = rows(read(client, source).json())
    assert short == full[:-1]


def rows(data: Any) -> list[Any]:
    """The records of a list answer, wherever the vendor puts them."""
    if isinstance(data, list):
        return data
    return list(data["data"] if "data" in data else data["QueryResponse"]["Invoice"])


@pytest.mark.parametrize("source", ["ninjaone", "quickbooks"])
def test_expired_tokens_are_refused_until_a_new_one_is_fetched(served: Served, source: str):
    with served.client(source) as client:
        served.set_faults({"kind": "expired_token", "source": source, "path": "devices|query"})
        assert read(client, source).status_code == 401
        assert read(client, source).status_code == 401
    with served.client(source) as client:
        assert read(client, source).status_code == 200


def test_faults_choose_their_requests_by_method_path_and_query(served: Served, connectwise: httpx.Client):
    served.set_faults(
        {"kind": "server_error", "method": "POST", "path": "/tickets/search$", "times": None},
        {"kind": "server_error", "query": {"page": "2"}, "times": None},
    )
    assert connectwise.get("/service/tickets").status_code == 200
    assert connectwise.get("/service/tickets", params={"page": 2}).status_code == 500
    assert connectwise.post("/service/tickets/search", json={}).status_code == 500


def test_a_fault_may_let_some_pass_first_and_counts_how_often_it_struck(served: Served, stripe: httpx.Client):
    served.set_faults({"kind": "server_error", "source": "stripe", "after": 2, "times": 1})
    assert [read(stripe, "stripe").status_code for _ in range(4)] == [200, 200, 500, 200]
    fault = served.control("GET", "faults")["faults"][0]
    assert (fault["met"], fault["struck"]) == (4, 1)


def test_faults_at_a_rate_fall_the_same_way_for_the_same_seed(served: Served, stripe: httpx.Client):
    def statuses() -> list[int]:
        fault = {"kind": "server_error", "rate": 0.5, "times": None}
        served.control("PUT", "faults", json={"seed": 3, "faults": [fault]})
        return [read(stripe, "stripe").status_code for _ in range(20)]

    first = statuses()
    assert set(first) == {200, 500}
    assert statuses() == first


def test_a_plan_that_makes_no_sense_is_refused_and_the_old_one_stays(served: Served):
    served.set_faults({"kind": "server_error", "source": "stripe", "times": 0})
    for plan in ({"faults": [{"kind": "earthquake"}]}, {"faults": [{"kind": "slow", "path": "("}]}, {"fault": []}):
        answer = served.http.put(f"{served.address}/_sandbox/faults", json=plan)
        assert answer.status_code == 400
        assert "no fault plan" in answer.json()["error"]
    assert len(served.control("GET", "faults")["faults"]) == 1
