"""What we copy from Stripe, and how we sign in: a restricted key and a pinned API version."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import msgspec

from extractors.core.auth import Bearer, TokenStore
from extractors.core.budget import Rate
from extractors.core.children import nested_lists
from extractors.core.client import error_code
from extractors.core.errors import VendorUnavailable
from extractors.core.events import PATH as EVENTS
from extractors.core.events import PERMISSION as EVENTS_PERMISSION
from extractors.core.events import told_by_events
from extractors.core.slices import newest_first
from extractors.core.source import Source, Verdict
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

API_VERSION = "2026-10-28.endive"
"""Pinned: without it the shape of every record follows the account's own setting."""

_ADVICE = "Check that the restricted key exists and belongs to this account and mode, then run: qbr connect stripe."

MONTH = timedelta(days=30)
FEED_REACH = timedelta(days=28)
"""Stripe keeps events for 30 days; two are left for a read that breaks off and goes on later."""


def _about(types: str, **others: str) -> dict[str, str]:
    """Event types with the object's own id, and others with where they name it."""
    return {**dict.fromkeys(types.split(), "id"), **{name.replace("__", "."): way for name, way in others.items()}}


# What no event tells (an item taken off a subscription, a coupon's count) shows when all is read again.
_list = partial(Stream, source="stripe", pages=told_by_events, page_size=100, feed_reach=FEED_REACH, whole_every=MONTH)
_long_list = partial(_list, reads="windowed", date_filters=("created",))
_nested_list = partial(_list, pages=nested_lists)

SUBSCRIPTIONS = _list(
    name="subscriptions",
    path="/v1/subscriptions",
    parameters={"status": "all", "expand[0]": "data.discounts"},  # canceled ones are left out otherwise
    events=_about(
        "customer.subscription.created customer.subscription.updated customer.subscription.deleted "
        "customer.subscription.paused customer.subscription.resumed customer.subscription.pending_update_applied "
        "customer.subscription.pending_update_expired customer.subscription.trial_will_end",
        customer__discount__created="subscription",
        customer__discount__updated="subscription",
        customer__discount__deleted="subscription",
    ),
    description="One row per subscription, canceled ones included.",
    permission="Subscriptions: Read",
    vendor_fields=("customer", "status", "items"),
)
INVOICES = _long_list(
    name="invoices",
    path="/v1/invoices",
    events=_about(
        "invoice.created invoice.updated invoice.deleted invoice.finalized invoice.finalization_failed invoice.sent "
        "invoice.paid invoice.payment_succeeded invoice.payment_failed invoice.payment_action_required "
        "invoice.marked_uncollectible invoice.voided invoice.overdue invoice.overpaid",
        invoice_payment__paid="invoice",
        credit_note__created="invoice",
        credit_note__updated="invoice",
        credit_note__voided="invoice",
    ),
    description="One row per invoice, drafts and voided ones included.",
    permission="Invoices: Read",
    vendor_fields=("status", "currency"),
)
_DISPUTED = (
    "charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn "
    "charge.dispute.funds_reinstated"
)

