"""Brings waiting alert messages to their channels: in order, once, and again later when a channel is down."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from reports.alerts.channels import Channel, ChannelFailed, ChatWebhook, LocalFile, Mail
from reports.alerts.messages import CHANNELS, topics
from reports.views.organizations import Organization, active_organizations
from warehouse.outbox import Message, claim, delivered, failed
from warehouse.settings import Settings

NOT_CONFIGURED = {
    "email": "E-mail is not configured: set QBR_SMTP_HOST, and recipients in the organization's file or QBR_SMTP_TO.",
    "chat_webhook": "The chat webhook is not configured: set QBR_CHAT_WEBHOOK_URL.",
}


@dataclass(slots=True)
class DeliverySummary:
    """How many messages went, failed (and will be tried again), or wait for a channel nobody has set up."""

    delivered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    not_configured: Counter[str] = field(default_factory=Counter)
    errors: dict[str, str] = field(default_factory=dict)
    """The last error of each channel."""

    def __str__(self) -> str:
        parts = [f"{count} by {channel}" for channel, count in sorted(self.delivered.items())]
        parts += [
            f"{count} by {channel} failed and will be tried again ({self.errors[channel]})"
            for channel, count in sorted(self.failed.items())
        ]
        parts += [
            f"{count} wait: {channel} is not configured" for channel, count in sorted(self.not_configured.items())
        ]
        return "; ".join(parts) or "nothing to send"


def deliver(
    connection: Connection[Any], settings: Settings, now: datetime, *, organization_id: str | None = None
) -> DeliverySummary:
    """Send what is due, of one organization or of all. `now` is the clock on the wall.

    Commits: first what it takes up, then each outcome, so that a crash repeats one message at most. A message that
    waits for an earlier one of the same alert and channel is held back, so that no resolution arrives first.
    """
    summary = DeliverySummary()
    for organization in active_organizations(connection):
        if organization_id not in {None, organization.organization_id}:
            continue
        only_critical = is_quiet(organization, now)
        for name, channel in channels_of(organization, settings).items():
            courier = _Courier(connection, organization.organization_id, name, channel, now, summary)
            courier.run(topics(name, only_critical=only_critical))
    return summary


def channels_of(organization: Organization, settings: Settings) -> Mapping[str, Channel | None]:
    """The organization's channels by name; None where a channel is not configured."""
    email = organization.delivery.get("email") or {}
    recipients = email.get("recipients") or [
        address.strip() for address in (settings.smtp_to or "").split(",") if address.strip()
    ]
    mail = None
    if settings.smtp_host and recipients:
        mail = Mail(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            recipients=tuple(recipients),
            starttls=settings.smtp_starttls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
    chat = ChatWebhook(settings.chat_webhook_url.get_secret_value()) if settings.chat_webhook_url else None
    found: dict[str, Channel | None] = {
        "email": mail,
        "chat_webhook": chat,
        "file": LocalFile(settings.var_dir / "alerts"),
    }
    return {name: found[name] for name in CHANNELS}


def is_quiet(organization: Organization, now: datetime) -> bool:
    """True within the organization's quiet hours, in its own zone; the end is not part of them."""
    hours = organization.delivery.get("quiet_hours")
    if not hours:
        return False
    start, end = time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"])
    local = now.astimezone(ZoneInfo(organization.time_zone)).time()
    return start <= local < end if start <= end else local >= start or local < end


@dataclass(frozen=True, slots=True)
class _Courier:
    """Takes the messages of one organization to one channel."""

    connection: Connection[Any]
    organization_id: str
    name: str
    channel: Channel | None
    now: datetime
    summary: DeliverySummary

    def run(self, wanted: Sequence[str]) -> None:
        """Everything that is due; each outcome is committed before the next message is sent."""
        while messages := claim(self.connection, self.now, organization_id=self.organization_id, topics=wanted):
            self.connection.commit()
            for message in messages:
                if self.channel is None:
                    self.summary.not_configured[self.name] += 1
                    failed(self.connection, message, NOT_CONFIGURED[self.name], self.now)
                elif self._waits_for_another(message):
                    failed(self.connection, message, "waits for an earlier message of the same alert", self.now)
                else:
                    self._send(self.channel, message)
                self.connection.commit()

    def _send(self, channel: Channel, message: Message) -> None:
        try:
            receipt = channel.send(message, self.now)
        except ChannelFailed as error:
            self.summary.failed[self.name] += 1
            self.summary.errors[self.name] = str(error)
            failed(self.connection, message, str(error), self.now)
            self._note(message, None, str(error))
            return
        self.summary.delivered[self.name] += 1
        delivered(self.connection, message, self.now)
        for recipient in receipt.delivered:
            self._note(message, recipient, None)
        for recipient, answer in receipt.refused:
            self._note(message, recipient, f"the server refused this recipient: {answer}")

    def _note(self, message: Message, recipient: str | None, error: str | None) -> None:
        self.connection.execute(
            """
            insert into app.deliveries (organization_id, alert_id, channel, recipient, outcome, error, attempted_at)
            values (%s, %s, %s, %s, %s, %s, %s)
            """,
            [
                message.organization_id,
                message.payload["facts"]["alert_id"],
                self.name,
                recipient,
                "delivered" if error is None else "failed",
                error,
                self.now,
            ],
        )

    def _waits_for_another(self, message: Message) -> bool:
        """True while an earlier message of the same alert has not gone over this channel."""
        found = self.connection.execute(
            """
            select exists (
                select from app.outbox
                where organization_id = %(organization_id)s and outbox_id < %(outbox_id)s
                    and payload ->> 'channel' = %(channel)s
                    and payload #>> '{facts,alert_id}' = %(alert_id)s
                    and delivered_at is null and given_up_at is null
            )
            """,
            {
                "organization_id": message.organization_id,
                "outbox_id": message.outbox_id,
                "channel": self.name,
                "alert_id": str(message.payload["facts"]["alert_id"]),
            },
        ).fetchone()
        return bool(found and found[0])
