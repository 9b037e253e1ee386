"""What a rule says: something is wrong, cannot be judged, or waits for data that nobody has brought yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from reports.formats import Formats


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a rule finds wrong; `scope` tells it from others of the same rule."""

    scope: str
    message: str
    next_action: str
    runbook: str
    value: Decimal | None = None
    threshold: Decimal | None = None
    period: str | None = None
    may_open: bool = True
    """False for what keeps an alert open but is too old to open one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found, and the scopes of which it cannot say anything."""

    conditions: Sequence[Condition] = ()
    unknown: frozenset[str] = field(default=frozenset())
    waits_for: str | None = None
    """What has to come before the rule can judge, where it never could."""
    gap: str | None = None
    """What the rule could judge once and cannot now: a missing value is an alert of its own."""
    judged: frozenset[str] | None = None
    """Every scope that was looked at, where a scope that the data no longer names is not known to be right again."""
    newest: str | None = None
    """The month looked at, where alerts tell what happened in a month: a newer one ends them and undoes nothing."""
    is_broken: bool = False
    """Whether judging itself went wrong, which `gap` then tells."""

    def is_unknown(self, scope: str) -> bool:
        """Whether nothing can be said of the scope, so that what is open of it stays as it is."""
        return scope in self.unknown or (self.judged is not None and scope not in self.judged)


def period_in_words(formats: Formats, period: str, bucket: str | None = None) -> str:
    """A day, week, month or quarter as people say it."""
    if "Q" in period:
        return formats.quarter(period)
    if period.count("-") == 1:
        return formats.month(period)
    if bucket == "monthly":
        return formats.month(period[:7])
    day = formats.day(date.fromisoformat(period))
    return f"the week from {day}" if bucket == "weekly" else day


def shown(formats: Formats, value: Decimal | None, unit: str) -> str:
    """A value with its unit, as messages write it."""
    return formats.with_unit(value, unit, places=None if unit in {"fraction", "count"} else 2)


def apart(formats: Formats, value: Decimal | None, limit: Decimal | None, unit: str) -> tuple[str, str]:
    """A value and the limit it crossed, with more decimals where rounding would make them look alike."""
    told = shown(formats, value, unit), shown(formats, limit, unit)
    for places in (2, 3, 4):
        if told[0] != told[1] or value == limit:
            break
        told = formats.with_unit(value, unit, places=places), formats.with_unit(limit, unit, places=places)
    return told
