"""Whether every mart that is kept by month holds the newest month that is over, for every organization.

A month is a partition: an old one may be as old as it likes, for nothing of it changes any more. The newest that is
over must be there, and made after it was over. It is due a day after its end, when the evening run has been through.
Where an organization has nothing in the months before, nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from warehouse.organizations import Organization
from warehouse.periods import Period, latest_complete_period

GRACE = timedelta(hours=26)
"""As long as a daily run may be late before anybody is told."""

MONTHS_BEFORE = 3
"""A mart that has rows in each of so many months before is expected to have some in the next."""

BY_EVENT = frozenset(
    {
        "fct_aged_receivables",
        "fct_aged_receivable_ties",
        "fct_cohorts",
        "fct_ledger_entries",
        "fct_missing_inputs",
        "fct_mrr_movements",
        "fct_restatements",
        "fct_survey_answers",
        "fct_unmapped_accounts",
    }
)
"""Marts with a row where something happened, so that a month without a row is nothing unusual."""


def due_month(organization: Organization, instant: datetime) -> Period:
    """The newest month that has been over for long enough to be told."""
    return latest_complete_period(instant - GRACE, organization.time_zone)


def kept_by_month(connection: psycopg.Connection[Any]) -> list[str]:
    """The marts of the warehouse that have rows of an organization's months, but for those kept by event."""
    found = connection.execute(
        """
        select table_name from information_schema.columns
        where table_schema = 'marts' and column_name in ('organization_id', 'period') and table_name like 'fct%'
        group by table_name having count(*) = 2 order by 1
        """
    ).fetchall()
    return [name for (name,) in found if name not in BY_EVENT]


def missing(
    connection: psycopg.Connection[Any], organization: Organization, instant: datetime, marts: Iterable[str]
) -> dict[str, str]:
    """A phrase for every mart that lacks the month that is due, or has it from before it was over."""
    due = due_month(organization, instant)
    built = connection.execute(
        "select as_of at time zone 'UTC' from marts.dim_organizations where organization_id = %s", [organization.id]
    ).fetchone()
    if built is None:
        return {}  # nothing of it was ever built: `qbr doctor` and its streams say that
    made_as_of, ended_at = built[0].replace(tzinfo=UTC), due.bounds(organization.time_zone)[1]
    found = {}
    for mart in marts:
        periods = _periods(connection, mart, organization.id, due)
        before = {str(due - months) for months in range(1, MONTHS_BEFORE + 1)}
        if str(due) not in periods and before <= periods:
            found[mart] = f"{due} is not there, though the months before it are"
        elif str(due) in periods and made_as_of < ended_at:
            found[mart] = (
                f"{due} was made as of {made_as_of:%Y-%m-%d %H:%M} UTC, before it was over, so part of it is missing"
            )
    return found


def _periods(connection: psycopg.Connection[Any], mart: str, organization_id: str, due: Period) -> set[str]:
    statement = sql.SQL(
        "select distinct period from marts.{} where organization_id = %s and period between %s and %s"
    ).format(sql.Identifier(mart))
    rows = connection.execute(statement, [organization_id, str(due - MONTHS_BEFORE), str(due)]).fetchall()
    return {period for (period,) in rows}
