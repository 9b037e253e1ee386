"""What ConnectWise holds: boards, tickets, time, agreements and their additions."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.moments import last_change, latest


@dataclass(frozen=True, slots=True)
class Board:
    """A service board; ``is_project`` is ConnectWise's ``projectFlag``."""

    id: int
    name: str
    is_project: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """A status of one board. The same name has another id on each board."""

    id: int
    board_id: int
    name: str
    is_closed: bool
    sort_order: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class TicketState:
    """Board, status and owner of a ticket from an instant on."""

    at: datetime
    board_id: int
    status_id: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with every state it went through. Unlisted from ``deleted_at`` on, without a trace in the API."""

    id: int
    client_key: str | None
    summary: str
    record_type: str
    entered_at: datetime
    entered_by: str
    source: str
    priority: str
    type_name: str | None
    contact_name: str | None
    agreement_id: int | None
    parent_id: int | None
    merged_into_id: int | None
    merged_at: datetime | None
    deleted_at: datetime | None
    history: tuple[TicketState, ...]
    noted_at: tuple[datetime, ...] = ()

    def listed_at(self, clock: datetime) -> bool:
        """Whether the vendor lists the ticket at the clock."""
        return self.entered_at <= clock and (self.deleted_at is None or clock < self.deleted_at)

    def state_at(self, clock: datetime) -> TicketState | None:
        """Board, status and owner in force at the clock."""
        return latest(self.history, clock)

    def closed_at(self, clock: datetime, closed_status_ids: frozenset[int]) -> datetime | None:
        """``closedDate`` as of the clock: when the present run of closed statuses began; a reopened ticket has none."""
        closed_at = None
        for state in self.history:
            if state.at > clock:
                break
            if state.status_id not in closed_status_ids:
                closed_at = None
            elif closed_at is None:
                closed_at = state.at
        return closed_at

    def updated_at(self, clock: datetime) -> datetime:
        """``_info.lastUpdated`` as of the clock."""
        instants = [state.at for state in self.history] + list(self.noted_at)
        if self.merged_at is not None:
            instants.append(self.merged_at)
        return last_change(instants, clock) or self.entered_at


@dataclass(frozen=True, slots=True)
class TimeEntryState:
    """Hours and approval status of a time entry from an instant on."""

    at: datetime
    hours: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Work booked by a member. ``entered_at`` is ``dateEntered``: sometimes days after ``started_at``."""

    id: int
    client_key: str | None
    charge_to_type: str
    charge_to_id: int
    member: str
    started_at: datetime
    ended_at: datetime
    entered_at: datetime
    billable_option: str
    work_type: str
    notes: str
    agreement_id: int | None
    deleted_at: datetime | None
    history: tuple[TimeEntryState, ...]

    def listed_at(self, clock: datetime) -> bool:
        """Whether the vendor lists the entry at the clock."""
        return self.entered_at <= clock and (self.deleted_at is None or clock < self.deleted_at)

    def state_at(self, clock: datetime) -> TimeEntryState | None:
        """Hours and status in force at the clock."""
        return latest(self.history, clock)

    def updated_at(self, clock: datetime) -> datetime:
        """``_info.lastUpdated`` as of the clock."""
        return last_change((state.at for state in self.history), clock) or self.entered_at


@dataclass(frozen=True, slots=True)
class AgreementType:
    """A kind of agreement; only some are managed services."""

    id: int
    name: str
    is_managed: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract. ``end_date`` and cancellation show from ``ended_recorded_at`` on; before, it has no ending date.

    ``bill_amount`` is the flat monthly part; additions come on top.
    """

    id: int
    client_key: str
    name: str
    type_id: int
    start_date: date
    end_date: date | None
    cancelled_date: date | None
    reason_cancelled: str | None
    ended_recorded_at: datetime | None
    bill_amount: Decimal
    created_at: datetime
    changed_at: tuple[datetime, ...] = ()

    def updated_at(self, clock: datetime) -> datetime:
        """``_info.lastUpdated`` as of the clock."""
        instants = list(self.changed_at)
        if self.ended_recorded_at is not None:
            instants.append(self.ended_recorded_at)
        return last_change(instants, clock) or self.created_at


@dataclass(frozen=True, slots=True)
class AdditionState:
    """Quantity billed on an addition from an instant on."""

    at: datetime
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of an agreement; the same product, quantity and price as the client's subscription or invoice line."""

    id: int
    agreement_id: int
    product: str
    description: str
    unit_price: Decimal
    unit_cost: Decimal
    effective_date: date
    cancelled_date: date | None
    cancelled_recorded_at: datetime | None
    created_at: datetime
    history: tuple[AdditionState, ...]

    def quantity_at(self, clock: datetime) -> Decimal | None:
        """The quantity in force at the clock; None before the addition exists."""
        state = latest(self.history, clock)
        return state.quantity if state else None

    def updated_at(self, clock: datetime) -> datetime:
        """``_info.lastUpdated`` as of the clock."""
        instants = [state.at for state in self.history]
        if self.cancelled_recorded_at is not None:
            instants.append(self.cancelled_recorded_at)
        return last_change(instants, clock) or self.created_at
