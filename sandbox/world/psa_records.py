"""Draws all that ConnectWise holds beside the service desk, from what the desk and the agreements are already."""

from datetime import datetime, timedelta

from sandbox.world.contacts import make_contacts
from sandbox.world.parties import Client, Staff
from sandbox.world.pipeline import DELETED_COMPANY, DELETED_COMPANY_AT, make_activities, make_opportunities
from sandbox.world.psa import Psa
from sandbox.world.psa_invoices import make_psa_invoices
from sandbox.world.satisfaction import make_survey_answers
from sandbox.world.schedule import make_schedule_entries
from sandbox.world.service import Addition, Agreement, Ticket, TimeEntry

DELETED_AFTER = timedelta(days=21, hours=2)


def make_psa(
    seed: int, *, clients: tuple[Client, ...], staff: tuple[Staff, ...], tickets: tuple[Ticket, ...],
    time_entries: tuple[TimeEntry, ...], agreements: tuple[Agreement, ...], additions: tuple[Addition, ...],
) -> Psa:  # fmt: skip
    """Everything of a seed; draws from streams of its own, so that nothing drawn before moves."""
    opportunities = make_opportunities(seed, clients, staff, agreements)
    activities = make_activities(seed, clients, staff, opportunities)
    return Psa(
        contacts=make_contacts(seed, clients),
        opportunities=opportunities,
        activities=activities,
        schedule_entries=make_schedule_entries(seed, tickets, activities),
        invoices=make_psa_invoices(seed, agreements, additions),
        survey_answers=make_survey_answers(seed, clients, tickets),
        deleted_companies=((DELETED_COMPANY, DELETED_COMPANY_AT),),
        deleted_project_tickets=_deleted_project_tickets(tickets, time_entries),
    )


def _deleted_project_tickets(
    tickets: tuple[Ticket, ...], time_entries: tuple[TimeEntry, ...]
) -> tuple[tuple[int, datetime], ...]:
    """Every third of those that nobody worked on; ConnectWise deletes no ticket that has time."""
    worked_on = {entry.charge_to_id for entry in time_entries if entry.charge_to_type == "ProjectTicket"}
    idle = [one for one in tickets if one.record_type != "ServiceTicket" and one.id not in worked_on]
    return tuple((one.id, one.entered_at + DELETED_AFTER) for one in idle[::3])
