"""What ConnectWise holds beside the service desk: contacts, sales, schedules, its own invoices, surveys."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.moments import last_change, latest
from sandbox.world.service import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record of the PSA: there from `created_at` on, gone without a trace from `deleted_at` on."""

    id: int
    created_at: datetime
    deleted_at: datetime | None = None
    changed_at: tuple[datetime, ...] = ()

    def listed_at(self, clock: datetime) -> bool:
        """Whether the vendor lists the record at the clock."""
        return self.created_at <= clock and (self.deleted_at is None or clock < self.deleted_at)

    def updated_at(self, clock: datetime) -> datetime:
        """``_info.lastUpdated`` as of the clock."""
        return last_change(self.changed_at, clock) or self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Listed):
    """A person at a company. ``is_stamped`` is False for those of an old import, which have no ``lastUpdated``."""

    client_key: str
    first_name: str
    last_name: str
    title: str
    email: str
    is_default: bool
    left_at: datetime | None = None
    is_stamped: bool = True


@dataclass(frozen=True, slots=True)
class OpportunityState:
    """Stage, status and probability (percent) of an opportunity from an instant on."""

    at: datetime
    stage_id: int
    status_id: int
    probability: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity(Listed):
    """Something a client may buy."""

    client_key: str
    name: str
    type_id: int
    rep: str
    expected_on: date
    history: tuple[OpportunityState, ...]

    def state_at(self, clock: datetime) -> OpportunityState | None:
        """Where it stands at the clock."""
        return latest(self.history, clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Listed):
    """A call or a meeting of the sales staff."""

    client_key: str
    name: str
    type_id: int
    member: str
    opportunity_id: int | None
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """When a schedule entry is to take place, as known from an instant on."""

    at: datetime
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry(Listed):
    """Time set aside for a ticket (``S``) or an activity (``C``)."""

    kind: str
    object_id: int
    client_key: str
    member: str
    name: str
    done_at: datetime
    history: tuple[Booking, ...]

    def booking_at(self, clock: datetime) -> Booking | None:
        """When it is to take place, as known at the clock."""
        return latest(self.history, clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaInvoice(Listed):
    """The PSA's own invoice; ``total`` is the agreement's flat part and its additions on the day it was made."""

    number: str
    kind: str
    client_key: str
    agreement_id: int
    dated_on: date
    total: Decimal
    paid_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswer(Listed):
    """What a client answered after a ticket was closed: the index of the chosen option, and perhaps a sentence."""

    survey_id: int
    ticket_id: int
    client_key: str
    email: str
    option: int
    comment: str


@dataclass(frozen=True, slots=True)
class Psa:
    """All of it, each list by ascending id."""

    contacts: tuple[Contact, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    activities: tuple[Activity, ...] = ()
    schedule_entries: tuple[ScheduleEntry, ...] = ()
    invoices: tuple[PsaInvoice, ...] = ()
    survey_answers: tuple[SurveyAnswer, ...] = ()
    deleted_companies: tuple[tuple[str, datetime], ...] = ()
    """Clients by key whose company was deleted, which leaves it listed with a flag."""
    mistaken_tickets: tuple[Ticket, ...] = ()
    """Project tickets made by mistake and deleted some weeks later; nobody worked on them."""
