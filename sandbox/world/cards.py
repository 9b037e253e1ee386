"""Draws Stripe's moving part: invoices of subscriptions and by hand, charges that fail or succeed, refunds."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sandbox.world.billing import Charge, InvoiceLine, Refund, StatusState, StripeInvoice, SubscriptionItem
from sandbox.world.calendar import DEFAULT_NOW, at, first_day, following, months, office_instant, starts_at
from sandbox.world.chart import PRODUCTS
from sandbox.world.contracts import Contracts, is_proration, prorated_cents
from sandbox.world.draws import chance, draws, sequence
from sandbox.world.parties import Client
from sandbox.world.subscriptions import Drawn, billing_at, collection_method, price_id, product_id

DECLINES = (
    ("card_declined", "Your card was declined."),
    ("insufficient_funds", "Your card has insufficient funds."),
    ("expired_card", "Your card has expired."),
)
FAILURE_RATE = 0.06
NET_DAYS = 15
VOIDED_IN = ("2024-11", "2025-08", "2026-04")
NEVER_SENT = date(2025, 6, 3)
REFUND_EVERY = 4  # months


@dataclass
class Till:
    """Invoices, charges and refunds as they are drawn."""

    draw: random.Random
    invoices: list[StripeInvoice] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._invoice_ids = sequence("in_Lf", 300_100, (17, 4, 9))
        self._line_ids = sequence("il_Lf", 900_300, (3, 8))
        self._charge_ids = sequence("ch_Lf", 500_200, (6, 11))
        self._numbers: dict[str, int] = {}

    def line(self, product: str, quantity: int, cents: int, period: tuple[datetime, datetime],
             item: SubscriptionItem | None = None, *, is_proration: bool = False) -> InvoiceLine:  # fmt: skip
        """A line; its price is its item's, else the one whose amount it shows, or none if that is typed by hand."""
        unit = cents // quantity
        listed = unit in (PRODUCTS[product].unit_cents, PRODUCTS[product].raised_cents)
        return InvoiceLine(
            id=next(self._line_ids),
            description=f"{quantity} x {PRODUCTS[product].name}",
            amount_cents=cents,
            quantity=quantity,
            price_id=item.price_id if item else price_id(product, unit) if listed else None,
            product_id=product_id(product),
            subscription_item_id=item.id if item else None,
            is_proration=is_proration,
            period_start=period[0],
            period_end=period[1],
        )

    def issue(self, client: Client, created: datetime, lines: list[InvoiceLine], reason: str, *,
              drawn: Drawn | None = None, walk: list[StatusState] | None = None) -> StripeInvoice:  # fmt: skip
        """An invoice, collected from its customer unless the walk of its statuses is given."""
        if client.stripe is None:
            raise ValueError(f"{client.key} does not pay through Stripe")
        number = self._numbers[client.key] = self._numbers.get(client.key, 0) + 1
        method = collection_method(client)
        identity = next(self._invoice_ids)
        attempts: list[Charge] = []
        if walk is None:
            total = sum(line.amount_cents for line in lines)
            walk, attempts = self._collect(client.stripe.id, identity, created, cents=total, method=method, drawn=drawn)
        invoice = StripeInvoice(
            id=identity,
            number=f"LF{client.stripe.id[-4:]}-{number:04d}",
            customer_id=client.stripe.id,
            subscription_id=drawn.id if drawn else None,
            billing_reason=reason,
            collection_method=method,
            created_at=created,
            due_at=created + timedelta(days=NET_DAYS) if method == "send_invoice" else None,
            lines=tuple(lines),
            history=tuple(walk),
            charge_ids=tuple(charge.id for charge in attempts),
        )
        self.invoices.append(invoice)
        self.charges += attempts
        return invoice

    def _collect(self, customer: str, invoice: str, created: datetime, *, cents: int, method: str,
                 drawn: Drawn | None) -> tuple[list[StatusState], list[Charge]]:  # fmt: skip
        """Finalized an hour later; a declined card is tried again after three and five days, then it works."""
        opened = created + timedelta(hours=1)
        walk = [StatusState(created, "draft"), StatusState(opened, "open")]
        if method == "send_invoice":
            tried = [opened + timedelta(days=self.draw.randrange(4, 24), minutes=self.draw.randrange(400))]
        else:
            failures = self.draw.choice((1, 1, 2)) if chance(self.draw, FAILURE_RATE) else 0
            tried = [opened + timedelta(days=(0, 3, 8)[attempt], minutes=2) for attempt in range(failures + 1)]
        attempts = []
        for instant in tried:
            code, message = (None, None) if instant == tried[-1] else self.draw.choice(DECLINES)
            identity = next(self._charge_ids)
            intent = f"pi_{invoice[3:]}"
            attempts.append(Charge(identity, intent, customer, invoice, cents, instant, code, message))
        if len(tried) > 1 and drawn is not None:
            drawn.history += [StatusState(tried[0], "past_due"), StatusState(tried[-1], "active")]
        walk.append(StatusState(tried[-1], "paid"))
        return walk, attempts


def make_invoices(seed: int, clients: tuple[Client, ...], drawn: list[Drawn], contracts: Contracts) -> Till:
    """Every invoice of two years, month by month."""
    till = Till(draws(seed, "cards"))
    payers = [client for client in clients if client.stripe is not None and client.kind == "client"]
    for period in months():
        for subscription in drawn:
            _renew(till, subscription, period, contracts)
        _by_hand(till, payers, period)
        _refund(till, period)
    return till


