"""Small parts that all QuickBooks entities share: what stands when, amounts digit for digit, the common members."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.quickbooks.moments import pacific
from sandbox.shelves import Rendered

Members = dict[str, Any]

USD = {"value": "USD", "name": "United States Dollar"}


def stands(since: datetime, until: datetime | None, now: datetime) -> bool:
    """Whether something that came and perhaps went is there now."""
    return since <= now and (until is None or now < until)


def newest(created_at: datetime, moments: Iterable[datetime | None], now: datetime) -> datetime:
    """The latest of the moments that have come, at least the creation."""
    return max([created_at, *(moment for moment in moments if moment is not None and moment <= now)])


def money(amount: Decimal) -> msgspec.Raw:
    """A number in major units, digit for digit."""
    return msgspec.Raw(format(amount, "f").encode())


def reference(identity: str, names: Mapping[str, str]) -> Members:
    """A reference with the name that stands behind it."""
    return {"value": identity, "name": names[identity]}


def entities(rows: Iterable[tuple[Members, datetime, datetime]]) -> list[Rendered]:
    """Entities with what every entity has, oldest first. What has no value is left out."""
    made = []
    for members, *moments in rows:
        created, updated = (moment.replace(microsecond=0) for moment in moments)
        stamps = {"CreateTime": pacific(created), "LastUpdatedTime": pacific(updated)}
        common = {"SyncToken": str(int(updated > created)), "MetaData": stamps, "domain": "QBO", "sparse": False}
        record = {name: value for name, value in {**members, **common}.items() if value is not None}
        body = msgspec.json.encode(record)
        amounts = {name: float(bytes(record[name])) for name in ("TotalAmt", "Balance") if name in record}
        made.append(Rendered(members["Id"], body, {**record, **amounts, "created": created, "updated": updated}))
    made.sort(key=lambda row: (row.members["created"], int(row.key)))
    return made
