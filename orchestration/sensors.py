"""Reacts to runs that end, and to time: nobody should have to look at Dagster to learn that something is wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import psycopg

from orchestration import alerting, partitions, pipeline
from orchestration.assets.regular_reports import waiting_mails
from orchestration.partitions import configured
from orchestration.selection import run_instant
from reports import mails
from reports.alerts import deliver, raise_run_failed, resolve_run_failed
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings, now

BY_HAND = "a run started by hand"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
AUTOMATED = "dagster/from_automation_condition"
BY_ITSELF = "decks that follow what they say"
OF_NOBODY = "It was of several organizations; Dagster's page of the run says what failed."


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A failed run opens an alert for its organization, delivered like any other. One alert a job, however "
    "many runs of it fail.",
)
def run_failed(context: dg.RunFailureSensorContext) -> None:
    """Open the alert, in the words of the step that failed."""
    run = context.dagster_run
    organizations = organizations_of(run, context.instance)
    message = words_for(organizations, context)
    pipeline.prepare(organizations)  # a run can fail before anything else has brought the tables up to date
    for organization in organizations:
        with connect() as connection:
            raise_run_failed(
                connection,
                organization.id,
                job=scope_of(run),
                run_id=run.run_id,
                message=message,
                as_of=run_instant([organization]),
            )
            connection.commit()
            deliver(connection, get_settings(), now(), organization_id=organization.id)


@dg.sensor(
    job=waiting_mails,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Mails with reports that could not be sent when they were written go out once their server answers.",
)
def mails_wait() -> dg.RunRequest | dg.SkipReason:
    """Start a run when a mail is due, and none otherwise."""
    if not get_settings().smtp_host:
        return dg.SkipReason("No mail server is set.")
    if alerting.sleeps():
        return dg.SkipReason("The database is not running, and this starts it for nobody.")
    with connect() as connection:
        try:
            is_due = mails.is_waiting(connection, datetime.now(UTC))
        except psycopg.errors.UndefinedTable:  # a database that no run has set up yet
            return dg.SkipReason("The database has no outbox yet.")
    return dg.RunRequest() if is_due else dg.SkipReason("No mail is due.")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run that succeeds resolves the alert that an earlier one of the same job opened.",
)
def run_succeeded(context: dg.RunStatusSensorContext) -> None:
    """Resolve what no longer holds; a good daily run has done again whatever was started by hand."""
    run = context.dagster_run
    scopes = {scope_of(run), BY_HAND, BY_ITSELF} if run.job_name == "daily" else {scope_of(run)}
    organizations = organizations_of(run, context.instance)
    pipeline.prepare(organizations)  # a run can fail before anything else has brought the tables up to date
    for organization in organizations:
        with connect() as connection:
            for scope in sorted(scopes):
                resolve_run_failed(connection, organization.id, job=scope, as_of=run_instant([organization]))
            connection.commit()
            deliver(connection, get_settings(), now(), organization_id=organization.id)


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Twice a minute: alert rules are judged over the marts as they are, people reminded of what nobody has "
    "acknowledged, and messages sent that wait for a digest, for the end of quiet hours or for their channel.",
)
def alerts_watched() -> dg.SkipReason:
    """Launches no run: judging takes less time than a run's start."""
    said = alerting.watch([one for one in configured() if one.is_active])
    return dg.SkipReason("; ".join(f"{name}: {told}" for name, told in said.items()) or "nothing was built yet")


def organizations_of(run: dg.DagsterRun, instance: dg.DagsterInstance) -> Sequence[Organization]:
    """Whom a run was for: those of its partitions, or all active ones where it had none, as a build."""
    found, named = configured(), named_by(run, instance)
    return [one for one in found if one.id in named] or [one for one in found if one.is_active]


def named_by(run: dg.DagsterRun, instance: dg.DagsterInstance) -> set[str]:
    """The organizations of a run's partitions and tags; empty where it is of nobody's own, or of nobody knows whom."""
    first, last = run.tags.get(RANGE_START), run.tags.get(RANGE_END)
    keys: Sequence[str] = ()
    if first and last:
        keys = partitions.keys_between(first, last, instance)
        if not keys:
            return set()
    tagged = [value for tag, value in run.tags.items() if tag.startswith("dagster/partition") or tag == "organization"]
    return {one.id for one in configured()} & {
        part for value in [*keys, *tagged] for part in partitions.organization_of(value).split("|")
    }


def scope_of(run: dg.DagsterRun) -> str:
    """The job, or that somebody chose assets by hand, or that nobody did."""
    if run.job_name.startswith("__"):
        return BY_ITSELF if AUTOMATED in run.tags else BY_HAND
    return run.job_name


def words_for(organizations: Sequence[Organization], context: dg.RunFailureSensorContext) -> str:
    """The step's own words where they concern one organization; they can name one, which is no other's business."""
    return what_failed(context) if len(organizations) == 1 else OF_NOBODY


def what_failed(context: dg.RunFailureSensorContext) -> str:
    """The sentence of each failed step; the run's own where no step failed, as when its process was killed."""
    said = []
    for event in context.get_step_failure_events():
        failure = event.step_failure_data
        own_words = failure.user_failure_data.description if failure.user_failure_data else None
        said.append(own_words or (failure.error.message if failure.error else "") or event.message or "")
    return " ".join(dict.fromkeys(said)) or context.failure_event.message or ""
