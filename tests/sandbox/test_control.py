"""The sandbox's own addresses, its clock, and what holds for all vendors alike."""

from typing import Any

import httpx
import pytest

from sandbox.world import build
from tests.sandbox.conftest import Served, serving
from tests.sandbox_server import running_sandbox

READS = {
    "ninjaone": ("/v2/organizations-detailed", "/v2/devices-detailed?pageSize=1000", "/v2/locations"),
    "connectwise": (
        "/company/companies?pageSize=1000",
        "/service/tickets?pageSize=1000&orderBy=lastUpdated desc",
        "/time/entries?pageSize=1000&page=5",
        "/finance/agreements?pageSize=1000",
    ),
    "stripe": ("/v1/subscriptions?status=all&limit=100", "/v1/invoices?limit=100", "/v1/charges?limit=100"),
    "quickbooks": (
        "/query?query=select * from Invoice maxresults 1000",
        "/query?query=select * from Account where Active in (true, false)",
        "/reports/ProfitAndLoss?start_date=2025-01-01&end_date=2025-06-30&summarize_column_by=Month",
    ),
}
WRITES = {
    "ninjaone": ("/v2/organizations", "/v2/device/1", "/v2/ticketing/ticket"),
    "connectwise": ("/service/tickets", "/service/tickets/1", "/time/entries", "/company/companies/1"),
    "stripe": ("/v1/customers", "/v1/invoices/in_1", "/v1/subscriptions", "/v1/refunds"),
    "quickbooks": ("/invoice", "/invoice/100", "/query", "/batch", "/payment"),
}


def everything(served: Served) -> dict[str, bytes]:
    """The bytes of a read of each kind from each vendor."""
    seen = {}
    for source, paths in READS.items():
        with served.client(source) as client:
            for path in paths:
                answer = client.get(path)
                assert answer.status_code == 200, answer.text
                seen[f"{source} {path}"] = answer.content
    return seen


def test_the_clock_moves_back_and_forth_and_shows_the_same_bytes_each_time(drawn: Served):
    instants = ("2026-07-06T14:00:00Z", "2025-02-28T23:59:59Z", "2025-09-10T08:00:00+02:00", "2024-08-01T05:00:00Z")
    first = {}
    for instant in instants:
        drawn.set_clock(instant)
        first[instant] = everything(drawn)
    for instant in reversed(instants):
        drawn.set_clock(instant)
        assert everything(drawn) == first[instant]
    assert first[instants[0]] != first[instants[1]]


def test_what_was_kept_equals_what_a_new_sandbox_shows(drawn: Served):
    drawn.set_clock("2026-01-15T12:00:00Z")
    everything(drawn)
    drawn.set_clock("2025-06-15T12:00:00Z")
    everything(drawn)
    kept = everything(drawn)
    with serving(build(7)) as fresh:
        fresh.set_clock("2025-06-15T12:00:00Z")
        assert everything(fresh) == kept


def test_a_change_of_a_record_always_moves_its_change_time(drawn: Served):
    """An incremental read asks for what was updated since; a silent change would never be seen again."""
    asked = {"conditions": "id > 0", "orderBy": "id asc", "pageSize": 1000}
    for path in ("/service/tickets", "/time/entries"):
        with drawn.client("connectwise") as client:
            drawn.set_clock("2026-03-10T12:00:00Z")
            before = records(client, path, asked)
            drawn.set_clock("2026-03-20T12:00:00Z")
            after = records(client, path, asked)
        changed = [number for number in before.keys() & after.keys() if before[number] != after[number]]
        assert changed
        assert all(after[number]["_info"]["lastUpdated"] > "2026-03-10T12:00:00Z" for number in changed)


