"""What we copy from NinjaOne, and how we sign in: client credentials with the scope `monitoring`."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
import msgspec

from extractors.core.auth import ClientCredentials, TokenStore
from extractors.core.budget import Rate
from extractors.core.pages import after_largest_id
from extractors.core.source import Source
from extractors.core.stream import Stream
from extractors.core.walk import Scope, Walk

_ADVICE = (
    "Check the client id and secret of the API Services application, its scope monitoring and the region of the base "
    "address, then run: qbr connect ninjaone."
)

_list = partial(Stream, source="ninjaone", pages=after_largest_id, key_type=int)

STREAMS = (
    _list(
        name="organizations",
        path="/v2/organizations",
        description="One row per NinjaOne organization: the RMM's clients.",
        permission="scope monitoring, role that sees all organizations",
        vendor_fields=("name",),
    ),
    _list(
        name="locations",
        path="/v2/locations",
        description="One row per location of a NinjaOne organization.",
        permission="scope monitoring, role that sees all organizations",
        vendor_fields=("organizationId",),
    ),
    # NinjaOne keeps no past: how many devices there were last month is known only from last month's own reading.
    _list(
        name="devices",
        path="/v2/devices-detailed",
        changed_at="lastUpdate",
        changed_at_type="epoch",
        description="One row per device under management, with what its class reports.",
        permission="scope monitoring, role that sees all devices",
        keeps_daily_history=True,
        vendor_fields=("organizationId", "nodeClass"),
    ),
)


def sign_in(connection: Mapping[str, Any], _store: TokenStore | None) -> httpx.Auth:
    """Client credentials; tokens last an hour and are kept in memory only."""
    return ClientCredentials(
        vendor="NinjaOne",
        advice=_ADVICE,
        token_url=str(connection["token_url"]),
        client_id=str(connection["client_id"]),
        client_secret=str(connection["client_secret"]),
        scope="monitoring",
    )


def narrow(_scope: Scope) -> dict[str, str]:
    """Nothing: these lists know no filter by change, so they are read whole."""
    return {}


def sample(walk: Walk) -> list[msgspec.Raw]:
    """The first few records."""
    return walk.decode(walk.get(walk.stream.path, {"pageSize": "5"}).body or b"[]", list[msgspec.Raw])


SOURCE = Source(
    name="ninjaone",
    label="NinjaOne",
    version="v2",
    streams=STREAMS,
    needs=("base_url", "token_url", "client_id", "client_secret"),
    sign_in=sign_in,
    sign_in_advice=_ADVICE,
    token_urls=("token_url",),
    narrow=narrow,
    sample=sample,
    rate=Rate(per_second=10, burst=20),  # no published limit; clients in the wild stay near this
    first_wait=1.0,
)
