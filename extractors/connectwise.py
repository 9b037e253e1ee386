"""What we copy from ConnectWise PSA, and how we sign in: an API member's keys and the integration's client id."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import msgspec

from extractors.core.auth import Basic, TokenStore
from extractors.core.budget import Rate
from extractors.core.children import for_each_parent
from extractors.core.pages import forward_only
from extractors.core.source import Source
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

API_VERSION = "2026.4"
"""Pinned: without it each server answers in its newest model, and fields move between models."""

_ADVICE = (
    "Check the company id, the API member's public and private key and the integration's client id, then run: "
    "qbr connect connectwise."
)


# Every ConnectWise list is keyed by a whole number, marks changes in `_info` and can be counted.
_list = partial(
    Stream, source="connectwise", pages=forward_only, key_type=int, changed_at="_info.lastUpdated", counted=True
)
_child_list = partial(_list, pages=for_each_parent, counted=False)

COMPANIES = _list(
    name="companies",
    path="/company/companies",
    description="One row per company: the PSA's clients, prospects and vendors.",
    permission="Companies > Company Maintenance: Inquire All",
    vendor_fields=("name", "identifier"),
)
BOARDS = _list(
    name="boards",
    path="/service/boards",
    description="One row per service or project board.",
    permission="System > Table Setup: Inquire All",
    vendor_fields=("name",),
)
AGREEMENTS = _list(
    name="agreements",
    path="/finance/agreements",
    description="One row per agreement with a client, running or ended.",
    permission="Finance > Agreements: Inquire All",
    vendor_fields=("name", "type", "company"),
)

STREAMS = (
    COMPANIES,
    BOARDS,
    _child_list(
        name="board_statuses",
        path="/service/boards/{parent}/statuses",
        parent=BOARDS,
        description="One row per ticket status of a board; the same name has another id on each board.",
        permission="System > Table Setup: Inquire All",
        vendor_fields=("name",),
    ),
    _list(
        name="members",
        path="/system/members",
        description="One row per member: people and API members, active or not.",
        permission="System > Member Maintenance: Inquire All",
        vendor_fields=("identifier",),
        withheld_fields=("password", "token", "clientId"),  # the model has room for them; no table of ours has
    ),
    AGREEMENTS,
    _child_list(
        name="agreement_additions",
        path="/finance/agreements/{parent}/additions",
        parent=AGREEMENTS,
        description="One row per product or service added to an agreement.",
        permission="Finance > Agreements: Inquire All",
    ),
    _list(
        name="tickets",
        path="/service/tickets",
        description="One row per service ticket, children and other boards included.",
        permission="Service Desk > Service Tickets: Inquire All",
        reads="windowed",
        change_filter="lastUpdated",
        date_filters=("_info/dateEntered", "closedDate"),  # the month it came in and the month it was closed
        sweeps_deletions=True,
        vendor_fields=("board", "status", "_info"),
    ),
    _list(
        name="time_entries",
        path="/time/entries",
        description="One row per time entry, with actual and billed hours.",
        permission="Time & Expense > Time Entry: Inquire All",
        reads="windowed",
        change_filter="lastUpdated",  # approval and invoicing change an entry long after its day
        date_filters=("dateEntered",),
        sweeps_deletions=True,
        vendor_fields=("actualHours", "dateEntered"),
    ),
)


def sign_in(connection: Mapping[str, Any], _store: TokenStore | None) -> httpx.Auth:
    """Basic, with the company id and a literal plus sign before the public key."""
    return Basic(f"{connection['company_id']}+{connection['public_key']}", str(connection["private_key"]))


def headers(connection: Mapping[str, Any]) -> dict[str, str]:
    """The integration's client id and the pinned model."""
    return {
        "clientId": str(connection["client_id"]),
        "Accept": f"application/vnd.connectwise.com+json; version={API_VERSION}",
    }


def narrow(scope: Scope) -> dict[str, str]:
    """ConnectWise's `conditions`. No upper bound: forward-only reads follow ids, which nothing shifts."""
    stream, window = scope.stream, scope.window
    conditions = [text] if (text := stream.parameters.get("conditions")) else []
    if window.kind == "changes" and window.since is not None:
        conditions.append(f"{stream.change_filter} > {_literal(window.since)}")
    if window.kind == "dated" and window.start is not None and window.end is not None:
        start, end = _literal(window.start), _literal(window.end)
        months = [f"({name} >= {start} and {name} < {end})" for name in stream.date_filters]
        conditions.append(f"({' or '.join(months)})")
    return {"conditions": " and ".join(conditions)} if conditions else {}


def sample(walk: Walk) -> list[msgspec.Raw]:
    """The first few records, of the first parent if they hang from one."""
    path, parent = walk.stream.path, walk.stream.parent
    if parent is not None:
        first = walk.decode(walk.get(parent.path, {"pageSize": "1"}).body, list[_Parent])
        if not first:
            return []
        path = path.format(parent=first[0].id)
    return walk.decode(walk.get(path, {"pageSize": "5"}).body, list[msgspec.Raw])


def only_ids(stream: Stream) -> Stream:
    """`fields=id`: the one use of `fields`, since records are kept whole."""
    return replace(stream, parameters={**stream.parameters, "fields": "id"})


class _Parent(msgspec.Struct):
    id: int


def _literal(value: datetime) -> str:
    """A time in a condition: square brackets, UTC, whole seconds (rounded down, so that nothing is left out)."""
    return value.astimezone(UTC).strftime("[%Y-%m-%dT%H:%M:%SZ]")


SOURCE = Source(
    name="connectwise",
    label="ConnectWise",
    version=API_VERSION,
    streams=STREAMS,
    needs=("base_url", "company_id", "public_key", "private_key", "client_id"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    headers=headers,
    narrow=narrow,
    sample=sample,
    only_ids=only_ids,
    hides_refusal_as_not_found=True,
    rate=Rate(per_second=15, burst=60),  # about 1,000 a minute, which users quote from the vendor
    first_wait=1.0,
)
