"""The night's snapshots and the month's cohorts as Dagster jobs, each organization's own.

Both read the application's tables first, since what happened after the evening's run belongs to the day as well.
"""

from datetime import date, datetime

import dagster as dg

from orchestration import partitions, pipeline, reporting, snapshots
from orchestration.errors import BuildFailed
from orchestration.jobs import extract_op, prepare_warehouse
from orchestration.progress import Logged
from orchestration.selection import one_organization
from orchestration.timetable import HOLDS_A_BUILD


class Days(dg.Config):
    """Days to tell anew, both included, and one client; yesterday and everybody when left out."""

    first: str = ""
    last: str = ""
    client: str = ""

    def range(self, as_of: datetime, time_zone: str) -> snapshots.Range:
        """The days themselves."""
        latest = snapshots.yesterday(as_of, time_zone)
        last = date.fromisoformat(self.last) if self.last else latest
        return snapshots.Range(date.fromisoformat(self.first) if self.first else last, last, self.client or None)


@dg.op(pool="dbt", tags={"kind": "dbt"}, description="Link clients and compute the snapshots of the days anew.")
def take_snapshots(context: dg.OpExecutionContext, config: Days, as_of: datetime, failed: list[str]) -> list[str]:
    """Snapshots from whatever could be read; a day of which a stream is missing says so itself."""
    organization = one_organization(context.partition_key)
    days = config.range(as_of, organization.time_zone)
    pipeline.link_clients(organization)
    try:
        built = snapshots.renew(organization, days, run_id=context.run_id, as_of=as_of, progress=Logged(context.log))
    except BuildFailed as error:
        reporting.models_built(context, error.results)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    reporting.models_built(context, built)
    context.log.info(f"{days.first} to {days.last}: {snapshots.renewed(organization, days)}")
    return failed


@dg.op(pool="dbt", tags={"kind": "dbt"}, description="Link clients and compute the cohorts anew.")
def follow_cohorts(context: dg.OpExecutionContext, as_of: datetime, failed: list[str]) -> list[str]:
    """Every cohort, as far as its windows have passed."""
    organization = one_organization(context.partition_key)
    pipeline.link_clients(organization)
    try:
        built = snapshots.renew_cohorts(organization, run_id=context.run_id, as_of=as_of, progress=Logged(context.log))
    except BuildFailed as error:
        reporting.models_built(context, error.results)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    reporting.models_built(context, built)
    return failed


@dg.op(description="Fail the run when a stream could not be read.")
def conclude_reading(failed: list[str]) -> None:
    """The verdict, after what could be computed was."""
    if failed:
        raise dg.Failure(description=" ".join(failed), allow_retries=False)


@dg.job(
    name="snapshots",
    executor_def=dg.in_process_executor,
    partitions_def=partitions.organizations,
    description="Executive snapshots of yesterday, or of the days and the client in the run's configuration.",
    tags={"dagster/max_runtime": HOLDS_A_BUILD},
)
def snapshots_job() -> None:
    """Read the application's tables, then tell the days."""
    as_of = prepare_warehouse()
    conclude_reading(take_snapshots(as_of, extract_op("opsdb")(as_of)))


@dg.job(
    name="cohorts",
    executor_def=dg.in_process_executor,
    partitions_def=partitions.organizations,
    description="Cohorts of every month that is over.",
    tags={"dagster/max_runtime": HOLDS_A_BUILD},
)
def cohorts_job() -> None:
    """Read the application's tables, then follow the cohorts."""
    as_of = prepare_warehouse()
    conclude_reading(follow_cohorts(as_of, extract_op("opsdb")(as_of)))
