"""Where an alert goes, when, and when again: routes, digests, repeats, escalations, quiet hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from reports.views.organizations import Organization
from reports.views.watching import AlertRule
from warehouse.delivery_rules import Delivery, Escalation

Step = Literal["opened", "reminder", "escalated", "acknowledged", "snoozed", "woken", "resolved"]

CHANNELS = ("email", "chat_webhook", "slack", "teams", "webhook", "apprise", "file")
REMINDED = ("critical", "high")
"""Severities of which people are told again until somebody acknowledges them."""
REPEAT = {"finance": timedelta(hours=2)}
REPEAT_OTHERS = timedelta(hours=4)
SILENT: tuple[Step, ...] = ("acknowledged", "snoozed")
"""Steps that nobody is told of; a channel that can change its message shows them in it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One channel a message takes, for whom (the channel's usual recipients where none are named), and from when."""

    channel: str
    recipients: tuple[str, ...]
    topic: str
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Routing:
    """How one organization wants to be told."""

    delivery: Delivery
    zone: ZoneInfo

    def ways(
        self, severity: str, area: str, step: Step, sent_from: datetime, *, channels: Sequence[str] = ()
    ) -> list[Way]:
        """The channels of an alert of this severity and area; a rule that names its own is not routed."""
        recipients: dict[str, list[str]] = {channel: [] for channel in channels}
        if not channels:
            fitting = [
                route
                for route in self.delivery.routes
                if (not route.severities or severity in route.severities) and (not route.areas or area in route.areas)
            ]
            for route in fitting:
                for channel in route.channels:
                    recipients.setdefault(channel, []).extend(route.recipients if channel == "email" else ())
            if not fitting:
                recipients = {channel: [] for channel in self.delivery.channels}
        if step in SILENT:
            recipients = {channel: [] for channel in recipients if channel == "slack"}
        return [
            self._way(channel, tuple(dict.fromkeys(people)), severity, sent_from)
            for channel, people in recipients.items()
            if not self._is_off(channel)
        ]

    def escalation_ways(self, level: Escalation, severity: str, sent_from: datetime) -> list[Way]:
        """The channels of one level of escalation; never in a digest."""
        return [
            Way(channel, level.recipients if channel == "email" else (), topic(channel, severity), sent_from)
            for channel in level.channels
            if not self._is_off(channel)
        ]

    def remind_at(self, rule: AlertRule, told_at: datetime) -> datetime | None:
        """When people are told again of an alert of `rule` that they were told of at `told_at`."""
        return self.next_reminder(rule.severity, rule.area, told_at, rule.parameters.get("repeat_hours"))

    @staticmethod
    def next_reminder(severity: str, area: str, told_at: datetime, repeat_hours: object = None) -> datetime | None:
        """The same of an alert whose rule may be gone."""
        if repeat_hours is not None:
            return told_at + timedelta(hours=float(str(repeat_hours)))
        return told_at + REPEAT.get(area, REPEAT_OTHERS) if severity in REMINDED else None

    def is_quiet(self, now: datetime) -> bool:
        """True within the quiet hours, in the organization's zone; the end is not part of them."""
        hours = self.delivery.quiet_hours
        if hours is None:
            return False
        start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
        local = now.astimezone(self.zone).time()
        return start <= local < end if start <= end else local >= start or local < end

    def next_digest(self, after: datetime) -> datetime:
        """The first digest after the instant; one that a clock change skips is sent when it would have been."""
        day = after.astimezone(self.zone).date()
        due = [
            datetime.combine(day + timedelta(days=days), time.fromisoformat(at), self.zone)
            for days in (0, 1)
            for at in self.delivery.digest.at
        ]
        return min(instant for instant in due if instant > after)

    def _way(self, channel: str, people: tuple[str, ...], severity: str, sent_from: datetime) -> Way:
        digest = self.delivery.digest
        if digest.at and severity in digest.severities and channel in digest.channels:
            return Way(channel, people, f"alerts.{channel}.digest", self.next_digest(sent_from))
        return Way(channel, people, topic(channel, severity), sent_from)

    def _is_off(self, channel: str) -> bool:
        off = {"email": not self.delivery.email.is_enabled, "chat_webhook": not self.delivery.chat_webhook}
        return off.get(channel, False)


def topic(channel: str, severity: str) -> str:
    """The outbox topic of a message; critical ones have their own, because quiet hours do not hold them."""
    return f"alerts.{channel}.critical" if severity == "critical" else f"alerts.{channel}"


def routing_of(about: Organization) -> Routing:
    """As the organization's file says; what a row of an older version leaves out has its default."""
    given: Mapping[str, Any] = about.delivery
    return Routing(Delivery.model_validate(given), ZoneInfo(about.time_zone))
