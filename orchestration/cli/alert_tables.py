"""Tables of alerts, rules and channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.cli.report import near
from reports.alerts.backtest import Backtest
from reports.alerts.conditions import Judgement
from reports.alerts.messages import SEVERITIES
from reports.alerts.trial import Tried
from reports.formats import plain
from reports.views.watching import AlertRule

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "white"}
STATES = {"sent": "green", "failed": "red", "not configured": "yellow"}

__all__ = ["alerts_table", "backtest_table", "channels_table", "near", "print_alert", "rules_table"]


def alerts_table(name: str, alerts: Sequence[dict[str, Any]], *, with_end: bool = False) -> Table:
    """One line an alert; the most severe first, unless it is a history."""
    table = Table(title=f"{name}: alerts", title_justify="left")
    for heading in ("", "severity", "state", "first seen", *(["ended"] if with_end else []), "what"):
        table.add_column(heading, no_wrap=heading != "what", justify="right" if not heading else "left")
    ordered = alerts if with_end else sorted(alerts, key=lambda one: SEVERITIES.index(one["severity"]))
    for one in ordered:
        state = "snoozed" if one["snoozed_until"] and one["state"] != "resolved" else one["state"]
        table.add_row(
            str(one["alert_id"]),
            Text(one["severity"], style=COLOURS[one["severity"]]),
            state,
            f"{one['first_seen_at']:%Y-%m-%d %H:%M}",
            *([_at(one["resolved_at"])] if with_end else []),
            Text(one["message"]),
        )
    return table


def rules_table(
    name: str, judged: Sequence[tuple[AlertRule, Judgement | None]], unresolved: Sequence[dict[str, Any]]
) -> Table:
    """One line a rule; `unresolved` are the alerts that stand."""
    standing = Counter(one["rule"] for one in unresolved)
    table = Table(title=f"{name}: alert rules", title_justify="left")
    for heading in ("rule", "kind", "severity", "area", "open", "how it stands"):
        table.add_column(heading, no_wrap=heading != "how it stands", justify="right" if heading == "open" else "left")
    for rule, judgement in judged:
        if judgement is None:
            stands = Text("switched off", style="bright_black")
        elif judgement.gap:
            stands = Text(f"cannot judge: {judgement.gap}", style="red")
        elif judgement.waits_for:
            stands = Text(f"waits: {judgement.waits_for}", style="yellow")
        else:
            count = len(judgement.conditions)
            stands = Text(f"finds {count} wrong" if count else "all well", style="red" if count else "green")
        table.add_row(
            rule.rule,
            rule.kind,
            Text(rule.severity, style=COLOURS[rule.severity]),
            rule.area,
            str(standing[rule.rule] or ""),
            stands,
        )
    return table


def channels_table(name: str, tried: Sequence[Tried]) -> Table:
    """One line a channel."""
    table = Table(title=f"{name}: channels", title_justify="left")
    for heading in ("channel", "test", "used", "whom, or why not"):
        table.add_column(heading)
    for one in tried:
        used = "yes" if one.is_used else "no route leads to it"
        table.add_row(one.channel, Text(one.state, style=STATES[one.state]), used, Text(one.told))
    return table


def backtest_table(done: Backtest) -> Table:
    """One line an alert that would have been."""
    title = f"{done.rule.rule}: {done.first} to {done.last}"
    table = Table(title=title, title_justify="left")
    for heading in ("opened", "ended", "value", "worst", "limit", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    for one in done.incidents:
        table.add_row(
            f"{one.opened_at:%Y-%m-%d}",
            f"{one.resolved_at:%Y-%m-%d}" if one.resolved_at else "still open",
            *("" if value is None else plain(round(value, 4)) for value in (one.condition.value, one.worst)),
            "" if one.condition.threshold is None else plain(round(one.condition.threshold, 4)),
            Text(one.condition.message),
        )
    return table


def print_alert(console: Console, alert: dict[str, Any], zone: str) -> None:
    """Everything about one alert."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    say(f"Alert {alert['alert_id']} ({alert['severity']}, {alert['state']}): {alert['message']}")
    facts = {
        "rule": f"{alert['rule']} on {alert['scope']}, area {alert['area']}",
        "value": alert["value"] if alert["value"] is None else plain(alert["value"]),
        "limit": alert["threshold"] if alert["threshold"] is None else plain(alert["threshold"]),
        "period": alert["period"],
        "next": alert["next_action"],
        "runbook": alert["runbook"],
        "taken on by": alert["acknowledged_by"],
        "snoozed until": alert["snoozed_until"] and _at(alert["snoozed_until"], zone),
        "note": alert["note"],
    }
    for name, value in facts.items():
        if value is not None:
            say(f"  {name}: {value}")
    say("  steps:")
    for step in alert["steps"]:
        by = "" if step["actor_kind"] == "process" else f" by {step['actor_id']}"
        say(f"    {_at(step['occurred_at'], zone)} {step['step']}{by}" + (f", {step['note']}" if step["note"] else ""))
    say("  deliveries:" if alert["deliveries"] else "  deliveries: none yet")
    for one in alert["deliveries"]:
        what = f"{one['step'] or 'message'} by {one['channel']}"
        whom = f" to {one['recipient']}" if one["recipient"] else ""
        outcome = one["outcome"] if one["error"] is None else f"{one['outcome']}: {one['error']}"
        say(f"    {_at(one['attempted_at'], zone)} {what}{whom}: {outcome}")


def _at(instant: datetime | None, zone: str = "UTC") -> str:
    return "" if instant is None else f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
