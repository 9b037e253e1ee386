"""Judges every rule of an organization and settles its incidents."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.incidents import Incident, Settled, lock, settle, unresolved
from reports.alerts.kinds.gaps import broken, without_data
from reports.alerts.reminders import remind
from reports.alerts.routing import routing_of
from reports.alerts.rules import judge_apart
from reports.alerts.situation import Situation
from reports.alerts.telling import Reporter
from reports.views import watching
from reports.views.organizations import Organization, organization
from reports.views.watching import AlertRule
from warehouse.audit import RUN, Actor

LOG = logging.getLogger(__name__)
RUN_FAILED = AlertRule("run_failed", "run_failed", None, "high", {"area": "data"}, ())
"""The rule under which a run that ended badly is told; it needs no row in `app.alert_rules`."""


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """What judging the rules changed."""

    opened: tuple[Incident, ...]
    still_open: tuple[Incident, ...]
    resolved: tuple[Incident, ...]
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Rules that cannot judge yet, and what they wait for."""

    def __str__(self) -> str:
        counts = f"{len(self.opened)} opened, {len(self.still_open)} still open, {len(self.resolved)} resolved"
        return "; ".join([counts, *(f"[{incident.severity}] {incident.message}" for incident in self.opened)])


def evaluate(connection: Connection[Any], organization_id: str, as_of: datetime) -> AlertSummary:
    """Judge the organization's rules as of `as_of`; the caller commits, incidents and messages together.

    Raises UnknownScope for an organization that was never configured.
    """
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    reporter, routing = reporter_of(connection, about, as_of), routing_of(about)
    rules = watching.alert_rules(connection, organization_id)
    judged = judge_all(rules, Situation(connection, about, as_of))
    standing = unresolved(reporter)
    settled = [settle(reporter, routing, rule, judgement, standing) for rule, judgement in judged]
    # What a rule found before it was switched off or taken out is no longer judged, so it cannot stay open.
    known = {rule.rule for rule in rules} | {RUN_FAILED.rule}
    orphans = dict.fromkeys(incident.rule for incident in standing if incident.rule not in known)
    settled += [
        settle(reporter, routing, replace(RUN_FAILED, rule=orphan), Judgement(), standing) for orphan in orphans
    ]
    remind(reporter, routing, rules)
    waiting = {rule.rule: judgement.waits_for for rule, judgement in judged if judgement.waits_for}
    return replace(_summed(settled), waiting=waiting)


def follow_up(connection: Connection[Any], organization_id: str, as_of: datetime) -> None:
    """Remind and escalate without judging anything, as while models are being built; the caller commits."""
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    rules = watching.alert_rules(connection, organization_id)
    remind(reporter_of(connection, about, as_of), routing_of(about), rules)


def judge_all(rules: Sequence[AlertRule], situation: Situation) -> list[tuple[AlertRule, Judgement]]:
    """What each rule finds. A rule that has lost its data is a missing input, so that it does not fall silent.

    Those that broke at one place are one.
    """
    judged = [(rule, judge_apart(rule, situation)) for rule in rules]
    lost, together = list[Condition](), dict[str, list[AlertRule]]()
    for rule, judgement in judged:
        if judgement.gap and judgement.is_broken:
            LOG.error("alert rule %s of %s: %s", rule.rule, situation.organization.organization_id, judgement.gap)
            together.setdefault(judgement.gap, []).append(rule)
        elif judgement.gap:
            lost.append(without_data(rule, judgement.gap))
    lost += [broken(those, gap) for gap, those in together.items()]
    return [
        (rule, replace(judgement, conditions=[*judgement.conditions, *lost]))
        if rule.kind == "missing_inputs" and rule.metric is None
        else (rule, judgement)
        for rule, judgement in judged
    ]


def raise_run_failed(
    connection: Connection[Any], organization_id: str, *, job: str, run_id: str, message: str, as_of: datetime
) -> AlertSummary:
    """Open an alert for a run that ended badly, one a job until `resolve_run_failed`; the caller commits."""
    told = " ".join(message.split())[:500] or "no message was recorded"
    return raise_work_failed(
        connection,
        organization_id,
        job=job,
        message=f"Run {run_id} of {job} failed: {told}",
        next_action="Open the run in Dagster, mend what its log names, and launch the whole run again.",
        as_of=as_of,
    )


def raise_work_failed(
    connection: Connection[Any], organization_id: str, *, job: str, message: str, next_action: str, as_of: datetime
) -> AlertSummary:
    """The same for work that is done without a run of its own, in its own words; the caller commits."""
    condition = Condition(scope=job, message=message, next_action=next_action, runbook="docs/runbooks/runs.md")
    return _settle_run(connection, organization_id, job, [condition], as_of)


def resolve_run_failed(connection: Connection[Any], organization_id: str, *, job: str, as_of: datetime) -> AlertSummary:
    """Resolve the alert of `job` because a run of it has succeeded since; the caller commits."""
    return _settle_run(connection, organization_id, job, [], as_of)


def reporter_of(connection: Connection[Any], about: Organization, as_of: datetime, actor: Actor = RUN) -> Reporter:
    """Who settles the organization's incidents as of `as_of`."""
    # A sandbox may run ahead of the wall clock, by which messages are sent; they must be due by either.
    row = connection.execute("select least(%s, clock_timestamp())", [as_of]).fetchone()
    return Reporter(
        connection=connection,
        organization_id=about.organization_id,
        organization_name=about.name,
        time_zone=about.time_zone,
        as_of=as_of,
        sent_from=row[0] if row else as_of,
        actor=actor,
    )


def _settle_run(
    connection: Connection[Any], organization_id: str, job: str, conditions: Sequence[Condition], as_of: datetime
) -> AlertSummary:
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    reporter, routing = reporter_of(connection, about, as_of), routing_of(about)
    standing = unresolved(reporter, RUN_FAILED.rule)
    others = frozenset(incident.scope for incident in standing) - {job}
    return _summed([settle(reporter, routing, RUN_FAILED, Judgement(conditions, others), standing)])


def _summed(settled: Iterable[Settled]) -> AlertSummary:
    each = list(settled)
    return AlertSummary(
        opened=tuple(incident for one in each for incident in one.opened),
        still_open=tuple(incident for one in each for incident in one.still_open),
        resolved=tuple(incident for one in each for incident in one.resolved),
    )
