"""Stripe's ways, as extractors meet them."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Served


def listed(stripe: httpx.Client, path: str, **asked: Any) -> list[str]:
    answer = stripe.get(path, params={name.replace("__", "[") + "]" * ("__" in name): v for name, v in asked.items()})
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()["data"]]


def refused(answer: httpx.Response) -> tuple[int, str | None, str | None]:
    problem = answer.json()["error"]
    return answer.status_code, problem.get("code"), problem.get("param")


def second(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 6, tzinfo=UTC).timestamp())


def test_lists_come_newest_first_in_an_envelope_without_a_total(stripe: httpx.Client):
    answer = stripe.get("/v1/invoices", params={"limit": 2}).json()
    assert [invoice["id"] for invoice in answer["data"]] == ["in_7", "in_6"]
    assert {name: answer[name] for name in answer if name != "data"} == {
        "object": "list",
        "url": "/v1/invoices",
        "has_more": True,
    }


def test_starting_after_goes_to_older_rows_and_ending_before_to_newer_ones(stripe: httpx.Client):
    assert listed(stripe, "/v1/invoices", limit=2, starting_after="in_6") == ["in_5", "in_4"]
    assert listed(stripe, "/v1/invoices", limit=2, ending_before="in_4") == ["in_6", "in_5"]
    last = stripe.get("/v1/invoices", params={"starting_after": "in_2"}).json()
    assert (last["data"][0]["id"], last["has_more"]) == ("in_1", False)
    both = stripe.get("/v1/invoices", params={"starting_after": "in_6", "ending_before": "in_2"})
    assert both.status_code == 400


def test_a_limit_outside_1_to_100_or_an_unknown_parameter_is_refused(stripe: httpx.Client):
    for limit in ("0", "101", "ten"):
        assert refused(stripe.get("/v1/invoices", params={"limit": limit}))[2] == "limit"
    assert refused(stripe.get("/v1/invoices", params={"page": 2})) == (400, "parameter_unknown", "page")
    assert refused(stripe.get("/v1/invoices", params={"starting_after": "in_x"})) == (
        400,
        "resource_missing",
        "starting_after",
    )


def test_created_bounds_are_as_exact_as_they_say(stripe: httpx.Client):
    may, june = second(2026, 5, 1), second(2026, 6, 1)
    assert listed(stripe, "/v1/invoices", created__gte=may, created__lt=june) == ["in_5"]
    assert listed(stripe, "/v1/invoices", created__gt=may, created__lte=june) == ["in_6"]
    assert stripe.get("/v1/invoices", params={"created": june}).json()["data"][0]["id"] == "in_6"
    assert listed(stripe, "/v1/invoices", created__gte=second(2026, 4, 1), limit=2, starting_after="in_6") == [
        "in_5",
        "in_4",
    ]


def test_canceled_subscriptions_are_listed_only_for_those_who_ask(served: Served, stripe: httpx.Client):
    assert listed(stripe, "/v1/subscriptions") == ["sub_live"]
    assert sorted(listed(stripe, "/v1/subscriptions", status="all")) == ["sub_gone", "sub_live"]
    assert listed(stripe, "/v1/subscriptions", status="ended") == ["sub_gone"]
    served.set_clock("2026-05-10T00:00:00Z")
    ending = stripe.get("/v1/subscriptions/sub_gone").json()
    assert (ending["status"], ending["cancel_at_period_end"], ending["ended_at"]) == ("active", True, None)


def test_the_billing_period_stands_on_the_items_and_not_on_the_subscription(stripe: httpx.Client):
    subscription = stripe.get("/v1/subscriptions/sub_live").json()
    assert "current_period_end" not in subscription
    item = subscription["items"]["data"][0]
    assert (item["current_period_start"], item["current_period_end"]) == (second(2026, 7, 1), second(2026, 8, 1))
    assert item["price"]["unit_amount"] == 1250


def test_quantities_follow_the_clock(served: Served, stripe: httpx.Client):
    assert stripe.get("/v1/subscriptions/sub_live").json()["items"]["data"][0]["quantity"] == 12
    served.set_clock("2026-03-01T00:00:00Z")
    assert stripe.get("/v1/subscriptions/sub_live").json()["items"]["data"][0]["quantity"] == 10


def test_subscription_items_must_be_asked_for_by_subscription(stripe: httpx.Client):
    assert refused(stripe.get("/v1/subscription_items")) == (400, "parameter_missing", "subscription")
    assert listed(stripe, "/v1/subscription_items", subscription="sub_live") == ["si_sub_live"]
    assert refused(stripe.get("/v1/subscription_items", params={"subscription": "sub_x"}))[0] == 400


def test_an_invoice_shows_ten_lines_and_its_lines_address_all_of_them(stripe: httpx.Client):
    lines = stripe.get("/v1/invoices/in_6").json()["lines"]
    assert (len(lines["data"]), lines["has_more"], lines["url"]) == (10, True, "/v1/invoices/in_6/lines")
    assert len(listed(stripe, "/v1/invoices/in_6/lines", limit=100)) == 12
    assert listed(stripe, "/v1/invoices/in_6/lines", starting_after="il_6_9") == ["il_6_10", "il_6_11"]
    assert stripe.get("/v1/invoices/in_x/lines").status_code == 404


def test_what_an_invoice_belongs_to_stands_in_its_parent(stripe: httpx.Client):
    invoice = stripe.get("/v1/invoices/in_6").json()
    assert "subscription" not in invoice
    assert "charge" not in invoice
    assert invoice["parent"]["subscription_details"]["subscription"] == "sub_live"
    line = invoice["lines"]["data"][0]
    assert line["parent"]["subscription_item_details"]["subscription_item"] == "si_sub_live"
    assert line["pricing"]["price_details"] == {"price": "price_care", "product": "prod_care"}


def test_an_invoice_walks_from_draft_to_paid_with_the_clock(served: Served, stripe: httpx.Client):
    served.set_clock("2026-06-01T12:00:00Z")
    draft = stripe.get("/v1/invoices/in_6").json()
    assert (draft["status"], draft["number"], draft["amount_paid"]) == ("draft", None, 0)
    served.set_clock("2026-06-10T12:00:00Z")
    paid = stripe.get("/v1/invoices/in_6").json()
    assert (paid["status"], paid["number"], paid["amount_paid"]) == ("paid", "LF-0006", 15_000)
    assert paid["status_transitions"]["paid_at"] == second(2026, 6, 3)
    assert listed(stripe, "/v1/invoices", status="paid", limit=1) == ["in_6"]


def test_refunds_count_up_on_the_charge_when_they_happen(served: Served, stripe: httpx.Client):
    assert stripe.get("/v1/charges/ch_6").json()["amount_refunded"] == 500
    assert stripe.get("/v1/charges/ch_7").json()["failure_code"] == "card_declined"
    assert listed(stripe, "/v1/refunds") == ["re_1"]
    served.set_clock("2026-06-10T12:00:00Z")
    assert stripe.get("/v1/charges/ch_6").json()["amount_refunded"] == 0
    assert listed(stripe, "/v1/refunds") == []


def test_tiers_are_absent_unless_expanded_and_ids_become_objects_when_expanded(stripe: httpx.Client):
    assert "tiers" not in stripe.get("/v1/prices").json()["data"][0]
    assert "tiers" in stripe.get("/v1/prices", params={"expand[]": "data.tiers"}).json()["data"][0]
    charge = stripe.get("/v1/charges", params={"expand[]": "data.customer", "limit": 1}).json()["data"][0]
    assert charge["customer"]["name"] == "Ashbrook Dental"
    single = stripe.get("/v1/subscriptions/sub_live", params={"expand[]": "items.data.price.product"}).json()
    assert single["items"]["data"][0]["price"]["product"]["name"] == "Endpoint care"
    assert stripe.get("/v1/charges", params={"expand[]": "data.amount"}).status_code == 400
    assert stripe.get("/v1/charges", params={"expand[]": "customer"}).status_code == 400
    assert stripe.get("/v1/charges", params={"expand[]": "data.a.b.c.d"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Authorization": "Basic !"}, 401)],
)
def test_a_missing_or_wrong_key_is_401(served: Served, headers: dict[str, str], status: int):
    answer = served.http.get(f"{served.address}/stripe/v1/customers", headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["request-id"]


def test_the_key_may_also_be_the_user_of_basic_and_the_version_must_be_pinned(served: Served):
    key, address = served.connection("stripe")["api_key"], f"{served.address}/stripe/v1/customers"
    version = {"Stripe-Version": "2026-10-28.endive"}
    assert served.http.get(address, auth=(key, ""), headers=version).status_code == 200
    assert "Stripe-Version" in served.http.get(address, auth=(key, "")).json()["error"]["message"]
    assert served.http.get(address, auth=(key, ""), headers={"Stripe-Version": "2019-05-16"}).status_code == 400


def test_a_restricted_key_is_told_which_permission_it_lacks(served: Served):
    from sandbox.credentials import Credentials

    headers = {"Authorization": f"Bearer {Credentials(7).stripe_limited_key}", "Stripe-Version": "2026-10-28.endive"}
    assert served.http.get(f"{served.address}/stripe/v1/customers", headers=headers).status_code == 200
    answer = served.http.get(f"{served.address}/stripe/v1/invoices", headers=headers)
    assert answer.status_code == 403
    assert "rak_invoice_read" in answer.json()["error"]["message"]


def test_a_missing_object_is_404_with_its_name(stripe: httpx.Client):
    answer = stripe.get("/v1/customers/cus_x")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "No such customer: 'cus_x'"
