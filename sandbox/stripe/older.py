"""The same objects in the shapes of 2023-08-16, before basil moved and renamed much of them.

Events are always rendered so, as by an account whose default version is that old, whatever version they are asked for
under; lists and objects are when the ``Stripe-Version`` header says so.
"""

from collections.abc import Callable, Iterable
from typing import Any

Members = dict[str, Any]
Find = Callable[[str, str], Members | None]
"""The object of a resource with an id, in today's shape."""

VERSION = "2023-08-16"
NEWER = {
    "product": ("marketing_features", "type"),
    "plan": ("meter",),
    "promotion_code": ("promotion",),
    "discount": ("source", "subscription_item"),
    "subscription": (
        "billing_cycle_anchor_config", "billing_mode", "billing_schedules", "discounts", "invoice_settings",
    ),
    "subscription_item": ("current_period_end", "current_period_start", "discounts"),
    "invoice": (
        "amount_overpaid", "automatically_finalizes_at", "issuer", "parent", "payments", "rendering",
        "total_pretax_credit_amounts", "total_taxes",
    ),
    "line_item": ("invoice", "parent", "pretax_credit_amounts", "pricing", "subtotal", "taxes"),
    "refund": ("destination_details",),
    "dispute": ("enhanced_eligibility_types", "network_reason_code"),
    "payout": ("application_fee", "application_fee_amount"),
    "balance_transaction": ("balance_type",),
}  # fmt: skip


def older(record: Members, find: Find) -> Members:
    """The object, and what is inside it, as it looked then."""
    if record.get("object") == "event":
        return record  # what it holds has the shape of its own version, whatever is asked for
    inside = {name: _inside(value, find) for name, value in record.items()}
    kind = record.get("object", "")
    kept = {name: value for name, value in inside.items() if name not in NEWER.get(kind, ())}
    change = _CHANGES.get(kind)
    return change(kept, record, find) if change else kept


def _inside(value: Any, find: Find) -> Any:
    if isinstance(value, dict):
        return older(value, find)
    return [_inside(one, find) for one in value] if isinstance(value, list) else value


def _without(members: Members, names: Iterable[str]) -> Members:
    return {name: value for name, value in members.items() if name not in names}


def _product(kept: Members, _record: Members, _find: Find) -> Members:
    return {**kept, "features": []}


def _price(kept: Members, _record: Members, _find: Find) -> Members:
    recurring = kept["recurring"]
    if recurring:
        recurring = {**_without(recurring, ("meter", "trial_period_days")), "aggregate_usage": None}
    return {**kept, "recurring": recurring}


def _plan(kept: Members, _record: Members, _find: Find) -> Members:
    return {**kept, "aggregate_usage": None}


def _coupon_of(held: Members, find: Find) -> Any:
    coupon = held["coupon"]
    found = find("coupons", coupon) if isinstance(coupon, str) else coupon
    return older(found, find) if found else None


def _discount(kept: Members, record: Members, find: Find) -> Members:
    return {**kept, "coupon": _coupon_of(record["source"], find)}


def _promotion_code(kept: Members, record: Members, find: Find) -> Members:
    return {**kept, "coupon": _coupon_of(record["promotion"], find)}


def _subscription(kept: Members, record: Members, find: Find) -> Members:
    periods = record["items"]["data"]
    ids = [one if isinstance(one, str) else one["id"] for one in record["discounts"]]
    discount = find("discounts", ids[0]) if ids else None
    return {
        **kept,
        "automatic_tax": {"enabled": record["automatic_tax"]["enabled"]},
        "current_period_end": periods[0]["current_period_end"] if periods else record["billing_cycle_anchor"],
        "current_period_start": periods[0]["current_period_start"] if periods else record["billing_cycle_anchor"],
        "discount": older(discount, find) if discount else None,
    }


def _item(kept: Members, _record: Members, _find: Find) -> Members:
    return _without(kept, ("plan",))


def _invoice(kept: Members, record: Members, find: Find) -> Members:
    details = (record["parent"] or {}).get("subscription_details") or {}
    payment = find("invoice payments", record["id"]) or {}
    return {
        **kept,
        "application_fee_amount": None,
        "automatic_tax": {"enabled": record["automatic_tax"]["enabled"], "status": None},
        "charge": payment.get("latest_charge"),
        "discount": None,
        "paid": record["status"] == "paid",
        "paid_out_of_band": False,
        "payment_intent": payment.get("id"),
        "quote": None,
        "rendering_options": None,
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": {}} if details else {"metadata": None},
        "tax": None,
        "total_tax_amounts": [],
        "transfer_data": None,
    }


def _line(kept: Members, record: Members, find: Find) -> Members:
    parent = record["parent"]
    details = parent["subscription_item_details"] or parent["invoice_item_details"]
    priced = (record["pricing"] or {}).get("price_details") or {}
    price = find("prices", priced.get("price") or "")
    is_sold_by = parent["type"] == "subscription_item_details"
    made: Members = {
        **kept,
        "price": older(price, find) if price else None,
        "proration": details["proration"],
        "proration_details": {"credited_items": None},
        "tax_amounts": [],
        "tax_rates": [],
        "type": "subscription" if is_sold_by else "invoiceitem",
    }
    if is_sold_by:
        made["subscription_item"] = details["subscription_item"]
    else:
        made["invoice_item"] = details["invoice_item"]
    return made


def _charge(kept: Members, record: Members, find: Find) -> Members:
    invoice = (find("charged invoices", record["id"]) or {}).get("id")
    return {**kept, "billing_details": _without(record["billing_details"], ("tax_id",)), "invoice": invoice}


def _payment_intent(kept: Members, record: Members, find: Find) -> Members:
    return {**kept, "invoice": (find("intended invoices", record["id"]) or {}).get("id")}


def _dispute(kept: Members, _record: Members, _find: Find) -> Members:
    evidence = _without(kept["evidence"], ("enhanced_evidence",))
    details = _without(kept["evidence_details"], ("enhanced_eligibility", "submission_method"))
    return {**kept, "evidence": evidence, "evidence_details": details}


def _session(kept: Members, _record: Members, _find: Find) -> Members:
    text = _without(kept["custom_text"], ("after_submit", "terms_of_service_acceptance"))
    return {**kept, "automatic_tax": {"enabled": False, "status": None}, "custom_text": text}


_CHANGES: dict[str, Callable[[Members, Members, Find], Members]] = {
    "product": _product,
    "price": _price,
    "plan": _plan,
    "discount": _discount,
    "promotion_code": _promotion_code,
    "subscription": _subscription,
    "subscription_item": _item,
    "invoice": _invoice,
    "line_item": _line,
    "charge": _charge,
    "payment_intent": _payment_intent,
    "dispute": _dispute,
    "checkout.session": _session,
}
