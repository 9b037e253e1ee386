"""The life of an alert in `app.alerts`: opened once a rule and scope, seen again, resolved when it no longer holds.

What a rule finds wrong waits in `app.alert_pending` until it has held for as long as the rule asks; what it finds right
again ends the alert once that has held for as long. Each step is written together with its messages, in the caller's
transaction: what is recorded is also told, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.routing import Routing
from reports.alerts.telling import Reporter, tell
from reports.views.watching import AlertRule


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `app.alerts`."""

    alert_id: int
    rule: str
    scope: str
    severity: str
    area: str
    state: str
    value: Decimal | None
    threshold: Decimal | None
    period: str | None
    message: str
    next_action: str | None
    runbook: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    absent_since: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    remind_at: datetime | None
    reminders: int
    escalations: int
    note: str | None
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settling did to the incidents of one rule."""

    opened: tuple[Incident, ...]
    still_open: tuple[Incident, ...]
    resolved: tuple[Incident, ...]


COLUMNS = ", ".join(Incident.__dataclass_fields__)


def settle(
    reporter: Reporter, routing: Routing, rule: AlertRule, judgement: Judgement, standing: Iterable[Incident]
) -> Settled:
    """Open, keep and resolve the incidents of `rule`, of which `standing` are unresolved, to say what was found."""
    before = {incident.scope: incident for incident in standing if incident.rule == rule.rule}
    found = {condition.scope: condition for condition in judgement.conditions}
    fresh = [one for scope, one in found.items() if scope not in before and one.may_open]
    due = _held_long_enough(reporter, rule, fresh, judgement)
    opened, still_open, resolved = [], [], []
    for scope, condition in found.items():
        if scope in before:
            still_open.append(_seen_again(reporter, before[scope], rule, condition))
        elif scope in due:
            incident = _opened(reporter, routing, rule, condition)
            opened.append(incident)
            tell(reporter, routing, incident, "opened", channels=rule.channels)
    for scope, incident in before.items():
        if scope in found:
            continue
        if judgement.is_unknown(scope):
            still_open.append(incident)
        elif reporter.as_of < (incident.absent_since or reporter.as_of) + rule.resolves_after:
            still_open.append(_gone_for_now(reporter, incident))
        else:
            done = _resolved(reporter, incident)
            resolved.append(done)
            tell(reporter, routing, done, "resolved", channels=rule.channels, is_past=_is_past(done, judgement))
    return Settled(tuple(opened), tuple(still_open), tuple(resolved))


def unresolved(reporter: Reporter, rule: str | None = None) -> list[Incident]:
    """Incidents that are open or acknowledged, of one rule or of all."""
    with reporter.connection.cursor(row_factory=class_row(Incident)) as cursor:
        return cursor.execute(
            f"select {COLUMNS} from app.alerts "  # noqa: S608 - a constant of this module
            "where organization_id = %(organization_id)s and state <> 'resolved' "
            "and (%(rule)s::text is null or rule = %(rule)s) order by rule, scope",
            {"organization_id": reporter.organization_id, "rule": rule},
        ).fetchall()


def lock(connection: Connection[Any], organization_id: str) -> None:
    """Let nobody else settle this organization's incidents until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtext('app.alerts'), hashtext(%s))", [organization_id])


