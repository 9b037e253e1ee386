"""The life of an alert in `app.alerts`: opened once a rule and scope, seen again, resolved when it no longer holds.

Each step is written together with its messages, in the caller's transaction: what is recorded is also told, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row

from reports.alerts.messages import Told, dedupe_key, payload, topic
from reports.alerts.rules import Condition, Judgement
from warehouse.outbox import enqueue

Step = Literal["opened", "resolved"]


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `app.alerts`."""

    alert_id: int
    rule: str
    scope: str
    severity: str
    state: str
    value: Decimal | None
    threshold: Decimal | None
    message: str
    next_action: str | None
    runbook: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reporter:
    """For whom and when incidents are settled, and where they are told."""

    connection: Connection[Any]
    organization_id: str
    organization_name: str
    as_of: datetime
    sent_from: datetime
    """The instant from which messages are due."""
    disabled_channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settling did to the incidents of one rule."""

    opened: tuple[Incident, ...]
    still_open: tuple[Incident, ...]
    resolved: tuple[Incident, ...]


_COLUMNS = """alert_id, rule, scope, severity, state, value, threshold, message, next_action, runbook, first_seen_at,
    last_seen_at, resolved_at"""


def settle(reporter: Reporter, rule: str, severity: str, channels: Iterable[str], judgement: Judgement) -> Settled:
    """Open, keep and resolve the incidents of `rule` so that they say what `judgement` found."""
    before = {incident.scope: incident for incident in unresolved(reporter, rule)}
    found = {condition.scope: condition for condition in judgement.conditions}
    told = tuple(channel for channel in channels if channel not in reporter.disabled_channels)
    opened, still_open, resolved = [], [], []
    for scope, condition in found.items():
        if scope in before:
            still_open.append(_seen_again(reporter, before[scope], severity, condition))
        elif condition.may_open:
            incident = _opened(reporter, rule, severity, condition)
            opened.append(incident)
            _tell(reporter, incident, "opened", told, condition.period)
    for scope, incident in before.items():
        if scope in judgement.unknown:
            still_open.append(incident)
        elif scope not in found:
            done = _resolved(reporter, incident)
            resolved.append(done)
            _tell(reporter, done, "resolved", told, None)
    return Settled(tuple(opened), tuple(still_open), tuple(resolved))


def unresolved(reporter: Reporter, rule: str | None = None) -> list[Incident]:
    """Incidents that are open or acknowledged, of one rule or of all."""
    with reporter.connection.cursor(row_factory=class_row(Incident)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from app.alerts "  # noqa: S608 - a constant of this module
            "where organization_id = %(organization_id)s and state <> 'resolved' "
            "and (%(rule)s::text is null or rule = %(rule)s) order by rule, scope",
            {"organization_id": reporter.organization_id, "rule": rule},
        ).fetchall()


def lock(connection: Connection[Any], organization_id: str) -> None:
    """Let nobody else settle this organization's incidents until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtext('app.alerts'), hashtext(%s))", [organization_id])


def _opened(reporter: Reporter, rule: str, severity: str, condition: Condition) -> Incident:
    return _written(
        reporter,
        f"""
        insert into app.alerts (
            organization_id, rule, scope, severity, value, threshold, message, next_action, runbook, first_seen_at,
            last_seen_at
        )
        values (
            %(organization_id)s, %(rule)s, %(scope)s, %(severity)s, %(value)s, %(threshold)s, %(message)s,
            %(next_action)s, %(runbook)s, %(as_of)s, %(as_of)s
        )
        returning {_COLUMNS}
        """,  # noqa: S608 - a constant of this module
        {**_facts(condition), "rule": rule, "scope": condition.scope, "severity": severity},
    )


def _seen_again(reporter: Reporter, incident: Incident, severity: str, condition: Condition) -> Incident:
    return _written(
        reporter,
        f"""
        update app.alerts
        set severity = %(severity)s, value = %(value)s, threshold = %(threshold)s, message = %(message)s,
            next_action = %(next_action)s, runbook = %(runbook)s, last_seen_at = greatest(last_seen_at, %(as_of)s)
        where organization_id = %(organization_id)s and alert_id = %(alert_id)s
        returning {_COLUMNS}
        """,  # noqa: S608 - a constant of this module
        {**_facts(condition), "severity": severity, "alert_id": incident.alert_id},
    )


def _resolved(reporter: Reporter, incident: Incident) -> Incident:
    return _written(
        reporter,
        f"""
        update app.alerts set state = 'resolved', resolved_at = greatest(last_seen_at, %(as_of)s)
        where organization_id = %(organization_id)s and alert_id = %(alert_id)s
        returning {_COLUMNS}
        """,  # noqa: S608 - a constant of this module
        {"alert_id": incident.alert_id},
    )


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
        "message": condition.message,
        "next_action": condition.next_action,
        "runbook": condition.runbook,
    }


def _tell(reporter: Reporter, incident: Incident, step: Step, channels: Iterable[str], period: str | None) -> None:
    told = Told(
        organization_id=reporter.organization_id,
        organization_name=reporter.organization_name,
        alert_id=incident.alert_id,
        step=step,
        rule=incident.rule,
        scope=incident.scope,
        severity=incident.severity,
        message=incident.message,
        value=incident.value,
        threshold=incident.threshold,
        period=period,
        next_action=incident.next_action,
        runbook=incident.runbook,
        first_seen_at=incident.first_seen_at,
        at=incident.resolved_at or incident.last_seen_at,
    )
    for channel in channels:
        enqueue(
            reporter.connection,
            reporter.organization_id,
            topic(channel, incident.severity),
            dedupe_key(told, channel),
            payload(told, channel),
            now=reporter.sent_from,
        )
