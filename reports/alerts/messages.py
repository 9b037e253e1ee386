"""An alert in words: as text, as HTML, as one line of a file. The same facts everywhere."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from reports.formats import plain, utc

CHANNELS = ("email", "chat_webhook", "file")
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Told:
    """One step in the life of an alert, as it is told."""

    organization_id: str
    organization_name: str
    alert_id: int
    step: Literal["opened", "resolved"]
    rule: str
    scope: str
    severity: str
    message: str
    value: Decimal | None
    threshold: Decimal | None
    period: str | None
    next_action: str | None
    runbook: str | None
    first_seen_at: datetime
    at: datetime


def topic(channel: str, severity: str) -> str:
    """The outbox topic of a message; critical ones have their own, because quiet hours do not hold them."""
    return f"alerts.{channel}.critical" if severity == "critical" else f"alerts.{channel}"


def topics(channel: str, *, only_critical: bool = False) -> list[str]:
    """The topics of one channel."""
    return [f"alerts.{channel}.critical"] if only_critical else [f"alerts.{channel}", f"alerts.{channel}.critical"]


def dedupe_key(told: Told, channel: str) -> str:
    """Names one step of one alert on one channel: the same step is told once."""
    return f"alert-{told.alert_id}-{told.step}-{channel}"


def payload(told: Told, channel: str) -> dict[str, Any]:
    """What the outbox keeps: facts as JSON, and the words made from them."""
    facts = {
        "schema_version": SCHEMA_VERSION,
        "organization_id": told.organization_id,
        "organization": told.organization_name,
        "alert_id": told.alert_id,
        "event": told.step,
        "rule": told.rule,
        "scope": told.scope,
        "severity": told.severity,
        "message": told.message,
        "value": None if told.value is None else plain(told.value),
        "threshold": None if told.threshold is None else plain(told.threshold),
        "period": told.period,
        "next_action": told.next_action,
        "runbook": told.runbook,
        "first_seen_at": utc(told.first_seen_at),
        "at": utc(told.at),
    }
    return {"channel": channel, "facts": facts, "subject": subject(told), "text": text(told), "html": as_html(told)}


def subject(told: Told) -> str:
    """One line: state, severity, organization, what."""
    state = "Resolved" if told.step == "resolved" else told.severity.capitalize()
    return f"[{state}] {told.organization_name}: {' '.join(told.message.split())}"[:200]


def text(told: Told) -> str:
    """The message as plain text."""
    return "\n".join([_opening(told), "", *(f"{name}: {value}" for name, value in _details(told).items())])


def as_html(told: Told) -> str:
    """The message as HTML without any outside resource; every fact is escaped."""
    rows = "".join(
        f'<tr><th align="left" style="padding:4px 16px 4px 0;vertical-align:top">{html.escape(name)}</th>'
        f'<td style="padding:4px 0">{html.escape(value)}</td></tr>'
        for name, value in _details(told).items()
    )
    return (
        '<!doctype html><html lang="en"><body style="font-family:Arial,sans-serif;font-size:14px;color:#1b2430">'
        f'<p style="font-size:16px"><strong>{html.escape(_opening(told))}</strong></p><table>{rows}</table>'
        "</body></html>"
    )


def chat_body(subject_line: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The body a Slack-compatible webhook takes; Slack's three control characters are escaped.

    https://docs.slack.dev/messaging/formatting-message-text
    """

    def safe(value: object) -> str:
        return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    lines = [f"*{safe(subject_line)}*"]
    if facts.get("event") == "opened":
        lines += [
            f"{name}: {safe(facts[key])}"
            for name, key in (
                ("Value", "value"),
                ("Threshold", "threshold"),
                ("Period", "period"),
                ("Next", "next_action"),
                ("Runbook", "runbook"),
            )
            if facts.get(key) is not None
        ]
    return {"text": "\n".join(lines)}


def _opening(told: Told) -> str:
    if told.step == "resolved":
        return f"Resolved: this no longer holds. {told.message}"
    return told.message


def _details(told: Told) -> dict[str, str]:
    details = {
        "Organization": f"{told.organization_name} ({told.organization_id})",
        "Rule": f"{told.rule} on {told.scope}",
        "Severity": told.severity,
        "Value": "no data" if told.value is None else plain(told.value),
        "Threshold": None if told.threshold is None else plain(told.threshold),
        "Period": told.period,
        "First seen": utc(told.first_seen_at),
        "Resolved" if told.step == "resolved" else "Last seen": utc(told.at),
        "Next": told.next_action if told.step == "opened" else None,
        "Runbook": told.runbook if told.step == "opened" else None,
    }
    return {name: value for name, value in details.items() if value is not None}