STREAMS = (
    _list(
        name="customers",
        path="/v1/customers",
        events=_about(
            "customer.created customer.updated customer.deleted",
            customer__discount__created="customer",
            customer__discount__updated="customer",
            customer__discount__deleted="customer",
        ),
        description="One row per customer: whom Stripe bills.",
        permission="Customers: Read",
    ),
    _list(
        name="products",
        path="/v1/products",
        changed_at="updated",
        changed_at_type="epoch",
        events=_about("product.created product.updated product.deleted"),
        description="One row per product sold.",
        permission="Products: Read",
        vendor_fields=("name",),
    ),
    _list(
        name="prices",
        path="/v1/prices",
        parameters={"expand[0]": "data.tiers"},  # tiers are absent otherwise
        events=_about("price.created price.updated price.deleted"),
        description="One row per price of a product.",
        permission="Prices: Read",
        vendor_fields=("currency", "product"),
    ),
    _list(
        name="coupons",
        path="/v1/coupons",
        parameters={"expand[0]": "data.applies_to"},  # absent otherwise
        events=_about(
            "coupon.created coupon.updated coupon.deleted",
            customer__discount__created="source.coupon|coupon",
            customer__discount__deleted="source.coupon|coupon",
        ),
        description="One row per coupon: what a discount takes off, of what, for how long.",
        permission="Coupons: Read",
        vendor_fields=("duration",),
    ),
    _list(
        name="promotion_codes",
        path="/v1/promotion_codes",
        events=_about(
            "promotion_code.created promotion_code.updated",
            customer__discount__created="promotion_code",
            customer__discount__deleted="promotion_code",
        ),
        description="One row per code by which customers claim a coupon.",
        permission="Promotion Codes: Read",
        vendor_fields=("code",),
    ),
    SUBSCRIPTIONS,
    _nested_list(
        name="subscription_items",
        path="/v1/subscription_items",
        parent=SUBSCRIPTIONS,
        nested="items",
        parent_field="subscription",
        parameters={"subscription": "{parent}"},
        description="One row per item of a subscription: what is sold, at which price and quantity.",
        permission="Subscriptions: Read",
    ),
    INVOICES,
    _nested_list(
        name="invoice_lines",
        path="/v1/invoices/{parent}/lines",
        parent=INVOICES,
        nested="lines",
        parent_field="invoice",
        reads="windowed",
        date_filters=("created",),
        description="One row per line of an invoice.",
        permission="Invoices: Read",
    ),
    _nested_list(
        name="invoice_payments",
        path="/v1/invoice_payments",
        parent=replace(INVOICES, parameters={"expand[0]": "data.payments"}),
        nested="payments",
        parent_field="invoice",
        parameters={"invoice": "{parent}"},
        reads="windowed",
        date_filters=("created",),
        description="One row per payment put towards an invoice: the only link from a charge to its invoice.",
        permission="Invoices: Read",
    ),
    _long_list(
        name="charges",
        path="/v1/charges",
        events=_about(
            "charge.captured charge.expired charge.failed charge.pending charge.refunded charge.succeeded "
            "charge.updated",
            **dict.fromkeys(_DISPUTED.replace(".", "__").split(), "charge"),
            refund__created="charge",
            refund__updated="charge",
            refund__failed="charge",
        ),
        description="One row per attempt to collect money.",
        permission="Charges: Read",
        vendor_fields=("amount", "status"),
    ),
    _long_list(
        name="refunds",
        path="/v1/refunds",
        events=_about("refund.created refund.updated refund.failed charge.refund.updated"),
        description="One row per refund of a charge.",
        permission="Charges: Read",
        vendor_fields=("amount", "status"),
    ),
    _long_list(
        name="disputes",
        path="/v1/disputes",
        events=_about(_DISPUTED),
        description="One row per charge that a customer's bank contests.",
        permission="Disputes: Read",
        vendor_fields=("amount", "status"),
    ),
    _long_list(
        name="payment_intents",
        path="/v1/payment_intents",
        events=_about(
            "payment_intent.created payment_intent.succeeded payment_intent.payment_failed payment_intent.canceled "
            "payment_intent.processing payment_intent.requires_action payment_intent.amount_capturable_updated "
            "payment_intent.partially_funded",
            charge__succeeded="payment_intent",
            charge__failed="payment_intent",
        ),
        withheld_fields=("client_secret",),
        description="One row per payment that is meant to be made, with all its attempts.",
        permission="Payment Intents: Read",
        vendor_fields=("amount", "status"),
    ),
    # No event tells of these. They are only ever added; for some weeks their status goes from pending to available.
    _long_list(
        name="balance_transactions",
        path="/v1/balance_transactions",
        pages=newest_first,
        feed_reach=None,
        whole_every=None,
        change_filter="created",
        look_back=timedelta(days=35),
        description="One row per movement of the Stripe balance, with its fee and net amount.",
        permission="Balance Transactions: Read",
        vendor_fields=("amount", "fee", "net"),
    ),
    _long_list(
        name="payouts",
        path="/v1/payouts",
        events=_about(
            "payout.created payout.updated payout.paid payout.failed payout.canceled payout.reconciliation_completed"
        ),
        description="One row per transfer from the Stripe balance to the bank.",
        permission="Payouts: Read",
        vendor_fields=("amount", "status"),
    ),
    _long_list(
        name="credit_notes",
        path="/v1/credit_notes",
        events=_about("credit_note.created credit_note.updated credit_note.voided"),
        description="One row per credit note: what an invoice was reduced by after it was final.",
        permission="Credit Notes: Read",
        vendor_fields=("amount", "invoice"),
    ),
    _long_list(
        name="checkout_sessions",
        path="/v1/checkout/sessions",
        unannounced=True,
        events=_about(
            "checkout.session.completed checkout.session.expired checkout.session.async_payment_succeeded "
            "checkout.session.async_payment_failed"
        ),
        withheld_fields=("client_secret",),
        description="One row per visit to a checkout page, finished or not.",
        permission="Checkout Sessions: Read",
        vendor_fields=("mode", "status"),
    ),
    # Stripe keeps 30 days of them; what was read stays here.
    _long_list(
        name="events",
        path=EVENTS,
        pages=newest_first,
        withheld_fields=("data.object.client_secret",),
        feed_reach=None,
        whole_every=None,
        change_filter="created",
        keeps_purged=True,
        description="One row per event: what happened to which object, and the object as it then was.",
        permission=EVENTS_PERMISSION,
        vendor_fields=("type",),
    ),
)


