"""What else Stripe holds: offers, people who never bought, contested charges, credit notes, visits to a checkout page.

None of it touches a metric: discounts stand on a trial and on customers without a subscription, tiered prices are in
nobody's subscription, and what was deleted was never paid. Money is cents.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.world.billing import Charge, InvoiceLine, Refund, StatusState, StripeInvoice, Subscription
from sandbox.world.calendar import DEFAULT_NOW, at, months, office_instant, quiet_workdays
from sandbox.world.chart import PRODUCTS
from sandbox.world.draws import draws
from sandbox.world.subscriptions import ACCOUNT_OPENED_AT, product_id

DISPUTED_IN = {"2025-02": "won", "2025-10": "lost", "2026-06": ""}
"""Months in which a charge was contested, and how that ended."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a discount takes off: a percentage or an amount, of some products or of all."""

    id: str
    name: str
    percent_off: float | None
    amount_off_cents: int | None
    duration: str
    duration_in_months: int | None
    product_ids: tuple[str, ...]
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PromotionCode:
    """A code by which customers claim a coupon, until ``ended_at``."""

    id: str
    coupon_id: str
    code: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon at work for a customer, or for one subscription of theirs."""

    id: str
    coupon_id: str
    promotion_code_id: str | None
    customer_id: str
    subscription_id: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """A customer who never bought: entered, described a few days later, deleted in the end."""

    id: str
    name: str
    email: str
    description: str
    created_at: datetime
    described_at: datetime
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of a price: up to so many (None: any number) at a price each and a flat amount."""

    up_to: int | None
    unit_cents: int
    flat_cents: int | None


