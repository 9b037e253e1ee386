"""When the jobs run: every evening and, for devices and snapshots, every night, in each organization's own zone.

Of the ticks that fall into a time when no daemon ran, Dagster makes up the latest one as soon as it is back. One run is
enough for the daily job, since it reads whatever changed since the last complete one. A day on which no device was read
cannot be made up by anybody: NinjaOne keeps no history.
"""

from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import timetable
from orchestration.assets.exports import regular_exports
from orchestration.assets.regular_reports import data_quality_reports, investor_reports
from orchestration.jobs import daily, devices, newest_months
from orchestration.snapshot_jobs import cohorts_job, snapshots_job
from warehouse.organizations import Organization

JOBS: dict[str, dg.JobDefinition | UnresolvedAssetJobDefinition] = {
    "daily": daily,
    "devices": devices,
    "snapshots": snapshots_job,
    "cohorts": cohorts_job,
    "investor_reports": investor_reports,
    "data_quality_reports": data_quality_reports,
    "exports": regular_exports,
}
ON_DAYS = {
    "cohorts": "on the first of the month ",
    "investor_reports": "on Sundays ",
    "data_quality_reports": "on the sixth of the month ",
}
NEWEST_MONTHS_AT = "0 12 * * *"
WHAT = {
    "daily": "everything; on the first five days of a month the month before is read again",
    "devices": "the day's devices",
    "snapshots": "executive snapshots of yesterday",
    "cohorts": "cohorts of every month that is over",
    "investor_reports": "figures of the newest month to investors",
    "data_quality_reports": "the month before's data quality",
    "exports": "the exports that its file names",
}


def schedules_of(organization: Organization) -> Iterator[dg.ScheduleDefinition]:
    """An organization's schedules; none while its file says that it is not active."""
    if not organization.is_active:
        return
    for name, cron in timetable.of(organization).items():
        yield _schedule(organization, name, cron)


def _schedule(organization: Organization, name: str, cron: str) -> dg.ScheduleDefinition:
    minute, hour, *_ = cron.split()
    when = f"{ON_DAYS.get(name, '')}at {int(hour):02}:{minute}"

    @dg.schedule(
        name=f"{organization.id.replace('-', '_')}_{name}",
        job=JOBS[name],
        cron_schedule=cron,
        execution_timezone=organization.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{organization.name}: {WHAT[name]}, {when} in {organization.time_zone}.",
    )
    def tick() -> dg.RunRequest:
        return dg.RunRequest(partition_key=organization.id, tags={"organization": organization.id})

    return tick


every_noon = dg.ScheduleDefinition(
    name="newest_months",
    job=newest_months,
    cron_schedule=NEWEST_MONTHS_AT,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="All organizations: whether marts hold the newest month that is over, at 12:00 UTC.",
)
