"""What stands behind the figures: freshness of the streams, missing inputs, unmapped accounts, clients, checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import rows


@dataclass(frozen=True, slots=True)
class StreamFreshness:
    """One stream of one source: when it was last read to the end, and how the last attempt ended."""

    source: str
    stream: str
    last_completed_at: datetime | None
    completed_as_of: datetime | None
    last_outcome: str | None
    last_error: str | None
    records: int | None
    records_rejected: int | None


@dataclass(frozen=True, slots=True)
class MissingInput:
    """A monthly input without a value, and why."""

    period: str
    metric: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnmappedAccount:
    """An account of the books that no rule assigns to a metric, with its amount over the months asked for."""

    account_id: str
    account_name: str
    report_group: str
    amount: Decimal
    months: int


@dataclass(frozen=True, slots=True)
class UnmatchedClient:
    """A client known to fewer sources than the organization reads, or matched by name only."""

    client_id: str
    name: str
    is_unmatched: bool
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The last result of one check on one subject."""

    check_name: str
    subject: str
    severity: str
    is_passed: bool
    message: str | None
    run_id: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """A report group of the books whose mapped postings do not add up to the report's own total."""

    period: str
    basis: str
    report_group: str
    report_total: Decimal
    mapped_total: Decimal
    difference: Decimal


def freshness(connection: Connection[Any], organization_id: str) -> tuple[StreamFreshness, ...]:
    """Every stream of the organization, by source and name."""
    found = rows(
        connection,
        """
        select source, stream, last_completed_at, completed_as_of, last_outcome, last_error, records, records_rejected
        from marts.fct_source_freshness
        where organization_id = %(organization_id)s
        order by source, stream
        """,
        {"organization_id": organization_id},
    )
    return tuple(StreamFreshness(**row) for row in found)


def missing_inputs(
    connection: Connection[Any], organization_id: str, periods: Sequence[str] | None = None
) -> tuple[MissingInput, ...]:
    """Inputs without a value in `periods` (all complete months when None), by month and metric."""
    found = rows(
        connection,
        """
        select period, metric, label, coalesce(reason, 'no reason recorded') as reason
        from marts.fct_missing_inputs
        where organization_id = %(organization_id)s
            and (%(periods)s::text[] is null or period = any(%(periods)s))
        order by period, metric
        """,
        {"organization_id": organization_id, "periods": None if periods is None else list(periods)},
    )
    return tuple(MissingInput(**row) for row in found)


def unmapped_accounts(
    connection: Connection[Any], organization_id: str, periods: Sequence[str]
) -> tuple[UnmappedAccount, ...]:
    """Accounts no rule covers with their amount over `periods`, the largest first."""
    found = rows(
        connection,
        """
        select account_id, account_name, report_group, sum(amount) as amount, count(distinct period)::int as months
        from marts.fct_unmapped_accounts
        where organization_id = %(organization_id)s and period = any(%(periods)s)
        group by account_id, account_name, report_group
        order by abs(sum(amount)) desc, account_id, report_group
        """,
        {"organization_id": organization_id, "periods": list(periods)},
    )
    return tuple(UnmappedAccount(**row) for row in found)


def unmatched_clients(connection: Connection[Any], organization_id: str) -> tuple[UnmatchedClient, ...]:
    """Clients that a person should look at: found in no other source, or matched by name and not yet confirmed."""
    found = rows(
        connection,
        """
        select client_id, name, is_unmatched, is_confirmed
        from marts.dim_clients
        where organization_id = %(organization_id)s and is_excluded is not true and client_id <> 'unassigned'
            and (is_unmatched or not is_confirmed)
        order by is_unmatched desc, lower(name), client_id
        """,
        {"organization_id": organization_id},
    )
    return tuple(UnmatchedClient(**row) for row in found)


def check_results(connection: Connection[Any], organization_id: str) -> tuple[CheckResult, ...]:
    """The last result of every check, failed errors first."""
    found = rows(
        connection,
        """
        select check_name, subject, severity, is_passed, message, run_id, checked_at
        from app.check_results
        where organization_id = %(organization_id)s
        order by is_passed, severity, check_name, subject
        """,
        {"organization_id": organization_id},
    )
    return tuple(CheckResult(**row) for row in found)


def ledger_differences(
    connection: Connection[Any], organization_id: str, periods: Sequence[str]
) -> tuple[LedgerDifference, ...]:
    """Report groups of `periods` whose mapped total differs from the report's by a cent or more."""
    found = rows(
        connection,
        """
        select period, basis, report_group, report_total, mapped_total, difference
        from marts.fct_profit_and_loss_ties
        where organization_id = %(organization_id)s and period = any(%(periods)s) and difference <> 0
        order by period, basis, report_group
        """,
        {"organization_id": organization_id, "periods": list(periods)},
    )
    return tuple(LedgerDifference(**row) for row in found)
