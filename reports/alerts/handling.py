"""What people do with an alert: take it on, or leave it for a while. Both stand in its history and the audit log."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from reports.alerts.evaluation import reporter_of
from reports.alerts.incidents import Incident, changed, lock, unresolved
from reports.alerts.routing import routing_of
from reports.alerts.telling import tell
from reports.errors import UnknownScope
from reports.views.organizations import organization
from warehouse.audit import Actor, record

LONGEST_SNOOZE = timedelta(days=30)


def acknowledge(
    connection: Connection[Any],
    organization_id: str,
    alert_id: int,
    *,
    actor: Actor,
    as_of: datetime,
    note: str | None = None,
) -> Incident:
    """Say that somebody has taken the alert on: nobody is reminded of it any more. The caller commits."""
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    reporter, routing = reporter_of(connection, about, as_of, actor), routing_of(about)
    incident = _unresolved(unresolved(reporter), alert_id)
    if incident.state == "acknowledged" and note is None:
        return incident
    done = changed(
        reporter,
        incident,
        state="acknowledged",
        acknowledged_at=as_of,
        acknowledged_by=actor.id,
        snoozed_until=None,
        snoozed_by=None,
        note=note or incident.note,
    )
    told = f"acknowledged by {actor.id}" + (f": {note}" if note else "")
    tell(reporter, routing, done, "acknowledged", note=told, number=int(as_of.timestamp()))
    record(
        connection,
        organization_id,
        actor,
        "acknowledge_alert",
        resource=f"alert {alert_id}",
        reason=note,
        details={"rule": done.rule, "scope": done.scope},
    )
    return done


def snooze(
    connection: Connection[Any],
    organization_id: str,
    alert_id: int,
    *,
    until: datetime,
    actor: Actor,
    as_of: datetime,
    note: str | None = None,
) -> Incident:
    """Leave the alert alone until then; when it still holds, it is told again. The caller commits."""
    if not as_of < until <= as_of + LONGEST_SNOOZE:
        raise UnknownScope(
            f"An alert can be snoozed for up to {LONGEST_SNOOZE.days} days from now on, so nothing was changed."
        )
    lock(connection, organization_id)
    about = organization(connection, organization_id)
    reporter, routing = reporter_of(connection, about, as_of, actor), routing_of(about)
    incident = _unresolved(unresolved(reporter), alert_id)
    done = changed(reporter, incident, snoozed_until=until, snoozed_by=actor.id, note=note or incident.note)
    told = f"snoozed by {actor.id} until {until:%Y-%m-%d %H:%M %Z}" + (f": {note}" if note else "")
    tell(reporter, routing, done, "snoozed", note=told, number=int(as_of.timestamp()))
    record(
        connection,
        organization_id,
        actor,
        "snooze_alert",
        resource=f"alert {alert_id}",
        reason=note,
        details={"rule": done.rule, "scope": done.scope, "until": until.isoformat()},
    )
    return done


def _unresolved(incidents: list[Incident], alert_id: int) -> Incident:
    for incident in incidents:
        if incident.alert_id == alert_id:
            return incident
    known = ", ".join(str(incident.alert_id) for incident in incidents) or "none is"
    raise UnknownScope(
        f"There is no unresolved alert {alert_id} (open: {known}), so nothing was changed. "
        "`qbr alerts list` shows them."
    )
