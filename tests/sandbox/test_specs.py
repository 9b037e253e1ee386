"""Every answer of the drawn business fits the vendors' published descriptions.

The slices of those descriptions lie beside a checkout, in ``../shared/vendors/specs``, and are not ours to copy.
Where they are absent these tests are skipped and say so; the other tests hold the sandbox to what we use of them.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.sandbox.conftest import Served

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "vendors" / "specs"
CLOCKS = ("2026-07-06T14:00:00Z", "2025-01-31T23:00:00Z")

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason="the vendors' descriptions (../shared/vendors/specs) do not lie beside this checkout"
)

NINJAONE = {
    "/v2/organizations": "Organization",
    "/v2/organizations-detailed": "OrganizationDetailed",
    "/v2/locations": "LocationWithOrganizationRef",
    "/v2/devices": "Device",
    "/v2/devices-detailed": "Device",
    "/v2/roles": "NodeRole",
    "/v2/noderole/list": "NodeRole",
    "/v2/users": "User",
    "/v2/user/technicians": "Technician",
    "/v2/user/end-users": "EndUser",
    "/v2/contacts": "Contact",
    "/v2/alerts": "Alert",
}
NINJAONE_ENVELOPES = {
    "activities": "ActivitiesResponse",
    "queries/device-health": "DeviceHealthReport",
    "queries/os-patches": "OSPatchReport",
    "queries/os-patch-installs": "OSPatchReport",
    "queries/antivirus-status": "AntivirusStatusReport",
    "queries/operating-systems": "OperatingSystemsReport",
    "queries/computer-systems": "ComputerSystemsReport",
    "queries/disks": "DiskDriveReport",
    "queries/volumes": "VolumesReport",
    "queries/backup/usage": "DeviceUsageReport",
}
CONNECTWISE = {
    "/company/companies": "Company",
    "/company/companies/types": "CompanyType",
    "/company/companies/statuses": "CompanyStatus",
    "/service/boards": "Board",
    "/system/members": "Member",
    "/finance/agreements": "Agreement",
    "/finance/agreements/types": "AgreementType",
    "/service/tickets": "Ticket",
    "/project/tickets": "ProjectTicket",
    "/time/entries": "TimeEntry",
    "/finance/invoices": "Invoice",
    "/sales/opportunities": "Opportunity",
    "/sales/opportunities/types": "OpportunityType",
    "/sales/opportunities/statuses": "OpportunityStatus",
    "/sales/activities": "Activity",
    "/schedule/entries": "ScheduleEntry",
    "/service/surveys": "ServiceSurvey",
}
CONNECTWISE_CHILDREN = {
    ("/service/boards", "statuses"): "BoardStatus",
    ("/finance/agreements", "additions"): "Addition",
    ("/service/surveys", "questions"): "ServiceSurveyQuestion",
    ("/service/surveys", "results"): "SurveyResult",
}
STRIPE = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
    "promotion_codes": "promotion_code",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "payment_intents": "payment_intent",
    "balance_transactions": "balance_transaction",
    "payouts": "payout",
    "credit_notes": "credit_note",
    "checkout/sessions": "checkout.session",
    "events": "event",
}
STRIPE_HIDDEN = {
    "prices": "tiers",
    "coupons": "applies_to",
    "invoices": "payments",
    "subscriptions": "discounts",
    "customers": "discount",
}
QUICKBOOKS = (
    "CompanyInfo", "Preferences", "Account", "Class", "Department", "Customer", "Vendor", "Employee", "Item", "Term",
    "Invoice", "Payment", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate", "Bill", "BillPayment",
    "VendorCredit", "Purchase", "JournalEntry", "Deposit", "Transfer",
)  # fmt: skip
NOT_DESCRIBED = {"Estimate": "SalesTransaction"}  # the slice has no page of its own for it


def plain(schema: Any, *, closed: bool, dropped: tuple[str, ...]) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema; `closed` refuses members that an object's description does not name."""
    if isinstance(schema, list):
        return [plain(one, closed=closed, dropped=dropped) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: plain(value, closed=closed, dropped=dropped) for name, value in schema.items() if name not in dropped}
    if str(made.get("description", "")).startswith("Published as an untyped object"):
        del made["type"]  # the vendor's generator writes "object" for what may be anything: answers are numbers or text
    if closed and isinstance(made.get("properties"), dict) and "additionalProperties" not in made:
        made["additionalProperties"] = False
    if schema.get("nullable") is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


@cache
def validator(file: str, name: str, *, closed: bool = True) -> Draft202012Validator:
    """What checks one kind of record. JSON Schema's `$ref` reaches the rest of the file."""
    document = json.loads((SPECS / file).read_text())
    if "components" in document:
        # What ConnectWise calls required is what a POST has to bring: its answers leave out whatever is null.
        dropped = ("nullable", "required") if file.startswith("connectwise") else ("nullable",)
        whole = {"components": plain(document["components"], closed=closed, dropped=dropped)}
        return Draft202012Validator({**whole, "$ref": f"#/components/schemas/{name}"})
    return Draft202012Validator({"definitions": document["definitions"], "$ref": f"#/definitions/{name}"})


def shape_of(value: Any) -> str:
    """Which members a record has, of which type, all the way down; and its short words, which may be enumerated."""
    if isinstance(value, dict):
        return str(sorted(f"{name}:{shape_of(held)}" for name, held in value.items()))
    if isinstance(value, list):
        return str(sorted({shape_of(one) for one in value}))
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z_]+|[a-z_]+", value) else type(value).__name__


