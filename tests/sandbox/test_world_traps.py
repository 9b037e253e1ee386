"""Each trap that the world sets for a careless count is really there, whatever the seed."""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.world import World
from sandbox.world.calendar import DEFAULT_NOW, following, last_day, starts_at
from tests.sandbox.worlds import SEEDS
from tests.sandbox.worlds import world as drawn_world

HELP_DESK = 1
CLOCK_CHANGES = ("2024-11", "2025-03", "2025-11", "2026-03")


@pytest.fixture(params=SEEDS)
def world(request: pytest.FixtureRequest) -> World:
    return drawn_world(request.param)


def status_names(world: World) -> dict[int, str]:
    return {status.id: status.name for status in world.board_statuses}


def boards_of(ticket) -> list[int]:
    return [state.board_id for state in ticket.history]


def test_clients_are_missing_in_each_system(world):
    clients = [client for client in world.clients if client.kind == "client"]
    for source in ("ninjaone", "connectwise", "stripe", "quickbooks"):
        assert [client for client in clients if getattr(client, source) is None], source


def test_companies_exist_that_only_one_system_knows(world):
    strangers = Counter(client.kind for client in world.clients)
    assert strangers["prospect"] >= 1
    assert strangers["buyer"] >= 2


def test_one_client_is_lost_and_one_won_within_the_two_years(world):
    assert [client.key for client in world.clients if client.lost_on] == ["dunmarrow"]
    assert [client.key for client in world.clients if client.won_on >= last_day("2024-07")] == ["ironpetal"]


def test_about_six_hundred_devices_count_and_more_than_that_are_listed(world):
    clock = starts_at("2026-07") - timedelta(seconds=1)
    assert 660 < len([device for device in world.devices if device.listed_at(clock)]) < 760


def test_there_are_devices_of_every_kind_that_a_count_can_get_wrong(world):
    clock = starts_at("2026-07") - timedelta(seconds=1)
    classes = Counter(device.node_class for device in world.devices if device.listed_at(clock))
    for node_class in ("VMWARE_VM_GUEST", "HYPERV_VMM_GUEST", "VMWARE_VM_HOST", "HYPERV_VMM_HOST", "LINUX_SERVER",
                       "NMS_SWITCH", "NMS_FIREWALL", "CLOUD_MONITOR_TARGET", "MAC", "LINUX_WORKSTATION"):  # fmt: skip
        assert classes[node_class], node_class


def test_a_guest_is_known_by_its_device_type_alone(world):
    guests = [device for device in world.devices if (device.device_type or "").lower() == "vmguest"]
    assert [device for device in guests if device.node_class == "WINDOWS_SERVER"]
    assert all(device.parent_id for device in guests)


def test_spares_are_known_by_name_by_place_or_by_both(world):
    places = {location.id: location.name.lower() for location in world.locations}
    kinds = Counter()
    for device in world.devices:
        state = device.history[-1]
        kinds["spare" in (state.display_name or "").lower(), "spare" in places[state.location_id]] += 1
    assert kinds[True, False]
    assert kinds[False, True]
    assert kinds[True, True]


def test_a_workstation_is_a_spare_for_some_months_only(world):
    names = [[(state.display_name or "").lower() for state in device.history] for device in world.devices]
    assert [name for name in names if len(name) == 3 and "spare" in name[1] and "spare" not in name[2]]


def test_an_excluded_organization_has_a_spare_and_guests_so_that_nothing_is_subtracted_twice(world):
    own = [device for device in world.devices if device.client_key in ("lanternfield", "internal")]
    assert [device for device in own if "spare" in (device.history[-1].display_name or "").lower()]
    assert [device for device in own if device.node_class == "VMWARE_VM_GUEST"]


def test_devices_come_and_go_within_a_month(world):
    retired = [device for device in world.devices if device.retired_at and device.retired_at > starts_at("2024-07")]
    assert len(retired) > 100


def test_tickets_are_entered_and_closed_at_the_first_instant_and_in_the_last_second_of_every_month(world):
    entered = {ticket.entered_at for ticket in world.tickets}
    changed = {state.at for ticket in world.tickets for state in ticket.history[1:]}
    booked = {entry.entered_at for entry in world.time_entries}
    for period in world.periods[:-1]:
        first, last = starts_at(period), starts_at(following(period)) - timedelta(seconds=1)
        for instants in (entered, changed, booked):
            assert {first, last} <= instants, period