@dataclass(frozen=True, slots=True)
class TieredPrice:
    """A monthly price that depends on the quantity; renamed once."""

    id: str
    product_id: str
    nickname: str
    later_nickname: str
    mode: str
    tiers: tuple[Tier, ...]
    created_at: datetime
    renamed_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft invoice that was deleted."""

    invoice: StripeInvoice
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge contested by the customer's bank. ``outcome`` is won or lost, or empty while nobody has decided."""

    id: str
    charge_id: str
    payment_intent_id: str
    amount_cents: int
    reason: str
    created_at: datetime
    answered_at: datetime
    closed_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class CreditNote:
    """What a paid invoice was reduced by, with the refund that gave it back."""

    id: str
    number: str
    invoice_id: str
    customer_id: str
    refund_id: str
    amount_cents: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A visit to a checkout page. Bought at ``completed_at`` and paid at ``paid_at``, or never."""

    id: str
    customer_id: str | None
    subscription_id: str | None
    invoice_id: str | None
    amount_cents: int | None
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Commerce:
    """All of it."""

    coupons: tuple[Coupon, ...] = ()
    promotion_codes: tuple[PromotionCode, ...] = ()
    discounts: tuple[Discount, ...] = ()
    prospects: tuple[Prospect, ...] = ()
    tiered_prices: tuple[TieredPrice, ...] = ()
    drafts: tuple[Draft, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    sessions: tuple[CheckoutSession, ...] = ()


def make_commerce(
    seed: int, subscriptions: tuple[Subscription, ...], invoices: tuple[StripeInvoice, ...],
    charges: tuple[Charge, ...], refunds: tuple[Refund, ...],
) -> Commerce:  # fmt: skip
    """Everything, from draws of its own."""
    prospects = _prospects()
    trial = next((one for one in subscriptions if one.history[0].status == "trialing"), None)
    paid_for = {charge.id: charge.invoice_id for charge in charges}
    numbers = {invoice.id: invoice.number for invoice in invoices}
    return Commerce(
        coupons=_coupons(),
        promotion_codes=(
            PromotionCode("promo_Lf501", "LANTERN15", "LANTERN15", at(date(2024, 7, 2), 9), at(date(2025, 6, 30), 17)),
            PromotionCode("promo_Lf502", "SPRING26", "HELLO26", at(date(2026, 3, 2), 9), at(date(2026, 6, 24), 18)),
        ),
        discounts=tuple(_discounts(prospects, trial)),
        prospects=prospects,
        tiered_prices=_tiered_prices(),
        drafts=tuple(_drafts(prospects)),
        disputes=tuple(_disputes(seed, charges)),
        credit_notes=tuple(
            CreditNote(
                id=refund.id.replace("re_", "cn_", 1),
                number=f"{numbers[paid_for[refund.charge_id]]}-CN-01",
                invoice_id=paid_for[refund.charge_id],
                customer_id=refund.customer_id,
                refund_id=refund.id,
                amount_cents=refund.amount_cents,
                created_at=refund.created_at,
            )
            for refund in refunds
        ),
        sessions=tuple(_sessions(seed, subscriptions, invoices)),
    )


def _coupons() -> tuple[Coupon, ...]:
    opened = ACCOUNT_OPENED_AT + timedelta(hours=1)
    essential = (product_id("essential"),)
    return (
        Coupon("LANTERN15", "Fifteen off for three months", 15.0, None, "repeating", 3, (), opened, None),
        Coupon("WELCOME100", "A hundred off the first bill", None, 10_000, "once", None, essential, opened, None),
        Coupon("PARTNER", "Partners", 7.5, None, "forever", None, (), at(date(2025, 1, 8), 10), None),
        Coupon("SPRING26", "Spring", 20.0, None, "once", None, (), at(date(2026, 3, 2), 8), at(date(2026, 6, 25), 8)),
        Coupon("MISTYPED", "Fall", 90.0, None, "forever", None, (), at(date(2025, 9, 1), 9), at(date(2025, 9, 1), 10)),
    )  # fmt: skip


def _prospects() -> tuple[Prospect, ...]:
    """One deleted weeks before the default clock, one longer ago than events are kept, one long ago."""
    return tuple(
        Prospect(
            f"cus_LfP{number}", name, f"office@{name.split()[0].lower()}.example", "Asked for an offer, undecided",
            at(begun, 10, 15), at(begun + timedelta(days=9), 11), at(deleted, 16, 30),
        )
        for number, name, begun, deleted in (
            (901, "Wexmoor Tiling", date(2025, 3, 4), date(2025, 5, 6)),
            (902, "Pendrake Orchards", date(2026, 2, 10), date(2026, 5, 20)),
            (903, "Sallowford Tools", date(2026, 4, 2), date(2026, 6, 22)),
        )
    )  # fmt: skip


def _discounts(prospects: tuple[Prospect, ...], trial: Subscription | None) -> list[Discount]:
    discounts = [
        Discount("di_Lf71", "SPRING26", "promo_Lf502", prospects[1].id, None, at(date(2026, 3, 9), 12), None),
        Discount(
            "di_Lf72", "PARTNER", None, prospects[2].id, None, at(date(2026, 4, 20), 12), at(date(2026, 6, 12), 12)
        ),
    ]  # fmt: skip
    if trial is not None:
        converted = trial.history[1].at
        discounts.append(
            Discount("di_Lf73", "LANTERN15", "promo_Lf501", trial.customer_id, trial.id, trial.created_at, converted)
        )
    return discounts


def _tiered_prices() -> tuple[TieredPrice, ...]:
    tiers = (Tier(10, 900, None), Tier(100, 700, 1_500), Tier(None, 550, None))
    return tuple(
        TieredPrice(
            f"price_LfStorage{mode.title()}", product_id("hosting"), f"Storage {mode}", f"Storage ({mode})", mode,
            tiers, at(date(2025, 4, 1), 9), at(date(2026, 6, 16), 9, 20),
        )
        for mode in ("graduated", "volume")
    )  # fmt: skip


def _drafts(prospects: tuple[Prospect, ...]) -> list[Draft]:
    """Drafts for work that was never ordered."""
    made = []
    for number, (prospect, day, kept) in enumerate(
        ((prospects[0], date(2025, 4, 8), 2), (prospects[2], date(2026, 6, 9), 4))
    ):
        created = at(day, 13, 5)
        cents = PRODUCTS["project"].unit_cents
        line = InvoiceLine(
            f"il_LfD{number}", "Project work", 3 * cents, 3, None, product_id("project"), None, False, created, created
        )
        invoice = StripeInvoice(
            f"in_LfD{number}", "", prospect.id, None, "manual", "charge_automatically", created, None, (line,),
            (StatusState(created, "draft"),), (),
        )  # fmt: skip
        made.append(Draft(invoice, created + timedelta(days=kept)))
    return made


def _disputes(seed: int, charges: tuple[Charge, ...]) -> list[Dispute]:
    draw = draws(seed, "disputes")
    made = []
    for period, outcome in DISPUTED_IN.items():
        paid = [one for one in charges if one.succeeded and f"{one.created_at:%Y-%m}" == period]
        if not paid:
            continue
        charge = draw.choice(sorted(paid, key=lambda one: one.id)[: max(1, len(paid) // 2)])
        created = charge.created_at + timedelta(days=draw.randrange(6, 14), minutes=draw.randrange(600))
        made.append(
            Dispute(
                id=charge.id.replace("ch_", "dp_", 1),
                charge_id=charge.id,
                payment_intent_id=charge.payment_intent_id,
                amount_cents=charge.amount_cents,
                reason=draw.choice(("duplicate", "product_unacceptable", "unrecognized")),
                created_at=created,
                answered_at=created + timedelta(days=4, hours=3),
                closed_at=created + timedelta(days=31) if outcome else None,
                outcome=outcome,
            )
        )
    return made


def _sessions(
    seed: int, subscriptions: tuple[Subscription, ...], invoices: tuple[StripeInvoice, ...]
) -> list[CheckoutSession]:
    """One for the first subscription of each customer, and some that were left."""
    draw = draws(seed, "checkout")
    made, known = [], set()
    for one in sorted(subscriptions, key=lambda one: one.created_at):
        if one.customer_id in known or one.history[0].status == "incomplete":
            continue
        known.add(one.customer_id)
        bills = [bill for bill in invoices if bill.subscription_id == one.id]
        first = min(bills, key=lambda bill: bill.created_at) if bills else None
        is_trial = first is None or one.history[0].status == "trialing"
        opened = one.created_at - timedelta(minutes=draw.randrange(4, 25))
        made.append(
            CheckoutSession(
                id=f"cs_test_{one.id[4:]}",
                customer_id=one.customer_id,
                subscription_id=one.id,
                invoice_id=None if is_trial or first is None else first.id,
                amount_cents=0 if is_trial or first is None else first.total_cents,
                created_at=opened,
                expires_at=opened + timedelta(hours=24),
                completed_at=one.created_at,
                paid_at=None if is_trial or first is None else _paid_at(first),
            )
        )
    for period in months():
        for number in range(draw.randrange(1, 4)):
            opened = office_instant(draw, draw.choice(quiet_workdays(period)))
            left = f"cs_test_left{period.replace('-', '')}{number}"
            made.append(CheckoutSession(left, None, None, None, None, opened, opened + timedelta(hours=24), None, None))
    opened = DEFAULT_NOW - timedelta(hours=2)
    made.append(
        CheckoutSession("cs_test_open", None, None, None, None, opened, opened + timedelta(hours=24), None, None)
    )
    return made


def _paid_at(invoice: StripeInvoice) -> datetime | None:
    return next((state.at for state in invoice.history if state.status == "paid"), None)