def check(validator: Draft202012Validator, records: list[dict[str, Any]]) -> None:
    """Fail with the first thing that does not fit. Of records with the same members three are looked at."""
    assert records, "there is nothing to check"
    alike: Counter[str] = Counter()
    for record in records:
        shape = shape_of(record)
        alike[shape] += 1
        if alike[shape] > 3:
            continue
        problem = next(validator.iter_errors(record), None)
        assert problem is None, f"{problem.json_path}: {problem.message}\n{json.dumps(record)[:600]}"


@pytest.fixture(params=CLOCKS)
def clock(request: pytest.FixtureRequest, drawn: Served) -> str:
    drawn.set_clock(request.param)
    return str(request.param)


@pytest.fixture
def client(drawn: Served) -> Iterator[Callable[[str], httpx.Client]]:
    """Makes a client signed in to a vendor."""
    made: list[httpx.Client] = []

    def signed_in(source: str) -> httpx.Client:
        made.append(drawn.client(source))
        return made[-1]

    yield signed_in
    for one in made:
        one.close()


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("path", NINJAONE)
def test_ninjaone_records_fit(client: Callable[[str], httpx.Client], path: str):
    records = client("ninjaone").get(path, params={"pageSize": 1000}).json()
    # The description of a device names the common part only; agents and hypervisors add to it.
    check(validator("ninjaone.openapi.json", NINJAONE[path], closed=path != "/v2/devices-detailed"), records)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("path", NINJAONE_ENVELOPES)
def test_ninjaone_reports_fit_with_their_cursor(client: Callable[[str], httpx.Client], path: str):
    ninjaone = client("ninjaone")
    file, name = "ninjaone.openapi.json", NINJAONE_ENVELOPES[path]
    for prefix in ("/v2", "/api/v2"):
        answer = ninjaone.get(f"{prefix}/{path}", params={"pageSize": 1000}).json()
        if isinstance(answer, list):  # activities below /api/v2, a shape of which the description knows nothing
            answer = {"activities": answer}
        rows = answer.pop("activities" if path == "activities" else "results")
        check(validator(file, name), [answer])
        check(rows_of(file, name), rows)


@cache
def rows_of(file: str, name: str) -> Draft202012Validator:
    """What checks one row of an envelope's list."""
    schema = json.loads((SPECS / file).read_text())["components"]["schemas"][name]
    lists = [held["items"]["$ref"] for held in schema["properties"].values() if held.get("type") == "array"]
    return validator(file, lists[0].rsplit("/", 1)[-1])


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("path", CONNECTWISE)
def test_connectwise_records_fit(client: Callable[[str], httpx.Client], path: str):
    records = client("connectwise").get(path, params={"pageSize": 1000, "orderBy": "id desc"}).json()
    check(validator("connectwise.openapi.json", CONNECTWISE[path]), records)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("parents", "children"), CONNECTWISE_CHILDREN)
def test_connectwise_child_lists_fit(client: Callable[[str], httpx.Client], parents: str, children: str):
    connectwise = client("connectwise")
    records = [
        record
        for parent in connectwise.get(parents, params={"pageSize": 1000}).json()
        for record in connectwise.get(f"{parents}/{parent['id']}/{children}", params={"pageSize": 1000}).json()
    ]
    check(validator("connectwise.openapi.json", CONNECTWISE_CHILDREN[parents, children]), records)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("entity", QUICKBOOKS)
def test_quickbooks_entities_fit(client: Callable[[str], httpx.Client], entity: str):
    asked = {"query": f"select * from {entity} maxresults 1000"}
    answer = client("quickbooks").get("/query", params=asked).json()
    check(validator("quickbooks.schema.json", "QueryEnvelope"), [answer])
    check(named("quickbooks.schema.json", NOT_DESCRIBED.get(entity, entity)), answer["QueryResponse"][entity])


@cache
def named(file: str, name: str) -> Draft202012Validator:
    """Like `validator`, and refusing members that no part of the entity's description names."""
    definitions = json.loads((SPECS / file).read_text())["definitions"]
    return Draft202012Validator(
        {"definitions": definitions, "allOf": [{"$ref": f"#/definitions/{name}"}], "unevaluatedProperties": False}
    )


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("basis", ["Accrual", "Cash"])
@pytest.mark.parametrize("report", ["ProfitAndLoss", "BalanceSheet", "CashFlow", "AgedReceivables"])
def test_quickbooks_reports_fit(client: Callable[[str], httpx.Client], clock: str, report: str, basis: str):
    asked = {"start_date": f"{clock[:4]}-01-01", "end_date": clock[:10], "accounting_method": basis}
    told = client("quickbooks").get(f"/reports/{report}", params={**asked, "summarize_column_by": "Month"}).json()
    check(named("quickbooks.schema.json", "Report"), [told])


def test_quickbooks_changes_fit(client: Callable[[str], httpx.Client], clock: str):
    asked = {"entities": ",".join(QUICKBOOKS), "changedSince": f"{clock[:8]}02"}
    changed = client("quickbooks").get("/cdc", params=asked).json()
    check(validator("quickbooks.schema.json", "CDCEnvelope"), [changed])
    for part in changed["CDCResponse"][0]["QueryResponse"]:
        for entity, rows in part.items():
            for row in rows if isinstance(rows, list) else []:
                name = "DeletedStub" if row.get("status") == "Deleted" else NOT_DESCRIBED.get(entity, entity)
                check(named("quickbooks.schema.json", name), [row])


def test_faults_fit(client: Callable[[str], httpx.Client]):
    answer = client("quickbooks").get("/query", params={"query": "select * from Nothing"})
    check(validator("quickbooks.schema.json", "FaultEnvelope"), [answer.json()])
