"""Snapshots and cohorts outside of the daily run: the days to renew, their renewal, and a summary over them.

Renewing reads no vendor: it computes the buckets anew from the records that are held, and the same records give the
same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from orchestration import pipeline
from orchestration.progress import Progress
from orchestration.transformation import DbtResult
from warehouse.engine import connect
from warehouse.organizations import Organization

# What hangs on the application's own tables; all else stays as the daily run built it. Always together: dbt drops the
# views that stand on a table which it replaces.
MODELS = ("staging.opsdb", "intermediate.engagement", "marts.engagement", "intermediate.executive", "marts.executive")


@dataclass(frozen=True, slots=True)
class Range:
    """Days, both ends included, of every client or of one."""

    first: date
    last: date
    client: str | None = None


def yesterday(as_of: datetime, time_zone: str) -> date:
    """The last day that is over on the organization's wall clock."""
    return as_of.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)


def renew(
    organization: Organization, days: Range, *, run_id: str, as_of: datetime, progress: Progress | None = None
) -> list[DbtResult]:
    """Compute every day, week and month that touches the days anew; the other rows stay as they are.

    Where there are no snapshots yet, everything is built, and the days with it. Raises `BuildFailed` when a model could
    not be built.
    """
    if not _is_built():
        return pipeline.build_models([organization], run_id=run_id, as_of=as_of, progress=progress)
    variables = {
        "snapshot_from": str(days.first),
        "snapshot_to": str(days.last),
        "snapshot_client": days.client or "",
        "snapshot_organization": organization.id,
    }
    return pipeline.build_models(
        [organization], run_id=run_id, as_of=as_of, select=MODELS, variables=variables, progress=progress
    )


def renew_cohorts(
    organization: Organization, *, run_id: str, as_of: datetime, progress: Progress | None = None
) -> list[DbtResult]:
    """Compute every cohort anew, and whatever else stands on the same tables; closed ones come out as they were."""
    select = MODELS if _is_built() else ()
    return pipeline.build_models([organization], run_id=run_id, as_of=as_of, select=select, progress=progress)


def _is_built() -> bool:
    with connect() as connection:
        row = connection.execute("select to_regclass('marts.fct_executive_snapshots') is not null").fetchone()
    return row == (True,)


def renewed(organization: Organization, days: Range) -> dict[str, int]:
    """How many rows the range holds now, by bucket."""
    with connect() as connection:
        return dict(
            connection.execute(
                "select bucket_type, count(*) from marts.fct_executive_snapshots where organization_id = %s "
                "and last_date >= %s and bucket_date <= %s and (%s::text is null or client_id = %s) group by 1",
                [organization.id, days.first, days.last, days.client, days.client],
            ).fetchall()
        )


def summary(organization_id: str, days: Range, environment: str = "production") -> dict[str, Any]:
    """The range at a glance: stocks of its last day, flows summed, active users averaged over the days that have them.

    Users are counted anew each day, so activation is in user-days. Recurring revenue is that of the range's last month
    end, with its day. What no day knows has no value.
    """
    with connect() as connection:
        row = (
            connection.cursor(row_factory=dict_row)
            .execute(
                _SUMMARY,
                {
                    "organization": organization_id,
                    "environment": environment,
                    "client": days.client or "all",
                    "first": days.first,
                    "last": days.last,
                },
            )
            .fetchone()
        )
    assert row is not None  # noqa: S101  an aggregate answers with one row
    return {"first": days.first, "last": days.last, "days": (days.last - days.first).days + 1, **row}


_SUMMARY = """
with days as (
    select * from marts.fct_executive_snapshots
    where organization_id = %(organization)s and environment = %(environment)s and client_id = %(client)s
        and bucket_type = 'daily' and bucket_date between %(first)s and %(last)s
),
latest as (select * from days order by bucket_date desc limit 1),
measured as (select * from days where mrr_run_rate is not null order by bucket_date desc limit 1)
select
    count(*) as days_with_a_snapshot,
    (select total_customers from latest) as total_customers,
    sum(new_customers)::bigint as new_customers,
    sum(churned_customers)::bigint as churned_customers,
    round(avg(dau), 2) as dau_avg,
    round(avg(wau), 2) as wau_avg,
    round(avg(mau), 2) as mau_avg,
    sum(users_uploaded_file)::bigint as uploaded_file_user_days,
    sum(users_created_worklog)::bigint as created_worklog_user_days,
    sum(users_generated_report)::bigint as generated_report_user_days,
    sum(jobs_total)::bigint as jobs_total,
    sum(jobs_succeeded)::bigint as jobs_succeeded,
    sum(jobs_failed)::bigint as jobs_failed,
    round(sum(jobs_succeeded) / nullif(sum(jobs_succeeded + jobs_failed), 0), 4) as job_success_rate,
    round(sum(jobs_failed) / nullif(sum(jobs_succeeded + jobs_failed), 0), 4) as job_failure_rate,
    (select mrr_run_rate from measured) as mrr_run_rate,
    (select arr from measured) as arr,
    (select bucket_date from measured) as mrr_measured_on,
    (select cash_burn_monthly from latest) as cash_burn_monthly,
    (select runway_months from latest) as runway_months
from days
"""
