"""Draws Stripe's standing part: products, prices and subscriptions with the past of their items."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sandbox.world.billing import QuantityState, StatusState, StripePrice, StripeProduct, Subscription, SubscriptionItem
from sandbox.world.calendar import at, first_day, following, months
from sandbox.world.chart import PRICE_RAISE, PRODUCTS
from sandbox.world.contracts import VOICE_ENDS, Contracts, counted_at, is_proration
from sandbox.world.draws import sequence
from sandbox.world.parties import Client

ACCOUNT_OPENED_AT = at(date(2024, 6, 20), 9, 30)
ANNUAL_CLIENT = "quillhaven"
ANNUAL_FROM = date(2024, 10, 15)
BUYER = "kettleby"
PAYS_BY_INVOICE = ("tarnwick", "dunmarrow")
UTC_BILLING_HOUR = 15
ONE_TIME = ("project", "onboarding", "hardware", "software", "shipping")
YEARLY = ("renewal",)


@dataclass
class Drawn:
    """A subscription while its months are drawn: invoices later add the spells in which it was past due."""

    id: str
    client: Client
    products: tuple[str, ...]
    created_at: datetime
    anchor_at: datetime
    interval: str
    cancel_requested_at: datetime | None = None
    ended_at: datetime | None = None
    items: tuple[SubscriptionItem, ...] = ()
    history: list[StatusState] = field(default_factory=list)

    def finished(self) -> Subscription:
        """The subscription with its statuses in order, ended last."""
        if self.client.stripe is None:
            raise ValueError(f"{self.client.key} does not pay through Stripe")
        kept = [state for state in self.history if self.ended_at is None or state.at < self.ended_at]
        if self.ended_at is not None:
            kept.append(StatusState(self.ended_at, "canceled"))
        return Subscription(
            id=self.id,
            customer_id=self.client.stripe.id,
            created_at=self.created_at,
            anchor_at=self.anchor_at,
            interval=self.interval,
            collection_method=collection_method(self.client),
            cancel_requested_at=self.cancel_requested_at,
            ended_at=self.ended_at,
            items=self.items,
            history=tuple(sorted(kept, key=lambda state: state.at)),
        )


def product_id(key: str) -> str:
    """Stripe's id of a product."""
    return f"prod_Lf{key.title().replace('_', '')}"


def price_id(key: str, unit_cents: int) -> str:
    """Stripe's id of a product at a unit price."""
    return f"price_Lf{key.title().replace('_', '')}{unit_cents}"


def collection_method(client: Client) -> str:
    """Most cards are charged; a few clients are sent an invoice."""
    return "send_invoice" if client.key in PAYS_BY_INVOICE else "charge_automatically"


def make_products() -> tuple[tuple[StripeProduct, ...], tuple[StripePrice, ...]]:
    """What Stripe sells. A raised price is a new price, and the old one is no longer active."""
    products, prices = [], []
    raised_at = at(first_day(PRICE_RAISE), 7)
    for product in PRODUCTS.values():
        if product.key in ("credit", "out_of_scope"):
            continue
        interval = None if product.key in ONE_TIME else "year" if product.key in YEARLY else "month"
        raised = product.raised_cents != product.unit_cents
        changed = raised_at if raised else ACCOUNT_OPENED_AT
        products.append(StripeProduct(product_id(product.key), product.name, ACCOUNT_OPENED_AT, changed))
        amounts = ([product.unit_cents] if product.unit_cents else []) + ([product.raised_cents] if raised else [])
        for index, cents in enumerate(amounts):
            prices.append(
                StripePrice(
                    id=price_id(product.key, cents),
                    product_id=product_id(product.key),
                    nickname=f"{product.name} {'2025' if index else '2024'}",
                    unit_amount_cents=cents,
                    interval=interval,
                    created_at=raised_at if index else ACCOUNT_OPENED_AT,
                    is_active=index + 1 == len(amounts),
                )
            )
    return tuple(products), tuple(prices)


def make_subscriptions(clients: tuple[Client, ...], contracts: Contracts) -> list[Drawn]:
    """Every subscription; voice stands in one of its own, renewals in a yearly one."""
    ids = sequence("sub_Lf", 70_010, (13, 7))
    items = sequence("si_Lf", 81_020, (11, 5))
    drawn: list[Drawn] = []
    for client in clients:
        if client.stripe is None:
            continue
        if client.key == BUYER:
            drawn += _buyer(client, ids, items)
            continue
        for products in (_main_products(client, contracts), ("voice",)):
            if any(contracts.quantity(client.key, period, product) for period in months() for product in products):
                drawn.append(_monthly(next(ids), client, products, contracts, items))
        if client.key == ANNUAL_CLIENT:
            drawn.append(_annual(next(ids), client, items))
    return drawn


