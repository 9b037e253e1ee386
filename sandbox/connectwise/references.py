"""Small parts that many ConnectWise records share: references, ``_info``, dates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.answers import utc_text
from sandbox.shelves import Rendered

Members = dict[str, Any]


def rendered(all_members: Any) -> tuple[Rendered, ...]:
    """The records without what they lack, by ascending id."""
    kept = sorted((present(members) for members in all_members), key=lambda members: members["id"])
    return tuple(Rendered(members["id"], msgspec.json.encode(members), members) for members in kept)


def present(members: Members) -> Members:
    """Only the members that have a value: current servers send no nulls."""
    return {name: value for name, value in members.items() if value is not None}


def day_text(day: date | None) -> str | None:
    """A date without a time, which ConnectWise sends as midnight Z."""
    return f"{day.isoformat()}T00:00:00Z" if day else None


def info(updated_at: datetime, by: str = "sandbox", **more: str | None) -> Members:
    """The ``_info`` of a record."""
    return present({"lastUpdated": utc_text(updated_at), "updatedBy": by, **more})


def number(value: Decimal) -> float | int:
    """A decimal as a JSON number. Two decimals of our amounts survive a double unharmed."""
    return int(value) if value == value.to_integral_value() else float(value)


def reference(path: str, number: int, name: str, **more: Any) -> Members:
    """A reference to another record by id and name."""
    thing = SINGULARS[path.rsplit("/", 1)[-1]]
    return {"id": number, "name": name, **more, "_info": {f"{thing}_href": f"/v4_6_release/apis/3.0/{path}/{number}"}}


SINGULARS = {
    "agreements": "agreement",
    "boards": "board",
    "companies": "company",
    "members": "member",
    "SLAs": "sla",
    "statuses": "status",
    "types": "type",
}
LOCATION = {"id": 2, "name": "Main Office"}
SERVICE_DEPARTMENT = {"id": 10, "identifier": "Services", "name": "Services"}
CURRENCY = {"id": 7, "symbol": "$", "currencyCode": "USD", "numberOfDecimals": 2, "name": "US Dollars"}
