"""Every answer of the simulated Stripe fits Stripe's own description, today's and the one from before basil."""

from typing import Any

import httpx
import pytest

from sandbox.stripe.older import VERSION as OLDER
from tests.sandbox.conftest import Served
from tests.sandbox.test_specs import SPECS, STRIPE, STRIPE_HIDDEN, check, validator

TODAY = "stripe.openapi.json"
BEFORE = "stripe.openapi.2023-08-16.json"
CLOCKS = ("2026-07-06T14:00:00Z", "2025-01-31T23:00:00Z", "2026-06-10T12:00:00Z")
SINCE_THEN = {"invoice_payments", "credit_notes"}
"""Not in the older description."""

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason="the vendors' descriptions (../shared/vendors/specs) do not lie beside this checkout"
)


@pytest.fixture(params=CLOCKS)
def stripe(request: pytest.FixtureRequest, drawn: Served) -> Any:
    """Stripe at several instants."""
    drawn.set_clock(request.param)
    with drawn.client("stripe") as client:
        yield client


def rows(stripe: httpx.Client, resource: str, **more: Any) -> list[dict[str, Any]]:
    """The newest records of a list."""
    asked = {"limit": 100, **({"status": "all"} if resource == "subscriptions" else {}), **more}
    answer = stripe.get(f"/v1/{resource}", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


@pytest.mark.parametrize("resource", STRIPE)
def test_records_fit_and_a_single_one_is_the_same_as_in_the_list(stripe: httpx.Client, resource: str) -> None:
    found = rows(stripe, resource)
    if resource != "disputes" or found:
        check(validator(TODAY, STRIPE[resource]), found)
    for record in found[:3]:
        assert stripe.get(f"/v1/{resource}/{record['id']}").json() == record


@pytest.mark.parametrize("resource", STRIPE_HIDDEN)
def test_records_fit_with_what_is_hidden_expanded(stripe: httpx.Client, resource: str) -> None:
    check(validator(TODAY, STRIPE[resource]), rows(stripe, resource, **{"expand[0]": f"data.{STRIPE_HIDDEN[resource]}"})
          if resource != "customers" else rows(stripe, resource))  # fmt: skip


@pytest.mark.parametrize("resource", [one for one in STRIPE if one not in SINCE_THEN])
def test_records_of_the_version_before_basil_fit(stripe: httpx.Client, resource: str) -> None:
    stripe.headers["Stripe-Version"] = OLDER
    found = rows(stripe, resource)
    if resource != "disputes" or found:
        check(validator(BEFORE, STRIPE[resource]), found)


def test_lines_and_items_fit(stripe: httpx.Client) -> None:
    subscription = rows(stripe, "subscriptions", status="active")[0]["id"]
    items = rows(stripe, "subscription_items", subscription=subscription)
    check(validator(TODAY, "subscription_item"), items)
    assert stripe.get(f"/v1/subscription_items/{items[0]['id']}").json() == items[0]
    invoice = rows(stripe, "invoices", limit=1)[0]["id"]
    check(validator(TODAY, "line_item"), rows(stripe, f"invoices/{invoice}/lines"))
    stripe.headers["Stripe-Version"] = OLDER
    check(validator(BEFORE, "line_item"), rows(stripe, f"invoices/{invoice}/lines"))
    check(validator(BEFORE, "subscription_item"), rows(stripe, "subscription_items", subscription=subscription))


def test_the_objects_inside_events_fit_the_version_that_the_event_names(stripe: httpx.Client) -> None:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for event in rows(stripe, "events"):
        assert event["api_version"] == OLDER
        kinds.setdefault(event["data"]["object"]["object"], []).append(event["data"]["object"])
    for kind, objects in kinds.items():
        if kind not in {"invoice_payment", "credit_note"}:
            check(validator(BEFORE, kind), objects)


def test_what_is_left_of_deleted_objects_fits(drawn: Served) -> None:
    with drawn.client("stripe") as stripe:
        for path, name in (("customers/cus_LfP903", "deleted_customer"), ("coupons/SPRING26", "deleted_coupon")):
            answer = stripe.get(f"/v1/{path}")
            assert answer.status_code == 200
            check(validator(TODAY, name), [answer.json()])
