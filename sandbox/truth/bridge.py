"""What else than Stripe is taken for recurring revenue each month, by client; and the seats agreed and invoiced.

Agreements are told at the quantities of the instant, since ConnectWise shows no others.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sandbox.truth.months import complete_months, last_date, last_second
from sandbox.truth.operations import UNASSIGNED
from sandbox.truth.per_client import recurring_revenue
from sandbox.truth.revenue import COUNTED, MONTHS, run_rates, status_at
from sandbox.world.entities import Addition, Agreement, QboCreditMemo, QboInvoice, Receipt, World

SEATS = ("Managed Seat Essential", "Managed Seat Complete", "Managed Seat Regulated")

Amounts = dict[tuple[str, str], Fraction]
"""By month and client key."""


def definitions(world: World, now: datetime) -> dict[str, Amounts]:
    """What each definition comes to in the complete months."""
    booked = recurring_revenue(world, now, ("mrr", "orr"))
    months = set(complete_months(world, now))
    return {
        "stripe_run_rate": run_rates(world, now),
        "stripe_paid": _paid(world, now),
        "connectwise_agreements": _agreed(world, now),
        "quickbooks_recurring": {key: Fraction(amount) for key, amount in booked.items() if key[0] in months},
    }


def _paid(world: World, now: datetime) -> Amounts:
    """The part of the run rate whose latest bill for the last second of the month had been paid by then."""
    zone = ZoneInfo(world.time_zone)
    client_of = {one.id: one.client_key for one in world.stripe_customers}
    prices = {one.id: one for one in world.stripe_prices}
    bills = defaultdict(list)
    for invoice in world.stripe_invoices:
        for line in invoice.lines:
            bills[line.subscription_item_id].append((line.period_start, invoice.created_at, line.period_end, invoice))
    found: Amounts = defaultdict(Fraction)
    for period in complete_months(world, now):
        at = last_second(period, zone)
        for subscription in world.subscriptions:
            if status_at(subscription, at) not in COUNTED:
                continue
            for item in subscription.items:
                price, quantity = prices[item.price_id], item.quantity_at(at)
                covering = [bill for bill in bills[item.id] if bill[0] <= at < bill[2]]
                if not quantity or price.interval is None or not covering:
                    continue
                invoice = max(covering, key=lambda bill: bill[:2])[3]
                if any(state.status == "paid" and state.at <= at for state in invoice.history):
                    cents = Fraction(quantity * price.unit_amount_cents, MONTHS[price.interval])
                    found[period, client_of[subscription.customer_id]] += cents / 100
    return found


def _agreed(world: World, now: datetime) -> Amounts:
    found: Amounts = defaultdict(Fraction)
    for period, agreement, additions in _in_force(world, now):
        added = sum((one.unit_price * (one.quantity_at(now) or 0) for one in additions), Decimal(0))
        found[period, agreement.client_key] += Fraction(agreement.bill_amount + added)
    return found


def seats_agreed(world: World, now: datetime) -> dict[tuple[str, str], Decimal]:
    """Seats of the agreements in force on the last day, by month and client."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for period, agreement, additions in _in_force(world, now):
        seats = [one.quantity_at(now) or Decimal(0) for one in additions if one.description in SEATS]
        found[period, agreement.client_key] += sum(seats, Decimal(0))
    return found


def _in_force(world: World, now: datetime) -> Iterator[tuple[str, Agreement, list[Addition]]]:
    """Each complete month, agreement and its additions of the month's last day, as they show at the instant."""
    for period in complete_months(world, now):
        day = last_date(period)
        for agreement in world.agreements:
            is_ended = agreement.ended_recorded_at is not None and agreement.ended_recorded_at <= now
            if agreement.created_at > now or day < agreement.start_date:
                continue
            if is_ended and _is_past(day, agreement.end_date, agreement.cancelled_date):
                continue
            yield period, agreement, [one for one in world.additions if _is_added(one, agreement, day, now)]


def _is_past(day: date, end: date | None, cancelled: date | None) -> bool:
    """An agreement still runs on its ending date; a cancelled one ends before the day of its cancellation."""
    return (end is not None and day > end) or (cancelled is not None and day >= cancelled)


def _is_added(one: Addition, agreement: Agreement, day: date, now: datetime) -> bool:
    """What is taken off on the day the agreement ends runs as long as the agreement."""
    is_there = one.agreement_id == agreement.id and one.created_at <= now and one.effective_date <= day
    is_known_to_end = one.cancelled_recorded_at is not None and one.cancelled_recorded_at <= now
    if not is_known_to_end or one.cancelled_date is None or one.cancelled_date == agreement.end_date:
        return is_there
    return is_there and day < one.cancelled_date


def seats_invoiced(world: World, now: datetime) -> dict[tuple[str, str], Decimal]:
    """Seats subscribed to at the month's end; of a client who subscribes to none, those the month's documents sell."""
    subscribed, booked = _seats_subscribed(world, now), _seats_booked(world, now)
    return {key: subscribed.get(key, booked.get(key, Decimal(0))) for key in subscribed.keys() | booked.keys()}


def _seats_subscribed(world: World, now: datetime) -> dict[tuple[str, str], Decimal]:
    zone = ZoneInfo(world.time_zone)
    client_of = {one.id: one.client_key for one in world.stripe_customers}
    names = {one.id: one.name for one in world.stripe_products}
    sold = {one.id: names[one.product_id] for one in world.stripe_prices}
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for period in complete_months(world, now):
        at = last_second(period, zone)
        for subscription in world.subscriptions:
            if status_at(subscription, at) not in COUNTED:
                continue
            for item in subscription.items:
                if sold[item.price_id] in SEATS and (quantity := item.quantity_at(at)):
                    found[period, client_of[subscription.customer_id]] += quantity
    return found


def _seats_booked(world: World, now: datetime) -> dict[tuple[str, str], Decimal]:
    """Seats on invoices and sales receipts, less those on credit memos."""
    clients = {one.id: one.client_key or UNASSIGNED for one in world.qbo_customers}
    months = set(complete_months(world, now))
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    receipts = [one for one in world.receipts if one.kind == "SalesReceipt"]
    documents: list[tuple[int, QboInvoice | QboCreditMemo | Receipt, tuple[datetime | None, ...]]] = [
        *((1, one, (one.voided_at, one.deleted_at)) for one in world.qbo_invoices),
        *((1, one, (one.voided_at,)) for one in receipts),
        *((-1, one, ()) for one in world.qbo_credit_memos),
    ]
    for sign, document, ends in documents:
        gone = [at for at in ends if at is not None and at <= now]
        period = f"{document.transaction_date:%Y-%m}"
        if gone or document.created_at > now or period not in months:
            continue
        for line in document.lines:
            if line.item_name in SEATS and line.amount:
                found[period, clients[document.customer_id]] += sign * line.quantity
    return found
