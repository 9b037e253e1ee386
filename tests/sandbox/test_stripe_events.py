"""Stripe's events, deletions, older shapes and balance, as extractors meet them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest

from extractors import STREAMS
from sandbox.stripe.happenings import EventLog
from sandbox.stripe.ledger import movements_and_payouts
from sandbox.stripe.older import VERSION as OLDER
from sandbox.stripe.things import Things
from sandbox.world.calendar import ZONE
from sandbox.world.journals import CARD_FEE
from tests.sandbox.conftest import Served
from tests.sandbox.worlds import SEEDS, world

TODAY = "2026-10-28.endive"


@pytest.fixture
def stripe(drawn: Served) -> Iterator[httpx.Client]:
    with drawn.client("stripe") as client:
        yield client


def listed(stripe: httpx.Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    answer = stripe.get(path, params={"limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def all_events(stripe: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    rows = listed(stripe, "/v1/events", **asked)
    while (more := listed(stripe, "/v1/events", starting_after=rows[-1]["id"], **asked)) != []:
        rows += more
    return rows


def test_events_reach_thirty_days_back_newest_first(drawn: Served, stripe: httpx.Client) -> None:
    drawn.set_clock("2026-06-24T12:00:00Z")
    moments = [one["created"] for one in all_events(stripe)]
    now = datetime(2026, 6, 24, 12, tzinfo=UTC)
    assert moments == sorted(moments, reverse=True)
    assert int((now - timedelta(days=30)).timestamp()) <= moments[-1] <= moments[0] <= int(now.timestamp())


def test_many_events_share_a_second(drawn: Served, stripe: httpx.Client) -> None:
    drawn.set_clock("2026-07-02T00:00:00Z")
    assert Counter(one["created"] for one in all_events(stripe)).most_common(1)[0][1] > 10


def test_events_are_asked_for_by_types_or_by_a_group(stripe: httpx.Client) -> None:
    kinds = {one["type"] for one in all_events(stripe, **{"types[0]": "invoice.paid", "types[1]": "charge.succeeded"})}
    assert kinds == {"invoice.paid", "charge.succeeded"}
    assert {one["type"].split(".")[0] for one in all_events(stripe, type="charge.*")} == {"charge"}
    many = {f"types[{number}]": "invoice.paid" if number else "charge.succeeded" for number in range(21)}
    assert listed(stripe, "/v1/events", **many), "the same name twice is one name"
    too_many = {f"types[{number}]": f"kind.{number}" for number in range(21)}
    assert stripe.get("/v1/events", params=too_many).status_code == 400


def test_an_event_s_copy_has_an_older_shape_than_the_object(stripe: httpx.Client) -> None:
    event = next(one for one in all_events(stripe) if one["type"] == "customer.subscription.updated")
    now = stripe.get(f"/v1/subscriptions/{event['data']['object']['id']}").json()
    assert event["api_version"] == OLDER
    assert "current_period_end" in event["data"]["object"]
    assert "current_period_end" not in now
    changed = event["data"]["previous_attributes"]
    assert changed
    assert all(event["data"]["object"][name] != value for name, value in changed.items() if name in now)


def test_the_version_that_is_asked_for_decides_on_the_shape(drawn: Served) -> None:
    key = drawn.connection("stripe")["api_key"]
    address = f"{drawn.address}/stripe/v1/invoices"
    for version, member in ((TODAY, "parent"), (OLDER, "subscription")):
        headers = {"Authorization": f"Bearer {key}", "Stripe-Version": version}
        invoice = drawn.http.get(address, headers=headers, params={"limit": 1}).json()["data"][0]
        assert ("parent" in invoice, "subscription" in invoice) == (member == "parent", member == "subscription")


def test_deleted_objects_leave_the_lists_and_a_stub_or_nothing(drawn: Served, stripe: httpx.Client) -> None:
    drawn.set_clock("2026-06-10T12:00:00Z")
    assert stripe.get("/v1/customers/cus_LfP903").json()["discount"]["source"]["coupon"] == "PARTNER"
    assert stripe.get("/v1/invoices/in_LfD1").json()["status"] == "draft"
    drawn.set_clock("2026-06-26T12:00:00Z")
    for path, kind in (("customers/cus_LfP903", "customer"), ("coupons/SPRING26", "coupon")):
        answer = stripe.get(f"/v1/{path}")
        assert answer.status_code == 200
        assert answer.json() == {"id": path.rpartition("/")[2], "object": kind, "deleted": True}
        assert path.rpartition("/")[2] not in {one["id"] for one in listed(stripe, f"/v1/{path.split('/')[0]}")}
    assert stripe.get("/v1/invoices/in_LfD1").status_code == 404
    told = {one["type"]: one["data"]["object"]["id"] for one in all_events(stripe)}
    assert told["customer.deleted"] == "cus_LfP903"
    assert told["invoice.deleted"] == "in_LfD1"
    # Deleted longer ago than events are kept: only a list of everything shows it.
    assert stripe.get("/v1/customers/cus_LfP901").json()["deleted"] is True
    assert stripe.get("/v1/customers/cus_unheard_of").status_code == 404


def test_what_is_hidden_shows_when_it_is_expanded(stripe: httpx.Client) -> None:
    price = stripe.get("/v1/prices/price_LfStorageGraduated").json()
    assert "tiers" not in price
    grown = stripe.get("/v1/prices/price_LfStorageGraduated", params={"expand[]": "tiers"}).json()
    assert [tier["up_to"] for tier in grown["tiers"]] == [10, 100, None]
    coupon = stripe.get("/v1/coupons/WELCOME100", params={"expand[]": "applies_to"}).json()
    assert coupon["applies_to"]["products"]
    invoice = listed(stripe, "/v1/invoices", status="paid", **{"expand[]": "data.payments"})[0]
    assert [one["invoice"] for one in invoice["payments"]["data"]] == [invoice["id"]]
    assert listed(stripe, "/v1/invoice_payments", invoice=invoice["id"]) == invoice["payments"]["data"]


def reads_of(member: str, held: dict[str, Any]) -> str | None:
    """The id that an event's copy names at one of some places."""
    for way in member.split("|"):
        value: Any = held
        for step in way.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        value = value.get("id") if isinstance(value, dict) else value
        if isinstance(value, str):
            return value
    return None