def test_the_months_of_the_clock_changes_begin_and_end_at_different_hours_of_utc(world):
    for period in CLOCK_CHANGES:
        assert starts_at(period).hour != starts_at(following(period)).hour


def test_children_are_numerous_and_have_time_on_them(world):
    children = {ticket.id for ticket in world.tickets if ticket.parent_id}
    assert len(children) > 150
    assert [entry for entry in world.time_entries if entry.charge_to_id in children]


def test_tickets_wander_from_board_to_board_across_month_ends(world):
    to_desk = [ticket for ticket in world.tickets if boards_of(ticket)[0] == 3 and boards_of(ticket)[-1] == HELP_DESK]
    away = [ticket for ticket in world.tickets if boards_of(ticket)[0] == HELP_DESK and boards_of(ticket)[-1] == 2]
    assert len(to_desk) > 50
    assert len(away) > 50
    assert [ticket for ticket in away if f"{ticket.history[-1].at:%Y-%m}" > f"{ticket.entered_at:%Y-%m}"]


def test_some_tickets_are_done_in_ways_that_do_not_count(world):
    names = status_names(world)
    last = Counter(
        names[ticket.history[-1].status_id] for ticket in world.tickets if boards_of(ticket)[-1] == HELP_DESK
    )
    for name in ("Resolved", "Completed", ">Closed", ">Closed - No response", "Closed"):
        assert last[name] > 5, name


def test_tickets_are_reopened_merged_deleted_and_of_no_company(world):
    names = status_names(world)
    assert [ticket for ticket in world.tickets if "Re-Opened" in [names[state.status_id] for state in ticket.history]]
    assert [ticket for ticket in world.tickets if ticket.merged_into_id]
    assert [ticket for ticket in world.tickets if ticket.deleted_at and ticket.deleted_at < DEFAULT_NOW]
    assert [ticket for ticket in world.tickets if ticket.client_key is None and boards_of(ticket)[-1] == HELP_DESK]


def test_a_ticket_from_before_the_first_month_is_closed_within_it(world):
    early = [ticket for ticket in world.tickets if ticket.entered_at < starts_at("2024-07")]
    assert [ticket for ticket in early if starts_at("2024-07") <= ticket.history[-1].at < starts_at("2024-08")]


def test_reactive_tickets_are_two_to_four_hundred_a_month_and_entries_one_or_two_a_ticket(world):
    desk = [ticket for ticket in world.tickets if boards_of(ticket)[-1] == HELP_DESK and ticket.parent_id is None]
    months = Counter(f"{ticket.entered_at:%Y-%m}" for ticket in desk if starts_at("2024-07") <= ticket.entered_at)
    assert all(200 < months[period] < 400 for period in world.periods[:-1])
    assert 1.2 < len(world.time_entries) / len(world.tickets) < 1.8


def test_time_is_entered_in_a_later_month_than_worked_corrected_and_deleted(world):
    entries = world.time_entries
    assert [row for row in entries if f"{row.entered_at:%Y-%m}" > f"{row.started_at:%Y-%m}"]
    assert [row for row in entries if row.history[0].hours != row.history[-1].hours]
    assert [row for row in entries if row.deleted_at and row.deleted_at < DEFAULT_NOW]


def test_time_is_charged_to_other_things_whose_id_is_that_of_a_ticket(world):
    kinds = Counter(entry.charge_to_type for entry in world.time_entries)
    assert all(kinds[kind] for kind in ("ServiceTicket", "ProjectTicket", "Company", "ChargeCode", "Activity"))
    desk = {ticket.id for ticket in world.tickets if boards_of(ticket)[-1] == HELP_DESK}
    assert [row for row in world.time_entries if row.charge_to_type == "Activity" and row.charge_to_id in desk]


def test_agreements_begin_and_end_where_a_count_on_the_last_day_goes_wrong(world):
    assert [row for row in world.agreements if row.end_date == last_day("2025-08")]
    assert [row for row in world.agreements if row.start_date == last_day("2025-11")]
    assert [row for row in world.agreements if row.cancelled_date and row.cancelled_date.day not in (1, 28, 30, 31)]
    assert [row for row in world.agreements if row.created_at.date() > row.start_date + timedelta(days=31)]
    assert [row for row in world.agreements if row.start_date > DEFAULT_NOW.date()]
    managed = {kind.id for kind in world.agreement_types if kind.is_managed}
    assert [row for row in world.agreements if row.type_id not in managed]


