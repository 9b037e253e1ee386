"""Brings waiting alert messages to the channels that an organization has set up."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from psycopg import Connection

from reports.alerts.channels import Channel, LocalFile, Mail
from reports.alerts.courier import Courier, DeliverySummary
from reports.alerts.history import write_history
from reports.alerts.posts import AnythingElse, ChatWebhook, SignedWebhook, Slack, Teams
from reports.alerts.routing import CHANNELS, Routing, routing_of
from reports.mail_server import mail_server
from reports.views.organizations import active_organizations
from warehouse.outbox import going_on_from
from warehouse.settings import Settings

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def deliver(
    connection: Connection[Any],
    settings: Settings,
    now: datetime,
    *,
    organization_id: str | None = None,
    clock: Callable[[], datetime] | None = None,
    within: timedelta | None = None,
) -> DeliverySummary:
    """Send what is due, of one organization or of all. `now` is the clock on the wall; `clock` how it goes on.

    Commits: first what it takes up, then each outcome, so that a crash repeats one message at most. A message that
    waits for an earlier one of the same alert and channel is held back, so that no resolution arrives first. What
    cannot be read or sent stops neither the other channels nor the other organizations. Once it has taken longer than
    `within`, nothing more is begun, and the next time begins with another channel.
    """
    summary = DeliverySummary()
    going_on = clock or going_on_from(now)
    for organization in active_organizations(connection):
        name = organization.organization_id
        if organization_id not in {None, name}:
            continue
        with _apart(connection, summary, f"messages of {name}"):
            routing = routing_of(organization)
            waiting = _channels_waiting(connection, name)
            until = None if within is None else now + within
            channels = tuple(channels_of(routing, settings).items())
            for by, channel in channels if within is None else in_turn(channels, now):
                if by in waiting:
                    with _apart(connection, summary, f"messages of {name} by {by}"):
                        Courier(connection, name, by, channel, settings, now, summary, going_on, until).run(routing)
        with _apart(connection, summary, f"the history file of {name}"):
            write_history(connection, name, settings.var_dir / "alerts")
    return summary


def in_turn(each: Sequence[T], now: datetime) -> Sequence[T]:
    """The same, begun at another one every half minute: one that takes all the time must not always come first."""
    first = int(now.timestamp()) // 30 % len(each) if each else 0
    return [*each[first:], *each[:first]]


@contextmanager
def _apart(connection: Connection[Any], summary: DeliverySummary, what: str) -> Iterator[None]:
    """Keep a failure nobody foresaw from whatever comes after it. It is told by its type: its words may hold secrets.

    A connection that is gone ends everything.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be served
        connection.rollback()
        LOG.error("%s: %s", what, type(error).__name__)  # noqa: TRY400 - a traceback may hold secrets
        summary.broken.append(f"{what} could not be handled ({type(error).__name__})")


def channels_of(routing: Routing, settings: Settings) -> Mapping[str, Channel | None]:
    """The organization's channels by name; None where a channel is not configured."""
    server = mail_server(settings)
    usual = tuple(routing.delivery.email.recipients) or _listed(settings.smtp_to)
    named = any(route.recipients for route in routing.delivery.routes) or any(
        level.recipients for level in routing.delivery.escalation
    )
    slack_channel = routing.delivery.slack_channel or settings.slack_channel
    urls = _listed(settings.apprise_urls.get_secret_value() if settings.apprise_urls else None)
    found: dict[str, Channel | None] = {
        "email": Mail(server, usual) if server and (usual or named) else None,
        "chat_webhook": ChatWebhook(settings.chat_webhook_url.get_secret_value())
        if settings.chat_webhook_url
        else None,
        "slack": Slack(settings.slack_bot_token.get_secret_value(), slack_channel, settings.slack_api_url)
        if settings.slack_bot_token and slack_channel
        else None,
        "teams": Teams(settings.teams_webhook_url.get_secret_value()) if settings.teams_webhook_url else None,
        "webhook": SignedWebhook(
            settings.alert_webhook_url.get_secret_value(), settings.alert_webhook_secret.get_secret_value()
        )
        if settings.alert_webhook_url and settings.alert_webhook_secret
        else None,
        "apprise": AnythingElse(urls) if urls else None,
        "file": LocalFile(settings.var_dir / "alerts"),
    }
    return {name: found[name] for name in CHANNELS}


def _channels_waiting(connection: Connection[Any], organization_id: str) -> frozenset[str]:
    """Channels that have anything to bring, now or later: mostly none."""
    found = connection.execute(
        "select distinct payload ->> 'channel' from app.outbox "
        "where organization_id = %s and topic like 'alerts.%%' and delivered_at is null and given_up_at is null",
        [organization_id],
    )
    return frozenset(channel for (channel,) in found.fetchall())


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
