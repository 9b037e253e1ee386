"""Draws the time entries: work on tickets and elsewhere, entered late, corrected later, approved and billed."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.world.boards import ALERTS, PROJECTS
from sandbox.world.calendar import DEFAULT_NOW, at, first_day, following, months, office_instant, starts_at, workdays
from sandbox.world.desk import agreement_on
from sandbox.world.draws import chance, draws, whole
from sandbox.world.parties import Client, Staff
from sandbox.world.service import Agreement, Ticket, TimeEntry, TimeEntryState

FIRST_ID = 88_014
QUARTERS = (1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 6)  # of an hour, on a reactive ticket
LATE_DAYS = (1, 1, 2, 3, 6, 9)
CHARGE_CODES = (3, 4, 7)


@dataclass
class Work:
    """A time entry while it is being drawn."""

    charge_to: tuple[str, int]
    client_key: str | None
    member: str
    started_at: datetime
    entered_at: datetime
    hours: Decimal
    deleted_at: datetime | None = None
    agreement_id: int | None = None


def make_time_entries(
    seed: int, clients: tuple[Client, ...], staff: tuple[Staff, ...], tickets: tuple[Ticket, ...],
    agreements: tuple[Agreement, ...],
) -> tuple[TimeEntry, ...]:  # fmt: skip
    """Every time entry until the world's last month is over."""
    draw = draws(seed, "timesheets")
    technicians = [person for person in staff if person.is_technical]
    by_client: dict[str | None, list[Agreement]] = {}
    for agreement in agreements:
        by_client.setdefault(agreement.client_key, []).append(agreement)
    works: list[Work] = []
    for ticket in tickets:
        works += _on_ticket(draw, ticket, technicians)
    for period in months():
        works += _at_the_edges(draw, period, tickets, technicians)
        works += _elsewhere(draw, period, tickets, clients, technicians)
    horizon = starts_at(following(months()[-1]))
    ordered = sorted((work for work in works if work.entered_at < horizon), key=lambda work: work.entered_at)
    for work in ordered:
        work.agreement_id = agreement_on(by_client.get(work.client_key, []), work.started_at.date())
    return tuple(_entry(draw, FIRST_ID + index, work) for index, work in enumerate(ordered))


def _on_ticket(draw: random.Random, ticket: Ticket, technicians: list[Staff]) -> list[Work]:
    """Work while the ticket was open: about three entries on two tickets, fewer on alerts, long ones on projects."""
    board = ticket.history[-1].board_id
    is_project = ticket.record_type == "ProjectTicket"
    expected = 2.0 if is_project else 0.25 if board == ALERTS else 0.9 if board == PROJECTS else 1.45
    begins, ends = ticket.entered_at, ticket.history[-1].at
    works = []
    for _ in range(whole(draw, expected)):
        started = begins + (ends - begins) * draw.random() * 0.8
        entered = started + timedelta(minutes=draw.randrange(20, 200))
        if chance(draw, 0.13):
            entered = office_instant(draw, (started + timedelta(days=draw.choice(LATE_DAYS))).date())
        quarters = draw.randrange(4, 25) if is_project else draw.choice(QUARTERS)
        hours = Decimal(quarters) / 4 if not chance(draw, 0.08) else Decimal(draw.randrange(1, 30)) / 10
        works.append(
            Work(
                charge_to=("ProjectTicket" if is_project else "ServiceTicket", ticket.id),
                client_key=ticket.client_key,
                member=_member(draw, technicians, started),
                started_at=started.replace(microsecond=0),
                entered_at=max(entered, started).replace(microsecond=0),
                hours=hours,
                deleted_at=ticket.deleted_at,
            )
        )
    return works


