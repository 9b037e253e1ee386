"""How Stripe shows customers, products, prices and subscriptions, in the shapes of the pinned version."""

from datetime import UTC, datetime
from typing import Any

from sandbox.world.entities import (
    StripeCustomer,
    StripePrice,
    StripeProduct,
    Subscription,
    SubscriptionItem,
    World,
)

Members = dict[str, Any]

CURRENCY = "usd"
ITEMS_SHOWN = 10
NO_AUTOMATIC_TAX = {"disabled_reason": None, "enabled": False, "liability": None}


def epoch(instant: datetime | None) -> int | None:
    """Whole seconds since 1970, or null."""
    return int(instant.timestamp()) if instant else None


def customer(one: StripeCustomer) -> Members:
    """A customer who pays through Stripe."""
    return {
        "id": one.id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": one.email,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": one.name,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def product(one: StripeProduct, now: datetime) -> Members:
    """Something sold; the one list here with an ``updated`` time."""
    return {
        "id": one.id,
        "object": "product",
        "active": True,
        "created": epoch(one.created_at),
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": one.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": epoch(one.updated_at if one.updated_at <= now else one.created_at),
        "url": None,
    }


def price(one: StripePrice) -> Members:
    """What a product costs. ``tiers`` appear only when expanded, and no price here has any."""
    recurring = {"interval": one.interval, "interval_count": 1, "meter": None, "trial_period_days": None}
    return {
        "id": one.id,
        "object": "price",
        "active": one.is_active,
        "billing_scheme": "per_unit",
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": one.nickname,
        "product": one.product_id,
        "recurring": {**recurring, "usage_type": "licensed"} if one.interval else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if one.interval else "one_time",
        "unit_amount": one.unit_amount_cents,
        "unit_amount_decimal": str(one.unit_amount_cents),
    }


def plan(one: StripePrice) -> Members:
    """The legacy copy of a recurring price that subscription items still carry."""
    return {
        "id": one.id,
        "object": "plan",
        "active": one.is_active,
        "amount": one.unit_amount_cents,
        "amount_decimal": str(one.unit_amount_cents),
        "billing_scheme": "per_unit",
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "interval": one.interval or "month",
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": one.nickname,
        "product": one.product_id,
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def months_later(start: datetime, months: int) -> datetime:
    """The same day and time so many months on, or the month's last day when there is no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    after = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (after - datetime(year, month + 1, 1, tzinfo=UTC)).days
    return start.replace(year=year, month=month + 1, day=min(start.day, last_day))


def period_at(anchor: datetime, interval: str, now: datetime) -> tuple[datetime, datetime]:
    """The billing period of a subscription that holds this instant."""
    step = 12 if interval == "year" else 1
    passed = (now.year - anchor.year) * 12 + now.month - anchor.month
    count = max(0, passed // step)
    if count and months_later(anchor, count * step) > now:
        count -= 1
    return months_later(anchor, count * step), months_later(anchor, (count + 1) * step)


def items_at(subscription: Subscription, now: datetime) -> list[tuple[SubscriptionItem, int]]:
    """Items with their quantities. A subscription that ended keeps those it ended with."""
    ended_at = subscription.ended_at if subscription.ended_at and subscription.ended_at <= now else None
    held = []
    for item in subscription.items:
        if item.created_at > now or (item.removed_at and item.removed_at <= now and item.removed_at != ended_at):
            continue
        past = [state.quantity for state in item.history if state.at <= (ended_at or now)]
        if past:
            held.append((item, past[-1]))
    return held


def subscription_item(
    item: SubscriptionItem, quantity: int, of: Subscription, one: StripePrice, now: datetime
) -> Members:
    """An item, which since 2025 carries the billing period."""
    start, end = period_at(of.anchor_at, one.interval or of.interval, min(now, of.ended_at or now))
    return {
        "id": item.id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": epoch(item.created_at),
        "current_period_end": epoch(end),
        "current_period_start": epoch(start),
        "discounts": [],
        "metadata": {},
        "plan": plan(one),
        "price": price(one),
        "quantity": quantity,
        "subscription": of.id,
        "tax_rates": [],
    }


def subscription(one: Subscription, world: World, latest_invoice: str | None, now: datetime) -> Members:
    """A subscription with its first items; periods stand on the items, not here."""
    prices = {each.id: each for each in world.stripe_prices}
    items = [
        subscription_item(item, quantity, one, prices[item.price_id], now) for item, quantity in items_at(one, now)
    ]
    is_over = one.ended_at is not None and one.ended_at <= now
    is_ending = one.cancel_requested_at is not None and one.cancel_requested_at <= now
    canceled_at = one.cancel_requested_at if is_ending else (one.ended_at if is_over else None)
    tried = one.history[0].status == "trialing"  # its end is known from the beginning, and stays
    trial = (one.history[0].at, one.history[1].at) if tried else (None, None)
    return {
        "id": one.id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": NO_AUTOMATIC_TAX,
        "billing_cycle_anchor": epoch(one.anchor_at),
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": epoch(one.ended_at) if is_ending and not is_over else None,
        "cancel_at_period_end": is_ending and not is_over,
        "canceled_at": epoch(canceled_at),
        "cancellation_details": {
            "comment": None,
            "feedback": None,
            "reason": "cancellation_requested" if canceled_at else None,
        },
        "collection_method": one.collection_method,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "customer": one.customer_id,
        "days_until_due": 30 if one.collection_method == "send_invoice" else None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": epoch(one.ended_at) if is_over else None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": items[:ITEMS_SHOWN],
            "has_more": len(items) > ITEMS_SHOWN,
            "url": f"/v1/subscription_items?subscription={one.id}",
        },
        "latest_invoice": latest_invoice,
        "livemode": False,
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": epoch(min(one.anchor_at, one.created_at)),
        "status": one.status_at(now),
        "test_clock": None,
        "transfer_data": None,
        "trial_end": epoch(trial[1]),
        "trial_start": epoch(trial[0]),
    }
