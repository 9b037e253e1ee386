"""Draws the PSA's own invoices: one for each agreement and month, made in the morning of the first."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.world.calendar import at, first_day, months
from sandbox.world.draws import chance, draws
from sandbox.world.psa import PsaInvoice
from sandbox.world.service import Addition, Agreement

FIRST_ID, FIRST_NUMBER = 5_501, 20_001
MADE_AT = 9  # o'clock, after the quantities of the month are settled
CREDIT = Decimal("-25.00")


def make_psa_invoices(
    seed: int, agreements: tuple[Agreement, ...], additions: tuple[Addition, ...]
) -> tuple[PsaInvoice, ...]:
    """Most are paid after some weeks; a few are deleted and made again, a few are followed by a credit memo."""
    draw = draws(seed, "psa invoices")
    by_agreement: dict[int, list[Addition]] = {}
    for addition in additions:
        by_agreement.setdefault(addition.agreement_id, []).append(addition)
    drawn: list[PsaInvoice] = []
    for period in months():
        for agreement in agreements:
            made = at(first_day(period), MADE_AT)
            total = billed(agreement, by_agreement.get(agreement.id, []), made)
            if total:
                drawn += _invoices(draw, agreement, made, total)
    ordered = sorted(drawn, key=lambda one: one.created_at)
    return tuple(
        replace(one, id=FIRST_ID + index, number=str(FIRST_NUMBER + index)) for index, one in enumerate(ordered)
    )


def billed(agreement: Agreement, additions: list[Addition], clock: datetime) -> Decimal:
    """The agreement's flat part and its additions as the PSA shows them at the clock; 0 when it is not in force."""
    day = clock.date()
    ends = agreement.cancelled_date or agreement.end_date
    is_over = agreement.ended_recorded_at is not None and agreement.ended_recorded_at <= clock and ends is not None
    if agreement.created_at > clock or agreement.start_date > day or (is_over and ends is not None and ends < day):
        return Decimal(0)
    return agreement.bill_amount + sum((_priced(one, clock) for one in additions), Decimal(0))


def _priced(addition: Addition, clock: datetime) -> Decimal:
    quantity = addition.quantity_at(clock)
    recorded = addition.cancelled_recorded_at
    is_over = recorded is not None and recorded <= clock and addition.cancelled_date is not None
    if quantity is None or addition.effective_date > clock.date():
        return Decimal(0)
    if is_over and addition.cancelled_date is not None and addition.cancelled_date <= clock.date():
        return Decimal(0)
    return quantity * addition.unit_price


def _invoices(draw: random.Random, agreement: Agreement, made: datetime, total: Decimal) -> Iterator[PsaInvoice]:
    def invoice(kind: str, created: datetime, amount: Decimal, *, is_paid: bool, deleted: bool = False) -> PsaInvoice:
        paid = created + timedelta(days=draw.randrange(9, 48), hours=draw.randrange(8)) if is_paid else None
        return PsaInvoice(
            id=0,
            number="",
            kind=kind,
            client_key=agreement.client_key,
            agreement_id=agreement.id,
            dated_on=created.date(),
            total=amount,
            paid_at=paid,
            created_at=created,
            deleted_at=created + timedelta(days=2, hours=4) if deleted else None,
            changed_at=(paid,) if paid else (),
        )

    if chance(draw, 0.02):
        yield invoice("Agreement", made, total, is_paid=False, deleted=True)
        made += timedelta(days=2, hours=5)
    yield invoice("Agreement", made, total, is_paid=not chance(draw, 0.02))
    if chance(draw, 0.01):
        yield invoice("CreditMemo", made + timedelta(days=9), CREDIT, is_paid=False)
