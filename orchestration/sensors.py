"""Reacts to runs that end badly: nobody should have to look at Dagster to learn of it."""

import dagster as dg

from reports.alerts import deliver, raise_run_failed
from warehouse.engine import connect
from warehouse.settings import get_settings, now


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A failed run of an organization opens an alert, delivered like any other.",
)
def run_failed(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Open an alert for the organization that the failed run was for."""
    run = context.dagster_run
    organization_id = run.tags.get("organization") or run.tags.get("dagster/partition/organization")
    if organization_id is None:
        return dg.SkipReason(f"Run {run.run_id} was for no single organization.")
    with connect() as connection:
        raise_run_failed(
            connection,
            organization_id,
            job=run.job_name,
            run_id=run.run_id,
            message=context.failure_event.message or "",
            as_of=now(),
        )
        deliver(connection, get_settings(), now(), organization_id=organization_id)
    return None
