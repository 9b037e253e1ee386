"""What we copy from Stripe, and how we sign in: a restricted key and a pinned API version."""

from collections.abc import Mapping
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
from extractors.core.pages import after_last_id
from extractors.core.slices import newest_first
from extractors.core.source import Source, Verdict
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

API_VERSION = "2026-10-28.endive"
"""Pinned: without it the shape of every record follows the account's own setting."""

_ADVICE = "Check that the restricted key exists and belongs to this account and mode, then run: qbr connect stripe."

_list = partial(Stream, source="stripe", pages=after_last_id, page_size=100)
_nested_list = partial(_list, pages=nested_lists)
_dated_list = partial(_list, pages=newest_first, reads="windowed", change_filter="created", date_filters=("created",))

# Stripe filters on creation only, and what was created long ago still changes. So lists that are short are read
# whole each time, and long ones go back far enough to see later edits.
SUBSCRIPTIONS = _list(
    name="subscriptions",
    path="/v1/subscriptions",
    parameters={"status": "all"},  # canceled ones are left out otherwise
    description="One row per subscription, canceled ones included.",
    permission="Subscriptions: Read",
    vendor_fields=("customer", "status", "items"),
)
INVOICES = _dated_list(
    name="invoices",
    path="/v1/invoices",
    look_back=timedelta(days=90),  # as long as reminders and collection may last
    description="One row per invoice, drafts and voided ones included.",
    permission="Invoices: Read",
    vendor_fields=("status", "currency"),
)

STREAMS = (
    _list(
        name="customers",
        path="/v1/customers",
        description="One row per customer: whom Stripe bills.",
        permission="Customers: Read",
    ),
    _list(
        name="products",
        path="/v1/products",
        changed_at="updated",
        changed_at_type="epoch",
        description="One row per product sold.",
        permission="Products: Read",
        vendor_fields=("name",),
    ),
    _list(
        name="prices",
        path="/v1/prices",
        parameters={"expand[]": "data.tiers"},  # tiers are absent otherwise
        description="One row per price of a product.",
        permission="Prices: Read",
        vendor_fields=("currency", "product"),
    ),
    SUBSCRIPTIONS,
    _nested_list(
        name="subscription_items",
        path="/v1/subscription_items",
        parent=SUBSCRIPTIONS,
        nested="items",
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
        reads="windowed",
        change_filter="created",
        date_filters=("created",),
        description="One row per line of an invoice.",
        permission="Invoices: Read",
    ),
    _dated_list(
        name="charges",
        path="/v1/charges",
        look_back=timedelta(days=120),  # a charge can be disputed that long
        description="One row per attempt to collect money.",
        permission="Charges: Read",
        vendor_fields=("amount", "status"),
    ),
    _dated_list(
        name="refunds",
        path="/v1/refunds",
        look_back=timedelta(days=45),  # a refund can fail weeks later
        description="One row per refund of a charge.",
        permission="Charges: Read",
        vendor_fields=("amount", "status"),
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
    """The newest few records; of nested lists only whether the parents may be read."""
    parent = walk.stream.parent
    body = walk.get((parent or walk.stream).path, {"limit": "5"}).body
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
    rate=Rate(per_second=20, burst=25),  # test mode allows 25 a second
    first_wait=0.5,
)
