"""Rules over money: clients who pay less or no more, invoices nobody pays, books that do not tie."""

from decimal import Decimal

from reports.alerts.conditions import Condition, Judgement, period_in_words
from reports.alerts.situation import Situation
from reports.views.occurrences import Tie
from reports.views.watching import AlertRule

_MOVED = {
    "churn": "has ended its subscriptions",
    "contraction": "pays less",
    "expansion": "pays more",
    "new": "pays for the first time",
    "reactivation": "pays again",
}
_STAGES = {"overdue": "are past due", "failed_once": "could not be collected once",
           "failed_twice": "could not be collected twice",
           "failed_three_times": "could not be collected three times"}  # fmt: skip


def subscription(rule: AlertRule, situation: Situation) -> Judgement:
    """Clients whose recurring revenue moved in one of the rule's ways in the latest complete month.

    What an earlier month told stays until a newer one is known, which then ends it without undoing it.
    """
    found = situation.moves
    if found is None:
        return Judgement(judged=frozenset(), waits_for="no subscription was read yet")
    wanted, at_least = rule.parameters["movements"], rule.number("at_least") or Decimal(0)
    formats = situation.formats
    conditions = [
        Condition(
            scope=f"{move.client_id}:{move.period}",
            message=f"{move.client} {_MOVED[move.movement]}: {formats.money(move.amount)} of monthly recurring "
            f"revenue {'more' if move.movement in {'expansion', 'new', 'reactivation'} else 'less'} in "
            f"{period_in_words(formats, move.period)}",
            next_action="Talk to the client; if it is a mistake, mend the subscription in Stripe.",
            runbook="docs/runbooks/churn.md#a-subscription-ended",
            value=move.amount,
            threshold=at_least,
            period=move.period,
            may_open=move.period == str(situation.month),
        )
        for move in found.moves
        if move.movement in wanted and move.amount >= at_least
    ]
    unknown = frozenset(f"{client_id}:{period}" for client_id, period in found.unknown)
    return Judgement(conditions, unknown, newest=found.period)


def dunning(rule: AlertRule, situation: Situation) -> Judgement:
    """Open invoices at a stage of dunning where somebody has to act."""
    if not situation.dunning:
        return Judgement(judged=frozenset(), waits_for="no invoice of Stripe was read yet")
    wanted, at_least = rule.parameters["stages"], rule.number("at_least") or Decimal(1)
    conditions, unknown = [], set()
    for stage in situation.dunning:
        if stage.stage not in wanted:
            continue
        if stage.open_invoices is None:
            unknown.add(stage.stage)
        elif stage.open_invoices >= at_least:
            count = stage.open_invoices
            conditions.append(
                Condition(
                    scope=stage.stage,
                    message=f"{count} {'invoice' if count == 1 else 'invoices'}, "
                    f"{situation.formats.value(stage.open_amount, 'usd')}, "
                    f"{_STAGES.get(stage.stage, 'are ' + stage.stage.replace('_', ' '))} and stood open at the end of "
                    f"{period_in_words(situation.formats, stage.period)}",
                    next_action="Ask the clients for another means of payment, or stop the service.",
                    runbook="docs/runbooks/payments.md#invoices-in-dunning",
                    value=Decimal(count),
                    threshold=at_least,
                    period=stage.period,
                )
            )
    return Judgement(conditions, frozenset(unknown))


def reconciliation(rule: AlertRule, situation: Situation) -> Judgement:
    """Statements that differ from what they are held against by `at_least` or more.

    Only recent months open an alert; an older one keeps it open for as long as it differs.
    """
    at_least = rule.number("at_least") or Decimal("0.01")
    formats = situation.formats
    ties = situation.ties(at_least)
    conditions = [
        Condition(
            scope=_scope(one),
            message=f"{one.statement.capitalize()} of {period_in_words(formats, one.period)} does not tie: "
            f"{one.lines} {'line differs' if one.lines == 1 else 'lines differ'}, most of all {one.place} by "
            f"{formats.money(one.largest, 2)}",
            next_action=f"Read the month again with qbr run --source quickbooks --period {one.period}.",
            runbook="docs/runbooks/books.md",
            value=abs(one.largest),
            threshold=at_least,
            period=one.period,
            may_open=one.period in situation.recent_months,
        )
        for one in ties
        if one.lines and one.largest is not None
    ]
    return Judgement(
        conditions,
        unknown=frozenset(_scope(one) for one in ties if one.is_unknown),
        judged=frozenset(_scope(one) for one in ties),
    )


def _scope(one: Tie) -> str:
    return f"{one.statement}:{one.period}"
