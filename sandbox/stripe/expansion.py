"""Stripe's ``expand[]``: members that are ids until the whole object is asked for, and members that are hidden."""

from collections.abc import Callable, Collection
from typing import Any

from sandbox.stripe.errors import Refused

DEEPEST = 4
# Member, by the object that holds it: how its id is looked up.
EXPANDABLE = {
    "customer": "customers",
    "product": "products",
    "default_price": "prices",
    "latest_invoice": "invoices",
    "latest_charge": "charges",
    "charge": "charges",
    "invoice": "invoices",
    "payment_intent": "payment_intents",
    "balance_transaction": "balance_transactions",
    "coupon": "coupons",
    "promotion_code": "promotion_codes",
    "discounts": "discounts",
}
HIDDEN = {"price": "tiers", "coupon": "applies_to", "invoice": "payments"}  # left out unless asked for

Lookup = Callable[[str, str], dict[str, Any] | None]


def visible(record: dict[str, Any], asked: Collection[str] = ()) -> dict[str, Any]:
    """The record without what is hidden and was not asked for, or has nothing to show."""
    hidden = HIDDEN.get(record["object"])
    if hidden is None or (hidden in asked and (record.get(hidden) is not None or hidden == "tiers")):
        return record if hidden is None else {**record, hidden: record.get(hidden)}
    return {name: value for name, value in record.items() if name != hidden}


def expanded(record: dict[str, Any], path: str, lookup: Lookup) -> dict[str, Any]:
    """The record with one path expanded; raise ``Refused`` when it cannot be."""
    parts = path.split(".")
    if len(parts) > DEEPEST:
        raise Refused("You cannot expand more than 4 levels of a property.", param="expand")
    return grown(record, parts, path, lookup)


def grown(record: dict[str, Any], parts: list[str], path: str, lookup: Lookup) -> dict[str, Any]:
    """Expand the first part in this record, the rest below it."""
    first, rest = parts[0], parts[1:]
    if HIDDEN.get(record.get("object", "")) == first:
        return record
    held = record.get(first)
    if isinstance(held, list):
        if first in EXPANDABLE:
            held = [lookup(EXPANDABLE[first], one) if isinstance(one, str) else one for one in held]
        return {**record, first: [grown(one, rest, path, lookup) if rest else one for one in held]}
    if isinstance(held, str) and first in EXPANDABLE:
        held = lookup(EXPANDABLE[first], held)
    elif first not in record or not (held is None or (isinstance(held, dict) and rest)):
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    return {**record, first: grown(held, rest, path, lookup) if rest and held is not None else held}
