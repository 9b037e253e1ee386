"""Judges every rule of an organization and settles its incidents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from reports.alerts.incidents import Incident, Reporter, Settled, lock, settle, unresolved
from reports.alerts.messages import CHANNELS
from reports.alerts.rules import Condition, Judgement, Situation, judge
from reports.formats import Formats
from reports.views import quality, watching
from reports.views.organizations import Organization, organization
from warehouse.periods import latest_complete_period, latest_complete_quarter, periods_between

RUN_FAILED = "run_failed"
"""The rule under which a run that ended badly is told; it needs no row in `app.alert_rules`."""


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """What judging the rules changed."""

    opened: tuple[Incident, ...]
    still_open: tuple[Incident, ...]
    resolved: tuple[Incident, ...]

    def __str__(self) -> str:
        counts = f"{len(self.opened)} opened, {len(self.still_open)} still open, {len(self.resolved)} resolved"
        return "; ".join([counts, *(f"[{incident.severity}] {incident.message}" for incident in self.opened)])


def evaluate(connection: Connection[Any], organization_id: str, as_of: datetime) -> AlertSummary:
    """Judge the organization's rules as of `as_of`; the caller commits, incidents and messages together.

    Raises UnknownScope for an organization that was never configured.
    """
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    reporter = _reporter(connection, about, as_of)
    situation = _situation(connection, about, as_of)
    rules = watching.alert_rules(connection, organization_id)
    settled = [settle(reporter, rule.rule, rule.severity, rule.channels, judge(rule, situation)) for rule in rules]
    # What a rule found before it was switched off or taken out is no longer judged, so it cannot stay open.
    known = {rule.rule for rule in rules} | {RUN_FAILED}
    orphans = dict.fromkeys(incident.rule for incident in unresolved(reporter) if incident.rule not in known)
    settled += [settle(reporter, orphan, "low", CHANNELS, Judgement([])) for orphan in orphans]
    return _summed(settled)


def raise_run_failed(
    connection: Connection[Any], organization_id: str, *, job: str, run_id: str, message: str, as_of: datetime
) -> AlertSummary:
    """Open an alert for a run that ended badly, one a job until `resolve_run_failed`; the caller commits."""
    lock(connection, organization_id)
    reporter = _reporter(connection, organization(connection, organization_id), as_of)
    told = " ".join(message.split())[:500] or "no message was recorded"
    condition = Condition(
        scope=job,
        message=f"Run {run_id} of {job} failed: {told}",
        next_action="Open the run in Dagster, mend what its log names, and launch the whole run again.",
        runbook="docs/runbook.md#run-failed",
    )
    others = frozenset(incident.scope for incident in unresolved(reporter, RUN_FAILED)) - {job}
    return _summed([settle(reporter, RUN_FAILED, "high", CHANNELS, Judgement([condition], others))])


def resolve_run_failed(connection: Connection[Any], organization_id: str, *, job: str, as_of: datetime) -> AlertSummary:
    """Resolve the alert of `job` because a run of it has succeeded since; the caller commits."""
    lock(connection, organization_id)
    reporter = _reporter(connection, organization(connection, organization_id), as_of)
    others = frozenset(incident.scope for incident in unresolved(reporter, RUN_FAILED)) - {job}
    return _summed([settle(reporter, RUN_FAILED, "high", CHANNELS, Judgement([], others))])


def _reporter(connection: Connection[Any], about: Organization, as_of: datetime) -> Reporter:
    email = about.delivery.get("email") or {}
    disabled = {
        *(["email"] if not email.get("is_enabled", True) else []),
        *(["chat_webhook"] if not about.delivery.get("chat_webhook", True) else []),
    }
    # A sandbox may run ahead of the wall clock, by which messages are sent; they must be due by either.
    row = connection.execute("select least(%s, clock_timestamp())", [as_of]).fetchone()
    return Reporter(
        connection=connection,
        organization_id=about.organization_id,
        organization_name=about.name,
        as_of=as_of,
        sent_from=row[0] if row else as_of,
        disabled_channels=frozenset(disabled),
    )


def _situation(connection: Connection[Any], about: Organization, as_of: datetime) -> Situation:
    quarter = latest_complete_quarter(as_of, about.time_zone)
    last = latest_complete_period(as_of, about.time_zone)
    return Situation(
        organization=about,
        formats=Formats(about.locale, about.currency, about.time_zone),
        as_of=as_of,
        watched=watching.watched_values(connection, about.organization_id, str(quarter), str(last)),
        streams=quality.freshness(connection, about.organization_id),
        missing=quality.missing_inputs(connection, about.organization_id),
        recent_months=frozenset(str(month) for month in periods_between(quarter.periods[0], last)),
        checks=quality.check_results(connection, about.organization_id),
    )


def _summed(settled: Iterable[Settled]) -> AlertSummary:
    each = list(settled)
    return AlertSummary(
        opened=tuple(incident for one in each for incident in one.opened),
        still_open=tuple(incident for one in each for incident in one.still_open),
        resolved=tuple(incident for one in each for incident in one.resolved),
    )
