"""A check that comes and goes by a plan, and an oracle that knows from the plan alone which incidents it makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Incident:
    """What the plan makes: when people must be told of it, again of it, and of its end."""

    opened: datetime
    resolved: datetime | None = None
    reminders: list[datetime] = field(default_factory=list)
    escalated: datetime | None = None


def incidents(
    states: Sequence[bool | None],
    start: datetime,
    step: timedelta,
    *,
    holds_for: timedelta,
    resolves_after: timedelta,
    repeat: timedelta,
    escalates_after: timedelta,
) -> list[Incident]:
    """The incidents of one scope whose value is wrong (True), right (False) or not known (None) at each step."""
    found: list[Incident] = []
    current: Incident | None = None
    wrong_since = right_since = remind_at = None
    for number, wrong in enumerate(states):
        now = start + number * step
        if current is None:
            if wrong is False:
                wrong_since = None
            if wrong:
                wrong_since = wrong_since or now
                if now - wrong_since >= holds_for:
                    current, remind_at, wrong_since, right_since = Incident(now), now + repeat, None, None
                    found.append(current)
            continue
        if wrong:
            right_since = None
        elif wrong is False:
            right_since = right_since or now
            if now - right_since >= resolves_after:
                current.resolved, current = now, None
                continue
        if right_since is None:
            if current.escalated is None and now >= current.opened + escalates_after:
                current.escalated = now
            if remind_at is not None and now >= remind_at:
                current.reminders.append(now)
                remind_at = now + repeat
    return found
