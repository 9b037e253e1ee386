"""Draws what the sales staff does: opportunities through their stages, and the calls and meetings about them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from sandbox.world.calendar import at, months, next_workday, office_instant, starts_at, workdays
from sandbox.world.draws import chance, draws
from sandbox.world.parties import Client, Staff
from sandbox.world.psa import Activity, Opportunity, OpportunityState
from sandbox.world.service import Agreement

FIRST_OPPORTUNITY, FIRST_ACTIVITY = 901, 12_301
TYPES = {1: "New Business", 2: "Upsell", 3: "Renewal", 4: "Project"}
STAGES = {1: "1. Prospect", 2: "2. Qualified", 3: "3. Proposal", 4: "4. Decision"}
OPEN, WON, LOST = 1, 2, 3
STATUSES = {OPEN: "Open", WON: "Won", LOST: "Lost"}
PROBABILITIES = {1: 10, 2: 25, 3: 50, 4: 75}
ACTIVITY_TYPES = {1: "Call", 2: "Meeting", 3: "Email"}
CALL, MEETING = 1, 2
TITLES = ("Sales Representative", "Account Manager", "Owner")
OFFERS = ("Second internet line", "Phone system", "Laptop refresh", "Security training", "Cloud backup", "New firewall")
DELETED_COMPANY = "ottermead"
DELETED_COMPANY_AT = at(date(2026, 6, 24), 10, 20)


def make_opportunities(
    seed: int, clients: tuple[Client, ...], staff: tuple[Staff, ...], agreements: tuple[Agreement, ...]
) -> tuple[Opportunity, ...]:
    """One won for every agreement signed within the months, and others that were won, lost or are still open."""
    draw = draws(seed, "psa opportunities")
    drawn: list[Opportunity] = []
    for agreement in agreements:
        if agreement.created_at >= starts_at(months()[0]):
            begun = office_instant(draw, next_workday(agreement.created_at.date() - timedelta(days=70)))
            rep = _rep(draw, staff, begun.date())
            won = agreement.created_at
            drawn.append(_opportunity(draw, agreement.client_key, agreement.name, 1, rep=rep, begun=begun, won=won))
    for client in clients:
        if client.connectwise is None or client.kind not in ("client", "prospect"):
            continue
        for period in months()[::3]:
            day = draw.choice(workdays(period))
            is_there = client.connectwise.created_at.date() < day and (client.lost_on is None or day < client.lost_on)
            if chance(draw, 0.7) and is_there:
                begun = office_instant(draw, day)
                name = f"{draw.choice(OFFERS)} - {client.name}"
                rep = _rep(draw, staff, day)
                drawn.append(_opportunity(draw, client.key, name, 2, rep=rep, begun=begun, won=None))
    ordered = sorted(drawn, key=lambda one: one.created_at)
    return tuple(replace(one, id=FIRST_OPPORTUNITY + index) for index, one in enumerate(ordered))


def _opportunity(
    draw: random.Random, client_key: str, name: str, type_id: int, *, rep: str, begun: datetime, won: datetime | None
) -> Opportunity:
    """Two weeks or so a stage; without `won` it ends in a draw of lots, or is left open."""
    history = [OpportunityState(begun, 1, OPEN, PROBABILITIES[1])]
    for stage in (2, 3, 4):
        moved = history[-1].at + timedelta(days=draw.randrange(6, 22), minutes=draw.randrange(300))
        if (won is not None and moved >= won) or chance(draw, 0.12):
            break
        history.append(OpportunityState(moved, stage, OPEN, PROBABILITIES[stage]))
    closed = won or history[-1].at + timedelta(days=draw.randrange(3, 40), hours=1)
    if won is not None or chance(draw, 0.85):
        is_won = won is not None or chance(draw, 0.45)
        history.append(OpportunityState(closed, history[-1].stage_id, WON if is_won else LOST, 100 if is_won else 0))
    deleted = history[-1].at + timedelta(days=draw.randrange(5, 60)) if won is None and chance(draw, 0.06) else None
    return Opportunity(
        id=0,
        client_key=client_key,
        name=name,
        type_id=type_id,
        rep=rep,
        expected_on=begun.date() + timedelta(days=60),
        created_at=begun,
        deleted_at=deleted,
        changed_at=tuple(state.at for state in history),
        history=tuple(history),
    )


def make_activities(
    seed: int, clients: tuple[Client, ...], staff: tuple[Staff, ...], opportunities: tuple[Opportunity, ...]
) -> tuple[Activity, ...]:
    """Calls about opportunities, and a review with each client once a quarter."""
    draw = draws(seed, "psa activities")
    drawn = [one for opportunity in opportunities for one in _calls(draw, opportunity)]
    for client in clients:
        for period in months()[::3]:
            day = draw.choice(workdays(period))
            if client.kind == "client" and client.connectwise is not None and client.served_on(day):
                starts = office_instant(draw, day)
                rep = _rep(draw, staff, day)
                name = f"Business review {period}"
                drawn.append(_activity(draw, client.key, name, MEETING, member=rep, about=None, starts=starts))
    ordered = sorted(drawn, key=lambda one: one.created_at)
    return tuple(replace(one, id=FIRST_ACTIVITY + index) for index, one in enumerate(ordered))


def _calls(draw: random.Random, about: Opportunity) -> Iterator[Activity]:
    for state in about.history:
        if chance(draw, 0.8):
            kind = draw.choice((CALL, CALL, MEETING, 3))
            starts = state.at + timedelta(days=draw.randrange(1, 5), hours=1)
            name = f"Talk about {about.name}"
            yield _activity(draw, about.client_key, name, kind, member=about.rep, about=about, starts=starts)


def _activity(
    draw: random.Random,
    client_key: str,
    name: str,
    type_id: int,
    *,
    member: str,
    about: Opportunity | None,
    starts: datetime,
) -> Activity:
    created = starts - timedelta(days=draw.randrange(1, 9), minutes=draw.randrange(60))
    if about is not None:
        created = max(created, about.created_at)
    ends = starts + timedelta(minutes=draw.choice((15, 30, 60)))
    closed = ends + timedelta(minutes=draw.randrange(2, 2000))
    deleted = created + timedelta(hours=20) if chance(draw, 0.03) else None
    return Activity(
        id=0,
        client_key=client_key,
        name=name,
        type_id=type_id,
        member=member,
        opportunity_id=about.id if about else None,
        starts_at=starts,
        ends_at=ends,
        closed_at=closed,
        created_at=created,
        deleted_at=deleted,
        changed_at=(closed,),
    )


def _rep(draw: random.Random, staff: tuple[Staff, ...], day: date) -> str:
    """Somebody who sells, employed on the day."""
    return draw.choice([one for one in staff if one.title in TITLES and one.employed_on(day)]).identifier