def sign_in(connection: Mapping[str, Any], _store: TokenStore | None) -> httpx.Auth:
    """The key as a bearer token."""
    return Bearer(str(connection["api_key"]))


def headers(_connection: Mapping[str, Any]) -> dict[str, str]:
    """The pinned version."""
    return {"Stripe-Version": API_VERSION}


def narrow(scope: Scope) -> dict[str, str]:
    """`created` bounds in whole seconds.

    A read of everything has no upper bound: what it does not see counts as deleted, and nothing newer than the run
    may. New objects come in at the head of the list, where a walk to the tail never meets them.
    """
    window = scope.window
    if window.kind == "changes" and window.since is not None:
        earliest = window.since - scope.stream.look_back
        return {"created[gte]": _seconds(earliest), "created[lte]": _seconds(scope.as_of)}
    if window.kind == "dated" and window.start is not None and window.end is not None:
        return {"created[gte]": _seconds(window.start), "created[lt]": _seconds(window.end)}
    return {}


def sample(walk: Walk) -> list[msgspec.Raw]:
    """The newest few records; of nested lists only whether the parents may be read. And whether the events may be."""
    parent = walk.stream.parent
    body = walk.get((parent or walk.stream).path, {"limit": "5"}).body
    if walk.stream.feed_reach:
        walk.ask_once(EVENTS, {"limit": "1"}, EVENTS_PERMISSION)
    return [] if parent else walk.decode(body, _Listing).data


def judge(response: httpx.Response) -> Verdict | None:
    """A rate limit in disguise: Stripe's own library takes a 400 with this code, and any lock, for a 429."""
    if response.is_success:
        return None
    code = error_code(response.content)
    return Verdict(VendorUnavailable, code) if code in {"rate_limit", "lock_timeout"} else None


class _Listing(msgspec.Struct):
    data: list[msgspec.Raw]


def _seconds(value: datetime) -> str:
    return str(int(value.timestamp()))


SOURCE = Source(
    name="stripe",
    label="Stripe",
    version=API_VERSION,
    streams=STREAMS,
    needs=("base_url", "api_key"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    headers=headers,
    narrow=narrow,
    sample=sample,
    judge=judge,
    rate=Rate(per_second=22, burst=3),  # together 25: what test mode allows in any one second
    first_wait=0.5,
)
