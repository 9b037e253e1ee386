"""What a rule would have said in the months that are stored: "you would have had 3 alerts, here they are".

The rule is judged as of each day, week or month that is over, by the same code that judges it tonight, over the figures
as they are now. What only the present moment knows (which source failed, when a sign-in lapses, signals) has no past.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.rules import judge_apart
from reports.alerts.situation import Situation
from reports.errors import UnknownScope
from reports.views import watching
from reports.views.organizations import Organization, organization
from reports.views.watching import AlertRule
from warehouse.periods import Period, latest_complete_period, periods_between

WITH_A_PAST = (
    "threshold", "change", "anomaly", "reconciliation", "missing_inputs", "subscription", "dunning",
)  # fmt: skip
_STEPS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An alert that would have been: from the first instant it held to the last, and what it said at first."""

    scope: str
    opened_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    condition: Condition
    worst: Decimal | None
    """The value farthest beyond the threshold while it was open."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have brought."""

    rule: AlertRule
    first: Period
    last: Period
    moments: int
    unknown: int
    """Moments at which the rule could judge nothing at all."""
    incidents: tuple[PastIncident, ...]
    broke: str | None = None
    """What went wrong where judging itself did, at the last such moment."""

    def __str__(self) -> str:
        count = len(self.incidents)
        said = f"would have brought {count} {'alert' if count == 1 else 'alerts'} from {self.first} to {self.last}"
        blind = f"; at {self.unknown} of {self.moments} moments it could not judge" if self.unknown else ""
        broke = f" ({self.broke})" if self.broke else ""
        return f"{self.rule.rule} {said}{blind}{broke}"


def backtest(
    connection: Connection[Any],
    organization_id: str,
    rule: AlertRule,
    as_of: datetime,
    *,
    first: Period | None = None,
    last: Period | None = None,
) -> Backtest:
    """Judge `rule` at each moment of the months from `first` (the history's start) to `last` (the latest complete one).

    Reads only. Raises UnknownScope for a rule that has no past.
    """
    if rule.kind not in WITH_A_PAST:
        raise UnknownScope(
            f"The rule {rule.rule} looks at the present moment alone ({rule.kind}), of which nothing is stored by the "
            f"month, so there is nothing to test it on. Rules of these kinds have a past: {', '.join(WITH_A_PAST)}."
        )
    about = organization(connection, organization_id)
    newest = latest_complete_period(as_of, about.time_zone)
    months = periods_between(first or _start(connection, organization_id), min(last or newest, newest))
    if not months:
        raise UnknownScope(f"No month from {first} on is over yet, so there is nothing to test {rule.rule} on.")
    moments = list(_moments(rule, about, months, as_of))
    judged = [(moment, judge_apart(rule, Situation(connection, about, moment))) for moment in moments]
    incidents, unknown = _lived(rule, judged)
    broke = next((one.gap for _, one in reversed(judged) if one.is_broken), None)
    return Backtest(rule, months[0], months[-1], len(moments), unknown, tuple(incidents), broke)


def rule_named(connection: Connection[Any], organization_id: str, name: str) -> AlertRule:
    """The organization's rule, active or not. Raises UnknownScope when there is none of this name."""
    rules = {rule.rule: rule for rule in watching.alert_rules(connection, organization_id, only_active=False)}
    if name not in rules:
        raise UnknownScope(
            f"{organization_id} has no alert rule {name!r}; it has {', '.join(rules) or 'none'}. Nothing was done."
        )
    return rules[name]


def _lived(rule: AlertRule, judged: Iterable[tuple[datetime, Judgement]]) -> tuple[list[PastIncident], int]:
    """The incidents that the judgements make, by the rules by which they live in `incidents`."""
    open_now: dict[str, PastIncident] = {}
    pending: dict[str, datetime] = {}
    absent: dict[str, datetime] = {}
    ended: list[PastIncident] = []
    blind = 0
    for moment, judgement in judged:
        found = {condition.scope: condition for condition in judgement.conditions}
        says_nothing = bool(judgement.unknown) or judgement.judged == frozenset()
        blind += says_nothing and not found and (rule.metric is not None or judgement.waits_for is not None)
        may_open = {scope for scope, condition in found.items() if condition.may_open}
        pending = {scope: since for scope, since in pending.items() if scope in may_open or judgement.is_unknown(scope)}
        for scope, condition in found.items():
            absent.pop(scope, None)
            if scope in open_now:
                open_now[scope] = _went_on(open_now[scope], condition, moment)
            elif scope in may_open and moment - pending.setdefault(scope, moment) >= rule.holds_for:
                open_now[scope] = PastIncident(scope, moment, moment, None, condition, condition.value)
                del pending[scope]
        for scope in [scope for scope in open_now if scope not in found and not judgement.is_unknown(scope)]:
            if moment - absent.setdefault(scope, moment) >= rule.resolves_after:
                ended.append(replace(open_now.pop(scope), resolved_at=moment))
                del absent[scope]
    everything = [*ended, *open_now.values()]
    return sorted(everything, key=lambda one: (one.opened_at, one.scope)), blind


def _went_on(incident: PastIncident, condition: Condition, moment: datetime) -> PastIncident:
    worst = incident.worst
    if condition.value is not None and worst is not None and condition.threshold is not None:
        worst = max(worst, condition.value, key=lambda value: abs(value - (condition.threshold or Decimal(0))))
    return replace(incident, last_seen_at=moment, worst=worst)


def _moments(rule: AlertRule, about: Organization, months: list[Period], as_of: datetime) -> Iterator[datetime]:
    """When the rule would have been judged: after each bucket's end, at 08:00 where the organization is."""
    zone = ZoneInfo(about.time_zone)
    step = _STEPS.get(str(rule.parameters.get("bucket")))
    if step is None:
        for month in months:
            moment = (month + 1).bounds(about.time_zone)[0] + timedelta(hours=8)
            yield min(moment, as_of)
        return
    day = months[0].bounds(about.time_zone)[0].astimezone(zone).date() + timedelta(days=1)
    end = (months[-1] + 1).bounds(about.time_zone)[0].astimezone(zone).date()
    if step.days == 7:
        day += timedelta(days=-day.weekday() % 7)
    while day <= end:
        yield datetime.combine(day, time(8), zone)
        day += step


def _start(connection: Connection[Any], organization_id: str) -> Period:
    row = connection.execute(
        """
        select coalesce(
            (
                select min(period) from marts.fct_metrics_monthly
                where organization_id = %(organization_id)s and value is not null
            ),
            (select history_start from app.organizations where organization_id = %(organization_id)s)
        )
        """,
        {"organization_id": organization_id},
    ).fetchone()
    if row is None:
        raise LookupError(f"{organization_id} has no row in app.organizations")
    return Period.parse(row[0])
