"""Stripe read by its events, day after day, holds what a fresh read of everything would: streams, deletions, gaps."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from extractors import STREAMS, Stream
from extractors.core.certificate import Certificate
from extractors.core.reading import Reading
from extractors.core.window import Window
from tests.extractors.vendors import Vendors

CLOCKS = tuple(
    datetime(*when, tzinfo=UTC)
    for when in (
        (2025, 6, 24, 17, 0),
        (2025, 7, 3, 8, 0),  # prices were raised: items of the old ones are taken off their subscriptions
        (2026, 4, 1, 15, 0),  # the second in which all subscriptions renew
        (2026, 4, 1, 15, 30),
        (2026, 4, 1, 16, 2),
        (2026, 4, 13, 3, 0),
        (2026, 5, 28, 9, 0),  # 45 days on: the events do not reach back that far
        (2026, 6, 11, 20, 0),
        (2026, 7, 6, 14, 0),
        (2026, 7, 19, 12, 0),
    )
)
FORGETS = {"events"}


@dataclass
class Held:
    """What a raw table would hold of one stream, by the rules of the loader."""

    stream: Stream
    rows: dict[str, bytes] = field(default_factory=dict)
    watermark: datetime | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)

    def window(self, as_of: datetime) -> Window:
        reach = self.stream.feed_reach
        if self.watermark is None or (reach and as_of - self.watermark > reach):
            return Window("all")
        return Window("changes", since=self.watermark)

    def take(self, reading: Reading, window: Window, as_of: datetime) -> Certificate:
        """Apply the pages in their order."""
        seen: set[str] = set()
        for page in reading:
            given = {record.record_id: record.body for record in page.records}
            self.rows |= given
            seen |= given.keys()
            for record_id in page.deletions:
                self._forget(record_id)
            for record_id, body in list(self.rows.items()):
                if self.stream.parent_field is None or record_id in given:
                    continue
                if msgspec.json.decode(body)[self.stream.parent_field] in page.families:
                    self._forget(record_id)
        if reading.certificate.is_complete_set:
            for record_id in self.rows.keys() - seen:
                self._forget(record_id)
        self.watermark = as_of - self.stream.overlap
        self.kinds[window.kind] += 1
        return reading.certificate

    def _forget(self, record_id: str) -> None:
        if self.rows.pop(record_id, None) is not None:
            self.gone.add(record_id)


@dataclass
class Life:
    """A stream read at each clock both ways, and what either cost."""

    held: Held
    differences: list[str] = field(default_factory=list)
    requests: list[tuple[str, int, int]] = field(default_factory=list)


@pytest.fixture(scope="module")
def clock(sandbox: str) -> Iterator[Any]:
    def set_to(now: datetime) -> None:
        httpx.put(f"{sandbox}/_sandbox/clock", json={"now": now.isoformat()}).raise_for_status()

    yield set_to
    httpx.delete(f"{sandbox}/_sandbox/clock").raise_for_status()


@pytest.fixture(scope="module")
def lives(clock: Any, stores: Any) -> dict[str, Life]:
    """All streams at all clocks."""
    found = {one.name: Life(Held(one)) for one in STREAMS["stripe"]}
    for now in CLOCKS:
        clock(now)
        vendors = Vendors(stores, now)
        with vendors.open("stripe") as session:
            for name, life in found.items():
                held, window = life.held, life.held.window(now)
                with session.read(held.stream, window) as reading:
                    spent = held.take(reading, window, now)
                records, fresh = vendors.read(held.stream, Window("all"))
                expected = {record.record_id: record.body for record in records}
                have = {one: held.rows[one] for one in expected if one in held.rows} if name in FORGETS else held.rows
                life.differences += [
                    f"{now} {one}" for one in expected.keys() | have.keys() if expected.get(one) != have.get(one)
                ]
                life.requests.append((window.kind, spent.requests, fresh.requests))
    return found


@pytest.mark.parametrize("name", [one.name for one in STREAMS["stripe"]])
def test_changes_taken_one_after_the_other_make_what_is_there_now(lives: dict[str, Life], name: str) -> None:
    life = lives[name]
    assert life.differences == []
    assert life.held.rows
    assert life.held.kinds["changes"] >= len(CLOCKS) - 3


def test_after_a_gap_that_events_do_not_cover_everything_is_read(lives: dict[str, Life]) -> None:
    assert {name for name, life in lives.items() if life.held.kinds["all"] == 3} == {
        one.name for one in STREAMS["stripe"] if one.feed_reach
    }


def test_what_was_deleted_is_noticed_whether_by_a_stub_or_by_its_event_alone(lives: dict[str, Life]) -> None:
    items = lives["subscription_items"].held.gone  # those of prices that were raised: too many to name
    assert len(items) > 10
    assert {name: life.held.gone for name, life in lives.items() if life.held.gone} == {
        "customers": {"cus_LfP902", "cus_LfP903"},
        "coupons": {"SPRING26"},
        "invoices": {"in_LfD1"},
        "invoice_lines": {"il_LfD1"},
        "subscription_items": items,
    }


def test_quiet_hours_cost_one_request_a_stream(lives: dict[str, Life]) -> None:
    half_an_hour = CLOCKS.index(datetime(2026, 4, 1, 15, 30, tzinfo=UTC))
    quiet = {name: life.requests[half_an_hour][1] for name, life in lives.items() if name in ("products", "payouts")}
    assert quiet == {"products": 1, "payouts": 1}


def test_an_event_s_own_copy_is_never_taken(lives: dict[str, Life]) -> None:
    """The sandbox's events are in the shape of 2023: periods on the subscription, no parent on the invoice."""
    for name, member in (("subscriptions", b'"current_period_end"'), ("invoices", b'"paid_out_of_band"')):
        for body in lives[name].held.rows.values():
            top = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            assert member.strip(b'"').decode() not in top


