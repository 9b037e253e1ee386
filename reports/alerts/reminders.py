"""What time alone brings about: a snooze that ends, a repeat nobody has answered, a step up to somebody else."""

from collections.abc import Sequence
from datetime import timedelta

from reports.alerts.incidents import Incident, changed, unresolved
from reports.alerts.routing import Routing
from reports.alerts.telling import Reporter, tell, waits_already
from reports.views.watching import AlertRule


def remind(reporter: Reporter, routing: Routing, rules: Sequence[AlertRule]) -> None:
    """Tell again what is due again; `rules` are those that hold, for what they say of channels and intervals."""
    known = {rule.rule: rule for rule in rules}
    for incident in unresolved(reporter):
        if incident.absent_since is not None:
            continue  # it seems to be over; nobody need be woken for it
        rule = known.get(incident.rule)
        own = rule.channels if rule else ()
        awake = _woken(reporter, routing, incident, own)
        if awake is None or awake.state == "acknowledged":
            continue
        risen = _escalated(reporter, routing, awake)
        if risen.remind_at is not None and reporter.as_of >= risen.remind_at:
            _reminded(reporter, routing, risen, rule.parameters.get("repeat_hours") if rule else None, own)


def _woken(reporter: Reporter, routing: Routing, incident: Incident, own: tuple[str, ...]) -> Incident | None:
    """The incident, or None while it sleeps. The end of a snooze is told, unless somebody has taken it on."""
    if incident.snoozed_until is None:
        return incident
    if reporter.as_of < incident.snoozed_until:
        return None
    awake = changed(reporter, incident, snoozed_until=None, snoozed_by=None)
    if awake.state == "open":
        stamp = int(incident.snoozed_until.timestamp())
        tell(reporter, routing, awake, "woken", channels=own, number=stamp)
    return awake


def _reminded(
    reporter: Reporter, routing: Routing, incident: Incident, repeat_hours: object, own: tuple[str, ...]
) -> Incident:
    again = routing.next_reminder(incident.severity, incident.area, reporter.as_of, repeat_hours)
    counted = changed(reporter, incident, reminders=incident.reminders + 1, remind_at=again)
    ways = [
        way
        for way in routing.ways(incident.severity, incident.area, "reminder", reporter.sent_from, channels=own)
        if not waits_already(reporter, incident, way.channel)
    ]
    tell(reporter, routing, counted, "reminder", number=counted.reminders, ways=ways)
    return counted


def _escalated(reporter: Reporter, routing: Routing, incident: Incident) -> Incident:
    levels = sorted(routing.delivery.escalation, key=lambda level: level.after_minutes)
    risen = incident
    for number, level in enumerate(levels, start=1):
        due = incident.first_seen_at + timedelta(minutes=level.after_minutes)
        if number <= risen.escalations or incident.severity not in level.severities or reporter.as_of < due:
            continue
        risen = changed(reporter, risen, escalations=number)
        ways = routing.escalation_ways(level, incident.severity, reporter.sent_from)
        tell(reporter, routing, risen, "escalated", number=number, ways=ways)
    return risen
