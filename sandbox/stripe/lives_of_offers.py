"""The lives of whom and what Stripe sells to: customers, products, prices, offers, visits to the checkout page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from sandbox.stripe import catalogue_records as catalogue
from sandbox.stripe import offer_records as offers
from sandbox.stripe.life import Thing, still, told

if TYPE_CHECKING:
    from sandbox.stripe.things import Things


def customers(of: Things) -> Iterator[Thing]:
    for one in of.world.stripe_customers:
        yield Thing(
            one.id, one.created_at, still(catalogue.customer(one)),
            told("customers", one.id, ("customer.created", one.created_at)),
        )  # fmt: skip
    discounts = of.world.commerce.discounts
    for person in of.world.commerce.prospects:
        yield Thing(
            person.id, person.created_at, partial(offers.prospect, person, discounts),
            told(
                "customers", person.id, ("customer.created", person.created_at),
                ("customer.updated", person.described_at), ("customer.deleted", person.deleted_at),
            ),
            person.deleted_at, leaves_stub=True,
        )  # fmt: skip


def products(of: Things) -> Iterator[Thing]:
    for one in of.world.stripe_products:
        changed = one.updated_at if one.updated_at > one.created_at else None
        yield Thing(
            one.id, one.created_at, partial(catalogue.product, one),
            told("products", one.id, ("product.created", one.created_at), ("product.updated", changed)),
        )  # fmt: skip


def prices(of: Things) -> Iterator[Thing]:
    for one in of.world.stripe_prices:
        yield Thing(
            one.id, one.created_at, still(catalogue.price(one)),
            told("prices", one.id, ("price.created", one.created_at)),
        )  # fmt: skip
    for tiered in of.world.commerce.tiered_prices:
        yield Thing(
            tiered.id, tiered.created_at, partial(offers.tiered_price, tiered),
            told("prices", tiered.id, ("price.created", tiered.created_at), ("price.updated", tiered.renamed_at)),
        )  # fmt: skip


def coupons(of: Things) -> Iterator[Thing]:
    discounts = of.world.commerce.discounts
    for one in of.world.commerce.coupons:
        yield Thing(
            one.id, one.created_at, partial(offers.coupon, one, discounts),
            told("coupons", one.id, ("coupon.created", one.created_at), ("coupon.deleted", one.deleted_at)),
            one.deleted_at, leaves_stub=True,
        )  # fmt: skip


def promotion_codes(of: Things) -> Iterator[Thing]:
    discounts = of.world.commerce.discounts
    for one in of.world.commerce.promotion_codes:
        yield Thing(
            one.id, one.created_at, partial(offers.promotion_code, one, discounts),
            told(
                "promotion_codes", one.id, ("promotion_code.created", one.created_at),
                ("promotion_code.updated", one.ended_at),
            ),
        )  # fmt: skip


def discounts(of: Things) -> Iterator[Thing]:
    """They have no list, but events, and can be seen where they are expanded."""
    for one in of.world.commerce.discounts:
        yield Thing(
            one.id, one.started_at, still(offers.discount(one)),
            told(
                "discounts", one.id, ("customer.discount.created", one.started_at),
                ("customer.discount.deleted", one.ended_at),
            ),
        )  # fmt: skip


def sessions(of: Things) -> Iterator[Thing]:
    for one in of.world.commerce.sessions:
        later = one.paid_at if one.paid_at and one.completed_at and one.paid_at > one.completed_at else None
        yield Thing(
            one.id, one.created_at, partial(offers.session, one),
            told(
                "checkout/sessions", one.id, ("checkout.session.completed", one.completed_at),
                ("checkout.session.async_payment_succeeded", later),
                ("checkout.session.expired", None if one.completed_at else one.expires_at),
            ),
        )  # fmt: skip
