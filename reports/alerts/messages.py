"""An alert in words: as text, as HTML, as a chat message. The same facts everywhere; nothing here sends.

The outbox keeps facts alone, as JSON; words are made of them when a message goes, alone or in a digest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import css_inline
import jinja2

from reports.alerts.routing import Step
from reports.formats import plain, utc

if TYPE_CHECKING:
    from reports.alerts.incidents import Incident
    from reports.alerts.telling import Reporter

Facts = Mapping[str, Any]

SCHEMA_VERSION = 2
SEVERITIES = ("critical", "high", "medium", "low")
COLOURS = {"critical": "#9B1C1C", "high": "#B45309", "medium": "#1F5F8B", "low": "#4B5563", "resolved": "#1B6E3C"}
"""White text on each of these is readable (contrast of 4.5 and more)."""
_STATES = {
    "reminder": "Still open", "escalated": "Escalated", "acknowledged": "Acknowledged", "snoozed": "Snoozed",
    "woken": "Still open", "resolved": "Resolved", "test": "Test",
}  # fmt: skip
_LONGEST_SUBJECT = 200


def facts_of(
    reporter: "Reporter", incident: "Incident", step: Step, *, note: str | None = None, is_past: bool = False
) -> dict[str, Any]:
    """What the outbox keeps and machines receive; `is_past` is what a newer month has ended, and nothing undone."""
    return {
        "schema_version": SCHEMA_VERSION,
        "organization_id": reporter.organization_id,
        "organization": reporter.organization_name,
        "time_zone": reporter.time_zone,
        "alert_id": incident.alert_id,
        "event": step,
        "state": incident.state,
        "rule": incident.rule,
        "scope": incident.scope,
        "area": incident.area,
        "severity": incident.severity,
        "message": incident.message,
        "value": None if incident.value is None else plain(incident.value),
        "threshold": None if incident.threshold is None else plain(incident.threshold),
        "period": incident.period,
        "next_action": incident.next_action,
        "runbook": incident.runbook,
        "note": note,
        "is_past": is_past,
        "first_seen_at": utc(incident.first_seen_at),
        "at": utc(incident.resolved_at or reporter.as_of),
    }


def state_of(facts: Facts) -> str:
    """One word or two: how severe it is, or what has become of it."""
    return str(_STATES.get(facts["event"]) or facts["severity"].capitalize())


def subject(facts: Facts) -> str:
    """One line: state, organization, what."""
    return f"[{state_of(facts)}] {facts['organization']}: {' '.join(facts['message'].split())}"[:_LONGEST_SUBJECT]


def text(facts: Facts, *, docs_url: str | None = None) -> str:
    """The message as plain text."""
    return "\n".join([opening(facts), "", *(f"{name}: {value}" for name, value in details(facts, docs_url).items())])


def as_html(facts: Facts, *, docs_url: str | None = None) -> str:
    """The message as HTML without any outside resource; every fact is escaped."""
    shown = details(facts, docs_url)
    next_action, runbook = shown.pop("Next", None), shown.pop("Runbook", None)
    return _rendered(
        "alert.html",
        facts=facts,
        state=state_of(facts),
        colour=colour(facts),
        opening=opening(facts),
        details=shown,
        next_action=next_action,
        runbook=runbook,
    )


def digest_subject(entries: Sequence[Facts]) -> str:
    """One line: how many alerts there are, and how many have ended."""
    first = entries[0]
    ended = sum(one["event"] == "resolved" for one in entries)
    still = len(entries) - ended
    parts = [f"{still} {'alert' if still == 1 else 'alerts'}"] * bool(still) + [f"{ended} resolved"] * bool(ended)
    worst = min((one for one in entries if one["event"] != "resolved"), key=_rank, default=None)
    told = f": {' '.join(worst['message'].split())}" if worst else ""
    return f"[Digest] {first['organization']}: {', '.join(parts)}{told}"[:_LONGEST_SUBJECT]


def digest_text(entries: Sequence[Facts], *, docs_url: str | None = None) -> str:
    """Several alerts in one message, the most severe first."""
    lines = [digest_subject(entries).split(": ", 1)[0].removeprefix("[Digest] ") + ", a digest of its alerts", ""]
    for facts in in_order(entries):
        lines.append(f"[{state_of(facts)}] {opening(facts)}")
        if facts["event"] != "resolved":
            lines += [f"  Next: {facts['next_action']}", f"  Runbook: {link(facts.get('runbook'), docs_url)}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def digest_html(entries: Sequence[Facts], *, docs_url: str | None = None) -> str:
    """The same as HTML."""
    shown = [
        {
            "facts": facts,
            "state": state_of(facts),
            "colour": colour(facts),
            "opening": opening(facts),
            "since": local(facts, "first_seen_at"),
            "runbook": link(facts.get("runbook"), docs_url),
        }
        for facts in in_order(entries)
    ]
    return _rendered("digest.html", organization=entries[0]["organization"], entries=shown)


def in_order(entries: Sequence[Facts]) -> list[Facts]:
    """The most severe first, the oldest first among them, what has ended last."""
    return sorted(entries, key=lambda one: (one["event"] == "resolved", _rank(one), one["first_seen_at"]))


def opening(facts: Facts) -> str:
    """The sentence that says it all."""
    before = {
        "resolved": "A newer month is known, so this is told no longer: "
        if facts.get("is_past")
        else "This no longer holds: ",
        "reminder": "Nobody has acknowledged this yet. ",
        "woken": "The snooze is over, and this still holds. ",
        "escalated": "Nobody has acknowledged this yet, so it comes to you. ",
    }
    return before.get(facts["event"], "") + str(facts["message"])


def details(facts: Facts, docs_url: str | None = None) -> dict[str, str]:
    """What stands below, by name."""
    has_ended, is_test = facts["event"] == "resolved", facts["event"] == "test"
    shown = {
        "Organization": f"{facts['organization']} ({facts['organization_id']})",
        "Alert": None if is_test else f"{facts['alert_id']}, rule {facts['rule']} on {facts['scope']}",
        "Severity": facts["severity"],
        "Value": None if is_test else facts["value"] or "no data",
        "Threshold": facts["threshold"],
        "Period": facts["period"],
        "First seen": local(facts, "first_seen_at"),
        "Resolved" if has_ended else "Last seen": local(facts, "at"),
        "Note": facts.get("note"),
        "Next": None if has_ended else facts["next_action"],
        "Runbook": None if has_ended else link(facts["runbook"], docs_url),
        "Acknowledge": None
        if has_ended or is_test
        else f"qbr alerts ack {facts['alert_id']} --organization {facts['organization_id']}",
    }
    return {name: str(value) for name, value in shown.items() if value is not None}


def local(facts: Facts, key: str) -> str:
    """An instant of the facts as it is where the organization is."""
    zone = facts.get("time_zone", "UTC")
    instant = datetime.fromisoformat(facts[key]).astimezone(ZoneInfo(zone))
    return f"{instant:%Y-%m-%d %H:%M} ({zone})"


def link(runbook: str | None, docs_url: str | None) -> str | None:
    """Where the runbook can be opened: below the address of the documentation, or in the clone."""
    return f"{docs_url.rstrip('/')}/{runbook.removeprefix('docs/')}" if runbook and docs_url else runbook


def colour(facts: Facts) -> str:
    """Of what it is, or that it is over."""
    return COLOURS["resolved" if facts["event"] == "resolved" else facts["severity"]]


def _rank(facts: Facts) -> int:
    return SEVERITIES.index(facts["severity"])


def _rendered(template: str, **values: object) -> str:
    page = _environment().get_template(template).render(**values)
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False).inline(page)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).with_name("templates"))
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
