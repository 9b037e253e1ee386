"""How ConnectWise shows what changes rarely: companies, boards, statuses, members, agreements and their additions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.answers import utc_text
from sandbox.connectwise.references import (
    CURRENCY,
    LOCATION,
    SERVICE_DEPARTMENT,
    day_text,
    info,
    number,
    reference,
)
from sandbox.shelves import certain
from sandbox.world.entities import Addition, Agreement, Board, BoardStatus, Client, Presence, Staff, World

Members = dict[str, Any]

COMPANY_TYPES = {1: "Client", 2: "Prospect", 3: "Former Client", 4: "Owner"}
COMPANY_STATUSES = {1: "Active", 2: "Not Active"}
BEGINNING = datetime.fromisoformat("2016-02-01T15:00:00+00:00")
"""When this ConnectWise was set up."""
NO_HIRE_DATE = "1800-01-01T00:00:00Z"  # what the vendor holds where nobody typed a date


def known(client: Client, now: datetime) -> Presence | None:
    """The client as a ConnectWise company, if there is one by now."""
    presence = client.connectwise
    return presence if presence is not None and presence.created_at <= now else None


def company_reference(client: Client) -> Members:
    """How other records point at a company."""
    presence = certain(client.connectwise, f"{client.key} has no company in ConnectWise")
    return reference("company/companies", presence.number, presence.name, identifier=identifier(presence))


def identifier(presence: Presence) -> str:
    """The short name that a company goes by."""
    letters = "".join(letter for letter in presence.name if letter.isascii() and letter.isalnum())
    return f"{letters[:18]}{presence.id}"


def company(client: Client, presence: Presence, now: datetime, deleted_at: datetime | None = None) -> Members:
    """A company; a lost client becomes inactive and changes its type on the day that was recorded.

    One that was deleted stays in the list and says so.
    """
    is_deleted = deleted_at is not None and deleted_at <= now
    is_lost = client.lost_recorded_at is not None and client.lost_recorded_at <= now
    type_id = {"prospect": 2, "own": 4, "internal": 4}.get(client.kind, 3 if is_lost else 1)
    changes = [presence.updated_at(now), *([client.lost_recorded_at] if is_lost and client.lost_recorded_at else [])]
    if is_deleted and deleted_at is not None:
        changes.append(deleted_at)
    status_id = 2 if is_lost else 1
    return {
        "id": presence.number,
        "identifier": identifier(presence),
        "name": presence.name,
        "status": reference("company/companies/statuses", status_id, COMPANY_STATUSES[status_id]),
        "addressLine1": client.address.line,
        "city": client.address.city,
        "state": client.address.state,
        "zip": client.address.postal_code,
        "country": {"id": 1, "name": "United States"},
        "phoneNumber": client.address.phone or None,
        "territory": LOCATION,
        "defaultContact": {"id": 5000 + presence.number, "name": client.contact_name} if client.contact_name else None,
        "dateAcquired": day_text(client.won_on),
        "leadFlag": client.kind == "prospect",
        "isVendorFlag": False,
        "deletedFlag": is_deleted,
        "dateDeleted": utc_text(deleted_at) if is_deleted and deleted_at is not None else None,
        "deletedBy": "sandbox" if is_deleted else None,
        "currency": CURRENCY,
        "types": [reference("company/companies/types", type_id, COMPANY_TYPES[type_id])],
        "_info": info(max(changes), dateEntered=utc_text(presence.created_at)),
    }


def company_type(type_id: int, name: str) -> Members:
    """A kind of company."""
    return {"id": type_id, "name": name, "defaultFlag": type_id == 1, "vendorFlag": False, "_info": info(BEGINNING)}


def company_status(status_id: int, name: str) -> Members:
    """A state a company can be in."""
    return {
        "id": status_id,
        "name": name,
        "defaultFlag": status_id == 1,
        "inactiveFlag": status_id == 2,
        "_info": info(BEGINNING),
    }


def board(one: Board) -> Members:
    """A service or project board."""
    return {
        "id": one.id,
        "name": one.name,
        "location": LOCATION,
        "department": SERVICE_DEPARTMENT,
        "inactiveFlag": False,
        "projectFlag": one.is_project,
        "billTime": "Billable",
        "_info": info(one.created_at),
    }


def board_status(status: BoardStatus, of: Board) -> Members:
    """A status of one board."""
    return {
        "id": status.id,
        "name": status.name,
        "board": reference("service/boards", of.id, of.name),
        "sortOrder": status.sort_order,
        "displayOnBoard": not status.is_closed,
        "inactive": False,
        "closedStatus": status.is_closed,
        "timeEntryNotAllowed": False,
        "defaultFlag": status.is_default,
        "escalationStatus": "Resolved" if status.is_closed else "NotResponded",
        "_info": info(of.created_at),
    }


def member(person: Staff, now: datetime) -> Members:
    """A member: somebody on the staff, still listed after leaving."""
    has_left = person.left_on is not None and person.left_on < now.date()
    return {
        "id": person.id,
        "identifier": person.identifier,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "title": person.title,
        "inactiveFlag": has_left,
        "inactiveDate": day_text(person.left_on) if has_left else None,
        "hireDate": day_text(person.hired_on),
        "licenseClass": "F",
        "dailyCapacity": number(8 * person.fte),
        "hourlyCost": number(person.hourly_cost),
        "defaultLocation": LOCATION,
        "_info": info(person.updated_at(now)),
    }


def api_member(number: int, world: World) -> Members:
    """The account that programs sign in with, which the vendor lists among the people."""
    return {
        "id": number,
        "identifier": "sandboxapi",
        "firstName": "API",
        "lastName": "Member",
        "inactiveFlag": False,
        "hireDate": NO_HIRE_DATE,
        "licenseClass": "A",
        "_info": info(min(person.created_at for person in world.staff)),
    }


def agreement(one: Agreement, world: World, clients: dict[str, Client], now: datetime) -> Members:
    """An agreement. Its end shows only once somebody recorded it."""
    type_name = next(kind.name for kind in world.agreement_types if kind.id == one.type_id)
    end_known = one.ended_recorded_at is not None and one.ended_recorded_at <= now
    end_date = one.end_date if end_known else None
    cancelled = one.cancelled_date if end_known else None
    today = now.date()
    if cancelled is not None and cancelled <= today:
        status = "Cancelled"
    elif end_date is not None and end_date < today:
        status = "Expired"
    else:
        status = "Active" if one.start_date <= today else "Inactive"
    return {
        "id": one.id,
        "name": one.name,
        "type": reference("finance/agreements/types", one.type_id, type_name),
        "company": company_reference(clients[one.client_key]),
        "startDate": day_text(one.start_date),
        "endDate": day_text(end_date),
        "noEndingDateFlag": end_date is None,
        "cancelledFlag": cancelled is not None,
        "dateCancelled": day_text(cancelled),
        "reasonCancelled": one.reason_cancelled if cancelled else None,
        "applicationUnits": "Amount",
        "billingCycle": {"id": 2, "name": "Monthly"},
        "billAmount": number(one.bill_amount),
        "periodType": "Current",
        "agreementStatus": status,
        "location": LOCATION,
        "department": SERVICE_DEPARTMENT,
        "currency": CURRENCY,
        "_info": info(one.updated_at(now), createdDate=utc_text(one.created_at), createdBy="sandbox"),
    }


def agreement_type(type_id: int, name: str) -> Members:
    """A kind of agreement."""
    return {"id": type_id, "name": name, "defaultFlag": False, "inactiveFlag": False, "_info": info(BEGINNING)}


def addition(one: Addition, quantity: Decimal, now: datetime) -> Members:
    """A line of an agreement. One without an end has no ``cancelledDate``."""
    is_over = one.cancelled_recorded_at is not None and one.cancelled_recorded_at <= now
    return {
        "id": one.id,
        "product": {"id": 1000 + sum(map(ord, one.product)), "identifier": one.product},
        "quantity": number(quantity),
        "lessIncluded": 0,
        "unitPrice": number(one.unit_price),
        "unitCost": number(one.unit_cost),
        "billCustomer": "Billable",
        "effectiveDate": day_text(one.effective_date),
        "cancelledDate": day_text(one.cancelled_date) if is_over else None,
        "taxableFlag": False,
        "invoiceDescription": one.description,
        "agreementId": one.agreement_id,
        "description": one.description,
        "extPrice": number(quantity * one.unit_price),
        "extCost": number(quantity * one.unit_cost),
        "_info": info(one.updated_at(now)),
    }