def test_every_change_of_an_object_is_told_by_an_event_that_its_stream_goes_by() -> None:
    """Week by week through 26 weeks: what looks different, and what the events in between were about."""
    business = world(7)
    things = Things(business)

    def find_at(at: datetime) -> Any:
        def find(resource: str, number: str) -> Any:
            known = things.by_id.get(resource, {}).get(number)
            return known.render(at) if known and known.created_at <= at else None

        return find

    log = EventLog(things, find_at)
    declared = {one.path.removeprefix("/v1/"): one for one in STREAMS["stripe"] if one.events}
    silent: list[str] = []
    at = datetime(2025, 5, 2, 3, tzinfo=UTC)
    before = {resource: look(things, resource, at) for resource in declared}
    for _ in range(26):
        at += timedelta(days=7)
        events = [one for one in log.recent(at) if one["created"] > (at - timedelta(days=7)).timestamp()]
        for resource, stream in declared.items():
            due = {
                reads_of(stream.events[one["type"]], one["data"]["object"])
                for one in events
                if one["type"] in stream.events
            }
            after = look(things, resource, at)
            changed = {
                key for key in before[resource].keys() | after.keys() if before[resource].get(key) != after.get(key)
            }
            if stream.unannounced:
                changed &= before[resource].keys()
            silent += [f"{at} {resource} {key}" for key in changed - due]
            before[resource] = after
    assert silent == []


def look(things: Things, resource: str, at: datetime) -> dict[str, Any]:
    return {one.id: one.render(at) for one in things.by_resource[resource] if one.is_there(at)}


@pytest.mark.parametrize("seed", SEEDS)
def test_fees_of_a_month_are_those_of_the_books_to_the_cent(seed: int) -> None:
    movements, _ = movements_and_payouts(world(seed))
    taken: defaultdict[str, int] = defaultdict(int)
    fees: defaultdict[str, int] = defaultdict(int)
    for one in movements:
        if one.type == "charge":
            month = f"{one.created_at.astimezone(ZONE):%Y-%m}"
            taken[month] += one.amount
            fees[month] += one.fee
    assert len(fees) >= 24
    for month, cents in taken.items():
        assert fees[month] == int((cents * CARD_FEE).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("seed", SEEDS)
def test_payouts_are_the_net_of_their_movements_and_leave_no_movement_out(seed: int) -> None:
    movements, payouts = movements_and_payouts(world(seed))
    by_id = {one.id: one for one in movements}
    assert len(payouts) > 70
    paid_out: Counter[str] = Counter()
    for payout in payouts:
        assert payout.amount == sum(by_id[one].net for one in payout.movement_ids) > 0
        assert all(by_id[one].available_at <= payout.created_at for one in payout.movement_ids)
        paid_out.update(payout.movement_ids)
    assert set(paid_out.values()) == {1}
    waiting = [one for one in movements if one.type != "payout" and one.id not in paid_out]
    assert sum(one.net for one in movements) == sum(one.net for one in waiting)


@pytest.mark.parametrize("seed", SEEDS)
def test_charges_refunds_and_disputes_move_the_balance_by_what_they_say(seed: int) -> None:
    business = world(seed)
    amounts: defaultdict[str, int] = defaultdict(int)
    for one in movements_and_payouts(business)[0]:
        amounts[one.source] += one.amount
    for charge in business.charges:
        assert amounts.get(charge.id) == (charge.amount_cents if charge.succeeded else None)
    for refund in business.refunds:
        assert amounts[refund.id] == -refund.amount_cents
    for dispute in business.commerce.disputes:
        assert amounts[dispute.id] == (0 if dispute.outcome == "won" else -dispute.amount_cents)


@pytest.mark.parametrize("seed", SEEDS)
def test_offers_touch_no_subscription_that_counts(seed: int) -> None:
    """A discount on a running subscription would change what a month's recurring revenue is."""
    business = world(seed)
    trials = {one.id: one.history[1].at for one in business.subscriptions if one.history[0].status == "trialing"}
    sold = {item.price_id for one in business.subscriptions for item in one.items}
    for discount in business.commerce.discounts:
        if discount.subscription_id is not None:
            assert discount.ended_at is not None
            assert discount.ended_at <= trials[discount.subscription_id]
        else:
            assert discount.customer_id not in {one.id for one in business.stripe_customers}
    assert not sold & {one.id for one in business.commerce.tiered_prices}