def _at_the_edges(
    draw: random.Random, period: str, tickets: tuple[Ticket, ...], technicians: list[Staff]
) -> list[Work]:
    """Entered at the first instant and in the last second of the month."""
    works = []
    for entered in (starts_at(period), starts_at(following(period)) - timedelta(seconds=1)):
        recent = _entered_before(tickets, entered, 30)
        ticket = draw.choice(recent)
        started = entered - timedelta(hours=2)
        member = _member(draw, technicians, started)
        charge_to = ("ServiceTicket", ticket.id)
        works.append(Work(charge_to, ticket.client_key, member, started, entered, Decimal("0.75")))
    return works


def _elsewhere(
    draw: random.Random, period: str, tickets: tuple[Ticket, ...], clients: tuple[Client, ...], technicians: list[Staff]
) -> list[Work]:
    """Time on charge codes, companies and activities; some of those ids are also ids of help desk tickets."""
    works = []
    known = [client for client in clients if client.connectwise is not None and client.kind == "client"]
    clashing = _entered_before(tickets, starts_at(following(period)), 200)
    for index in range(whole(draw, 34.0)):
        client = draw.choice(known)
        day = draw.choice(workdays(period))
        kind = draw.choice(("ChargeCode", "ChargeCode", "Company", "Activity"))
        identity = draw.choice(CHARGE_CODES)
        if kind == "Company" and client.connectwise is not None:
            identity = client.connectwise.number
        elif kind == "Activity" or index == 0:
            kind, identity = "Activity", draw.choice(clashing).id
        started = office_instant(draw, day)
        hours = Decimal(draw.randrange(1, 13)) / 4
        key = None if kind == "ChargeCode" else client.key
        entered = started + timedelta(hours=3)
        works.append(Work((kind, identity), key, _member(draw, technicians, started), started, entered, hours))
    return works


def _entered_before(tickets: tuple[Ticket, ...], instant: datetime, count: int) -> list[Ticket]:
    """The last service tickets entered before an instant that nobody deleted."""
    low, high = 0, len(tickets)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if tickets[middle].entered_at < instant else (low, middle)
    recent = tickets[max(0, low - count) : low]
    return [ticket for ticket in recent if ticket.deleted_at is None and ticket.record_type == "ServiceTicket"]


def _member(draw: random.Random, technicians: list[Staff], instant: datetime) -> str:
    return draw.choice([person for person in technicians if person.employed_on(instant.date())]).identifier


def _entry(draw: random.Random, identity: int, work: Work) -> TimeEntry:
    """Open, approved some days later, billed on the second of the next month; now and then corrected in between."""
    states = [TimeEntryState(work.entered_at, work.hours, "Open")]
    approved = work.entered_at + timedelta(days=draw.randrange(1, 6), hours=1)
    hours = work.hours
    if chance(draw, 0.025):
        hours = max(Decimal("0.25"), hours + Decimal(draw.choice((-2, -1, 1, 2, 4))) / 4)
        states.append(TimeEntryState(approved - timedelta(minutes=9), hours, "ErrorsCorrected"))
    states.append(TimeEntryState(approved, hours, "ApprovedByTierOne"))
    billing = at(first_day(following(f"{approved:%Y-%m}")), 22, 15) + timedelta(days=1)
    states.append(TimeEntryState(billing, hours, "BilledAgreement" if work.agreement_id else "Billed"))
    deleted = work.deleted_at
    if deleted is None and chance(draw, 0.003):
        deleted = approved + timedelta(days=draw.randrange(1, 40))
    return TimeEntry(
        id=identity,
        client_key=work.client_key,
        charge_to_type=work.charge_to[0],
        charge_to_id=work.charge_to[1],
        member=work.member,
        started_at=work.started_at,
        ended_at=work.started_at + timedelta(minutes=int(work.hours * 60)),
        entered_at=work.entered_at,
        billable_option="Billable" if work.charge_to[0] in ("ServiceTicket", "ProjectTicket") else "DoNotBill",
        work_type=draw.choice(("Remote", "Remote", "On-Site")),
        notes="Worked with the user until it held.",
        agreement_id=work.agreement_id,
        deleted_at=deleted,
        history=tuple(state for state in states if state.at <= DEFAULT_NOW + timedelta(days=60)),
    )
