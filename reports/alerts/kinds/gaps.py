"""Rules over the data itself: inputs that are missing, checks that do not pass."""

from collections.abc import Sequence
from decimal import Decimal

from reports.alerts.conditions import Condition, Judgement, period_in_words
from reports.alerts.situation import Situation
from reports.views.quality import MissingInput
from reports.views.watching import AlertRule


def missing_inputs(rule: AlertRule, situation: Situation) -> Judgement:
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
                message=f"{len(gaps)} {inputs} missing for {period_in_words(situation.formats, period)}: {names}",
                next_action="Enter them in a CSV file and bring them in with qbr import manual.",
                runbook="docs/runbooks/data.md#missing-inputs",
                value=Decimal(len(gaps)),
                threshold=Decimal(0),
                period=period,
                may_open=period in situation.recent_months,
            )
        )
    unknown = set()
    for watched in situation.watched:
        if rule.metric not in {None, watched.metric}:
            continue
        if not watched.is_stored and not watched.was_known:
            unknown.add(watched.metric)  # nobody has begun to bring it, so nothing is missing of what there was
        elif watched.value is None:
            reason = (watched.reason or "no reason recorded").rstrip(". ")
            period = period_in_words(situation.formats, watched.period)
            conditions.append(
                Condition(
                    scope=watched.metric,
                    message=f"{watched.label} of {period} has no value, so its threshold cannot be judged: {reason}",
                    next_action=f"Find the missing input with qbr explain {watched.metric}, then enter or read it.",
                    runbook="docs/runbooks/data.md#missing-inputs",
                    period=watched.period,
                )
            )
    return Judgement(conditions, frozenset(unknown))


def without_data(rule: AlertRule, gap: str) -> Condition:
    """A rule that could judge once and cannot now."""
    return Condition(
        scope=f"rule {rule.rule}",
        message=f"The alert rule {rule.rule} cannot be judged: {gap}",
        next_action="See why its figure has no value (qbr alerts rules, qbr doctor), then read or enter it.",
        runbook="docs/runbooks/data.md#a-rule-cannot-be-judged",
    )


def broken(rules: Sequence[AlertRule], gap: str) -> Condition:
    """Rules that broke at one place, which has one cause, as a mart that is not what they ask it for."""
    names = ", ".join(rule.rule for rule in rules)
    which = f"The alert rule {names}" if len(rules) == 1 else f"{len(rules)} alert rules ({names})"
    return Condition(
        scope=gap,
        message=f"{which} cannot be judged: {gap}",
        next_action="Run qbr build, which makes the marts anew; if it stays, report the place that is named.",
        runbook="docs/runbooks/data.md#a-rule-cannot-be-judged",
        value=Decimal(len(rules)),
        threshold=Decimal(0),
    )


def check_failed(_rule: AlertRule, situation: Situation) -> Judgement:
    """Checks whose failure stops the decks; a warning is shown on the deck and needs nobody at night."""
    return Judgement(
        _failing(
            situation,
            "error",
            "No deck is built until it passes; mend what the message names and run again.",
            "docs/runbooks/data.md#check-failed",
        )
    )


def check_warned(_rule: AlertRule, situation: Situation) -> Judgement:
    """Checks that warn of something suspicious, which somebody should look at once."""
    return Judgement(
        _failing(
            situation,
            "warning",
            "Look whether the figure is right; correct it, or leave it: decks are built all the same.",
            "docs/runbooks/data.md#suspicious-data",
        )
    )


def _failing(situation: Situation, severity: str, next_action: str, runbook: str) -> list[Condition]:
    conditions = []
    failed = [check for check in situation.checks if not check.is_passed and check.severity == severity]
    for name in dict.fromkeys(check.check_name for check in failed):
        subjects = [check for check in failed if check.check_name == name]
        where = ", ".join(check.subject for check in subjects)
        verb = "fails" if severity == "error" else "warns"
        conditions.append(
            Condition(
                scope=name,
                message=f"Check {name} {verb} on {where}: {subjects[0].message}",
                next_action=next_action,
                runbook=runbook,
                value=Decimal(len(subjects)),
                threshold=Decimal(0),
            )
        )
    return conditions
