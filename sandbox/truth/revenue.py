"""Recurring revenue of each month, by client: what subscriptions came to when it ended, and how that had moved.

Counts are per (month, client key). Money is exact: cents a month may be fractions. Subscriptions are in dollars; a
business that keeps its own books in another currency is told at the rate of each month.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sandbox.truth.money import books
from sandbox.truth.months import complete_months, last_second, month_of
from sandbox.truth.quarterly import half_even
from sandbox.world.entities import Subscription, World

COUNTED = ("active", "past_due")
MONTHS = {"month": 1, "year": 12}
UP, DOWN = ("new", "expansion", "reactivation"), ("contraction", "churn")

Figures = dict[str, Decimal | None]
ByMonthAndClient = dict[tuple[str, str], Fraction]
Rate = Callable[[str], Fraction]
"""What a dollar is worth in the business's own currency in a month."""


class Move(NamedTuple):
    """How a client moved in a month, in the business's own currency: the rate's doing apart from the client's."""

    kind: str
    opening: Fraction
    fx: Fraction
    amount: Fraction
    closing: Fraction


Moves = dict[tuple[str, str], Move]


def dollars(_: str) -> Fraction:
    """The rate of a business that keeps its books in dollars."""
    return Fraction(1)


def run_rates(world: World, now: datetime) -> ByMonthAndClient:
    """What each client's subscriptions came to in the last second of each complete month, in dollars."""
    zone = ZoneInfo(world.time_zone)
    client_of = {one.id: one.client_key for one in world.stripe_customers}
    prices = {one.id: one for one in world.stripe_prices}
    rates: ByMonthAndClient = defaultdict(Fraction)
    for period in complete_months(world, now):
        at = last_second(period, zone)
        for subscription in world.subscriptions:
            if status_at(subscription, at) not in COUNTED:
                continue
            for item in subscription.items:
                price = prices[item.price_id]
                if (quantity := item.quantity_at(at)) and price.interval is not None:
                    cents = Fraction(quantity * price.unit_amount_cents, MONTHS[price.interval])
                    rates[period, client_of[subscription.customer_id]] += cents / 100
    return rates


def status_at(subscription: Subscription, at: datetime) -> str | None:
    """The status in force at an instant; None before the subscription began."""
    past = [state.status for state in subscription.history if state.at <= at]
    return past[-1] if past else None


def movements(world: World, now: datetime, rate: Rate = dollars) -> Moves:
    """How each client moved in each complete month but the first, which nothing is known before."""
    rates = run_rates(world, now)
    periods = complete_months(world, now)
    clients = {key for _, key in rates}
    found: Moves = {}
    for key in clients:
        paid = [rates.get((period, key), Fraction(0)) for period in periods]
        for place in range(1, len(periods)):
            before, after, period = paid[place - 1], paid[place], periods[place]
            if before == after == 0:
                continue
            opening, restated, closing = before * rate(periods[place - 1]), before * rate(period), after * rate(period)
            kind = _kind(before, after, paid[:place])
            found[period, key] = Move(kind, opening, restated - opening, abs(closing - restated), closing)
    return found


def _kind(before: Fraction, after: Fraction, past: list[Fraction]) -> str:
    if before == after:
        return "none"
    if before == 0:
        return "reactivation" if any(past) else "new"
    if after == 0:
        return "churn"
    return "expansion" if after > before else "contraction"


def revenue(world: World, now: datetime, rate: Rate = dollars) -> dict[str, Figures]:
    """The figures of every complete month, rounded once."""
    rates, moves, ledger = run_rates(world, now), movements(world, now, rate), books(world, now)
    happened = _happenings(world, now)
    periods = complete_months(world, now)
    figures: dict[str, Figures] = {}
    for place, period in enumerate(periods):
        paying = {key: rate for (month, key), rate in rates.items() if month == period and rate > 0}
        total = sum(paying.values(), Fraction(0)) * rate(period)
        arpa = _ratio(total, len(paying))
        month = {
            name: happened[name][period] for name in ("stripe_failed_payments", "trial_started", "trial_converted")
        }
        exact: dict[str, Fraction | None] = {"mrr_run_rate": total, "arr": 12 * total, "arpa": arpa}
        sums = {kind: Fraction(0) for kind in (*UP, *DOWN, "none")}
        lost = 0
        for (moved_in, _), move in moves.items():
            if moved_in == period:
                sums[move.kind] += move.amount
                lost += move.kind == "churn"
        opening = [rate for (when, _), rate in rates.items() if place and when == periods[place - 1] and rate > 0]
        began, gone = sum(opening, Fraction(0)) * rate(period), sums["contraction"] + sums["churn"]
        churn = _ratio(Fraction(lost), len(opening)) if place else None
        income, cost = ledger[period]["total_income"], ledger[period]["product_cogs"]
        margin = None if income is None or cost is None else _ratio(Fraction(income - cost), Fraction(income))
        exact["net_revenue_retention"] = _ratio(began + sums["expansion"] - gone, began)
        exact["gross_revenue_retention"] = _ratio(began - gone, began)
        exact["revenue_churn_rate"] = _ratio(gone, began)
        exact["customer_churn_rate"] = churn
        exact["quick_ratio"] = _ratio(sum((sums[kind] for kind in UP), Fraction(0)), gone)
        exact["ltv"] = None if arpa is None or margin is None or not churn else arpa * margin / churn
        figures[period] = {
            **{name: Decimal(count) for name, count in month.items()},
            **{name: None if one is None else half_even(one, _scale(name)) for name, one in exact.items()},
        }
    return figures


def _ratio(dividend: Fraction, divisor: Fraction | int) -> Fraction | None:
    return dividend / divisor if divisor else None


def _scale(name: str) -> int:
    return 2 if name in ("mrr_run_rate", "arr", "arpa", "ltv") else 4


def _happenings(world: World, now: datetime) -> dict[str, Counter[str]]:
    """Failed attempts, trials begun, and trials by the month in which the first bill after them was paid."""
    zone = ZoneInfo(world.time_zone)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for charge in world.charges:
        if not charge.succeeded and charge.created_at <= now:
            counted["stripe_failed_payments"][month_of(charge.created_at, zone)] += 1
    for subscription in world.subscriptions:
        if subscription.history[0].status != "trialing":
            continue
        began, ended = (state.at for state in subscription.history[:2])
        counted["trial_started"][month_of(began, zone)] += 1
        paid = [
            state.at
            for invoice in world.stripe_invoices
            if invoice.subscription_id == subscription.id and invoice.total_cents > 0
            for state in invoice.history
            if state.status == "paid" and ended <= state.at <= now
        ]
        if paid:
            counted["trial_converted"][month_of(min(paid), zone)] += 1
    return counted
