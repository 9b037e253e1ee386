"""Draws the calendar: time set aside for tickets and for meetings, moved now and then, done or deleted."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.world.draws import chance, draws
from sandbox.world.pipeline import MEETING
from sandbox.world.psa import Activity, Booking, ScheduleEntry
from sandbox.world.service import Ticket

FIRST_ID = 30_101
TICKET_SHARE = 0.14


def make_schedule_entries(
    seed: int, tickets: tuple[Ticket, ...], activities: tuple[Activity, ...]
) -> tuple[ScheduleEntry, ...]:
    """An entry for some tickets when they are taken up, and one for every meeting."""
    draw = draws(seed, "psa schedule")
    drawn = [*_for_tickets(draw, tickets), *map(_for_meeting, (one for one in activities if one.type_id == MEETING))]
    ordered = sorted(drawn, key=lambda one: one.created_at)
    return tuple(replace(one, id=FIRST_ID + index) for index, one in enumerate(ordered))


def _for_tickets(draw: random.Random, tickets: tuple[Ticket, ...]) -> Iterator[ScheduleEntry]:
    for ticket in tickets:
        taken_up = next((state for state in ticket.history if state.owner is not None), None)
        if ticket.record_type != "ServiceTicket" or ticket.client_key is None or not chance(draw, TICKET_SHARE):
            continue
        if taken_up is None or taken_up.owner is None:
            continue
        history = [_booking(draw, taken_up.at)]
        if chance(draw, 0.2):
            history.append(_booking(draw, taken_up.at + timedelta(minutes=draw.randrange(10, 600))))
        done = history[-1].ends_at + timedelta(minutes=draw.randrange(1, 90))
        deleted = ticket.deleted_at or (done + timedelta(days=2) if chance(draw, 0.03) else None)
        yield ScheduleEntry(
            id=0,
            kind="S",
            object_id=ticket.id,
            client_key=ticket.client_key,
            member=taken_up.owner,
            name=f"{ticket.client_key.title()} / Ticket #{ticket.id} / {ticket.summary}",
            done_at=done,
            history=tuple(history),
            created_at=taken_up.at,
            deleted_at=deleted,
            changed_at=(*(one.at for one in history), done),
        )


def _booking(draw: random.Random, known: datetime) -> Booking:
    starts = known.replace(minute=0, second=0) + timedelta(hours=draw.randrange(24, 72))
    return Booking(known, starts, starts + timedelta(minutes=draw.choice((30, 60, 90, 120))))


def _for_meeting(activity: Activity) -> ScheduleEntry:
    return ScheduleEntry(
        id=0,
        kind="C",
        object_id=activity.id,
        client_key=activity.client_key,
        member=activity.member,
        name=f"{activity.client_key.title()} / {activity.name}",
        done_at=activity.closed_at,
        history=(Booking(activity.created_at, activity.starts_at, activity.ends_at),),
        created_at=activity.created_at,
        deleted_at=activity.deleted_at,
        changed_at=(activity.closed_at,),
    )
