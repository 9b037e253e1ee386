"""Quarters that were presented: their figures are kept as they were, every later change of one is a restatement.

The marts go on showing what is true now. ``marts.fct_restatements`` says where that differs from what was presented and
why; ``app.restatements`` keeps each change in the order it was noticed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from warehouse.audit import Actor, record
from warehouse.errors import WarehouseError
from warehouse.periods import Quarter

FIGURES = """
    select organization_id, quarter, 'fct_metrics_monthly' as mart, client_id, period, metric, value, unit, method,
        reason, source_rows, freshest_at
    from marts.fct_metrics_monthly
    union all
    select organization_id, quarter, 'fct_metrics_quarterly', client_id, quarter, metric, value, unit, null, reason,
        source_rows, freshest_at
    from marts.fct_metrics_quarterly
    union all
    select organization_id, quarter, 'fct_smartnumbers', 'all', quarter, metric, value, unit, 'calculated', reason,
        source_rows, freshest_at
    from marts.fct_smartnumbers
"""


class FreezeRefused(WarehouseError):
    """A quarter that cannot be frozen; the message says why."""


@dataclass(frozen=True, slots=True)
class FrozenQuarter:
    """A quarter that is closed: who closed it and when."""

    quarter: str
    frozen_by: str
    frozen_at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Restatement:
    """One change of a figure that had been presented."""

    quarter: str
    client_id: str
    period: str
    metric: str
    presented_value: Decimal | None
    value: Decimal | None
    amount: Decimal | None
    cause: str
    noticed_at: datetime


def freeze(
    connection: psycopg.Connection, organization_id: str, quarter: Quarter, *, frozen_by: str, note: str | None = None
) -> int:
    """Keep every figure of the quarter as the marts show it now; how many. The caller commits.

    Raises FreezeRefused for a quarter that is not over, not built, or frozen already: what was presented stays.
    """
    name = str(quarter)
    with connection.transaction():
        connection.execute(
            "select pg_advisory_xact_lock(hashtext('app.frozen_quarters'), hashtext(%s))", [organization_id]
        )
        if before := _frozen(connection, organization_id, name):
            raise FreezeRefused(
                f"{name} of {organization_id} was frozen by {before.frozen_by} on {before.frozen_at:%Y-%m-%d} and "
                "stays as it was. `qbr quarter restatements` shows what has changed since."
            )
        _must_be_complete(connection, organization_id, quarter)
        connection.execute(
            """
            insert into app.frozen_quarters (organization_id, quarter, note, as_of, frozen_by)
            select organization_id, %(quarter)s, %(note)s, as_of, %(frozen_by)s
            from marts.dim_organizations
            where organization_id = %(organization)s
            """,
            {"organization": organization_id, "quarter": name, "note": note, "frozen_by": frozen_by},
        )
        kept = connection.execute(
            f"""
            insert into app.frozen_figures (
                organization_id, quarter, mart, client_id, period, metric, value, unit, method, reason, source_rows,
                freshest_at
            )
            select * from ({FIGURES}) as figures where organization_id = %s and quarter = %s
            """,  # noqa: S608 - a constant of this module
            [organization_id, name],
        ).rowcount
        _keep_the_books(connection, organization_id, name)
        record(
            connection,
            organization_id,
            Actor("person", frozen_by),
            "freeze_quarter",
            resource=name,
            reason=note,
            details={"figures": kept},
        )
    return kept


def frozen(connection: psycopg.Connection, organization_id: str) -> list[FrozenQuarter]:
    """The organization's frozen quarters, oldest first."""
    with connection.cursor(row_factory=class_row(FrozenQuarter)) as cursor:
        return cursor.execute(
            "select quarter, frozen_by, frozen_at, note from app.frozen_quarters where organization_id = %s order by 1",
            [organization_id],
        ).fetchall()