def test_subscriptions_change_are_cancelled_fail_and_lapse(world):
    walks = [[state.status for state in row.history] for row in world.subscriptions]
    assert ["incomplete", "incomplete_expired"] in walks
    assert [walk for walk in walks if walk[0] == "trialing" and "active" in walk and walk[-1] == "canceled"]
    assert [walk for walk in walks if "past_due" in walk]
    assert [item for row in world.subscriptions for item in row.items if len(item.history) > 5]
    assert [item for row in world.subscriptions for item in row.items if item.removed_at]
    assert {row.interval for row in world.subscriptions} == {"month", "year"}


def test_invoices_are_drafts_void_long_and_prorated_and_charges_fail_or_are_refunded(world):
    final = Counter(row.history[-1].status for row in world.stripe_invoices)
    assert final["draft"] == 1
    assert final["void"] == 3
    assert max(len(row.lines) for row in world.stripe_invoices) == 12
    assert [line for row in world.stripe_invoices for line in row.lines if line.is_proration]
    assert [
        row
        for row in world.stripe_invoices
        if row.status_at(DEFAULT_NOW) == "draft" and row.history[-1].status != "draft"
    ]
    assert [charge for charge in world.charges if not charge.succeeded]
    assert world.refunds


def test_a_month_earns_less_than_nothing_from_work_by_the_hour(world):
    nrr = {account.id for account in world.accounts if account.full_name.startswith("Professional Services")}
    earned = [
        -posting.amount
        for posting in world.postings
        if posting.account_id in nrr and f"{posting.transaction_date:%Y-%m}" == "2025-01"
    ]
    assert sum(earned) < 0


def test_parent_accounts_have_postings_of_their_own(world):
    parents = {account.parent_id for account in world.accounts} - {None}
    groups = {account.id: account.report_group for account in world.accounts}
    posted = {groups[posting.account_id] for posting in world.postings if posting.account_id in parents}
    assert {"Income", "COGS", "Expenses"} <= posted


def test_accounts_are_silent_in_some_months_and_one_is_inactive(world):
    months: dict[str, set[str]] = defaultdict(set)
    for posting in world.postings:
        months[posting.account_id].add(f"{posting.transaction_date:%Y-%m}")
    names = {account.full_name: account for account in world.accounts}
    for name in ("6999 Uncategorized Expense", "Other Recurring:Annual Renewals", "Penalties", "Training", "Late Fees"):
        assert 0 < len(months[names[name].id]) < 24, name
    assert names["Answering Service"].inactive_at is not None
    assert months[names["Answering Service"].id]


def test_other_income_and_other_expenses_have_postings(world):
    groups = {account.id: account.report_group for account in world.accounts}
    posted = {groups[posting.account_id] for posting in world.postings}
    assert {"OtherIncome", "OtherExpenses"} <= posted


def test_the_books_change_after_the_month_is_over(world):
    def late(row) -> bool:
        return f"{row.recorded_at:%Y-%m}" > f"{row.transaction_date:%Y-%m}"

    assert [row for row in world.postings if late(row) and row.document_kind == "Invoice"]
    june = [row for row in world.postings if f"{row.transaction_date:%Y-%m}" == "2026-06"]
    assert [row for row in june if row.recorded_at > DEFAULT_NOW], "June still changes after the default clock"
    assert [row for row in world.journal_entries if len(row.revisions) > 1]
    assert [row for row in world.journal_entries if row.deleted_at]
    assert [row for row in world.qbo_invoices if row.voided_at]
    assert world.qbo_credit_memos


def test_positions_are_halved_filled_and_left(world):
    assert [person for person in world.staff if person.fte == Decimal("0.5")]
    assert [person for person in world.staff if person.left_on]
    assert len({row.value for row in world.manual_rows if row.metric == "employees"}) > 3


def test_typed_figures_are_zero_where_nothing_happened_and_missing_where_nobody_wrote_them_down(world):
    typed = {(row.period, row.metric): row.value for row in world.manual_rows}
    assert typed["2024-11", "telemarketing_dials"] == 0
    assert ("2024-09", "telemarketing_dials") not in typed
    assert len(typed) == 24 * 11 - 1
    assert typed["2025-04", "owner_comp_taxes"] > 0
    assert typed["2025-05", "owner_comp_taxes"] == 0
