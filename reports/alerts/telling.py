"""Writes a step in an alert's life to its history, and the messages that tell of it to the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from reports.alerts.messages import facts_of
from reports.alerts.routing import Routing, Step, Way
from warehouse.audit import RUN, Actor
from warehouse.outbox import enqueue

if TYPE_CHECKING:
    from reports.alerts.incidents import Incident


@dataclass(frozen=True, slots=True)
class Reporter:
    """For whom and when incidents are settled, and from when their messages are due."""

    connection: Connection[Any]
    organization_id: str
    organization_name: str
    time_zone: str
    as_of: datetime
    sent_from: datetime
    actor: Actor = RUN


def tell(
    reporter: Reporter,
    routing: Routing,
    incident: "Incident",
    step: Step,
    *,
    channels: Sequence[str] = (),
    note: str | None = None,
    number: int = 0,
    ways: Iterable[Way] | None = None,
    is_past: bool = False,
) -> None:
    """Note the step, and queue one message a channel. `number` tells a step that can come again from the last one."""
    reporter.connection.execute(
        """
        insert into app.alert_events (
            organization_id, alert_id, step, occurred_at, actor_kind, actor_id, severity, value, message, note
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            reporter.organization_id,
            incident.alert_id,
            step,
            reporter.as_of,
            reporter.actor.kind,
            reporter.actor.id,
            incident.severity,
            incident.value,
            incident.message,
            note,
        ],
    )
    chosen = (
        list(ways)
        if ways is not None
        else routing.ways(incident.severity, incident.area, step, reporter.sent_from, channels=channels)
    )
    facts, name = facts_of(reporter, incident, step, note=note, is_past=is_past), f"{step}-{number}" if number else step
    named = [(name, way) for way in chosen]
    if step == "resolved":
        also = _also_told(reporter, incident, chosen)
        named += [(f"{name}-escalated-{level}", way) for level, way in enumerate(also, start=1)]
    for key, way in named:
        enqueue(
            reporter.connection,
            reporter.organization_id,
            way.topic,
            f"alert-{incident.alert_id}-{key}-{way.channel}",
            {"channel": way.channel, "recipients": list(way.recipients), "facts": facts},
            now=reporter.sent_from,
            not_before=way.not_before,
        )


def waits_already(reporter: Reporter, incident: "Incident", channel: str) -> bool:
    """Whether a message of the alert has still to go over the channel: another would say nothing new."""
    found = reporter.connection.execute(
        """
        select exists (
            select from app.outbox
            where organization_id = %s and payload ->> 'channel' = %s and payload #>> '{facts,alert_id}' = %s
                and topic like 'alerts.%%' and delivered_at is null and given_up_at is null
        )
        """,
        [reporter.organization_id, channel, str(incident.alert_id)],
    ).fetchone()
    return bool(found and found[0])


def _also_told(reporter: Reporter, incident: "Incident", chosen: Sequence[Way]) -> list[Way]:
    """Whoever an alert was escalated to, at any level, learns of its end too, unless the usual ways lead there."""
    found = reporter.connection.execute(
        """
        select distinct on (payload ->> 'channel', payload -> 'recipients') topic, payload
        from app.outbox
        where organization_id = %s and payload #>> '{facts,alert_id}' = %s and payload #>> '{facts,event}' = 'escalated'
        order by payload ->> 'channel', payload -> 'recipients', outbox_id desc
        """,
        [reporter.organization_id, str(incident.alert_id)],
    ).fetchall()
    known = {(way.channel, way.recipients) for way in chosen}
    return [
        Way(f"{payload['channel']}", tuple(payload["recipients"]), topic, reporter.sent_from)
        for topic, payload in found
        if (payload["channel"], tuple(payload["recipients"])) not in known
    ]
