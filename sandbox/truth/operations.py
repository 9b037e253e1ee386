"""Tickets, hours, devices and agreements of each month, by client: the rules of docs/metrics.md, said once more.

Counts are per (month, client key); a ticket of no company belongs to ``unassigned``.
"""

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.truth.months import complete_months, last_date, last_second, month_of
from sandbox.world.entities import Device, Ticket, TicketState, World

UNASSIGNED = "unassigned"
GUEST_CLASSES = {"VMWARE_VM_GUEST", "HYPERV_VMM_GUEST"}
SEAT_CLASSES = {"WINDOWS_WORKSTATION", "MAC", "LINUX_WORKSTATION"}

ByMonthAndClient = dict[tuple[str, str], Decimal]


def _counted(counter: Counter[tuple[str, str]]) -> ByMonthAndClient:
    return {key: Decimal(count) for key, count in counter.items()}


def _standing(ticket: Ticket, now: datetime) -> list[TicketState]:
    return [state for state in ticket.history if state.at <= now]


def _exists(ticket: Ticket, now: datetime) -> bool:
    return ticket.entered_at <= now and (ticket.deleted_at is None or ticket.deleted_at > now)


def _on_service_board(world: World, now: datetime) -> dict[int, Ticket]:
    """Tickets that stand on the service board at the instant, wherever they came from."""
    board = next(board.id for board in world.boards if board.name == world.service_board)
    return {
        ticket.id: ticket
        for ticket in world.tickets
        if _exists(ticket, now) and _standing(ticket, now)[-1].board_id == board
    }


def tickets_created(world: World, now: datetime) -> ByMonthAndClient:
    """Parent tickets on the service board, by the month of entry."""
    zone = ZoneInfo(world.time_zone)
    counter: Counter[tuple[str, str]] = Counter()
    for ticket in _on_service_board(world, now).values():
        if ticket.parent_id is None:
            counter[month_of(ticket.entered_at, zone), ticket.client_key or UNASSIGNED] += 1
    return _counted(counter)


def tickets_closed(world: World, now: datetime) -> ByMonthAndClient:
    """Parent tickets on the service board that stand in a closed status that counts, by the month of closing."""
    zone = ZoneInfo(world.time_zone)
    names = {status.id: status.name for status in world.board_statuses}
    closes = {status.id for status in world.board_statuses if status.is_closed}
    counter: Counter[tuple[str, str]] = Counter()
    for ticket in _on_service_board(world, now).values():
        states = _standing(ticket, now)
        if ticket.parent_id is not None or names[states[-1].status_id] not in world.closed_statuses:
            continue
        # Walk back over the closed statuses at the end: the ticket closed when that run began.
        closed_at = states[-1].at
        for state in reversed(states):
            if state.status_id not in closes:
                break
            closed_at = state.at
        counter[month_of(closed_at, zone), ticket.client_key or UNASSIGNED] += 1
    return _counted(counter)


def hours_spent(world: World, now: datetime) -> ByMonthAndClient:
    """Hours on tickets of the service board, children included, by the month in which they were entered."""
    zone = ZoneInfo(world.time_zone)
    reactive = _on_service_board(world, now)
    hours: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in world.time_entries:
        gone = entry.entered_at > now or (entry.deleted_at is not None and entry.deleted_at <= now)
        if gone or entry.charge_to_type != "ServiceTicket" or entry.charge_to_id not in reactive:
            continue
        actual = [state.hours for state in entry.history if state.at <= now][-1]
        key = reactive[entry.charge_to_id].client_key or UNASSIGNED
        hours[month_of(entry.entered_at, zone), key] += actual
    return dict(hours)


def _is_endpoint(device: Device, at: datetime, locations: dict[int, str], excluded: set[int]) -> bool:
    """Present at the instant, and neither a guest, nor a spare, nor in an excluded organization."""
    if device.created_at > at or (device.retired_at is not None and device.retired_at <= at):
        return False
    state = [state for state in device.history if state.at <= at][-1]
    shown = f"{state.display_name or ''} {locations[state.location_id]}".casefold()
    is_guest = (device.device_type or "").casefold() == "vmguest" or device.node_class in GUEST_CLASSES
    return not is_guest and "spare" not in shown and device.organization_id not in excluded


def endpoints_at(world: World, at: datetime) -> list[Device]:
    """The devices that count as endpoints at an instant."""
    locations = {location.id: location.name for location in world.locations}
    excluded = {
        int(client.ninjaone.id)
        for client in world.clients
        if client.ninjaone is not None and client.ninjaone.name in world.excluded_organizations
    }
    return [device for device in world.devices if _is_endpoint(device, at, locations, excluded)]


def devices_managed(world: World, now: datetime) -> tuple[ByMonthAndClient, ByMonthAndClient]:
    """Endpoints, and the seats among them, as the last reading of each complete month finds them."""
    zone = ZoneInfo(world.time_zone)
    endpoints: Counter[tuple[str, str]] = Counter()
    seats: Counter[tuple[str, str]] = Counter()
    for period in complete_months(world, now):
        for device in endpoints_at(world, last_second(period, zone)):
            endpoints[period, device.client_key] += 1
            seats[period, device.client_key] += device.node_class in SEAT_CLASSES
    return _counted(endpoints), _counted(seats)


def agreements_in_force(world: World, now: datetime) -> ByMonthAndClient:
    """Agreements of managed types in force on the month's last day, by what is on record at the instant."""
    managed = {kind.id for kind in world.agreement_types if kind.name in world.managed_agreement_types}
    counter: Counter[tuple[str, str]] = Counter()
    for agreement in world.agreements:
        if agreement.type_id not in managed or agreement.created_at > now:
            continue
        known = agreement.ended_recorded_at is not None and agreement.ended_recorded_at <= now
        for period in complete_months(world, now):
            day = last_date(period)
            ended = known and agreement.end_date is not None and agreement.end_date < day
            cancelled = known and agreement.cancelled_date is not None and agreement.cancelled_date <= day
            if agreement.start_date <= day and not ended and not cancelled:
                counter[period, agreement.client_key] += 1
    return _counted(counter)
