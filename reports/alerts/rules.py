"""Which function judges which kind of rule. Nothing here or below writes: conditions go to `incidents`.

A value that is missing proves nothing: a rule over it is neither broken nor kept, and the missing value is a condition
of its own.
"""

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg

from reports.alerts.conditions import Condition, Judgement
from reports.alerts.kinds import figures, gaps, money, signals, sources
from reports.alerts.situation import Situation
from reports.views.watching import AlertRule
from warehouse.engine import is_unreachable

KINDS: dict[str, Callable[[AlertRule, Situation], Judgement]] = {
    "threshold": figures.threshold,
    "change": figures.change,
    "anomaly": figures.anomaly,
    "source_failed": sources.failed,
    "source_stale": sources.stale,
    "token_expiry": sources.token_expiry,
    "reconciliation": money.reconciliation,
    "missing_inputs": gaps.missing_inputs,
    "check_failed": gaps.check_failed,
    "check_warned": gaps.check_warned,
    "subscription": money.subscription,
    "dunning": money.dunning,
    "signal": signals.signal,
    "signal_stale": signals.signal_stale,
}
_OURS = Path(__file__).parents[1]


class UnknownKind(LookupError):
    """A rule of a kind that nothing here judges; the message names it."""


def judge(rule: AlertRule, situation: Situation) -> Judgement:
    """What `rule` finds in `situation`. Raises UnknownKind."""
    try:
        judged = KINDS[rule.kind]
    except KeyError:
        raise UnknownKind(
            f"Alert rule {rule.rule!r} of {situation.organization.organization_id} has the kind {rule.kind!r}, which "
            f"is none of {', '.join(KINDS)}; nothing was judged by it. Correct the rule in the organization's file."
        ) from None
    judgement = judged(rule, situation)
    own_words = rule.parameters.get("next_action")
    if not own_words:
        return judgement
    return replace(judgement, conditions=[replace(one, next_action=own_words) for one in judgement.conditions])


def judge_apart(rule: AlertRule, situation: Situation) -> Judgement:
    """What the rule finds. One that breaks holds up no other, says nothing of what is open, and is told of as a gap.

    Raises UnknownKind; what psycopg raises where the server went or nobody has built the marts.
    """
    try:
        with situation.attempt():
            return judge(rule, situation)
    except (UnknownKind, psycopg.errors.UndefinedTable):
        raise  # the organization's file, or marts that nobody has built, not this rule
    except Exception as error:  # one value that nobody foresaw must not silence the other rules
        if is_unreachable(error):
            raise
        broke = f"judging broke ({type(error).__name__} at {_place_of(error)})"
        return Judgement(judged=frozenset(), waits_for=broke, gap=broke, is_broken=True)


def _place_of(error: Exception) -> str:
    """The last line of ours that it came through; its words stay out, since they may hold what not everyone may see."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if _OURS in Path(one.filename).parents]
    last = (ours or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


__all__ = ["KINDS", "Condition", "Judgement", "UnknownKind", "judge", "judge_apart"]
