"""Whether each channel works: a message that says it is a test, sent at once and past every rule and route."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from reports.alerts.channels import ChannelFailed, Parcel
from reports.alerts.courier import NOT_CONFIGURED
from reports.alerts.delivery import channels_of
from reports.alerts.messages import SCHEMA_VERSION
from reports.alerts.routing import Routing, routing_of
from reports.formats import utc
from reports.views.organizations import organization
from warehouse.delivery_rules import Channel
from warehouse.outbox import Message
from warehouse.settings import Settings

State = Literal["sent", "failed", "not configured"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying one channel; `is_used` says whether any alert is routed over it."""

    channel: str
    state: State
    told: str
    is_used: bool


def try_channels(
    connection: Connection[Any],
    organization_id: str,
    settings: Settings,
    now: datetime,
    *,
    only: str | None = None,
) -> list[Tried]:
    """Send a test over every channel that is set up, or over the one named."""
    about = organization(connection, organization_id)
    routing = routing_of(about)
    used, tried = frozenset[str](used_channels(routing)), []
    facts = {
        "schema_version": SCHEMA_VERSION, "organization_id": organization_id, "organization": about.name,
        "time_zone": about.time_zone, "alert_id": 0, "event": "test", "state": "open", "rule": "test", "scope": "test",
        "area": "platform", "severity": "low", "message": "This is a test. Alerts of this organization will come here.",
        "value": None, "threshold": None, "period": None, "next_action": "Nothing: whoever reads this can be reached.",
        "runbook": "docs/how-to/be-told-of-alerts.md", "note": None, "first_seen_at": utc(now), "at": utc(now),
    }  # fmt: skip
    for name, channel in channels_of(routing, settings).items():
        if only not in {None, name}:
            continue
        if channel is None:
            tried.append(Tried(name, "not configured", NOT_CONFIGURED[name], name in used))
            continue
        people = tuple(dict.fromkeys(person for route in routing.delivery.routes for person in route.recipients))
        key = f"test-{int(now.timestamp())}-{name}"
        payload = {"channel": name, "facts": facts}
        message = Message(organization_id, 0, f"alerts.{name}", key, payload, attempts=1, created_at=now)
        recipients = people if name == "email" and not routing.delivery.email.recipients else ()
        try:
            receipt = channel.send(Parcel([message], recipients, frozenset(), docs_url=settings.docs_url), now)
        except ChannelFailed as error:
            tried.append(Tried(name, "failed", str(error), name in used))
            continue
        refused = [f"{who} was refused ({answer})" for who, answer in (*receipt.refused, *receipt.later)]
        told = "; ".join([*receipt.delivered, *refused])
        tried.append(Tried(name, "sent" if receipt.delivered else "failed", told, name in used))
    return tried


def used_channels(routing: Routing) -> frozenset[Channel]:
    """The channels that some alert may go over, as the organization's file says."""
    delivery = routing.delivery
    routed = {channel for route in delivery.routes for channel in route.channels}
    escalated = {channel for level in delivery.escalation for channel in level.channels}
    # Whatever fits no route goes over the usual channels.
    everywhere = any(not route.severities and not route.areas for route in delivery.routes)
    return frozenset(routed | escalated | (set() if everywhere else set(delivery.channels)))
