"""How ConnectWise shows work: tickets and time entries, as of an instant.

A ticket's ``lastUpdated`` moves with everything that shows on it, also when a child or a merged ticket joins it.
What would change without it moving (hours booked so far) is left out, as a role without that right sees it.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sandbox.answers import utc_text
from sandbox.connectwise.board_records import Sorting
from sandbox.connectwise.references import (
    LOCATION,
    SERVICE_DEPARTMENT,
    info,
    number,
    reference,
)
from sandbox.connectwise.setup_records import company_reference
from sandbox.shelves import certain
from sandbox.world.entities import Agreement, Staff, Ticket, TimeEntry, World
from sandbox.world.promises import promise_of

Members = dict[str, Any]

PROJECTS_FROM, PHASES_FROM = 100_000, 200_000  # every project here has one ticket
SERVICE_ONLY = frozenset(
    {
        "recordType",
        "parentTicketId",
        "hasChildTicket",
        "hasMergedChildTicketFlag",
        "mergedParentTicket",
        "severity",
        "impact",
        "sla",
        "isInSla",
        "respondByGoalUTC",
        "resolutionGoalUTC",
        "dateResponded",
        "dateResolved",
    }
)


class Work:
    """Everything that tickets and time entries point at, looked up once."""

    def __init__(self, world: World) -> None:
        self.clients = {client.key: company_reference(client) for client in world.clients if client.connectwise}
        self.boards = {board.id: reference("service/boards", board.id, board.name) for board in world.boards}
        self.statuses = {
            status.id: reference("service/statuses", status.id, status.name) for status in world.board_statuses
        }
        self.closed = frozenset(status.id for status in world.board_statuses if status.is_closed)
        self.new = frozenset(status.id for status in world.board_statuses if status.is_default)
        self.staff = {person.identifier: member_reference(person) for person in world.staff}
        self.hourly_costs = {person.identifier: person.hourly_cost for person in world.staff}
        self.agreements = {one.id: agreement_reference(one) for one in world.agreements}
        kinds = {kind.id: kind.name for kind in world.agreement_types}
        self.agreement_types = {one.id: kinds[one.type_id] for one in world.agreements}
        self.summaries = {ticket.id: ticket.summary for ticket in world.tickets}
        self.sorting = Sorting(world)
        self.sources = numbered(ticket.source for ticket in world.tickets)
        self.work_types = numbered(entry.work_type for entry in world.time_entries)
        self.children: dict[int, list[datetime]] = defaultdict(list)
        self.merged: dict[int, list[datetime]] = defaultdict(list)
        for ticket in world.tickets:
            if ticket.parent_id is not None:
                self.children[ticket.parent_id].append(ticket.entered_at)
            if ticket.merged_into_id is not None and ticket.merged_at is not None:
                self.merged[ticket.merged_into_id].append(ticket.merged_at)

    def ticket(self, one: Ticket, now: datetime) -> Members:
        """A service or project ticket."""
        state = certain(one.state_at(now), f"ticket {one.id} has no state when it is entered")
        closed_at = one.closed_at(now, self.closed)
        has_children = any(at <= now for at in self.children.get(one.id, ()))
        has_merged = any(at <= now for at in self.merged.get(one.id, ()))
        is_merged = one.merged_at is not None and one.merged_at <= now
        joined = [at for at in (*self.children.get(one.id, ()), *self.merged.get(one.id, ())) if at <= now]
        updated_at = max([one.updated_at(now), *joined])
        return {
            "id": one.id,
            "summary": one.summary,
            "recordType": one.record_type,
            "board": self.boards[state.board_id],
            "status": self.statuses[state.status_id],
            "company": self.clients[one.client_key] if one.client_key else None,
            "contactName": one.contact_name,
            "type": self.sorting.type_reference(state.board_id, one.type_name) if one.type_name else None,
            "subType": self.sorting.subtype_reference(state.board_id, one),
            "item": self.sorting.item_reference(state.board_id, one),
            "owner": self.staff[state.owner] if state.owner else None,
            "priority": self.sorting.priority_reference(one.priority),
            "source": {"id": self.sources[one.source], "name": one.source},
            "agreement": self.agreements[one.agreement_id] if one.agreement_id else None,
            "agreementType": self.agreement_types[one.agreement_id] if one.agreement_id else None,
            "severity": "Medium",
            "impact": "Medium",
            "closedDate": utc_text(closed_at) if closed_at else None,
            "closedBy": state.owner if closed_at else None,
            "closedFlag": closed_at is not None,
            "resources": state.owner,
            **self.service_level(one, now, closed_at),
            "parentTicketId": one.parent_id,
            "hasChildTicket": has_children,
            "hasMergedChildTicketFlag": has_merged,
            "mergedParentTicket": (
                {"id": one.merged_into_id, "summary": self.summaries.get(one.merged_into_id, "")}
                if is_merged and one.merged_into_id is not None
                else None
            ),
            "location": LOCATION,
            "department": SERVICE_DEPARTMENT,
            "_info": info(
                updated_at,
                state.owner or one.entered_by,
                dateEntered=utc_text(one.entered_at),
                enteredBy=one.entered_by,
            ),
        }

    def service_level(self, one: Ticket, now: datetime, closed_at: datetime | None) -> Members:
        """What was promised for a ticket under an agreement, and when it was kept. Nothing is known of the others."""
        promise = promise_of(one)
        if promise is None:
            return {}
        responded_at = next((s.at for s in one.history if s.at <= now and s.status_id not in self.new), None)
        in_time = responded_at is not None and responded_at <= promise.respond_by
        return {
            "sla": reference("service/SLAs", 1, promise.name),
            "respondByGoalUTC": utc_text(promise.respond_by),
            "resolutionGoalUTC": utc_text(promise.resolve_by),
            "dateResponded": utc_text(responded_at) if responded_at else None,
            "dateResolved": utc_text(closed_at) if closed_at else None,
            "isInSla": in_time and closed_at <= promise.resolve_by if closed_at else None,
        }

    def project_ticket(self, one: Ticket, now: datetime) -> Members:
        """A project's ticket, whose model lacks parents, merges and service levels."""
        shared = {name: value for name, value in self.ticket(one, now).items() if name not in SERVICE_ONLY}
        return {
            **shared,
            "isIssueFlag": one.record_type == "ProjectIssue",
            "project": {"id": PROJECTS_FROM + one.id, "name": one.summary},
            "phase": {"id": PHASES_FROM + one.id, "name": "Delivery"},
            "wbsCode": "1.1",
        }

    def time_entry(self, one: TimeEntry, now: datetime) -> Members:
        """Time booked on a ticket, a charge code or a company."""
        state = certain(one.state_at(now), f"time entry {one.id} has no state when it is entered")
        lasted = Decimal((one.ended_at - one.started_at) // timedelta(seconds=1)) / 3600
        deducted = (lasted - state.hours).quantize(Decimal("0.01"))
        is_ticket = one.charge_to_type in ("ServiceTicket", "ProjectTicket")
        return {
            "id": one.id,
            "company": self.clients[one.client_key] if one.client_key else None,
            "companyType": "Client" if one.client_key else None,
            "chargeToId": one.charge_to_id,
            "chargeToType": one.charge_to_type,
            "member": self.staff[one.member],
            "workType": {"id": self.work_types[one.work_type], "name": one.work_type},
            "agreement": self.agreements[one.agreement_id] if one.agreement_id else None,
            "agreementType": self.agreement_types[one.agreement_id] if one.agreement_id else None,
            "timeStart": utc_text(one.started_at),
            "timeEnd": utc_text(one.ended_at),
            "hoursDeduct": number(deducted) if deducted > 0 else None,
            "actualHours": number(state.hours),
            "hoursBilled": number(billed(one, state.hours)),
            "billableOption": one.billable_option,
            "notes": one.notes or None,
            "hourlyCost": f"{self.hourly_costs[one.member]:.2f}",
            "enteredBy": one.member,
            "dateEntered": utc_text(one.entered_at),
            "status": state.status,
            "ticket": {"id": one.charge_to_id, "summary": self.summaries.get(one.charge_to_id, "")}
            if is_ticket
            else None,
            "invoiceReady": int(state.status in ("Billed", "BilledAgreement", "ReadyToBill")),
            "_info": info(one.updated_at(now), one.member),
        }


def billed(one: TimeEntry, hours: Decimal) -> Decimal:
    """What is billed of the hours worked: quarters of an hour that were begun, and nothing of what nobody pays."""
    return (hours * 4).to_integral_value(ROUND_CEILING) / 4 if one.billable_option == "Billable" else Decimal(0)


def member_reference(person: Staff) -> Members:
    """How other records point at a member."""
    name = f"{person.first_name} {person.last_name}"
    return reference("system/members", person.id, name, identifier=person.identifier)


def agreement_reference(one: Agreement) -> Members:
    """How other records point at an agreement."""
    return reference("finance/agreements", one.id, one.name)


def numbered(names: Any) -> dict[str, int]:
    """Ids for things that the world knows by name only."""
    return {name: place for place, name in enumerate(sorted(set(names)), start=1)}
