"""The lives of what is billed and collected: subscriptions, invoices, payments, charges, refunds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sandbox.stripe import billing_records as billing
from sandbox.stripe import catalogue_records as catalogue
from sandbox.stripe import money_records as money
from sandbox.stripe import offer_records as offers
from sandbox.stripe.life import Members, Thing, still, told
from sandbox.world.calendar import LAST_PERIOD, starts_at
from sandbox.world.commerce import CreditNote
from sandbox.world.entities import Charge, StripeInvoice, Subscription

if TYPE_CHECKING:
    from sandbox.stripe.things import Things

HORIZON = starts_at(LAST_PERIOD) + timedelta(days=730)
"""Subscriptions are renewed until then, however far a test moves the clock."""


def subscription(of: Things, one: Subscription) -> Thing:
    discounts = [each for each in of.world.commerce.discounts if each.subscription_id == one.id]
    invoices = of.invoices_of.get(one.id, [])

    def render(now: datetime) -> Members:
        made = [each for each in invoices if each.created_at <= now]
        latest = max(made, key=lambda each: each.created_at).id if made else None
        record = catalogue.subscription(one, of.world, latest, now)
        return {**record, "discounts": [each.id for each in offers.running(discounts, now)]}

    changes = {state.at for state in one.history} | {each.created_at for each in invoices}
    changes |= {one.cancel_requested_at} if one.cancel_requested_at else set()
    for item in one.items:
        changes |= {item.created_at, *(state.at for state in item.history)}
        changes |= {item.removed_at} if item.removed_at else set()
        changes |= set(_renewals(one, of.prices[item.price_id].interval or one.interval))
    over = one.ended_at or HORIZON
    told_of = [("customer.subscription.updated", at) for at in changes if one.created_at < at < over]
    ended = ("customer.subscription.deleted", one.ended_at)
    created = ("customer.subscription.created", one.created_at)
    return Thing(one.id, one.created_at, render, told("subscriptions", one.id, created, *told_of, ended))


def invoices(of: Things) -> Iterator[Thing]:
    deleted = {draft.invoice.id: draft.deleted_at for draft in of.world.commerce.drafts}
    types = {
        "draft": ("invoice.created",),
        "open": ("invoice.finalized", "invoice.updated"),
        "paid": ("invoice.paid", "invoice.payment_succeeded"),
        "void": ("invoice.voided",),
        "uncollectible": ("invoice.marked_uncollectible",),
    }
    for one in of.invoices.values():
        attempts = of.attempts.get(one.id, [])
        notes = [each for each in of.world.commerce.credit_notes if each.invoice_id == one.id]
        render = partial(_invoice, of, one, attempts, notes)
        happened = [(name, state.at) for state in one.history for name in types[state.status]]
        happened += [("invoice.payment_failed", each.created_at) for each in attempts if not each.succeeded]
        gone = deleted.get(one.id)
        yield Thing(
            one.id, one.created_at, render, told("invoices", one.id, *happened, ("invoice.deleted", gone)), gone
        )


def _invoice(
    of: Things, one: StripeInvoice, attempts: Sequence[Charge], notes: Sequence[CreditNote], now: datetime
) -> Members:
    paid = [payment.render(now) for payment in _payments_of(of, one.id) if payment.created_at <= now]
    return {
        **billing.invoice(one, attempts, now),
        "payments": {
            "object": "list",
            "data": paid,
            "has_more": False,
            "url": f"/v1/invoice_payments?invoice={one.id}",
        },
        "post_payment_credit_notes_amount": sum(note.amount_cents for note in notes if note.created_at <= now),
    }


def _payments_of(of: Things, invoice_id: str) -> Iterable[Thing]:
    found = of.by_id["invoice_payments"].get(money.payment_id(invoice_id))
    return [found] if found else []


def payments(of: Things, resource: str) -> Iterator[Thing]:
    """Payment intents, or what they put towards invoices: both begin when the invoice becomes final."""
    for invoice_id, attempts in of.attempts.items():
        invoice = of.invoices[invoice_id]
        final = [state.at for state in invoice.history if state.status != "draft"]
        begun = min(attempts[0].created_at, *final) if final else attempts[0].created_at
        paid_at = attempts[-1].created_at if attempts[-1].succeeded else None
        if resource == "invoice_payments":
            identity = money.payment_id(invoice_id)
            yield Thing(
                identity, begun, partial(money.invoice_payment, attempts, begun),
                told(resource, identity, ("invoice_payment.paid", paid_at)),
            )  # fmt: skip
            continue
        identity = attempts[0].payment_intent_id
        failed = [("payment_intent.payment_failed", one.created_at) for one in attempts if not one.succeeded]
        yield Thing(
            identity, begun, partial(money.payment_intent, attempts, begun),
            told(
                resource, identity, ("payment_intent.created", begun), *failed, ("payment_intent.succeeded", paid_at)
            ),
        )  # fmt: skip


def charges(of: Things) -> Iterator[Thing]:
    refunds = defaultdict(list)
    for refund in of.world.refunds:
        refunds[refund.charge_id].append(refund)
    contested = {one.charge_id: one.created_at for one in of.world.commerce.disputes}
    for one in of.world.charges:
        render = partial(billing.charge, one, refunds[one.id], contested.get(one.id))
        outcome = "charge.succeeded" if one.succeeded else "charge.failed"
        returned = [("charge.refunded", each.created_at) for each in refunds[one.id]]
        yield Thing(one.id, one.created_at, render, told("charges", one.id, (outcome, one.created_at), *returned))


def refunds(of: Things) -> Iterator[Thing]:
    for one in of.world.refunds:
        yield Thing(
            one.id, one.created_at, still(billing.refund(one)),
            told("refunds", one.id, ("refund.created", one.created_at)),
        )  # fmt: skip


def _renewals(one: Subscription, interval: str) -> Iterator[datetime]:
    """When a subscription's periods begin."""
    step, number = 12 if interval == "year" else 1, 0
    while (at := catalogue.months_later(one.anchor_at, number * step)) < min(one.ended_at or HORIZON, HORIZON):
        yield at
        number += 1
