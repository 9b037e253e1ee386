"""Draws all that ConnectWise holds beside the service desk, from what the desk and the agreements are already."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from sandbox.world.boards import PROJECTS, status_id
from sandbox.world.calendar import at, first_day, months
from sandbox.world.contacts import make_contacts
from sandbox.world.parties import Client, Staff
from sandbox.world.pipeline import DELETED_COMPANY, DELETED_COMPANY_AT, MEETING, make_activities, make_opportunities
from sandbox.world.psa import Listed, Psa
from sandbox.world.psa_invoices import make_psa_invoices
from sandbox.world.satisfaction import make_survey_answers
from sandbox.world.schedule import make_schedule_entries
from sandbox.world.service import Addition, Agreement, Ticket, TicketState

CLEARED_OUT_AT = at(date(2026, 6, 24), 10, 25)
"""When somebody deleted one contact, opportunity, call, calendar entry and invoice."""
DELETED_AFTER = timedelta(days=21, hours=2)
FIRST_MISTAKE = 90_001
QUIET = "Priority 3 - Normal Response"


T = TypeVar("T", bound=Listed)


def make_psa(
    seed: int, *, clients: tuple[Client, ...], staff: tuple[Staff, ...], tickets: tuple[Ticket, ...],
    agreements: tuple[Agreement, ...], additions: tuple[Addition, ...],
) -> Psa:  # fmt: skip
    """Everything of a seed; draws from streams of its own, so that nothing drawn before moves."""
    opportunities = make_opportunities(seed, clients, staff, agreements)
    activities = make_activities(seed, clients, staff, opportunities)
    meetings = frozenset(one.id for one in activities if one.type_id == MEETING)  # those stand in the calendar too
    return Psa(
        contacts=_less_one(make_contacts(seed, clients)),
        opportunities=_less_one(opportunities),
        activities=_less_one(activities, spared=meetings),
        schedule_entries=_less_one(make_schedule_entries(seed, tickets, activities)),
        invoices=_less_one(make_psa_invoices(seed, agreements, additions)),
        survey_answers=make_survey_answers(seed, clients, tickets),
        deleted_companies=((DELETED_COMPANY, DELETED_COMPANY_AT),),
        mistaken_tickets=tuple(_mistaken_tickets(clients)),
    )


def _less_one(records: tuple[T, ...], spared: frozenset[int] = frozenset()) -> tuple[T, ...]:
    """The same, the last one from before the known deletion's month being deleted at that instant."""
    month = CLEARED_OUT_AT - timedelta(days=40)
    stays = [one for one in records if one.created_at < month and one.deleted_at is None and one.id not in spared]
    return tuple(replace(one, deleted_at=CLEARED_OUT_AT) if one is stays[-1] else one for one in records)


def _mistaken_tickets(clients: tuple[Client, ...]) -> Iterator[Ticket]:
    """One a month. They are no tickets of the world's own, so that nothing that is counted there moves."""
    known = [client for client in clients if client.kind == "client" and client.connectwise is not None]
    for index, period in enumerate(months()):
        entered = at(first_day(period) + timedelta(days=4), 10, 15)
        yield Ticket(
            id=FIRST_MISTAKE + index,
            client_key=known[index % len(known)].key,
            summary="Entered twice",
            record_type="ProjectTicket",
            entered_at=entered,
            entered_by="portal",
            source="Phone",
            priority=QUIET,
            type_name="Account",
            contact_name=None,
            agreement_id=None,
            parent_id=None,
            merged_into_id=None,
            merged_at=None,
            deleted_at=entered + DELETED_AFTER,
            history=(TicketState(entered, PROJECTS, status_id(PROJECTS, "New"), None),),
        )
