"""A world is the same wherever it is drawn, its books balance, and every id it mentions exists."""

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.world import World
from sandbox.world.calendar import starts_at
from tests.sandbox.worlds import SEEDS, world

FINGERPRINT = (
    "import hashlib; from sandbox.world import build; print(hashlib.sha256(repr(build(7)).encode()).hexdigest())"
)


def duplicates(ids: Iterable[object]) -> list[object]:
    seen: set[object] = set()
    return [identity for identity in ids if identity in seen or seen.add(identity)]


def test_another_process_with_another_hash_seed_draws_the_same_world():
    environment = {**os.environ, "PYTHONHASHSEED": "99", "TZ": "Asia/Tokyo"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FINGERPRINT]
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=environment)
    assert other.stdout.strip() == hashlib.sha256(repr(world(7)).encode()).hexdigest()


def test_another_seed_moves_figures_but_no_name_that_a_configuration_mentions():
    first, second = world(7), world(11)
    assert first.postings != second.postings
    assert first.tickets != second.tickets
    assert [client.name for client in first.clients] == [client.name for client in second.clients]
    assert first.client_mapping == second.client_mapping
    assert first.account_rules == second.account_rules
    assert first.accounts == second.accounts


@pytest.mark.parametrize("seed", SEEDS)
def test_every_document_balances_to_the_cent_at_every_instant(seed):
    sums: dict[object, Decimal] = defaultdict(Decimal)
    for posting in world(seed).postings:
        sums[posting.document_kind, posting.document_id, posting.recorded_at, posting.removed_at] += posting.amount
    assert set(sums.values()) == {Decimal(0)}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_amount_is_smaller_than_a_cent_and_none_is_a_float(seed):
    for posting in world(seed).postings:
        assert isinstance(posting.amount, Decimal)
        assert posting.amount == round(posting.amount, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_id_is_given_once(seed):
    drawn = world(seed)
    collections = [
        field.name for field in fields(World) if hasattr(next(iter(tuple_of(drawn, field.name)), None), "id")
    ]
    assert "tickets" in collections
    assert {name: duplicates(row.id for row in tuple_of(drawn, name)) for name in collections} == {
        name: [] for name in collections
    }


def test_one_run_of_ids_serves_all_documents_of_the_books():
    drawn = world(7)
    documents = [*drawn.qbo_invoices, *drawn.qbo_payments, *drawn.qbo_credit_memos]
    assert duplicates(document.id for document in [*documents, *drawn.journal_entries, *drawn.expenses]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_one_entity_says_of_another_exists(seed):
    drawn = world(seed)
    tickets, members = {row.id for row in drawn.tickets}, {row.identifier for row in drawn.staff}
    agreements = {row.id for row in drawn.agreements}
    assert {row.parent_id for row in drawn.tickets} - {None} <= tickets
    assert {row.merged_into_id for row in drawn.tickets} - {None} <= tickets
    assert {row.agreement_id for row in [*drawn.tickets, *drawn.time_entries]} - {None} <= agreements
    assert {row.member for row in drawn.time_entries} <= members
    assert {row.charge_to_id for row in drawn.time_entries if row.charge_to_type == "ServiceTicket"} <= tickets
    assert {row.agreement_id for row in drawn.additions} <= agreements
    assert {row.parent_id for row in drawn.devices} - {None} <= {row.id for row in drawn.devices}
    assert {row.location_id for device in drawn.devices for row in device.history} <= {
        row.id for row in drawn.locations
    }
    assert {row.account_id for row in drawn.postings} <= {row.id for row in drawn.accounts}
    assert {row.customer_id for row in drawn.stripe_invoices} <= {row.id for row in drawn.stripe_customers}
    assert {row.customer_id for row in drawn.qbo_invoices} <= {row.id for row in drawn.qbo_customers}
    assert {row.invoice_id for row in drawn.charges} <= {row.id for row in drawn.stripe_invoices}
    assert {row.charge_id for row in drawn.refunds} <= {row.id for row in drawn.charges}
    prices = {row.id for row in drawn.stripe_prices}
    assert {item.price_id for row in drawn.subscriptions for item in row.items} <= prices
    assert {line.price_id for row in drawn.stripe_invoices for line in row.lines} - {None} <= prices


@pytest.mark.parametrize("seed", SEEDS)
def test_every_history_runs_forward_and_begins_with_its_entity(seed):
    drawn = world(seed)
    for ticket in drawn.tickets:
        instants = [state.at for state in ticket.history]
        assert instants[0] == ticket.entered_at
        assert instants == sorted(set(instants))
    for device in drawn.devices:
        instants = [state.at for state in device.history]
        assert instants[0] == device.created_at
        assert instants == sorted(instants)
        assert device.retired_at is None or instants[-1] < device.retired_at
    for entry in drawn.time_entries:
        instants = [state.at for state in entry.history]
        assert instants[0] == entry.entered_at
        assert instants == sorted(instants)
    for subscription in drawn.subscriptions:
        instants = [state.at for state in subscription.history]
        assert instants == sorted(instants)


@pytest.mark.parametrize("seed", SEEDS)
def test_instants_are_whole_seconds_because_the_vendors_send_no_more(seed):
    drawn = world(seed)
    assert not [row for row in drawn.tickets for state in row.history if state.at.microsecond]
    assert not [row for row in drawn.time_entries if row.entered_at.microsecond or row.started_at.microsecond]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_device_comes_goes_or_changes_where_a_month_end_reading_could_miss_it(seed):
    """A reading may be taken at any hour of the last day; what moves then would depend on the hour."""
    drawn = world(seed)
    for device in drawn.devices:
        moves = [device.retired_at, *(state.at for state in device.history)]
        for move in (instant for instant in moves if instant and instant >= starts_at("2024-07")):
            period = next(period for period in reversed(drawn.periods) if starts_at(period) <= move)
            last = next(end for end in map(starts_at, (*drawn.periods[1:], "2026-08")) if end > starts_at(period))
            assert (last - move).total_seconds() > 24 * 3600, device


def tuple_of(drawn: World, name: str) -> tuple:
    value = getattr(drawn, name)
    return value if isinstance(value, tuple) else ()