def restatements(connection: psycopg.Connection, organization_id: str, quarter: str | None = None) -> list[Restatement]:
    """Every change that was noticed in frozen quarters, or in one, in the order noticed."""
    with connection.cursor(row_factory=class_row(Restatement)) as cursor:
        return cursor.execute(
            """
            select quarter, client_id, period, metric, presented_value, value, amount, cause, noticed_at
            from app.restatements
            where organization_id = %(organization)s and quarter = coalesce(%(quarter)s, quarter)
            order by restatement_id
            """,
            {"organization": organization_id, "quarter": quarter},
        ).fetchall()


def append_restatements(connection: psycopg.Connection, organization_ids: Sequence[str], *, run_id: str) -> int:
    """Note every figure of a frozen quarter that is not what it was when last looked at; how many. The caller commits.

    A figure that is back at what was presented gets a row as well. Run again over the same marts, it adds nothing.
    """
    if connection.execute("select to_regclass('marts.fct_restatements')").fetchone() == (None,):
        return 0  # only some of the models were built, and never all of them before
    return connection.execute(
        """
        with last as (
            select distinct on (organization_id, quarter, mart, client_id, period, metric) *
            from app.restatements
            where organization_id = any(%(organizations)s)
            order by organization_id, quarter, mart, client_id, period, metric, restatement_id desc
        ),
        changed as (
            select * from marts.fct_restatements where organization_id = any(%(organizations)s)
        ),
        undone as (
            select last.organization_id, last.quarter, last.mart, last.client_id, last.period, last.metric,
                last.presented_value, last.value as previous_value, last.presented_value as value, 0::numeric as amount,
                'The figure is again what was presented.' as cause
            from last
            left join changed using (organization_id, quarter, mart, client_id, period, metric)
            where changed.metric is null and last.value is distinct from last.presented_value
        ),
        new as (
            select changed.organization_id, changed.quarter, changed.mart, changed.client_id, changed.period,
                changed.metric, changed.presented_value,
                case when last.metric is null then changed.presented_value else last.value end as previous_value,
                changed.value, changed.amount, changed.cause
            from changed
            left join last using (organization_id, quarter, mart, client_id, period, metric)
            where last.metric is null or changed.value is distinct from last.value
            union all
            select * from undone
        )
        insert into app.restatements (
            organization_id, quarter, mart, client_id, period, metric, presented_value, previous_value, value, amount,
            cause, run_id
        )
        select new.*, %(run_id)s from new
        order by quarter, period, client_id, metric, mart
        """,
        {"organizations": list(organization_ids), "run_id": run_id},
    ).rowcount


def _keep_the_books(connection: psycopg.Connection, organization_id: str, quarter: str) -> None:
    """What stood on each account, so that a later change can be told by its account."""
    if connection.execute("select to_regclass('marts.fct_profit_and_loss')").fetchone() == (None,):
        return  # only some of the models were built
    connection.execute(
        """
        insert into app.frozen_ledger (
            organization_id, quarter, period, basis, report_group, account_id, account_name, metric, amount
        )
        select organization_id, %(quarter)s, period, basis, report_group, account_id, account_name, metric, amount
        from marts.fct_profit_and_loss
        where organization_id = %(organization)s and period = any(%(months)s)
        """,
        {
            "organization": organization_id,
            "quarter": quarter,
            "months": [str(month) for month in Quarter.parse(quarter).periods],
        },
    )


def _frozen(connection: psycopg.Connection, organization_id: str, quarter: str) -> FrozenQuarter | None:
    found = [one for one in frozen(connection, organization_id) if one.quarter == quarter]
    return found[0] if found else None


def _must_be_complete(connection: psycopg.Connection, organization_id: str, quarter: Quarter) -> None:
    try:
        with connection.transaction():
            found = connection.execute(
                "select period from marts.dim_periods where organization_id = %s and quarter = %s and is_complete",
                [organization_id, str(quarter)],
            ).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise FreezeRefused(
            "The marts are not built yet, so there is nothing to freeze. Run `qbr run` first."
        ) from error
    missing = [str(month) for month in quarter.periods if (str(month),) not in found]
    if missing:
        raise FreezeRefused(
            f"{quarter} of {organization_id} cannot be frozen: {', '.join(missing)} was not over when the marts were "
            "last built. Run `qbr run` once the quarter has ended."
        )
