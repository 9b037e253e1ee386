"""The truth of a world: which months it speaks of, how its parts add up, and how it follows the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import sandbox.truth
from sandbox.truth import client_inputs, monthly_inputs, smartnumbers
from sandbox.truth.money import metric_of
from sandbox.truth.monthly import INPUTS
from sandbox.truth.operations import agreements_in_force, devices_managed, hours_spent, tickets_closed, tickets_created
from sandbox.world import World
from sandbox.world.calendar import DEFAULT_NOW, starts_at
from sandbox.world.entities import DeviceState, TicketState
from tests.sandbox.worlds import SEEDS, world

OPERATIONS = ("reactive_tickets_created", "reactive_tickets_closed", "reactive_time_spent", "endpoints_managed",
              "seats_managed", "agreements")  # fmt: skip


@cache
def truth(seed: int) -> dict[str, dict[str, Decimal | None]]:
    return monthly_inputs(world(seed), DEFAULT_NOW)


def sums(amounts: dict[tuple[str, str], Decimal], period: str) -> Decimal:
    """What was counted in a month, all clients together."""
    return sum((amount for key, amount in amounts.items() if key[0] == period), Decimal(0))


def only(drawn: World, **changes: tuple) -> World:
    """The world with some of its lists replaced."""
    return replace(drawn, **changes)


def test_it_speaks_of_the_24_months_and_8_quarters_that_are_over():
    months = truth(7)
    assert list(months) == list(world(7).periods[:-1])
    assert len(INPUTS) == 27
    assert len(smartnumbers(world(7), DEFAULT_NOW)) == 8


def test_a_month_counts_from_the_instant_it_is_over_in_the_zone_of_the_business():
    end = starts_at("2025-03")
    assert "2025-02" not in monthly_inputs(world(7), end - timedelta(seconds=1))
    assert "2025-02" in monthly_inputs(world(7), end)


@pytest.mark.parametrize("seed", SEEDS)
def test_clients_add_up_to_the_whole(seed):
    whole, parts = truth(seed), client_inputs(world(seed), DEFAULT_NOW)
    for period, figures in whole.items():
        for metric in OPERATIONS:
            assert figures[metric] == sum(client[metric] or 0 for client in parts[period].values())


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_figure_nobody_wrote_down_is_missing(seed):
    months = truth(seed)
    missing = [(period, metric) for period, month in months.items() for metric, value in month.items() if value is None]
    assert missing == [("2024-09", "telemarketing_dials")]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_profit_is_the_books_profit_with_uncategorized_expenses_put_back(seed):
    """Whatever the mapping does in between, nothing may get lost on the way from the ledger to the profit."""
    drawn = world(seed)
    groups = {account.id: account.report_group for account in drawn.accounts}
    for period, month in truth(seed).items():
        net = -sum(
            posting.amount
            for posting in drawn.postings
            if groups[posting.account_id]
            and f"{posting.transaction_date:%Y-%m}" == period
            and posting.stands_at(DEFAULT_NOW)
        )
        assert month["net_profit"] == net + month["uncategorized_expenses"]


def test_every_reported_account_is_mapped_and_the_exception_before_its_family():
    drawn = world(7)
    metrics = {row.full_name: metric_of(row, drawn.account_rules) for row in drawn.accounts if row.report_group}
    assert None not in metrics.values()
    assert metrics["Managed Services"] == "mrr"
    assert metrics["Managed Services:Per-Seat Support"] == "mrr"
    assert metrics["Managed Services:Out-of-Scope Labor"] == "nrr"
    assert metrics["6999 Uncategorized Expense"] == "uncategorized_expenses"


@pytest.mark.parametrize("seed", SEEDS)
def test_work_by_the_hour_loses_money_once_and_a_backlog_is_closed_once(seed):
    months, quarters = truth(seed), smartnumbers(world(seed), DEFAULT_NOW)
    assert [period for period, month in months.items() if month["nrr"] < 0] == ["2025-01"]
    assert [quarter for quarter, numbers in quarters.items() if numbers["total_close_pct"] > 1] == ["2025-Q4"]
    assert quarters["2026-Q2"]["net_mrr_gain"] < 0
    assert quarters["2024-Q4"]["dials_per_appointment"] is None


def test_a_late_bill_changes_a_month_that_was_over():
    before, after = (monthly_inputs(world(7), DEFAULT_NOW + timedelta(days=days))["2026-06"] for days in (0, 5))
    assert before["total_expenses_qb"] < after["total_expenses_qb"]
    assert before["nrr"] < after["nrr"]


def one_ticket(drawn: World, *states: tuple[str, str], **changes: object) -> World:
    """A world of one ticket of June 2026, entered on the 2nd, with states a day apart: (board, status)."""
    statuses = {(row.board_id, row.name): row.id for row in drawn.board_statuses}
    boards = {row.name: row.id for row in drawn.boards}
    entered = datetime(2026, 6, 2, 15, tzinfo=UTC)
    history = tuple(
        TicketState(entered + timedelta(days=index), boards[board], statuses[boards[board], status], None)
        for index, (board, status) in enumerate(states)
    )
    ticket = replace(drawn.tickets[0], entered_at=entered, parent_id=None, deleted_at=None, history=history, **changes)
    return only(drawn, tickets=(ticket,), time_entries=())


def counts(drawn: World, now: datetime = DEFAULT_NOW, period: str = "2026-06") -> tuple[Decimal, Decimal]:
    created, closed = (sums(counted(drawn, now), period) for counted in (tickets_created, tickets_closed))
    return created, closed


DESK, NEW, CLOSED = "Help Desk", ("Help Desk", "New"), ("Help Desk", ">Closed")


@pytest.mark.parametrize(("states", "expected"), [
    ([NEW, CLOSED], (1, 1)),
    ([NEW], (1, 0)),
    ([NEW, (DESK, "Completed")], (1, 0)),
    ([NEW, (DESK, "Resolved")], (1, 0)),
    ([NEW, CLOSED, (DESK, "Re-Opened")], (1, 0)),
    ([("Alerts", "New"), NEW, CLOSED], (1, 1)),
    ([NEW, CLOSED, ("Projects", ">Closed")], (0, 0)),
])  # fmt: skip
def test_a_ticket_counts_where_it_stands_now(states, expected):
    assert counts(one_ticket(world(7), *states)) == expected


def test_a_child_and_a_deleted_ticket_do_not_count():
    drawn = one_ticket(world(7), NEW, CLOSED)
    child = replace(drawn.tickets[0], parent_id=1)
    deleted = replace(drawn.tickets[0], deleted_at=DEFAULT_NOW)
    assert counts(only(drawn, tickets=(child,))) == (0, 0)
    assert counts(only(drawn, tickets=(deleted,))) == (0, 0)
    assert counts(only(drawn, tickets=(deleted,)), DEFAULT_NOW - timedelta(hours=1)) == (1, 1)


def test_a_ticket_closed_again_closes_in_the_later_month():
    drawn = one_ticket(world(7), NEW, CLOSED, (DESK, "Re-Opened"))
    again = replace(drawn.tickets[0].history[1], at=datetime(2026, 7, 1, 5, tzinfo=UTC))
    ticket = replace(drawn.tickets[0], history=(*drawn.tickets[0].history, again))
    assert counts(only(drawn, tickets=(ticket,)), datetime(2026, 8, 1, 12, tzinfo=UTC)) == (1, 0)
    assert counts(only(drawn, tickets=(ticket,)), datetime(2026, 8, 1, 12, tzinfo=UTC), "2026-07") == (0, 1)


def test_the_first_instant_belongs_to_the_month_and_the_second_before_it_to_the_last():
    drawn = world(7)
    for instant, expected in ((starts_at("2025-11"), (0, 1)), (starts_at("2025-11") - timedelta(seconds=1), (1, 0))):
        state = replace(one_ticket(drawn, NEW).tickets[0].history[0], at=instant)
        ticket = replace(one_ticket(drawn, NEW).tickets[0], entered_at=instant, history=(state,))
        alone = only(drawn, tickets=(ticket,), time_entries=())
        created = [counts(alone, period=period)[0] for period in ("2025-10", "2025-11")]
        assert tuple(created) == expected


def hours(drawn: World, period: str = "2026-06") -> Decimal:
    return sums(hours_spent(drawn, DEFAULT_NOW), period)


def test_hours_count_by_entry_on_tickets_of_the_desk_children_included():
    drawn = one_ticket(world(7), NEW, CLOSED)
    ticket = replace(drawn.tickets[0], parent_id=1)
    template = next(row for row in world(7).time_entries if row.charge_to_type == "ServiceTicket")
    entered = datetime(2026, 6, 30, 23, tzinfo=UTC)
    states = tuple(replace(state, at=entered, hours=Decimal("1.25")) for state in template.history[:1])
    entry = replace(template, charge_to_id=ticket.id, entered_at=entered, deleted_at=None, history=states)
    assert hours(only(drawn, tickets=(ticket,), time_entries=(entry,))) == Decimal("1.25")
    for change in ({"charge_to_type": "Activity"}, {"charge_to_id": ticket.id + 1}, {"deleted_at": entered}):
        assert hours(only(drawn, tickets=(ticket,), time_entries=(replace(entry, **change),))) == 0


def fleet_of(drawn: World, **changes: object) -> tuple[Decimal, Decimal]:
    """Endpoints and seats of June 2026 of a fleet of one ordinary workstation, changed."""
    client = next(client for client in drawn.clients if client.key == "tarnwick")
    device = next(
        row for row in drawn.devices if row.client_key == "tarnwick" and row.node_class == "WINDOWS_WORKSTATION"
    )
    site = next(row for row in drawn.locations if row.organization_id == client.ninjaone.number).id
    state = DeviceState(device.created_at, "TARN-WS-01", site)
    plain = replace(device, device_type=None, retired_at=None, history=(state,))
    alone = only(drawn, devices=(replace(plain, **changes),))
    endpoints, seats = (sums(counted, "2026-06") for counted in devices_managed(alone, DEFAULT_NOW))
    return endpoints, seats


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, (1, 1)),
    ({"node_class": "MAC"}, (1, 1)),
    ({"node_class": "WINDOWS_SERVER"}, (1, 0)),
    ({"node_class": "LINUX_SERVER"}, (1, 0)),
    ({"node_class": "VMWARE_VM_HOST"}, (1, 0)),
    ({"node_class": "NMS_SWITCH"}, (1, 0)),
    ({"node_class": "VMWARE_VM_GUEST"}, (0, 0)),
    ({"node_class": "HYPERV_VMM_GUEST"}, (0, 0)),
    ({"device_type": "VMGuest", "node_class": "WINDOWS_SERVER"}, (0, 0)),
    ({"retired_at": datetime(2026, 6, 12, tzinfo=UTC)}, (0, 0)),
    ({"retired_at": datetime(2026, 7, 2, tzinfo=UTC)}, (1, 1)),
])  # fmt: skip
def test_a_device_is_an_endpoint_a_seat_or_neither(changes, expected):
    assert fleet_of(world(7), **changes) == expected


def test_a_spare_is_neither_by_its_name_or_by_its_place():
    drawn = world(7)
    device = drawn.devices[0]
    pool = next(row.id for row in drawn.locations if "spare" in row.name.lower())
    site = next(row.id for row in drawn.locations if "spare" not in row.name.lower())
    for state in (DeviceState(device.created_at, "Old SPARE", site), DeviceState(device.created_at, None, pool)):
        assert fleet_of(drawn, history=(state,)) == (0, 0)


def test_an_excluded_organization_has_no_endpoints():
    own = next(client for client in world(7).clients if client.kind == "own")
    assert fleet_of(world(7), organization_id=own.ninjaone.number) == (0, 0)


def test_an_agreement_is_in_force_on_its_last_day_and_no_longer_on_the_day_of_cancelling():
    drawn = world(7)

    def in_force(**changes: object) -> Decimal:
        plain = replace(
            drawn.agreements[0], end_date=None, cancelled_date=None, ended_recorded_at=drawn.agreements[0].created_at
        )
        alone = only(drawn, agreements=(replace(plain, **changes),))
        return sums(agreements_in_force(alone, DEFAULT_NOW), "2026-06")

    day = datetime(2026, 6, 30, tzinfo=UTC).date()
    assert in_force() == 1
    assert in_force(start_date=day) == 1
    assert in_force(start_date=day + timedelta(days=1)) == 0
    assert in_force(end_date=day) == 1
    assert in_force(end_date=day - timedelta(days=1)) == 0
    assert in_force(cancelled_date=day) == 0
    assert in_force(cancelled_date=day + timedelta(days=1)) == 1
    assert in_force(cancelled_date=day, ended_recorded_at=DEFAULT_NOW + timedelta(days=1)) == 1
    assert in_force(type_id=13) == 0


def test_it_imports_nothing_of_the_pipeline_and_nothing_of_the_vendors():
    for file in Path(sandbox.truth.__file__).parent.glob("*.py"):
        imports = [line for line in file.read_text().splitlines() if line.startswith(("from ", "import "))]
        ours = [line for line in imports if "sandbox" in line]
        assert not [line for line in imports if any(name in line for name in ("warehouse", "extractors", "reports"))]
        # An application and a dealer have no vendor between their world and their tables: both are drawn in one place.
        worlds = ("sandbox.truth", "sandbox.world", "sandbox.opsdb")
        assert all(any(name in line for name in worlds) for line in ours), file
