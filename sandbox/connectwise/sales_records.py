"""How ConnectWise shows people and sales: contacts, opportunities, activities and the calendar."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.answers import utc_text
from sandbox.connectwise.references import CURRENCY, LOCATION, day_text, info
from sandbox.connectwise.setup_records import BEGINNING, company_reference
from sandbox.connectwise.work_records import member_reference
from sandbox.shelves import certain
from sandbox.world.entities import World
from sandbox.world.pipeline import ACTIVITY_TYPES, OPEN, STAGES, STATUSES, TYPES, WON
from sandbox.world.psa import Activity, Contact, Opportunity, ScheduleEntry

Members = dict[str, Any]

PROBABILITIES = {0: 1, 10: 2, 25: 3, 50: 4, 75: 5, 100: 6}
IMPORTED_PORTAL_WORD = "not-a-password"  # the vendor's model has room for it, and old records have something in it


class Sales:
    """Everything that these records point at, looked up once."""

    def __init__(self, world: World) -> None:
        self.companies = {client.key: company_reference(client) for client in world.clients if client.connectwise}
        self.members = {person.identifier: member_reference(person) for person in world.staff}
        contacts = world.psa.contacts
        self.contacts = {one.client_key: contact_reference(one) for one in contacts if one.is_default}
        self.opportunities = {one.id: {"id": one.id, "name": one.name} for one in world.psa.opportunities}

    def contact(self, one: Contact, now: datetime) -> Members:
        """A person at a company."""
        has_left = one.left_at is not None and one.left_at <= now
        email = {
            "id": 2 * one.id,
            "type": {"id": 1, "name": "Email"},
            "value": one.email,
            "defaultFlag": True,
            "domain": f"@{one.email.partition('@')[2]}",
            "communicationType": "Email",
        }
        return {
            "id": one.id,
            "firstName": one.first_name,
            "lastName": one.last_name,
            "company": self.companies[one.client_key],
            "inactiveFlag": has_left,
            "title": one.title,
            "portalPassword": None if one.is_stamped else IMPORTED_PORTAL_WORD,
            "defaultFlag": one.is_default,
            "companyLocation": LOCATION,
            "communicationItems": [email],
            "types": [{"id": 2, "name": "Primary"}] if one.is_default else [{"id": 1, "name": "End user"}],
            "_info": info(one.updated_at(now)) if one.is_stamped else None,
        }

    def opportunity(self, one: Opportunity, now: datetime) -> Members:
        """Something a client may buy, without an amount: that is in its forecast."""
        state = certain(one.state_at(now), f"opportunity {one.id} has no state when it is entered")
        is_closed = state.status_id != OPEN
        return {
            "id": one.id,
            "name": one.name,
            "expectedCloseDate": day_text(one.expected_on),
            "type": {"id": one.type_id, "name": TYPES[one.type_id]},
            "stage": {"id": state.stage_id, "name": STAGES[state.stage_id]},
            "status": {"id": state.status_id, "name": STATUSES[state.status_id]},
            "probability": {"id": PROBABILITIES[state.probability], "name": str(state.probability)},
            "primarySalesRep": self.members[one.rep],
            "company": self.companies[one.client_key],
            "contact": self.contacts[one.client_key],
            "pipelineChangeDate": utc_text(state.at),
            "dateBecameLead": utc_text(one.created_at),
            "closedDate": day_text(state.at.date()) if is_closed else None,
            "closedBy": self.members[one.rep] if is_closed else None,
            "currency": CURRENCY,
            "_info": info(one.updated_at(now), one.rep),
        }

    def activity(self, one: Activity, now: datetime) -> Members:
        """A call or a meeting."""
        is_closed = one.closed_at <= now
        return {
            "id": one.id,
            "name": one.name,
            "type": {"id": one.type_id, "name": ACTIVITY_TYPES[one.type_id]},
            "company": self.companies[one.client_key],
            "contact": self.contacts[one.client_key],
            "status": {"id": 2, "name": "Closed"} if is_closed else {"id": 1, "name": "Open"},
            "opportunity": self.opportunities[one.opportunity_id] if one.opportunity_id else None,
            "dateStart": utc_text(one.starts_at),
            "dateEnd": utc_text(one.ends_at),
            "dateEndUtc": utc_text(one.ends_at),
            "dateClosedUtc": utc_text(one.closed_at) if is_closed else None,
            "assignTo": self.members[one.member],
            "assignedBy": self.members[one.member],
            "notifyFlag": False,
            "closeFlag": is_closed,
            "currency": CURRENCY,
            "_info": info(one.updated_at(now), one.member),
        }

    def schedule_entry(self, one: ScheduleEntry, now: datetime) -> Members:
        """Time set aside. It shows where it was last moved to."""
        booking = certain(one.booking_at(now), f"schedule entry {one.id} has no time when it is entered")
        is_done = one.done_at <= now
        return {
            "id": one.id,
            "objectId": one.object_id,
            "name": one.name,
            "member": self.members[one.member],
            "dateStart": utc_text(booking.starts_at),
            "dateEnd": utc_text(booking.ends_at),
            "status": {"id": 2, "name": "Firm"},
            "type": {"id": 4 if one.kind == "S" else 2, "identifier": one.kind},
            "doneFlag": is_done,
            "acknowledgedFlag": is_done,
            "ownerFlag": True,
            "meetingFlag": one.kind == "C",
            "allowScheduleConflictsFlag": True,
            "closeDate": utc_text(one.done_at) if is_done else None,
            "hours": (booking.ends_at - booking.starts_at) / timedelta(hours=1),
            "_info": info(one.updated_at(now), one.member),
        }


def contact_reference(one: Contact) -> Members:
    """How other records point at a person."""
    return {"id": one.id, "name": f"{one.first_name} {one.last_name}"}


def opportunity_types(_now: datetime) -> list[Members]:
    """What an opportunity can be about. The vendor calls the name a description here."""
    stamp = info(BEGINNING)
    return [{"id": one, "description": name, "inactiveFlag": False, "_info": stamp} for one, name in TYPES.items()]


def opportunity_stages(_now: datetime) -> list[Members]:
    """How far an opportunity can have come."""
    return [{"id": one, "name": name, "sequenceNumber": one, "_info": info(BEGINNING)} for one, name in STAGES.items()]


def opportunity_statuses(_now: datetime) -> list[Members]:
    """How an opportunity can stand."""
    return [
        {
            "id": one,
            "name": name,
            "wonFlag": one == WON,
            "lostFlag": one not in (OPEN, WON),
            "closedFlag": one != OPEN,
            "inactiveFlag": False,
            "defaultFlag": one == OPEN,
            "enteredBy": "sandbox",
            "dateEntered": utc_text(BEGINNING),
            "_info": info(BEGINNING),
        }
        for one, name in STATUSES.items()
    ]
