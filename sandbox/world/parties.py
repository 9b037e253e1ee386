"""Who takes part: the companies the business deals with, as each vendor names them, and its own staff."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.moments import last_change


@dataclass(frozen=True, slots=True)
class Presence:
    """One company as one vendor knows it. ``id`` is the vendor's own id as text; NinjaOne and ConnectWise send ints."""

    id: str
    name: str
    created_at: datetime
    changed_at: tuple[datetime, ...] = ()

    @property
    def number(self) -> int:
        """The id as the integer NinjaOne and ConnectWise send."""
        return int(self.id)

    def updated_at(self, clock: datetime) -> datetime:
        """When the vendor last saw it change, as of the clock."""
        return last_change(self.changed_at, clock) or self.created_at


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address of no real place."""

    line: str
    city: str
    state: str
    postal_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class Client:
    """A company in the books of at least one vendor; ``None`` where a vendor does not have it.

    ``kind`` is ``client`` (served under agreement), ``own`` (the business itself), ``internal`` (its infrastructure in
    the RMM), ``prospect`` (PSA only) or ``buyer`` (bought once or pays by card; accounting only).
    """

    key: str
    name: str
    kind: str
    won_on: date
    lost_on: date | None
    ninjaone: Presence | None
    connectwise: Presence | None
    stripe: Presence | None
    quickbooks: Presence | None
    address: Address
    contact_name: str
    email: str
    lost_recorded_at: datetime | None = None

    def served_on(self, day: date) -> bool:
        """Whether the company was under contract on the day; the last day of service counts."""
        return self.won_on <= day and (self.lost_on is None or day <= self.lost_on)


@dataclass(frozen=True, slots=True)
class Staff:
    """A person employed, as the PSA lists members. ``fte`` is 1, 0.5 ...; owners are not technical."""

    id: int
    identifier: str
    first_name: str
    last_name: str
    title: str
    fte: Decimal
    is_technical: bool
    is_owner: bool
    hired_on: date
    left_on: date | None
    monthly_wage: Decimal
    hourly_cost: Decimal
    created_at: datetime
    changed_at: tuple[datetime, ...] = ()

    def employed_on(self, day: date) -> bool:
        """Whether the person was on the payroll on the day; the day of leaving counts."""
        return self.hired_on <= day and (self.left_on is None or day <= self.left_on)

    def updated_at(self, clock: datetime) -> datetime:
        """When the member record last changed, as of the clock."""
        return last_change(self.changed_at, clock) or self.created_at


@dataclass(frozen=True, slots=True)
class ManualFigure:
    """One figure a person types in: what `/_sandbox/manual.csv` holds."""

    period: str
    metric: str
    value: Decimal
    note: str


@dataclass(frozen=True, slots=True)
class AccountRule:
    """One line of the account mapping, in order: the first that matches an account wins."""

    metric: str
    match_type: str
    pattern: str


@dataclass(frozen=True, slots=True)
class ClientMapping:
    """A vendor's name for a client that no spelling rule would recognise."""

    source: str
    source_key: str
    client_name: str
