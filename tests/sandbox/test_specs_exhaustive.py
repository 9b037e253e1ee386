"""Every address that the sandbox serves answers as the vendor's description of that address says.

The addresses come from the applications' own tables of routes, so one that is added is checked the day it is served;
one that no description covers is named here, or fails.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from sandbox.app import vendors_of
from sandbox.clock import Clock
from sandbox.credentials import Credentials
from sandbox.quickbooks.query import QUERYABLE
from tests.sandbox.business import small_world
from tests.sandbox.conftest import Served
from tests.sandbox.test_specs import SPECS, check, named, plain, validator

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the vendors' descriptions do not lie beside this checkout")

PREFIXES = {"ninjaone": "/api", "connectwise": "/v4_6_release/apis/3.0", "stripe": "", "quickbooks": "/v3/company/{}"}
_BEYOND_THE_SLICE = "the slice at hand does not describe it"
UNDESCRIBED = {
    **{
        ("connectwise", f"{path}{one}"): _BEYOND_THE_SLICE
        for path in (
            "/company/contacts",
            "/sales/stages",
            "/service/boards/{}/items",
            "/service/boards/{}/subtypes",
            "/service/boards/{}/types",
            "/service/priorities",
        )
        for one in ("", "/{}")
    },
    ("connectwise", "/login/companyinfo/{}"): "the slice holds what is read, not how the server is found",
    ("connectwise", "/system/info"): "the slice holds what is read, not the server's release",
    ("ninjaone", "/v2/noderole/list"): "named without the shape of its answer",
    ("quickbooks", "/connect/oauth2"): "a page for people",
    ("quickbooks", "/estimate/{}"): "the slice has no estimates",
}
"""Addresses that no description at hand tells of, and why that is no loss."""
SINGULAR = {"device": "devices", "organization": "organizations", "contact": "contacts"}
"""NinjaOne asks for one by another word than for all."""
NEEDS = {"/v1/subscription_items": ("subscription", "/v1/subscriptions")}
"""Lists that must be told of what, and where such a thing is found."""
OPEN = {"/v2/devices-detailed", "/v2/device/{}"}
"""Described in their common part only; agents and hypervisors add to it."""
ENOUGH = 3
"""Answers with something in them, of an address with an id in it."""


def generic(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def served_routes() -> list[tuple[str, str]]:
    """Source and address of everything that may be asked for by GET, each address once."""
    vendors = vendors_of(small_world(), Clock(), Credentials(7), lambda: 0.0)
    found = {
        (vendor.source, generic(route.path).removeprefix(PREFIXES[vendor.source]))
        for vendor in vendors
        for route in vendor.app.routes
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }
    return sorted(found)


ROUTES = [one for one in served_routes() if one not in UNDESCRIBED]


@pytest.fixture(scope="module")
def clients(drawn_server: Served) -> Iterator[dict[str, httpx.Client]]:
    drawn_server.control("DELETE", "clock")
    made = {source: drawn_server.client(source) for source in PREFIXES}
    yield made
    for one in made.values():
        one.close()


@pytest.mark.parametrize(("source", "path"), ROUTES, ids=["".join(one) for one in ROUTES])
def test_an_address_answers_as_its_description_says(clients: dict[str, httpx.Client], source: str, path: str) -> None:
    client = clients[source]
    if source == "quickbooks":
        check_quickbooks(client, path)
        return
    description, worth = described(source, path), 0
    for address, asked in addresses(client, source, path):
        answer = client.get(address, params=asked)
        assert answer.status_code == 200
        problem = next(description.iter_errors(answer.json()), None)
        assert problem is None, f"{path} {problem.json_path}: {problem.message}"
        worth += bool(rows_of(answer.json()))
        if worth == ENOUGH:
            break
    assert worth, f"no answer of {path} held anything to check"


def test_what_is_said_to_be_undescribed_is_served() -> None:
    assert set(UNDESCRIBED) <= set(served_routes())


def test_an_answer_that_does_not_fit_is_found() -> None:
    """A check that could not fail would prove nothing."""
    assert list(described("stripe", "/v1/customers").iter_errors({"object": "list", "data": [{"id": 7}]}))
    assert list(described("connectwise", "/service/tickets").iter_errors([{"id": 1, "unheardOf": True}]))
    assert list(described("ninjaone", "/v2/organizations").iter_errors([{"id": "one"}]))


def described(source: str, path: str) -> Draft202012Validator:
    """What the description of this address says of its answer; a list's element where one alone is not described."""
    document = document_of(source)
    paths = {generic(known): value for known, value in document["paths"].items()}
    dropped = ("nullable", "required") if source == "connectwise" else ("nullable",)
    if path in paths:
        schema = answer_of(paths[path])
    elif path.endswith("/count"):
        schema = {"$ref": "#/components/schemas/Count"}
    elif path.endswith("/{}") and path[:-3] in paths:
        schema = element_of(answer_of(paths[path[:-3]]))
    else:
        raise AssertionError(f"{source} serves {path}, which {SPECS.name} does not describe: add it to UNDESCRIBED?")
    closed = path not in OPEN
    whole = {"components": plain(document["components"], closed=closed, dropped=dropped)}
    return Draft202012Validator({**whole, **plain(schema, closed=closed, dropped=dropped)})