def test_secrets_of_payment_intents_are_not_kept_even_inside_events(lives: dict[str, Life]) -> None:
    for name in ("payment_intents", "checkout_sessions", "events"):
        assert not any(b'"client_secret"' in body for body in lives[name].held.rows.values())
    intents = [one for one in lives["events"].held.rows.values() if b'"type":"payment_intent.created"' in one]
    assert intents, "or nothing was looked at"


def test_tiers_of_prices_and_products_of_coupons_are_there(lives: dict[str, Life]) -> None:
    prices = lives["prices"].held.rows
    assert [tier["up_to"] for tier in msgspec.json.decode(prices["price_LfStorageVolume"])["tiers"]] == [10, 100, None]
    assert msgspec.json.decode(lives["coupons"].held.rows["WELCOME100"])["applies_to"]["products"]


def test_a_payout_is_the_sum_of_the_movements_in_it(lives: dict[str, Life], sandbox: str, stores: Any) -> None:
    movements = {one: msgspec.json.decode(body) for one, body in lives["balance_transactions"].held.rows.items()}
    key = stores["stripe"].connection
    headers = {"Authorization": f"Bearer {key['api_key']}", "Stripe-Version": "2026-10-28.endive"}
    for payout_id, body in sorted(lives["payouts"].held.rows.items())[-3:]:
        asked = {"payout": payout_id, "limit": "100"}
        answer = httpx.get(f"{key['base_url']}/v1/balance_transactions", params=asked, headers=headers).json()
        inside = [movements[row["id"]] for row in answer["data"] if row["type"] != "payout"]
        assert sum(row["net"] for row in inside) == msgspec.json.decode(body)["amount"]


def test_every_payment_links_a_charge_to_its_invoice(lives: dict[str, Life]) -> None:
    payments = [msgspec.json.decode(body) for body in lives["invoice_payments"].held.rows.values()]
    intended = {one["payment"]["payment_intent"]: one for one in payments}
    charges = [msgspec.json.decode(body) for body in lives["charges"].held.rows.values()]
    assert charges
    for charge in charges:
        payment = intended[charge["payment_intent"]]
        assert payment["invoice"] in lives["invoices"].held.rows
        assert payment["amount_requested"] == charge["amount"]
        assert (payment["status"] == "paid") or not charge["paid"]


def test_the_feed_is_not_trusted_for_all_of_its_thirty_days() -> None:
    assert all(one.feed_reach < timedelta(days=30) for one in STREAMS["stripe"] if one.feed_reach)
