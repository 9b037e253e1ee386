"""The four vendors tell of one business: the same clients, the same quantities, the same money."""

import re
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from sandbox.world.calendar import starts_at
from tests.sandbox.worlds import SEEDS, world

SEAT_ITEMS = ("Managed Seat Essential", "Managed Seat Complete", "Managed Seat Regulated")


def plain(name: str) -> str:
    """A name without case, punctuation and legal form: what a careful reader sees through unaided."""
    words = re.sub(r"[^a-z0-9& ]", " ", re.sub(r"[.']", "", name.casefold())).split()
    while words[-1] in ("inc", "llc", "corp"):
        words.pop()
    return " ".join(words)


def test_every_name_of_a_client_is_its_own_name_respelled_or_is_mapped():
    drawn = world(7)
    mapped = {(row.source, row.source_key): row.client_name for row in drawn.client_mapping}
    for client in drawn.clients:
        for source in ("ninjaone", "connectwise", "stripe", "quickbooks"):
            presence = getattr(client, source)
            if presence is not None:
                known_as = mapped.pop((source, presence.name), None)
                assert (known_as or client.name) == client.name
                assert known_as is not None or plain(presence.name) == plain(client.name)
    assert mapped == {}, "a mapping names a record that no vendor has"


def test_some_names_need_the_mapping():
    drawn = world(7)
    names = {row.client_name for row in drawn.client_mapping}
    assert len([row for row in drawn.client_mapping if plain(row.source_key) != plain(row.client_name)]) >= 7
    assert names <= {client.name for client in drawn.clients}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_billed_seats_are_the_workstations_in_place_when_they_were_counted(seed):
    drawn = world(seed)
    clock = starts_at("2026-03").replace(hour=15)
    for subscription in drawn.subscriptions:
        for item in subscription.items:
            quantity = item.quantity_at(clock)
            if not quantity or not re.search("Essential|Complete|Regulated", item.price_id):
                continue
            key = next(row.client_key for row in drawn.stripe_customers if row.id == subscription.customer_id)
            present = [
                device
                for device in drawn.devices
                if device.client_key == key
                and device.listed_at(clock)
                and device.node_class in ("WINDOWS_WORKSTATION", "MAC", "LINUX_WORKSTATION")
                and "spare" not in (device.state_at(clock).display_name or "").lower()
            ]
            assert quantity == len(present)


@pytest.mark.parametrize("seed", SEEDS)
def test_agreement_additions_bill_what_the_subscription_bills(seed):
    drawn = world(seed)
    clock = starts_at("2026-06").replace(hour=16)
    on_cards: dict[str, Counter] = defaultdict(Counter)
    for subscription in drawn.subscriptions:
        for item in subscription.items:
            key = next(row.client_key for row in drawn.stripe_customers if row.id == subscription.customer_id)
            cents = next(price.unit_amount_cents for price in drawn.stripe_prices if price.id == item.price_id)
            on_cards[key][cents] += item.quantity_at(clock) or 0
    in_psa: dict[str, Counter] = defaultdict(Counter)
    for addition in drawn.additions:
        agreement = next(row for row in drawn.agreements if row.id == addition.agreement_id)
        gone = addition.cancelled_recorded_at is not None and addition.cancelled_recorded_at <= clock
        if not gone and (quantity := addition.quantity_at(clock)):
            in_psa[agreement.client_key][int(addition.unit_price * 100)] += int(quantity)
    both = [client.key for client in drawn.clients if client.connectwise and client.stripe and client.key in in_psa]
    assert len(both) >= 8
    for key in both:
        assert {cents: count for cents, count in on_cards[key].items() if cents in in_psa[key]} == dict(in_psa[key])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_finalized_card_invoice_is_in_the_books_with_the_same_total(seed):
    drawn = world(seed)
    copies = {invoice.stripe_invoice_id: invoice for invoice in drawn.qbo_invoices if invoice.stripe_invoice_id}
    finalized = [row for row in drawn.stripe_invoices if any(state.status == "open" for state in row.history)]
    assert {invoice.id for invoice in finalized} == set(copies)
    for invoice in finalized:
        assert copies[invoice.id].total == Decimal(invoice.total_cents) / 100
        assert (copies[invoice.id].voided_at is None) == all(state.status != "void" for state in invoice.history)


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_multiply_out_as_the_vendors_insist(seed):
    for document in [*world(seed).qbo_invoices, *world(seed).qbo_credit_memos]:
        for line in document.lines:
            assert abs(line.quantity * line.unit_price - line.amount) < Decimal("0.005")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_is_served_only_while_it_is_a_client(seed):
    drawn = world(seed)
    clients = {client.key: client for client in drawn.clients}
    lost = clients["dunmarrow"]
    assert not [row for row in drawn.tickets if row.client_key == "dunmarrow" and row.entered_at.date() > lost.lost_on]
    assert not [row for row in drawn.devices if row.client_key == "dunmarrow" and row.listed_at(starts_at("2026-06"))]
    won = clients["ironpetal"].won_on
    assert not [row for row in drawn.tickets if row.client_key == "ironpetal" and row.entered_at.date() < won]
    assert not [row for row in drawn.devices if row.client_key == "ironpetal" and row.created_at.date() < won]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_business_looks_healthy(seed):
    drawn = world(seed)
    accounts = {account.id: account.report_group for account in drawn.accounts}
    money: dict[str, Decimal] = defaultdict(Decimal)
    for posting in drawn.postings:
        if accounts[posting.account_id] and posting.transaction_date.year == 2025:
            money[accounts[posting.account_id]] -= posting.amount
    revenue = money["Income"] + money["OtherIncome"]
    assert Decimal(2_200_000) < revenue < Decimal(3_000_000)
    assert Decimal("0.05") < sum(money.values()) / revenue < Decimal("0.20")
    banks = [posting.amount for posting in drawn.postings if posting.account_id in ("1", "2")]
    assert sum(banks) > 0
