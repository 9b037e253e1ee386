"""How Stripe shows offers and those who look at them: coupons, codes, discounts, tiered prices, prospects, checkout."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.stripe.catalogue_records import CURRENCY, NO_AUTOMATIC_TAX, epoch
from sandbox.stripe.catalogue_records import customer as customer_record
from sandbox.world.commerce import CheckoutSession, Coupon, Discount, PromotionCode, Prospect, TieredPrice
from sandbox.world.entities import StripeCustomer

Members = dict[str, Any]


def coupon(one: Coupon, discounts: Iterable[Discount], now: datetime) -> Members:
    """A coupon. ``applies_to`` appears only when expanded."""
    used = sum(each.coupon_id == one.id and each.started_at <= now for each in discounts)
    return {
        "id": one.id,
        "object": "coupon",
        "amount_off": one.amount_off_cents,
        "applies_to": {"products": list(one.product_ids)} if one.product_ids else None,
        "created": epoch(one.created_at),
        "currency": CURRENCY if one.amount_off_cents else None,
        "duration": one.duration,
        "duration_in_months": one.duration_in_months,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": one.name,
        "percent_off": one.percent_off,
        "redeem_by": None,
        "times_redeemed": used,
        "valid": True,
    }


def promotion_code(one: PromotionCode, discounts: Iterable[Discount], now: datetime) -> Members:
    """A code, active until it is ended."""
    used = sum(each.promotion_code_id == one.id and each.started_at <= now for each in discounts)
    return {
        "id": one.id,
        "object": "promotion_code",
        "active": one.ended_at is None or one.ended_at > now,
        "code": one.code,
        "created": epoch(one.created_at),
        "customer": None,
        "expires_at": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "promotion": {"coupon": one.coupon_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None,
        },
        "times_redeemed": used,
    }  # fmt: skip


def discount(one: Discount) -> Members:
    """A coupon at work. It has no list of its own."""
    return {
        "id": one.id,
        "object": "discount",
        "checkout_session": None,
        "customer": one.customer_id,
        "end": epoch(one.ended_at),
        "invoice": None,
        "invoice_item": None,
        "promotion_code": one.promotion_code_id,
        "source": {"coupon": one.coupon_id, "type": "coupon"},
        "start": epoch(one.started_at),
        "subscription": one.subscription_id,
        "subscription_item": None,
    }


def running(discounts: Iterable[Discount], now: datetime) -> list[Discount]:
    """The discounts at work at this instant."""
    return [one for one in discounts if one.started_at <= now and (one.ended_at is None or one.ended_at > now)]


def tiered_price(one: TieredPrice, now: datetime) -> Members:
    """A price in tiers, which appear only when expanded."""
    return {
        "id": one.id,
        "object": "price",
        "active": True,
        "billing_scheme": "tiered",
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": one.later_nickname if one.renamed_at <= now else one.nickname,
        "product": one.product_id,
        "recurring": {
            "interval": "month", "interval_count": 1, "meter": None, "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers": [
            {
                "flat_amount": tier.flat_cents,
                "flat_amount_decimal": None if tier.flat_cents is None else str(tier.flat_cents),
                "unit_amount": tier.unit_cents,
                "unit_amount_decimal": str(tier.unit_cents),
                "up_to": tier.up_to,
            }
            for tier in one.tiers
        ],
        "tiers_mode": one.mode,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": None,
        "unit_amount_decimal": None,
    }  # fmt: skip


def prospect(one: Prospect, discounts: Iterable[Discount], now: datetime) -> Members:
    """A customer who never bought, with the discount that was offered."""
    held = next((each for each in running(discounts, now) if each.customer_id == one.id), None)
    return {
        **customer_record(StripeCustomer(one.id, "", one.name, one.email, one.created_at)),
        "currency": None,
        "description": one.description if one.described_at <= now else None,
        "discount": discount(held) if held else None,
    }


def session(one: CheckoutSession, now: datetime) -> Members:
    """A visit to the checkout page. Its ``line_items`` appear only when expanded, and are not served."""
    is_bought = one.completed_at is not None and one.completed_at <= now
    is_over = not is_bought and one.expires_at <= now
    is_paid = one.paid_at is not None and one.paid_at <= now
    is_free = is_bought and one.invoice_id is None
    return {
        "id": one.id,
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": one.amount_cents,
        "amount_total": one.amount_cents,
        "automatic_tax": {"enabled": False, "liability": NO_AUTOMATIC_TAX["liability"], "provider": None,
                          "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://lantern.example/offers",
        "client_reference_id": None,
        "consent": None,
        "consent_collection": None,
        "created": epoch(one.created_at),
        "currency": CURRENCY,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None,
        },
        "customer": one.customer_id if is_bought else None,
        "customer_creation": "always",
        "customer_details": None,
        "customer_email": None,
        "expires_at": epoch(one.expires_at),
        "invoice": one.invoice_id if is_bought else None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "metadata": {},
        "mode": "subscription",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": ["card", "us_bank_account"],
        "payment_status": "paid" if is_paid else "no_payment_required" if is_free else "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "complete" if is_bought else "expired" if is_over else "open",
        "submit_type": None,
        "subscription": one.subscription_id if is_bought else None,
        "success_url": "https://lantern.example/welcome",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": None,
    }  # fmt: skip
