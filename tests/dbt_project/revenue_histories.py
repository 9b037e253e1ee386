"""Random histories of subscriptions: what Stripe would keep of each, and the oracle of what it came to each month.

The oracle looks at the history itself and never at the records, and shares no code with the pipeline.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
FIRST = (2025, 1)
PERIODS = [f"{2025 + number // 12}-{number % 12 + 1:02d}" for number in range(15)]
RATES = {"USD": [("2025-01", "1")], "EUR": [("2025-01", "1.08"), ("2025-07", "1.125")]}
"""What a unit of a currency is worth since when."""
LOYAL = Fraction(1, 5)


class Price(NamedTuple):
    id: str
    interval: str
    count: int
    cents: int
    currency: str


PRICES = [
    Price(f"price_{currency}_{interval}{count}_{cents}", interval, count, cents, currency)
    for currency in ("usd", "eur")
    for interval, count in (("month", 1), ("month", 3), ("year", 1), ("week", 2), ("day", 10))
    for cents in (1000, 4995)
]
A_YEAR = {"month": Fraction(12), "year": Fraction(1), "week": Fraction(52), "day": Fraction(365)}


class State(NamedTuple):
    """A quantity at a price from an instant on."""

    at: datetime
    price: Price
    quantity: int


@dataclass
class Subscription:
    id: str
    customer: str
    started_at: datetime
    paying_from: datetime
    ended_at: datetime | None
    is_loyal: bool
    is_welcomed: bool
    states: list[State] = field(default_factory=list)

    def state_before(self, instant: datetime) -> State | None:
        """What is paid for just before the instant; None in a trial, before the start and after the end."""
        is_over = self.ended_at is not None and self.ended_at < instant
        if instant <= self.paying_from or is_over:
            return None
        return [state for state in self.states if state.at < instant][-1]


def histories(seed: int, clients: int) -> list[Subscription]:
    """One to three subscriptions of each client, one after the other or at once."""
    draw = random.Random(f"revenue {seed}")
    return [
        _subscription(draw, f"sub_{client}_{number}", f"cus-{client}")
        for client in range(clients)
        for number in range(draw.choice((1, 1, 2, 3)))
    ]


def _subscription(draw: random.Random, identity: str, customer: str) -> Subscription:
    earliest = datetime(2025, 1, 3, tzinfo=UTC)
    started = earliest + timedelta(seconds=draw.randrange(int((AS_OF - earliest).total_seconds()) - 90 * 86_400))
    paying = started + timedelta(days=draw.randrange(7, 45)) if draw.random() < 0.25 else started
    ended = paying + timedelta(seconds=draw.randrange(86_400, 300 * 86_400)) if draw.random() < 0.5 else None
    ended = None if ended is None or ended >= AS_OF else ended
    price = draw.choice(PRICES)
    alike = [one for one in PRICES if one[1:3] == price[1:3] and one.currency == price.currency]
    made = Subscription(identity, customer, started, paying, ended, draw.random() < 0.3, draw.random() < 0.2)
    made.states.append(State(started, price, draw.randrange(1, 30)))
    last = ended or AS_OF
    for at in sorted(draw.randrange(1, int((last - paying).total_seconds())) for _ in range(draw.randrange(4))):
        made.states.append(State(paying + timedelta(seconds=at), draw.choice(alike), draw.randrange(1, 30)))
    return made


def month_end(period: str) -> datetime:
    """The first instant after the month, or the instant figures are computed at in the running one."""
    year, month = int(period[:4]), int(period[5:])
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE).astimezone(UTC)
    return min(after, AS_OF)


def rate(currency: str, period: str) -> Fraction:
    return Fraction([value for since, value in RATES[currency.upper()] if since <= period][-1])


def amounts(subscriptions: list[Subscription]) -> dict[tuple[str, str, str], Fraction]:
    """What each customer pays a month in each currency at the end of each period."""
    found: dict[tuple[str, str, str], Fraction] = {}
    for one in subscriptions:
        for period in PERIODS:
            state = one.state_before(month_end(period))
            key = (one.customer, one.states[0].price.currency, period)
            found.setdefault(key, Fraction(0))
            if state is not None:
                a_month = Fraction(state.quantity * state.price.cents, 100) * A_YEAR[state.price.interval]
                found[key] += a_month / 12 / state.price.count * (1 - LOYAL if one.is_loyal else 1)
    return found


class Movement(NamedTuple):
    kind: str
    opening: Fraction
    fx: Fraction
    closing: Fraction


def movements(subscriptions: list[Subscription]) -> dict[tuple[str, str], Movement]:
    """How each customer moved in each period but the first, where there was anything at either end."""
    paid = amounts(subscriptions)
    currencies: dict[str, set[str]] = {}
    for customer, currency, _ in paid:
        currencies.setdefault(customer, set()).add(currency)
    found = {}
    for customer, held in currencies.items():
        past: list[Fraction] = []
        for before, period in zip([None, *PERIODS], PERIODS, strict=False):
            closing = sum((paid[customer, one, period] * rate(one, period) for one in held), Fraction(0))
            if before is not None:
                restated = sum((paid[customer, one, before] * rate(one, period) for one in held), Fraction(0))
                if past[-1] or closing:
                    kind = _kind(restated, closing, past)
                    found[customer, period] = Movement(kind, past[-1], restated - past[-1], closing)
            past.append(closing)
    return found


def _kind(before: Fraction, after: Fraction, past: list[Fraction]) -> str:
    if before == after:
        return "none"
    if not before:
        return "reactivation" if any(past) else "new"
    if not after:
        return "churn"
    return "expansion" if after > before else "contraction"


class Line(NamedTuple):
    """What a bill takes, or gives back, for a stretch of time."""

    start: datetime
    end: datetime
    state: State
    cents: int


Records = Iterator[tuple[str, dict[str, Any]]]


def records(subscriptions: list[Subscription]) -> Records:
    """What Stripe would list of them today: items in their last state, and a bill for every period and change."""
    for price in PRICES:
        recurring = {"interval": price.interval, "interval_count": price.count, "usage_type": "licensed"}
        common = {"currency": price.currency, "product": "prod_1", "type": "recurring", "billing_scheme": "per_unit"}
        yield "prices", {"id": price.id, **common, "unit_amount": price.cents, "recurring": recurring, "created": 1}
    yield "coupons", {"id": "LOYAL", "percent_off": 20, "duration": "forever", "valid": True, "created": 1}
    for one in subscriptions:
        yield from _of_subscription(one)


def _of_subscription(one: Subscription) -> Records:
    last, currency = one.states[-1], one.states[0].price.currency
    loyal = {"id": f"di_{one.id}", "source": {"coupon": "LOYAL", "type": "coupon"}, "start": epoch(one.started_at)}
    in_trial = one.paying_from >= AS_OF
    status = "canceled" if one.ended_at else "trialing" if in_trial else "active"
    is_tried = one.paying_from > one.started_at
    yield "subscriptions", {
        "id": one.id, "customer": one.customer, "status": status, "currency": currency, "items": {"data": []},
        "start_date": epoch(one.started_at), "created": epoch(one.started_at), "cancel_at_period_end": False,
        "trial_start": epoch(one.started_at) if is_tried else None,
        "trial_end": epoch(one.paying_from) if is_tried else None,
        "ended_at": epoch(one.ended_at) if one.ended_at else None,
        "discounts": [loyal] if one.is_loyal else [],
    }  # fmt: skip
    price = {"id": last.price.id, "product": "prod_1", "currency": currency, "unit_amount": last.price.cents}
    yield "subscription_items", {
        "id": f"si_{one.id}", "subscription": one.id, "price": price, "quantity": last.quantity,
        "created": epoch(one.started_at), "discounts": [],
    }  # fmt: skip
    for number, bill in enumerate(_bills(one)):
        invoice, billed_at = f"in_{one.id}_{number}", bill[0].start
        yield "invoices", {
            "id": invoice, "customer": one.customer, "status": "paid", "currency": currency,
            "created": epoch(billed_at),
            "status_transitions": {"finalized_at": epoch(billed_at), "paid_at": epoch(billed_at)},
        }  # fmt: skip
        for place, line in enumerate(bill):
            taken = [{"amount": line.cents // 5, "discount": loyal["id"]}] if one.is_loyal and line.cents > 0 else []
            if one.is_welcomed and not number:
                taken.append({"amount": line.cents // 2, "discount": f"di_welcome_{one.id}"})
            of_item = {"subscription": one.id, "subscription_item": f"si_{one.id}", "proration": len(bill) > 1}
            yield "invoice_lines", {
                "id": f"il_{one.id}_{number}_{place}", "invoice": invoice, "currency": currency,
                "amount": line.cents, "quantity": line.state.quantity,
                "period": {"start": epoch(line.start), "end": epoch(line.end)},
                "pricing": {"price_details": {"price": line.state.price.id, "product": "prod_1"}},
                "parent": {"subscription_item_details": of_item}, "discount_amounts": taken,
            }  # fmt: skip


def epoch(instant: datetime) -> int:
    return int(instant.timestamp())


def _starts(one: Subscription) -> list[datetime]:
    """When its periods begin, to the first that begins after everything is over."""
    price, starts, number = one.states[0].price, [one.paying_from], 0
    while starts[-1] < min(one.ended_at or AS_OF, AS_OF):
        number += price.count
        starts.append(_later(one.paying_from, price.interval, number))
    return starts


def _later(start: datetime, interval: str, count: int) -> datetime:
    if interval in ("week", "day"):
        return start + timedelta(days=count * (7 if interval == "week" else 1))
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return start.replace(year=year, month=month, day=min(start.day, (after - timedelta(days=1)).day))


def _bills(one: Subscription) -> Iterator[list[Line]]:
    """A charge at the start of each period; at each change a credit and a charge for the rest of it, on one bill."""
    starts = _starts(one)
    for start, end in pairwise(starts):
        state = [each for each in one.states if each.at <= start][-1]
        yield [Line(start, end, state, state.quantity * state.price.cents)]
        for change in [each for each in one.states if start < each.at < end]:
            left = (end - change.at) / (end - start)
            yield [
                Line(change.at, end, state, -max(5, int(state.quantity * state.price.cents * left) // 5 * 5)),
                Line(change.at, end, change, max(5, int(change.quantity * change.price.cents * left) // 5 * 5)),
            ]
            state = change
