"""When the jobs run: every evening and, for devices, every night, in each organization's own zone."""

import dagster as dg

from orchestration.jobs import daily, daily_config, devices
from orchestration.timetable import DAILY_AT, DEVICES_AT
from warehouse.organizations import Organization


def schedules_of(organization: Organization) -> list[dg.ScheduleDefinition]:
    """An organization's two schedules. A tick missed while the daemon was down is made up when it is back."""
    name = organization.id.replace("-", "_")
    found = [
        dg.ScheduleDefinition(
            name=f"{name}_daily",
            job=daily,
            cron_schedule=DAILY_AT,
            execution_timezone=organization.time_zone,
            run_config=daily_config(organization.id, daily),
            tags={"organization": organization.id},
            description=f"{organization.name}: everything, at 22:30 in {organization.time_zone}. On the first five "
            "days of a month the month before is read again.",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ]
    if "ninjaone" in organization.sources.enabled:
        found.append(
            dg.ScheduleDefinition(
                name=f"{name}_devices",
                job=devices,
                cron_schedule=DEVICES_AT,
                execution_timezone=organization.time_zone,
                run_config=daily_config(organization.id, devices),
                tags={"organization": organization.id},
                description=f"{organization.name}: the day's devices, at 02:10 in {organization.time_zone}.",
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        )
    return found