def changed(reporter: Reporter, incident: Incident, **columns: object) -> Incident:
    """The incident with some of its columns set."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    return _written(
        reporter,
        f"update app.alerts set {assignments} "  # noqa: S608 - names of columns given by this package
        f"where organization_id = %(organization_id)s and alert_id = %(alert_id)s returning {COLUMNS}",
        {**columns, "alert_id": incident.alert_id},
    )


def _is_past(incident: Incident, judgement: Judgement) -> bool:
    """Whether a newer month ended it, though what it tells of happened all the same."""
    return judgement.newest is not None and incident.period is not None and incident.period < judgement.newest


def _held_long_enough(
    reporter: Reporter, rule: AlertRule, conditions: list[Condition], judgement: Judgement
) -> set[str]:
    """The scopes that have been wrong for as long as the rule asks; the others are noted with the day they began."""
    if not rule.holds_for:
        return {condition.scope for condition in conditions}
    values = {"organization_id": reporter.organization_id, "rule": rule.rule, "as_of": reporter.as_of}
    scopes = [condition.scope for condition in conditions]
    pending = reporter.connection.execute(
        "select scope from app.alert_pending where organization_id = %(organization_id)s and rule = %(rule)s", values
    ).fetchall()
    right_again = [scope for (scope,) in pending if scope not in scopes and not judgement.is_unknown(scope)]
    reporter.connection.execute(
        "delete from app.alert_pending where organization_id = %(organization_id)s and rule = %(rule)s "
        "and scope = any(%(right_again)s)",
        {**values, "right_again": right_again},
    )
    if not scopes:
        return set()
    reporter.connection.execute(
        "insert into app.alert_pending (organization_id, rule, scope, since) "
        "select %(organization_id)s, %(rule)s, scope, %(as_of)s from unnest(%(scopes)s::text[]) as scope "
        "on conflict do nothing",
        {**values, "scopes": scopes},
    )
    due = reporter.connection.execute(
        "delete from app.alert_pending where organization_id = %(organization_id)s and rule = %(rule)s "
        "and scope = any(%(scopes)s) and since <= %(as_of)s - %(held)s::interval returning scope",
        {**values, "scopes": scopes, "held": rule.holds_for},
    )
    return {scope for (scope,) in due.fetchall()}


def _opened(reporter: Reporter, routing: Routing, rule: AlertRule, condition: Condition) -> Incident:
    values = {
        **_facts(condition),
        "rule": rule.rule,
        "scope": condition.scope,
        "severity": rule.severity,
        "area": rule.area,
        "remind_at": routing.remind_at(rule, reporter.as_of),
    }
    names = ", ".join(values)
    marks = ", ".join(f"%({name})s" for name in values)
    return _written(
        reporter,
        f"insert into app.alerts (organization_id, first_seen_at, last_seen_at, {names}) "  # noqa: S608 - constants
        f"values (%(organization_id)s, %(as_of)s, %(as_of)s, {marks}) returning {COLUMNS}",
        values,
    )


def _seen_again(reporter: Reporter, incident: Incident, rule: AlertRule, condition: Condition) -> Incident:
    seen = max(incident.last_seen_at, reporter.as_of)
    facts = {**_facts(condition), "severity": rule.severity, "area": rule.area}
    return changed(reporter, incident, **facts, last_seen_at=seen, absent_since=None)


def _gone_for_now(reporter: Reporter, incident: Incident) -> Incident:
    if incident.absent_since is not None:
        return incident
    return changed(reporter, incident, absent_since=reporter.as_of)


def _resolved(reporter: Reporter, incident: Incident) -> Incident:
    ended = max(incident.last_seen_at, reporter.as_of)
    return changed(reporter, incident, state="resolved", resolved_at=ended, remind_at=None, snoozed_until=None)


def _written(reporter: Reporter, statement: str, values: Mapping[str, object]) -> Incident:
    with reporter.connection.cursor(row_factory=class_row(Incident)) as cursor:
        row = cursor.execute(
            statement,
            {**values, "organization_id": reporter.organization_id, "as_of": reporter.as_of},
        ).fetchone()
    if row is None:
        raise LookupError(f"An alert of {reporter.organization_id} vanished while it was settled; run again.")
    return row


def _facts(condition: Condition) -> dict[str, object]:
    return {
        "value": condition.value,
        "threshold": condition.threshold,
        "period": condition.period,
        "message": condition.message,
        "next_action": condition.next_action,
        "runbook": condition.runbook,
    }
