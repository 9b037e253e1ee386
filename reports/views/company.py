"""What stands on the company's slides: each function is the view of one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from reports.views import clients, metrics, organizations, quality, smartnumbers
from reports.views.clients import FleetByClient
from reports.views.figures import Series
from reports.views.quality import CheckResult, MissingInput, StreamFreshness, UnmappedAccount, UnmatchedClient
from reports.views.scope import Scope
from reports.views.smartnumbers import SmartNumber

SERVICE = ("reactive_tickets_created", "reactive_tickets_closed", "reactive_time_spent")
FLEET = ("endpoints_managed", "seats_managed")
REVENUE = ("mrr", "nrr", "orr", "product_sales", "misc_revenue")
COSTS = (
    "employee_expense",
    "owner_comp",
    "owner_comp_taxes",
    "product_cogs",
    "other_expenses",
    "uncategorized_expenses",
)
RESULT = ("total_revenue", "total_expenses", "net_profit")


@dataclass(frozen=True, slots=True)
class SmartNumbers:
    """The SmartNumbers of a quarter: all of them, or one block's."""

    block: str
    numbers: tuple[SmartNumber, ...]

    @property
    def is_empty(self) -> bool:
        """True when none has a value."""
        return all(number.figure.value is None for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Trends:
    """Metrics by month over thirteen months, and by quarter: last year's, the previous one, this one."""

    monthly: Mapping[str, Series]
    quarterly: Mapping[str, Series]

    @property
    def is_empty(self) -> bool:
        """True when no month and no quarter has a value."""
        return all(series.is_empty for series in (*self.monthly.values(), *self.quarterly.values()))


@dataclass(frozen=True, slots=True)
class Fleet:
    """Endpoints and seats by month, and who has them."""

    monthly: Mapping[str, Series]
    clients: FleetByClient

    @property
    def is_empty(self) -> bool:
        """True when no month has a value."""
        return all(series.is_empty for series in self.monthly.values())


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the decisions are drawn from."""

    quarter: str
    numbers: tuple[SmartNumber, ...]
    missing: tuple[MissingInput, ...]
    unmapped: tuple[UnmappedAccount, ...]
    streams: tuple[StreamFreshness, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Every stream of the sources, as last read."""

    streams: tuple[StreamFreshness, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Gaps and checks."""

    streams: tuple[StreamFreshness, ...]
    missing: tuple[MissingInput, ...]
    unmapped: tuple[UnmappedAccount, ...]
    clients: tuple[UnmatchedClient, ...]
    checks: tuple[CheckResult, ...]
    has_clients: bool


def smart_numbers(connection: Connection[Any], scope: Scope, block: str = "all") -> SmartNumbers:
    """The quarter's SmartNumbers, those of `block` only if one is named."""
    found = scope.once(smartnumbers.smartnumbers, connection, scope.organization_id, scope.quarter.quarter)
    return SmartNumbers(block, tuple(number for number in found if block in {"all", number.block}))


def evidence(connection: Connection[Any], scope: Scope) -> Evidence:
    """SmartNumbers, gaps and freshness, for the slide of decisions."""
    organization_id, months = scope.organization_id, scope.quarter.months
    return Evidence(
        scope.quarter.quarter,
        smart_numbers(connection, scope).numbers,
        scope.once(quality.missing_inputs, connection, organization_id, months),
        scope.once(quality.unmapped_accounts, connection, organization_id, months),
        scope.once(quality.freshness, connection, organization_id),
    )


def service(connection: Connection[Any], scope: Scope) -> Trends:
    """Reactive tickets and hours, of the organization or of the client in scope."""
    return _trends(connection, scope, SERVICE, SERVICE)


def fleet(connection: Connection[Any], scope: Scope) -> Fleet:
    """Endpoints and seats, and the largest clients."""
    month = scope.quarter.last_complete_month
    monthly = metrics.monthly(connection, scope.organization_id, FLEET, scope.months)
    return Fleet(monthly, clients.fleet_by_client(connection, scope.organization_id, month))


def revenue(connection: Connection[Any], scope: Scope) -> Trends:
    """Revenue by kind."""
    return _trends(connection, scope, REVENUE, (*REVENUE, "total_revenue"))


def profit(connection: Connection[Any], scope: Scope) -> Trends:
    """What was earned, spent and left."""
    return _trends(connection, scope, RESULT, (*COSTS, *RESULT))


def freshness(connection: Connection[Any], scope: Scope) -> Freshness:
    """When each stream was last read to its end."""
    return Freshness(scope.once(quality.freshness, connection, scope.organization_id))


def gaps(connection: Connection[Any], scope: Scope) -> Quality:
    """Missing inputs, unmapped accounts, clients to confirm, checks."""
    organization_id, months = scope.organization_id, scope.quarter.months
    return Quality(
        streams=scope.once(quality.freshness, connection, organization_id),
        missing=scope.once(quality.missing_inputs, connection, organization_id, months),
        unmapped=scope.once(quality.unmapped_accounts, connection, organization_id, months),
        clients=quality.unmatched_clients(connection, organization_id),
        checks=quality.check_results(connection, organization_id),
        has_clients=bool(organizations.clients(connection, organization_id)),
    )


def _trends(connection: Connection[Any], scope: Scope, monthly: tuple[str, ...], quarterly: tuple[str, ...]) -> Trends:
    return Trends(
        scope.once(metrics.monthly, connection, scope.organization_id, monthly, scope.months, scope.client_id),
        scope.once(metrics.quarterly, connection, scope.organization_id, quarterly, scope.quarters, scope.client_id),
    )