def test_a_change_of_a_document_in_the_books_always_moves_its_change_time(drawn: Served):
    for entity in ("Invoice", "Payment", "CreditMemo", "JournalEntry"):
        seen: list[dict[str, Any]] = []
        for instant in ("2026-02-10T12:00:00Z", "2026-03-20T12:00:00Z"):
            drawn.set_clock(instant)
            with drawn.client("quickbooks") as client:
                asked = {"query": f"select * from {entity} maxresults 1000"}
                found = client.get("/query", params=asked).json()["QueryResponse"][entity]
                seen.append({record["Id"]: record for record in found})
        before, after = seen
        for number in before.keys() & after.keys():
            if before[number] != after[number]:
                assert after[number]["MetaData"]["LastUpdatedTime"] > "2026-02-10T04:00:00-08:00", after[number]


def records(client: httpx.Client, path: str, asked: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Every record of a ConnectWise list, by id."""
    answer = client.get(path, params=asked)
    found = answer.json()
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        found += answer.json()
    return {record["id"]: record for record in found}


@pytest.mark.parametrize("source", WRITES)
@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(served: Served, source: str, verb: str):
    with served.client(source) as client:
        for path in WRITES[source]:
            answer = client.request(verb, path, json={})
            assert answer.status_code == 405, path
            assert answer.json()


@pytest.mark.parametrize("source", WRITES)
def test_an_unknown_address_is_404_in_the_vendors_shape(served: Served, source: str):
    with served.client(source) as client:
        answer = client.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert answer.json()


def test_an_instant_without_a_zone_is_no_time_for_the_clock(served: Served):
    for body in ({"now": "2026-01-01T00:00:00"}, {"now": "noon"}, {"time": "2026-01-01T00:00:00Z"}, []):
        assert served.http.put(f"{served.address}/_sandbox/clock", json=body).status_code == 400
    assert served.control("GET", "clock")["now"] == "2026-07-06T14:00:00+00:00"


def test_the_clock_goes_back_to_where_it_began(served: Served):
    served.set_clock("2025-01-01T00:00:00Z")
    assert served.control("DELETE", "clock")["now"] == "2026-07-06T14:00:00+00:00"


def test_hand_kept_figures_end_with_the_last_complete_month(served: Served):
    answer = served.http.get(f"{served.address}/_sandbox/manual.csv")
    assert answer.text == "period,metric,value,note\n2026-06,employees,9.5,\n"
    assert answer.headers["content-type"].startswith("text/csv")


def test_the_log_tells_who_was_asked_for_what(served: Served, stripe: httpx.Client):
    stripe.get("/v1/customers", params={"limit": 3})
    entry = served.control("GET", "requests?source=stripe")[-1]
    assert (entry["method"], entry["path"], entry["query"]) == ("GET", "/stripe/v1/customers", {"limit": "3"})
    assert entry["status"] == 200
    assert served.control("GET", "requests?source=quickbooks") == []


def test_credentials_are_made_from_the_seed_and_look_like_no_real_ones(served: Served):
    from sandbox.credentials import Credentials

    assert Credentials(7).stripe_api_key != Credentials(8).stripe_api_key
    known = served.control("GET", "credentials")
    assert set(known) == {"ninjaone", "connectwise", "stripe", "quickbooks"}
    assert set(known["quickbooks"]) == {
        "base_url", "auth_url", "token_url", "revoke_url", "client_id", "client_secret", "realm_id", "refresh_token",
        "environment",
    }  # fmt: skip
    for secret in (
        known["stripe"]["api_key"],
        known["ninjaone"]["client_secret"],
        known["quickbooks"]["refresh_token"],
    ):
        assert secret.startswith("sandbox")


def test_the_program_listens_on_a_free_port_and_starts_where_it_is_told():
    with running_sandbox(seed=11, now="2025-03-01T00:00:00Z") as address:
        told = httpx.get(f"{address}/_sandbox/health").json()
        assert told == {
            "status": "ok", "seed": 11, "now": "2025-03-01T00:00:00+00:00", "process": told["process"],
        }  # fmt: skip
        assert httpx.get(f"{address}/_sandbox/credentials").json()["stripe"]["base_url"] == f"{address}/stripe"