def billing_at(period: str) -> datetime:
    """When the month's subscriptions renew."""
    return at(first_day(period)).replace(hour=UTC_BILLING_HOUR)


def _main_products(client: Client, contracts: Contracts) -> tuple[str, ...]:
    seen = {line.product: None for period in months() for line in contracts.lines(client.key, period)}
    return tuple(product for product in seen if product != "voice")


def _monthly(
    identity: str, client: Client, products: tuple[str, ...], contracts: Contracts, ids: Iterator[str]
) -> Drawn:
    if client.stripe is None:
        raise ValueError(f"{client.key} does not pay through Stripe")
    first = next(period for period in months() if contracts.lines(client.key, period))
    joined_late = is_proration(client, first)
    created = counted_at(client, first) if joined_late else client.stripe.created_at
    anchor = billing_at(following(first) if joined_late else first)
    drawn = Drawn(identity, client, products, created, anchor, "month", history=[StatusState(created, "active")])
    if client.lost_on is not None:
        drawn.cancel_requested_at = at(client.lost_on - timedelta(days=14), 11, 5)
        drawn.ended_at = client.lost_recorded_at
    elif products == ("voice",) and client.key in VOICE_ENDS:
        last = VOICE_ENDS[client.key]
        drawn.cancel_requested_at = at(first_day(last) + timedelta(days=4), 10, 20)
        drawn.ended_at = billing_at(following(last)) - timedelta(hours=1)
    drawn.items = tuple(item for product in products for item in _items(drawn, product, contracts, ids))
    return drawn


def _items(drawn: Drawn, product: str, contracts: Contracts, ids: Iterator[str]) -> Iterator[SubscriptionItem]:
    """One item per unit price the product had; it leaves the subscription when the product does."""
    current: SubscriptionItem | None = None
    for period in months():
        line = contracts.quantity(drawn.client.key, period, product)
        settled = max(counted_at(drawn.client, period), drawn.created_at)
        price = price_id(product, line.unit_cents) if line else None
        if current is not None and current.price_id != price:
            is_over = drawn.ended_at is not None and settled >= drawn.ended_at
            yield current if is_over else replace(current, removed_at=settled)
            current = None
        if line is None or price is None:
            continue
        if current is None:
            current = SubscriptionItem(next(ids), drawn.id, price, settled, None, ())
        if not current.history or current.history[-1].quantity != line.quantity:
            current = replace(current, history=(*current.history, QuantityState(settled, line.quantity)))
    if current is not None:
        yield current


def _annual(identity: str, client: Client, ids: Iterator[str]) -> Drawn:
    start = at(ANNUAL_FROM, 10)
    price = price_id("renewal", PRODUCTS["renewal"].unit_cents)
    item = SubscriptionItem(next(ids), identity, price, start, None, (QuantityState(start, 1),))
    history = [StatusState(start, "active")]
    return Drawn(identity, client, ("renewal",), start, start, "year", items=(item,), history=history)


def _buyer(client: Client, ids: Iterator[str], items: Iterator[str]) -> Iterator[Drawn]:
    """A card customer nobody else knows: one attempt that lapsed unpaid, then a trial that became a subscription."""
    price = price_id("hosting", PRODUCTS["hosting"].unit_cents)
    tried, began = at(date(2024, 7, 30), 13, 5), at(date(2024, 8, 1), 10)
    walks: Mapping[datetime, list[StatusState]] = {
        tried: [StatusState(tried, "incomplete"), StatusState(tried + timedelta(hours=23), "incomplete_expired")],
        began: [StatusState(began, "trialing"), StatusState(billing_at("2024-09"), "active")],
    }
    for start, history in walks.items():
        identity = next(ids)
        item = SubscriptionItem(next(items), identity, price, start, None, (QuantityState(start, 1),))
        drawn = Drawn(identity, client, ("hosting",), start, start, "month", items=(item,), history=history)
        if start == began:
            drawn.anchor_at = billing_at("2024-09")
            drawn.cancel_requested_at = drawn.ended_at = at(date(2025, 11, 14), 16, 40)
        else:
            drawn.anchor_at = tried
        yield drawn
