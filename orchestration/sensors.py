"""Reacts to runs that end, and to time: nobody should have to look at Dagster to learn that something is wrong."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg

from orchestration import alerting, deck_alerts, partitions, pipeline
from orchestration.assets.regular_reports import waiting_mails
from orchestration.partitions import configured
from orchestration.selection import run_instant
from reports import mails
from reports.alerts import raise_run_failed, resolve_run_failed
from reports.alerts.history import Past, history
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings

BY_HAND = "a run started by hand"
AUTOMATED = "dagster/from_automation_condition"
RUN_FAILED = "run_failed"
OF_NOBODY = "It was of several organizations; Dagster's page of the run says what failed."


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A failed run opens an alert for its organization, delivered like any other. One alert a job, however "
    "many runs of it fail; where decks follow what they say, one a client.",
)
def run_failed(context: dg.RunFailureSensorContext) -> None:
    """Open the alert, in the words of the step that failed."""
    run, instance = context.dagster_run, context.instance
    organizations = organizations_of(run, instance)
    message = words_for(organizations, context)
    now_drawn = deck_alerts.standing(instance)
    keys = deck_alerts.keys_of(run, instance)

    def tell(connection: psycopg.Connection[Any], organization: Organization) -> None:
        as_of = run_instant([organization])
        by_itself = scope_of(run) == deck_alerts.BY_ITSELF and bool(keys)
        open_ones = unresolved(connection, organization.id)
        scopes = deck_alerts.scopes_of(keys, organization.id, now_drawn, open_ones) if by_itself else [scope_of(run)]
        for scope in scopes:
            raise_run_failed(connection, organization.id, job=scope, run_id=run.run_id, message=message, as_of=as_of)
        for scope in deck_alerts.ended(unresolved(connection, organization.id), now_drawn):
            resolve_run_failed(connection, organization.id, job=scope, as_of=as_of)

    _each(organizations, tell)


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
    """Resolve what no longer holds; a good daily run has done again whatever was started by hand or by itself."""
    run, instance = context.dagster_run, context.instance
    now_drawn = deck_alerts.standing(instance)

    def tell(connection: psycopg.Connection[Any], organization: Organization) -> None:
        open_ones = unresolved(connection, organization.id)
        scopes = {scope_of(run), *deck_alerts.ended(open_ones, now_drawn)}
        if run.job_name == "daily":
            scopes |= {BY_HAND, *filter(deck_alerts.is_of_decks, open_ones)}
        for scope in sorted(scopes & set(open_ones)):
            resolve_run_failed(connection, organization.id, job=scope, as_of=run_instant([organization]))

    _each(organizations_of(run, instance), tell)


def _each(organizations: Sequence[Organization], tell: Callable[[psycopg.Connection[Any], Organization], None]) -> None:
    """Tell each organization and send as much as a look has time for; the next one sends the rest.

    Raises what failed, of all of them together, once everyone else was told: a sensor is not asked twice about a run.
    """
    pipeline.prepare(organizations)  # a run can fail before anything else has brought the tables up to date
    courier = alerting.Courier()
    failures: list[Exception] = []
    for organization in organizations:
        try:
            with connect() as connection:
                tell(connection, organization)
                connection.commit()
                courier.deliver(connection, organization)
        except Exception as error:  # noqa: BLE001 - the others are to be told
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(organizations)} organizations could not be told", failures)


def unresolved(connection: psycopg.Connection[Any], organization_id: str) -> list[str]:
    """The scopes of the organization's alerts of failed runs that are open."""
    return [one["scope"] for one in history(connection, organization_id, Past(rule=RUN_FAILED, state="unresolved"))]


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
    keys = deck_alerts.keys_of(run, instance)
    if partitions.RANGE_START in run.tags and not keys:
        return set()
    tagged = [value for tag, value in run.tags.items() if tag.startswith("dagster/partition") or tag == "organization"]
    return {one.id for one in configured()} & {
        part for value in [*keys, *tagged] for part in partitions.organization_of(value).split("|")
    }


def scope_of(run: dg.DagsterRun) -> str:
    """The job, or that somebody chose assets by hand, or that nobody did."""
    if run.job_name.startswith("__"):
        return deck_alerts.BY_ITSELF if AUTOMATED in run.tags else BY_HAND
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
