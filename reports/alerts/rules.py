"""What each kind of rule finds wrong now. Nothing here writes: conditions go to `incidents`.

A value that is missing proves nothing: a threshold over it is neither crossed nor met, and the missing value is a
condition of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from reports.formats import Formats
from reports.views.organizations import Organization
from reports.views.quality import CheckResult, MissingInput, StreamFreshness
from reports.views.watching import AlertRule, WatchedValue

DEFAULT_STALE_AFTER = Decimal(26)
"""Hours: a daily run that came two hours late is not yet stale."""


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

    conditions: Sequence[Condition]
    unknown: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the rules look at, read once."""

    organization: Organization
    formats: Formats
    as_of: datetime
    watched: Sequence[WatchedValue]
    streams: Sequence[StreamFreshness]
    missing: Sequence[MissingInput]
    recent_months: frozenset[str]
    checks: Sequence[CheckResult]


def judge(rule: AlertRule, situation: Situation) -> Judgement:
    """What `rule` finds in `situation`. Raises LookupError for a kind that is not known."""
    try:
        judged = _KINDS[rule.kind]
    except KeyError:
        raise LookupError(
            f"Alert rule {rule.rule!r} of {situation.organization.organization_id} has the kind {rule.kind!r}, which "
            f"is none of {', '.join(_KINDS)}; nothing was judged by it. Correct the rule in the organization's file."
        ) from None
    return judged(rule, situation)


def _thresholds(rule: AlertRule, situation: Situation) -> Judgement:
    conditions, unknown = [], set()
    for watched in situation.watched:
        if rule.metric not in {None, watched.metric}:
            continue
        if watched.value is None:
            unknown.add(watched.metric)
            continue
        line = watched.target.red_threshold
        # An alarm line is drawn where the owner wants to be told; without one, red is where the targets end.
        crossed = watched.target.is_red(watched.value) if line is None else watched.target.alarms(watched.value)
        if crossed:
            conditions.append(_crossed(situation.formats, watched))
    return Judgement(conditions, frozenset(unknown))


def _crossed(formats: Formats, watched: WatchedValue) -> Condition:
    def shown(value: Decimal | None) -> str:
        return formats.with_unit(value, watched.unit, places=None if watched.unit in {"fraction", "count"} else 2)

    target, threshold = watched.target, watched.target.red_threshold
    if threshold is not None:
        words = f"its alarm line is {shown(threshold)}"
    else:
        low, high = target.green_min, target.green_max
        below = low is not None and watched.value is not None and watched.value < low
        threshold = low if below else high
        words = f"its target is {shown(low)} or more" if below else f"its target is {shown(high)} or less"
    return Condition(
        scope=watched.metric,
        message=f"{watched.label} of {_period(formats, watched.period)} is {shown(watched.value)}; {words}",
        next_action=f"See what it is made of with qbr explain {watched.metric}, then act or set another threshold.",
        runbook="docs/runbook.md#threshold-crossed",
        value=watched.value,
        threshold=threshold,
        period=watched.period,
    )


def _failed_sources(_rule: AlertRule, situation: Situation) -> Judgement:
    conditions = []
    for source, streams in _by_source(situation).items():
        failed = [stream for stream in streams if stream.last_outcome == "failed"]
        if failed:
            first = next((stream.last_error for stream in failed if stream.last_error), "no error was recorded")
            names = ", ".join(stream.stream for stream in failed)
            conditions.append(
                Condition(
                    scope=source,
                    message=f"The last read of {source} failed for {names}: {first}",
                    next_action=f"Run qbr doctor, mend what it names, then qbr extract {source}.",
                    runbook="docs/runbook.md#source-failed",
                    value=Decimal(len(failed)),
                    threshold=Decimal(0),
                )
            )
    return Judgement(conditions)


