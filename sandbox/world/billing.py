"""What Stripe holds: customers, prices, subscriptions with their past, invoices, charges, refunds. Money is cents."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.world.moments import latest


@dataclass(frozen=True, slots=True)
class StripeCustomer:
    """A customer who pays by card or bank debit through Stripe."""

    id: str
    client_key: str
    name: str
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StripeProduct:
    """Something sold."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StripePrice:
    """What a product costs; ``interval`` is ``month`` or ``year``, None for one-time prices."""

    id: str
    product_id: str
    nickname: str
    unit_amount_cents: int
    interval: str | None
    created_at: datetime
    is_active: bool


@dataclass(frozen=True, slots=True)
class QuantityState:
    """The quantity of a subscription item from an instant on."""

    at: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One price within a subscription; gone from it from ``removed_at`` on."""

    id: str
    subscription_id: str
    price_id: str
    created_at: datetime
    removed_at: datetime | None
    history: tuple[QuantityState, ...]

    def quantity_at(self, clock: datetime) -> int | None:
        """The quantity at the clock; None when the item is not there."""
        if self.removed_at is not None and clock >= self.removed_at:
            return None
        state = latest(self.history, clock)
        return state.quantity if state else None


@dataclass(frozen=True, slots=True)
class StatusState:
    """A status from an instant on."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription, renewed every month or year from ``anchor_at`` on."""

    id: str
    customer_id: str
    created_at: datetime
    anchor_at: datetime
    interval: str
    collection_method: str
    cancel_requested_at: datetime | None
    ended_at: datetime | None
    items: tuple[SubscriptionItem, ...]
    history: tuple[StatusState, ...]

    def status_at(self, clock: datetime) -> str | None:
        """Status in force at the clock; None before it exists."""
        state = latest(self.history, clock)
        return state.status if state else None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice; ``subscription_item_id`` is None on lines added by hand."""

    id: str
    description: str
    amount_cents: int
    quantity: int
    price_id: str | None
    product_id: str | None
    subscription_item_id: str | None
    is_proration: bool
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class StripeInvoice:
    """A bill. ``history`` walks draft, open, then paid, void or uncollectible; drafts have no number yet."""

    id: str
    number: str
    customer_id: str
    subscription_id: str | None
    billing_reason: str
    collection_method: str
    created_at: datetime
    due_at: datetime | None
    lines: tuple[InvoiceLine, ...]
    history: tuple[StatusState, ...]
    charge_ids: tuple[str, ...]

    @property
    def total_cents(self) -> int:
        """Sum of the lines."""
        return sum(line.amount_cents for line in self.lines)

    def status_at(self, clock: datetime) -> str | None:
        """Status in force at the clock; None before it exists."""
        state = latest(self.history, clock)
        return state.status if state else None


@dataclass(frozen=True, slots=True)
class Charge:
    """An attempt to collect an invoice. A failed one has a ``failure_code``."""

    id: str
    payment_intent_id: str
    customer_id: str
    invoice_id: str
    amount_cents: int
    created_at: datetime
    failure_code: str | None
    failure_message: str | None

    @property
    def succeeded(self) -> bool:
        """Whether the money came."""
        return self.failure_code is None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on a charge; a charge's ``amount_refunded`` is the sum of those the clock has reached."""

    id: str
    charge_id: str
    payment_intent_id: str
    customer_id: str
    amount_cents: int
    created_at: datetime
    reason: str
