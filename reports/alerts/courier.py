"""Takes the messages of one organization to one channel: in order, once, and again later when it is down."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from reports.alerts.channels import Channel, ChannelFailed, Parcel, Receipt
from reports.alerts.routing import Routing
from warehouse.outbox import LEASE, Message, claim, delivered, failed, postpone, renew
from warehouse.settings import Settings

LOG = logging.getLogger(__name__)
NOT_CONFIGURED = {
    "email": "E-mail is not configured: set QBR_SMTP_HOST, and recipients in the organization's file or QBR_SMTP_TO.",
    "chat_webhook": "The chat webhook is not configured: set QBR_CHAT_WEBHOOK_URL.",
    "slack": "Slack is not configured: set QBR_SLACK_BOT_TOKEN, and QBR_SLACK_CHANNEL or delivery.slack_channel.",
    "teams": "Teams is not configured: set QBR_TEAMS_WEBHOOK_URL.",
    "webhook": "The signed webhook is not configured: set QBR_ALERT_WEBHOOK_URL and QBR_ALERT_WEBHOOK_SECRET.",
    "apprise": "Apprise is not configured: set QBR_APPRISE_URLS.",
}
LOOK_AGAIN = timedelta(hours=1)
"""When a message is looked at again whose channel nobody has set up."""
SOON = timedelta(seconds=30)
_MOST = 500
"""Messages taken up at once for a digest."""
_AT_ONCE = 20
_EACH = timedelta(minutes=1)
"""How much longer a message may take that goes together with others: one over the signed webhook is a post."""
_ENOUGH = 3
"""Failures in a row after which a channel is taken to be down."""


@dataclass(slots=True)
class DeliverySummary:
    """How many messages went, failed (and will be tried again, or not), or wait for a channel nobody has set up."""

    delivered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    """Messages that failed for so long that they are not tried again: nobody has got them."""
    not_configured: Counter[str] = field(default_factory=Counter)
    gathered: Counter[str] = field(default_factory=Counter)
    """Messages that wait for the next digest."""
    errors: dict[str, str] = field(default_factory=dict)
    """The last error of each channel."""
    broken: list[str] = field(default_factory=list)
    """What could not be served at all, in a sentence each; the rest was."""
    is_cut_short: bool = False
    """Whether the time was over before everything was tried; the next time goes on."""

    def __str__(self) -> str:
        parts = [f"{count} by {channel}" for channel, count in sorted(self.delivered.items())]
        parts += [
            f"{count} by {channel} failed and will be tried again ({self.errors[channel]})"
            for channel, count in sorted(self.failed.items())
        ]
        parts += [
            f"{count} by {channel} given up for good ({self.errors[channel]})"
            for channel, count in sorted(self.given_up.items())
        ]
        parts += [f"{count} for the next digest by {channel}" for channel, count in sorted(self.gathered.items())]
        parts += [
            f"{count} wait: {channel} is not configured" for channel, count in sorted(self.not_configured.items())
        ]
        cut_short = ["the time was over; the rest goes next time"] if self.is_cut_short else []
        return "; ".join(parts + self.broken + cut_short) or "nothing to send"


@dataclass(frozen=True, slots=True)
class Courier:
    """Takes the messages of one organization to one channel."""

    connection: Connection[Any]
    organization_id: str
    name: str
    channel: Channel | None
    settings: Settings
    now: datetime
    summary: DeliverySummary
    clock: Callable[[], datetime]
    until: datetime | None = None
    """When nothing more is begun."""

    def run(self, routing: Routing) -> None:
        """Everything that is due; each outcome is committed before the next message is sent."""
        urgent, others, digest = (f"alerts.{self.name}{end}" for end in (".critical", "", ".digest"))
        if self.channel is None:
            self._hold([urgent, others, digest])
            return
        is_quiet, failures = routing.is_quiet(self.now), 0
        while messages := self._claimed([urgent] if is_quiet else [others, urgent], _AT_ONCE):
            for message in messages:
                if self._is_late():
                    postpone(self.connection, message, "others took all the time", self.now)
                    self.connection.commit()
                elif failures >= _ENOUGH:  # the channel is down: the rest need not wait for it one by one
                    postpone(self.connection, message, "the channel did not answer", self.now + SOON)
                    self.connection.commit()
                else:
                    failures = 0 if self._send(self.channel, [message]) else failures + 1
        while not is_quiet and (messages := self._claimed([digest], _MOST)):
            for together in _by_recipients(messages):
                if self._is_late():
                    for message in together:
                        postpone(self.connection, message, "others took all the time", self.now)
                    self.connection.commit()
                else:
                    self._send(self.channel, together)
        if gathered := self._waiting([digest], self.now):
            self.summary.gathered[self.name] += gathered

    def _claimed(self, topics: Sequence[str], limit: int) -> list[Message]:
        """What was due when the run began, so that it comes to an end, and leased from the present moment."""
        if self._is_late():
            self.summary.is_cut_short = True
            return []
        lease = self.clock() - self.now + LEASE
        claimed = claim(
            self.connection, self.now, organization_id=self.organization_id, topics=topics, limit=limit, lease=lease
        )
        self.connection.commit()
        return claimed

    def _is_late(self) -> bool:
        return self.until is not None and self.clock() >= self.until

    def _hold(self, topics: Sequence[str]) -> None:
        """Messages of a channel that nobody has set up wait for it, unless their alert ends before."""
        why = NOT_CONFIGURED[self.name]
        while messages := self._claimed(topics, _MOST):
            for message in messages:
                postpone(self.connection, message, why, self.now + LOOK_AGAIN)
            over = [message.payload["facts"] for message in messages if message.payload["facts"]["event"] == "resolved"]
            for facts in over:
                self._drop(facts["alert_id"], f"The alert ended before anybody could be told. {why}")
            self.connection.commit()
        if waiting := self._waiting(topics):
            self.summary.not_configured[self.name] += waiting

    def _drop(self, alert_id: int, why: str) -> None:
        self.connection.execute(
            "update app.outbox set given_up_at = %s, last_error = %s where organization_id = %s "
            "and payload ->> 'channel' = %s and payload #>> '{facts,alert_id}' = %s "
            "and delivered_at is null and given_up_at is null",
            [self.now, why, self.organization_id, self.name, str(alert_id)],
        )

    def _send(self, channel: Channel, messages: Sequence[Message]) -> bool:
        """Send what goes together; False when the channel failed."""
        if self._wait_for_another(messages):
            for message in messages:
                postpone(self.connection, message, "waits for an earlier message of the same alert", self.now + SOON)
            self.connection.commit()
            return True
        if not renew(self.connection, messages, self.clock(), each=_EACH):
            return True  # we were too slow, and another sender has them; what it leaves is taken up by the next run
        self.connection.commit()
        try:
            receipt = channel.send(self._parcel(messages), self.now)
        except ChannelFailed as error:
            self._failed(messages, str(error), error.retry_after)
            self._note(messages, None, str(error))
        except Exception as error:  # noqa: BLE001 - one bad message or setting must not hold up what is behind it
            self.connection.rollback()
            kind = type(error).__name__
            LOG.error("message to %s of %s: %s", self.name, self.organization_id, kind)  # noqa: TRY400 - may hold secrets
            self._failed(messages, f"sending failed unexpectedly: {kind}", None)
            self._note(messages, None, f"sending failed unexpectedly: {kind}")
        else:
            self._settle(messages, receipt)
            return True
        finally:
            self.connection.commit()
        return False

    def _parcel(self, messages: Sequence[Message]) -> Parcel:
        rows = self.connection.execute(
            "select recipient from app.deliveries where organization_id = %s and outbox_id = any(%s) "
            "and outcome = 'delivered' group by recipient having count(distinct outbox_id) = %s",
            [self.organization_id, [message.outbox_id for message in messages], len(messages)],
        ).fetchall()
        return Parcel(
            messages=messages,
            recipients=tuple(messages[0].payload.get("recipients") or ()),
            done=frozenset(recipient for (recipient,) in rows),
            reference=self._reference(messages[0].payload["facts"]["alert_id"]),
            docs_url=self.settings.docs_url,
        )

    def _settle(self, messages: Sequence[Message], receipt: Receipt) -> None:
        for recipient in receipt.delivered:
            self._note(messages, recipient, None, receipt.reference)
        for recipient, answer in (*receipt.refused, *receipt.later):
            self._note(messages, recipient, f"the server refused this recipient: {answer}")
        if receipt.later:
            names = ", ".join(f"{name} ({answer})" for name, answer in receipt.later)
            self._failed(messages, f"not taken yet for {names}", None)
            return
        if receipt.refused and not receipt.delivered and not self._was_delivered(messages):
            names = ", ".join(f"{name} ({answer})" for name, answer in receipt.refused)
            self._failed(messages, f"The mail server refused every recipient: {names}.", None)
            return
        self.summary.delivered[self.name] += len(messages)
        for message in messages:
            delivered(self.connection, message, self.now)

    def _failed(self, messages: Sequence[Message], why: str, retry_after: float | None) -> None:
        self.summary.errors[self.name] = why
        for message in messages:
            next_try_at = failed(self.connection, message, why, self.now)
            counted = self.summary.given_up if next_try_at is None else self.summary.failed
            counted[self.name] += 1
            asked = self.now + timedelta(seconds=min(retry_after or 0, 3600))
            if next_try_at is not None and asked > next_try_at:
                self.connection.execute(
                    "update app.outbox set next_try_at = %s where organization_id = %s and outbox_id = %s",
                    [asked, message.organization_id, message.outbox_id],
                )

    def _note(
        self, messages: Sequence[Message], recipient: str | None, error: str | None, reference: str | None = None
    ) -> None:
        for message in messages:
            facts = message.payload["facts"]
            self.connection.execute(
                """
                insert into app.deliveries (
                    organization_id, alert_id, outbox_id, step, channel, recipient, outcome, error, reference,
                    attempted_at
                )
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                [
                    message.organization_id,
                    facts["alert_id"],
                    message.outbox_id,
                    facts["event"],
                    self.name,
                    recipient,
                    "delivered" if error is None else "failed",
                    error,
                    reference,
                    self.now,
                ],
            )

    def _reference(self, alert_id: int | None) -> str | None:
        """The message of the same alert that this channel can still change."""
        found = self.connection.execute(
            "select reference from app.deliveries where organization_id = %s and alert_id = %s and channel = %s "
            "and reference is not null order by delivery_id desc limit 1",
            [self.organization_id, alert_id, self.name],
        ).fetchone()
        return found[0] if found else None

    def _was_delivered(self, messages: Sequence[Message]) -> bool:
        found = self.connection.execute(
            "select exists (select from app.deliveries where organization_id = %s and outbox_id = any(%s) "
            "and outcome = 'delivered')",
            [self.organization_id, [message.outbox_id for message in messages]],
        ).fetchone()
        return bool(found and found[0])

    def _waiting(self, topics: Sequence[str], after: datetime | None = None) -> int:
        found = self.connection.execute(
            "select count(*) from app.outbox where organization_id = %s and topic = any(%s) and delivered_at is null "
            "and given_up_at is null and (%s::timestamptz is null or next_try_at > %s)",
            [self.organization_id, list(topics), after, after],
        ).fetchone()
        return int(found[0]) if found else 0

    def _wait_for_another(self, messages: Sequence[Message]) -> bool:
        """True while an earlier message of the same alert has not gone over this channel, nor goes with these.

        What goes at once, as an escalation does, waits for no digest; only the end of an alert does, where the digest
        is about to tell the same people that it began.
        """
        found = self.connection.execute(
            """
            select exists (
                select from app.outbox
                where organization_id = %(organization_id)s and outbox_id < %(last)s
                    and payload ->> 'channel' = %(channel)s and topic like 'alerts.%%'
                    and payload #>> '{facts,alert_id}' = any(%(alert_ids)s)
                    and delivered_at is null and given_up_at is null and not (outbox_id = any(%(together)s))
                    and (
                        topic not like '%%.digest' or %(topic)s like '%%.digest'
                        or (%(is_end)s and payload -> 'recipients' = %(recipients)s)
                    )
            )
            """,
            {
                "organization_id": self.organization_id,
                "last": max(message.outbox_id for message in messages),
                "channel": self.name,
                "alert_ids": [str(message.payload["facts"]["alert_id"]) for message in messages],
                "together": [message.outbox_id for message in messages],
                "topic": messages[0].topic,
                "is_end": messages[-1].payload["facts"]["event"] == "resolved",
                "recipients": Jsonb(list(messages[0].payload.get("recipients") or ())),
            },
        ).fetchone()
        return bool(found and found[0])


def _by_recipients(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages for the same people together, in their order."""
    together: dict[tuple[str, ...], list[Message]] = {}
    for message in messages:
        together.setdefault(tuple(message.payload.get("recipients") or ()), []).append(message)
    return list(together.values())