def _stale_sources(rule: AlertRule, situation: Situation) -> Judgement:
    hours = Decimal(str(rule.parameters.get("after_hours", DEFAULT_STALE_AFTER)))
    limit = timedelta(hours=float(hours))
    by_source, conditions = _by_source(situation), []
    for source in sorted(situation.organization.enabled_sources):
        streams = by_source.get(source, [])
        never = [stream.stream for stream in streams if stream.completed_as_of is None]
        ages = {
            stream.stream: situation.as_of - stream.completed_as_of
            for stream in streams
            if stream.completed_as_of is not None
        }
        late = sorted(name for name, age in ages.items() if age > limit)
        if not streams or never:
            what = f"{source} was never read completely" + (f": {', '.join(sorted(never))}" if never else "")
            age_in_hours = None
        elif late:
            oldest = max(ages.values())
            age_in_hours = Decimal(int(oldest.total_seconds() // 3600))
            what = f"{source} was last read completely {age_in_hours} hours ago ({', '.join(late)})"
        else:
            continue
        conditions.append(
            Condition(
                scope=source,
                message=f"{what}; it should be read every {hours:f} hours",
                next_action=f"See whether the schedule runs (qbr doctor), then qbr extract {source}.",
                runbook="docs/runbook.md#source-stale",
                value=age_in_hours,
                threshold=hours,
            )
        )
    return Judgement(conditions)


def _missing_inputs(rule: AlertRule, situation: Situation) -> Judgement:
    """One condition a month, and one for each watched metric that cannot be judged."""
    conditions = []
    by_month: dict[str, list[MissingInput]] = {}
    for gap in situation.missing:
        if rule.metric in {None, gap.metric}:
            by_month.setdefault(gap.period, []).append(gap)
    for period, gaps in by_month.items():
        names = ", ".join(gap.metric for gap in gaps)
        inputs = "input is" if len(gaps) == 1 else "inputs are"
        conditions.append(
            Condition(
                scope=period,
                message=f"{len(gaps)} {inputs} missing for {_period(situation.formats, period)}: {names}",
                next_action="Enter them in a CSV file and bring them in with qbr import manual.",
                runbook="docs/runbook.md#missing-inputs",
                value=Decimal(len(gaps)),
                threshold=Decimal(0),
                period=period,
                may_open=period in situation.recent_months,
            )
        )
    for watched in situation.watched:
        if watched.value is None and rule.metric in {None, watched.metric}:
            reason = (watched.reason or "no reason recorded").rstrip(". ")
            period = _period(situation.formats, watched.period)
            conditions.append(
                Condition(
                    scope=watched.metric,
                    message=f"{watched.label} of {period} has no value, so its threshold cannot be judged: {reason}",
                    next_action=f"Find the missing input with qbr explain {watched.metric}, then enter or read it.",
                    runbook="docs/runbook.md#missing-inputs",
                    period=watched.period,
                )
            )
    return Judgement(conditions)


def _failed_checks(_rule: AlertRule, situation: Situation) -> Judgement:
    """Checks whose failure stops the decks; a warning is shown on the deck and needs nobody at night."""
    conditions = []
    failed = [check for check in situation.checks if not check.is_passed and check.severity == "error"]
    for name in dict.fromkeys(check.check_name for check in failed):
        subjects = [check for check in failed if check.check_name == name]
        where = ", ".join(check.subject for check in subjects)
        conditions.append(
            Condition(
                scope=name,
                message=f"Check {name} fails on {where}: {subjects[0].message}",
                next_action="No deck is built until it passes; mend what the message names and run again.",
                runbook="docs/runbook.md#check-failed",
                value=Decimal(len(subjects)),
                threshold=Decimal(0),
            )
        )
    return Judgement(conditions)


_KINDS: dict[str, Callable[[AlertRule, Situation], Judgement]] = {
    "threshold": _thresholds,
    "source_failed": _failed_sources,
    "source_stale": _stale_sources,
    "missing_inputs": _missing_inputs,
    "check_failed": _failed_checks,
}


def _by_source(situation: Situation) -> dict[str, list[StreamFreshness]]:
    """Streams of the sources in use; one that was turned off is nobody's worry."""
    streams: dict[str, list[StreamFreshness]] = {}
    for stream in situation.streams:
        if stream.source in situation.organization.enabled_sources:
            streams.setdefault(stream.source, []).append(stream)
    return streams


def _period(formats: Formats, period: str) -> str:
    return formats.quarter(period) if "Q" in period else formats.month(period)