def _renew(till: Till, drawn: Drawn, period: str, contracts: Contracts) -> None:
    client = drawn.client
    if drawn.interval == "year":
        if period[5:] == f"{drawn.anchor_at:%m}" and period >= f"{drawn.anchor_at:%Y-%m}":
            created = drawn.anchor_at.replace(year=int(period[:4]))
            cents = PRODUCTS["renewal"].unit_cents
            span = (created, created.replace(year=created.year + 1))
            line = till.line("renewal", 1, cents, span, drawn.items[0])
            till.issue(client, created, [line], "subscription_cycle", drawn=drawn)
        return
    joins = is_proration(client, period)
    created = drawn.created_at if joins else billing_at(period)
    if created < drawn.anchor_at and not joins:
        return
    if (drawn.ended_at is not None and created >= drawn.ended_at) or drawn.history[-1].status == "incomplete_expired":
        return
    span = (created, billing_at(following(period)))
    lines = []
    for item in drawn.items:
        quantity = item.quantity_at(created)
        product, unit = _sold(item.price_id, drawn.products)
        if quantity:
            cents = quantity * unit
            if joins:
                cents = prorated_cents(client, period, cents)
            lines.append(till.line(product, quantity, cents, span, item, is_proration=joins))
    if lines:
        first = created == drawn.anchor_at or joins
        reason = "subscription_create" if first else "subscription_cycle"
        invoice = till.issue(client, created, lines, reason, drawn=drawn)
        if client.kind == "client" and not joins:
            billed = {line.product: line.cents for line in contracts.lines(client.key, period)}
            if any(billed[_sold_by(line, drawn.products)] != line.amount_cents for line in invoice.lines):
                raise AssertionError(f"{client.key}'s subscription and contract disagree in {period}")


def _sold(identity: str, products: tuple[str, ...]) -> tuple[str, int]:
    for product in products:
        for cents in (PRODUCTS[product].unit_cents, PRODUCTS[product].raised_cents):
            if price_id(product, cents) == identity:
                return product, cents
    raise KeyError(identity)


def _sold_by(line: InvoiceLine, products: tuple[str, ...]) -> str:
    return next(product for product in products if product_id(product) == line.product_id)


def _by_hand(till: Till, payers: list[Client], period: str) -> None:
    """Invoices that no subscription makes: onboarding in twelve lines, a void, a draft that stays, one not yet sent."""
    draw = till.draw
    for client in payers:
        if is_proration(client, period):
            created = at(client.won_on + timedelta(days=1), 14, 10)
            till.issue(client, created, _onboarding(till, created), "manual")
    served = [client for client in payers if client.served_on(first_day(period))]
    if period in VOIDED_IN:
        client = draw.choice(served)
        created = office_instant(draw, first_day(period) + timedelta(days=8))
        walk = [StatusState(created, "draft"), StatusState(created + timedelta(hours=1), "open"),
                StatusState(created + timedelta(days=2, hours=3), "void")]  # fmt: skip
        line = till.line("project", 4, 4 * PRODUCTS["project"].unit_cents, (created, created))
        till.issue(client, created, [line], "manual", walk=walk)
    if period == f"{NEVER_SENT:%Y-%m}":
        created = at(NEVER_SENT, 15, 30)
        line = till.line("project", 2, 2 * PRODUCTS["project"].unit_cents, (created, created))
        till.issue(draw.choice(served), created, [line], "manual", walk=[StatusState(created, "draft")])
    if period == f"{DEFAULT_NOW:%Y-%m}":
        created = DEFAULT_NOW - timedelta(minutes=40)
        line = till.line("project", 6, 6 * PRODUCTS["project"].unit_cents, (created, created))
        till.issue(draw.choice(served), created, [line], "manual")


def _onboarding(till: Till, created: datetime) -> list[InvoiceLine]:
    """More lines than Stripe shows inside an invoice."""
    span = (created, created)
    hours = PRODUCTS["onboarding"].unit_cents
    lines = [till.line("onboarding", count, count * hours, span) for count in (6, 4, 8, 3, 2, 5, 2)]
    lines += [till.line("hardware", count, count * till.draw.randrange(9_000, 74_000), span) for count in (2, 1, 4, 1)]
    return [*lines, till.line("shipping", 1, PRODUCTS["shipping"].unit_cents, span)]


def _refund(till: Till, period: str) -> None:
    """Every few months part of a charge of the month before is given back."""
    if months().index(period) % REFUND_EVERY != REFUND_EVERY - 1:
        return
    earliest = starts_at(period) - timedelta(days=25)
    paid = [charge for charge in till.charges if charge.succeeded and earliest <= charge.created_at < starts_at(period)]
    charge = till.draw.choice(paid)
    created = office_instant(till.draw, first_day(period) + timedelta(days=10))
    cents = min(charge.amount_cents // 10, till.draw.randrange(8_000, 42_000))
    till.refunds.append(
        Refund(
            id=f"re_Lf{600_400 + 19 * len(till.refunds)}",
            charge_id=charge.id,
            payment_intent_id=charge.payment_intent_id,
            customer_id=charge.customer_id,
            amount_cents=cents,
            created_at=created,
            reason="requested_by_customer",
        )
    )


def status_instant(invoice: StripeInvoice, status: str) -> datetime | None:
    """When the invoice first had the status; None when it never does."""
    return next((state.at for state in invoice.history if state.status == status), None)
