"""Stripe's ``expand[]``: members that are ids until the whole object is asked for, and members that are hidden."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.errors import Refused

DEEPEST = 4
# Member, by the object that holds it: how its id is looked up.
EXPANDABLE = {
    "customer": "customers",
    "product": "products",
    "default_price": "prices",
    "latest_invoice": "invoices",
    "charge": "charges",
}
HIDDEN = {("price", "tiers")}  # left out unless asked for

Lookup = Callable[[str, str], dict[str, Any] | None]


def expanded(record: dict[str, Any], path: str, lookup: Lookup) -> dict[str, Any]:
    """The record with one path expanded; raise ``Refused`` when it cannot be."""
    parts = path.split(".")
    if len(parts) > DEEPEST:
        raise Refused("You cannot expand more than 4 levels of a property.", param="expand")
    return grown(record, parts, path, lookup)


def grown(record: dict[str, Any], parts: list[str], path: str, lookup: Lookup) -> dict[str, Any]:
    """Expand the first part in this record, the rest below it."""
    first, rest = parts[0], parts[1:]
    if (record.get("object"), first) in HIDDEN:
        return {**record, first: record.get(first)}
    held = record.get(first)
    if isinstance(held, list):
        return {**record, first: [grown(one, rest, path, lookup) if rest else one for one in held]}
    if isinstance(held, str) and first in EXPANDABLE:
        held = lookup(EXPANDABLE[first], held)
    elif first not in record or not (held is None or (isinstance(held, dict) and rest)):
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    return {**record, first: grown(held, rest, path, lookup) if rest and held is not None else held}