def document_of(source: str) -> dict[str, Any]:
    import json

    document: dict[str, Any] = json.loads((SPECS / f"{source}.openapi.json").read_text())
    return document


def answer_of(path: dict[str, Any]) -> dict[str, Any]:
    """The schema of a successful answer, whichever media type it is listed under."""
    responses = path["get"]["responses"]
    answer = responses.get("200") or responses["default"]
    schema: dict[str, Any] = next(iter(answer["content"].values()))["schema"]
    return schema


def element_of(schema: dict[str, Any]) -> dict[str, Any]:
    element: dict[str, Any] = schema["items"] if "items" in schema else schema["properties"]["data"]["items"]
    return element


def rows_of(body: Any) -> Any:
    """What makes an answer worth checking."""
    if isinstance(body, dict):
        return body.get("data", body.get("results", body))
    return body


def addresses(client: httpx.Client, source: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address with real ids in it, for some of the parents it may hang from."""
    size: dict[str, Any] = {"limit": 100} if source == "stripe" else {"pageSize": 1000}
    if path.endswith("/count"):
        size = {}
    if "{}" in path:
        before, _, after = path.partition("/{}")
        for number in ids(client, source, before):
            if "{}" in after:
                deeper = after.partition("/{}")[0]
                for inner in ids(client, source, f"{before}/{number}{deeper}")[:3]:
                    yield f"{before}/{number}{after.replace('{}', str(inner))}", {}
            else:
                yield f"{before}/{number}{after}", size if after else {}
    elif path in NEEDS:
        name, where = NEEDS[path]
        for number in ids(client, source, where)[:5]:
            yield path, {**size, name: number}
    else:
        yield path, size


def ids(client: httpx.Client, source: str, path: str) -> list[Any]:
    head, _, word = path.rpartition("/")
    asked: dict[str, Any] = {"limit": 100} if source == "stripe" else {"pageSize": 1000}
    if path in NEEDS:
        name, where = NEEDS[path]
        asked[name] = ids(client, source, where)[0]
    answer = client.get(f"{head}/{SINGULAR.get(word, word)}", params=asked)
    assert answer.status_code == 200, f"{path} lists nothing to take ids from"
    body = answer.json()
    rows = body.get("data", body.get("activities", [])) if isinstance(body, dict) else body
    return [row["id"] for row in rows]


ENTITIES = {name.lower(): name for name in QUERYABLE}


def check_quickbooks(client: httpx.Client, path: str) -> None:
    """QuickBooks describes entities and envelopes rather than addresses."""
    word = path.strip("/").split("/")[0]
    if path == "/query":
        for entity in sorted(set(QUERYABLE) - {"Estimate"}):
            answer = client.get("/query", params={"query": f"select * from {entity} maxresults 1000"}).json()
            check(validator("quickbooks.schema.json", "QueryEnvelope"), [answer])
            check(named("quickbooks.schema.json", entity), answer["QueryResponse"][entity])
    elif path == "/cdc":
        asked = {
            "entities": ",".join(sorted(set(QUERYABLE) - {"CompanyInfo", "Preferences"})),
            "changedSince": "2026-06-10",
        }
        check(validator("quickbooks.schema.json", "CDCEnvelope"), [client.get("/cdc", params=asked).json()])
    elif word == "reports":
        for name in ("ProfitAndLoss", "BalanceSheet", "AgedReceivables", "CashFlow"):
            asked = {"start_date": "2026-05-01", "end_date": "2026-05-31"}
            check(named("quickbooks.schema.json", "Report"), [client.get(f"/reports/{name}", params=asked).json()])
    elif word == "preferences":
        check(named("quickbooks.schema.json", "Preferences"), [client.get("/preferences").json()["Preferences"]])
    elif word == "companyinfo":
        number = str(client.base_url).rstrip("/").rpartition("/")[2]
        answer = client.get(f"/companyinfo/{number}").json()
        check(named("quickbooks.schema.json", "CompanyInfo"), [answer["CompanyInfo"]])
    else:
        entity = ENTITIES[word]
        rows = client.get("/query", params={"query": f"select * from {entity} maxresults 3"}).json()["QueryResponse"]
        held = [client.get(f"/{word}/{row['Id']}").json()[entity] for row in rows[entity]]
        check(named("quickbooks.schema.json", entity), held)
