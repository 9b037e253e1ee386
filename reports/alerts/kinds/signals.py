"""Rules over signals: readings of payments, scrapes and probes, which others tell as they come."""

from datetime import timedelta
from decimal import Decimal

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.situation import Situation
from reports.formats import plain, utc
from reports.views.watching import AlertRule

FRESH = timedelta(minutes=15)
"""A reading older than this says nothing about now."""


def signal(rule: AlertRule, situation: Situation) -> Judgement:
    """A signal beyond its limit, while the one that gives it meaning is above nothing."""
    name, companion = rule.parameters["signal"], rule.parameters.get("only_while")
    value = _reading(name, name, situation)
    if isinstance(value, Judgement):
        return value
    weight = Decimal(1) if companion is None else _reading(name, companion, situation)
    if isinstance(weight, Judgement):
        return weight
    if weight <= 0:
        return Judgement()
    above, below = rule.number("above"), rule.number("below")
    is_above = above is not None and value > above
    if not is_above and not (below is not None and value < below):
        return Judgement()
    limit = above if is_above else below
    return Judgement(
        [
            Condition(
                scope=name,
                message=f"{name} is {plain(value)}, {'above' if is_above else 'below'} {plain(limit)}" + _held(rule),
                next_action="Look at what takes the reading, then at what it reads.",
                runbook=f"docs/runbooks/signals.md#{'payments' if name.startswith('invoices') else 'services'}",
                value=value,
                threshold=limit,
            )
        ]
    )


def signal_stale(rule: AlertRule, situation: Situation) -> Judgement:
    """A signal that has come before and comes no more."""
    name, minutes = rule.parameters["signal"], rule.parameters["after_minutes"]
    reading = situation.signals.get(name)
    if reading is None:
        return _waits(name)
    age = situation.as_of - reading.observed_at
    if age <= timedelta(minutes=minutes):
        return Judgement()
    return Judgement(
        [
            Condition(
                scope=name,
                message=f"{name} was last told at {utc(reading.observed_at)}, more than {minutes} minutes ago",
                next_action="See whether what takes the reading runs.",
                runbook="docs/runbooks/signals.md#no-readings",
                value=Decimal(int(age.total_seconds() // 60)),
                threshold=Decimal(minutes),
            )
        ]
    )


def _waits(name: str) -> Judgement:
    return Judgement(unknown=frozenset({name}), waits_for=f"nobody has told the signal {name} yet")


def _reading(scope: str, name: str, situation: Situation) -> Decimal | Judgement:
    """The value of a signal. Where it is missing or old, what is open of `scope` stays open."""
    reading = situation.signals.get(name)
    if reading is None:
        return Judgement(unknown=frozenset({scope}), waits_for=f"nobody has told the signal {name} yet")
    if reading.value is None or situation.as_of - reading.observed_at > FRESH:
        last = utc(reading.observed_at)
        return Judgement(unknown=frozenset({scope}), gap=f"the signal {name} was last told at {last}")
    return reading.value


def _held(rule: AlertRule) -> str:
    minutes = rule.parameters.get("for_minutes", 0)
    if not minutes:
        return ""
    return f" for {minutes // 60} hours" if minutes % 60 == 0 else f" for {minutes} minutes"
