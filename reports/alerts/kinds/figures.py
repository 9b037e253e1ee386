"""Rules over figures: beyond a line, changed too much, unlike the months before."""

from decimal import Decimal

from reports.alerts.conditions import Condition, Judgement, apart, period_in_words, shown
from reports.alerts.situation import Situation
from reports.formats import Formats
from reports.views.buckets import Bucketed
from reports.views.watching import AlertRule, WatchedValue
from warehouse.metrics import catalogue

_PAGES = {
    "churned_customers": "churn", "customer_churn_rate": "churn", "revenue_churn_rate": "churn",
    "account_churn_rate": "churn", "churned_tenants": "churn", "stripe_failed_payments": "payments",
    "uptime_percentage": "product", "uptime_percentage_30d": "product", "error_rate": "product",
    "job_failure_rate": "product",
}  # fmt: skip


def threshold(rule: AlertRule, situation: Situation) -> Judgement:
    """Beyond the rule's own limit; where it has none, beyond the organization's thresholds."""
    above, below = rule.number("above"), rule.number("below")
    if above is None and below is None:
        return _targets(rule, situation)
    metric = rule.metric or ""
    figure = situation.figure(metric, rule.parameters.get("bucket"))
    if figure.value is None or figure.period is None:
        return _without_value(figure)
    is_above = above is not None and figure.value > above
    is_below = below is not None and figure.value < below
    if not (is_above or is_below):
        return Judgement()
    known, formats = catalogue()[metric], situation.formats
    limit = above if is_above else below
    side = "above" if is_above else "below"
    told, line = apart(formats, figure.value, limit, known.unit)
    return Judgement(
        [
            Condition(
                scope=metric,
                message=f"{known.label} of {period_in_words(formats, figure.period, figure.bucket)} is "
                f"{told}, {side} the limit of {line}",
                next_action=_look(metric, figure),
                runbook=_page(metric, "figures"),
                value=figure.value,
                threshold=limit,
                period=figure.period,
            )
        ]
    )


def change(rule: AlertRule, situation: Situation) -> Judgement:
    """Risen or fallen by more than a share of the bucket before, or risen by less than it should."""
    metric = rule.metric or ""
    figure = situation.figure(metric, rule.parameters.get("bucket"))
    if figure.value is None or figure.period is None:
        return _without_value(figure)
    if figure.previous is None:
        return Judgement(unknown=frozenset({metric}), waits_for=f"{_name(metric)} has no value before the newest one")
    found = _changed(rule, figure.value, figure.previous)
    if found is None:
        return Judgement()
    words, limit, share = found
    line = limit if share is None else figure.previous + abs(figure.previous) * (-limit if words == "down" else limit)
    known, formats = catalogue()[metric], situation.formats
    before = period_in_words(formats, figure.previous_period or figure.period, figure.bucket)
    return Judgement(
        [
            Condition(
                scope=metric,
                message=f"{known.label} of {period_in_words(formats, figure.period, figure.bucket)} is "
                f"{shown(formats, figure.value, known.unit)} after {shown(formats, figure.previous, known.unit)} of "
                f"{before}; {_in_percent(words, share, limit, formats)}",
                next_action=_look(metric, figure),
                runbook=_page(metric, "figures"),
                value=figure.value,
                threshold=line,
                period=figure.period,
            )
        ]
    )


def anomaly(rule: AlertRule, situation: Situation) -> Judgement:
    """Months unlike the twelve before them, as `fct_metric_anomalies` judges."""
    conditions, unknown = [], set()
    formats, labels = situation.formats, catalogue()
    for one in situation.anomalies:
        if rule.metric not in {None, one.metric} or one.is_anomaly is False:
            continue
        if one.is_anomaly is None:
            unknown.add(one.metric)
            continue
        label = labels[one.metric].label if one.metric in labels else one.metric
        conditions.append(
            Condition(
                scope=one.metric,
                message=f"{label} of {period_in_words(formats, one.period)} is {shown(formats, one.value, one.unit)}; "
                f"the year before, {shown(formats, one.median, one.unit)} was usual",
                next_action=f"See what it is made of with qbr explain {one.metric}; correct it or note why.",
                runbook="docs/runbooks/figures.md#unusual",
                value=one.value,
                threshold=one.median,
                period=one.period,
            )
        )
    return Judgement(conditions, frozenset(unknown), judged=frozenset(one.metric for one in situation.anomalies))


def _targets(rule: AlertRule, situation: Situation) -> Judgement:
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
    target, limit = watched.target, watched.target.red_threshold
    is_alarm, below = limit is not None, False
    if limit is None:
        low, high = target.green_min, target.green_max
        below = low is not None and watched.value is not None and watched.value < low
        limit = low if below else high
    told, line = apart(formats, watched.value, limit, watched.unit)
    words = f"its alarm line is {line}" if is_alarm else f"its target is {line} or {'more' if below else 'less'}"
    return Condition(
        scope=watched.metric,
        message=f"{watched.label} of {period_in_words(formats, watched.period)} is {told}; {words}",
        next_action=f"See what it is made of with qbr explain {watched.metric}, then act or set another threshold.",
        runbook="docs/runbooks/figures.md#threshold-crossed",
        value=watched.value,
        threshold=limit,
        period=watched.period,
    )


def _changed(rule: AlertRule, value: Decimal, before: Decimal) -> tuple[str, Decimal, Decimal | None] | None:
    """In which way it changed too much, the limit, and by which share; None where it did not."""
    rises, falls, too_little = rule.number("rises_by"), rule.number("falls_by"), rule.number("rises_less_than")
    if before == 0:  # no share of nothing
        start = rule.number("from_zero")
        return ("from none", start, None) if start is not None and value >= start else None
    share = (value - before) / abs(before)
    if rises is not None and share > rises:
        return "up", rises, share
    if falls is not None and -share > falls:
        return "down", falls, share
    if too_little is not None and share < too_little:
        return "too little", too_little, share
    return None


def _in_percent(words: str, share: Decimal | None, limit: Decimal, formats: Formats) -> str:
    if share is None:
        return f"from none, {formats.number(limit)} or more are too many"
    moved = f"{'up' if share >= 0 else 'down'} {formats.percent(abs(share))}"
    if words == "too little":
        return f"{moved}, where at least {formats.percent(limit)} more is expected"
    return f"{moved}, more than {formats.percent(limit)}"


def _without_value(figure: Bucketed) -> Judgement:
    """A figure that has none: never had one, so the rule waits, or has lost it, which is told."""
    reason = (figure.reason or "no reason was recorded").rstrip(". ")
    unknown = frozenset({figure.metric})
    if figure.ever:
        return Judgement(unknown=unknown, gap=f"{_name(figure.metric)}, {figure.bucket}, has no value now: {reason}")
    return Judgement(unknown=unknown, waits_for=f"{_name(figure.metric)} has no value yet: {reason}")


def _name(metric: str) -> str:
    return catalogue()[metric].label


def _page(metric: str, otherwise: str) -> str:
    page = _PAGES.get(metric)
    return f"docs/runbooks/{page}.md" if page else f"docs/runbooks/{otherwise}.md#changed"


def _look(metric: str, figure: Bucketed) -> str:
    period = f" --period {figure.period}" if figure.bucket in {"monthly", "quarterly"} else ""
    return f"See what it is made of with qbr explain {metric}{period}, then act or change the rule's limit."
