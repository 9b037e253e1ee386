"""How tickets were served: their lives, the backlog, service levels, satisfaction and hours, by month.

Counts are per client key; a ticket of no company belongs to ``unassigned``, and ``all`` is the whole business.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.truth.months import complete_months, last_second, month_of
from sandbox.truth.operations import UNASSIGNED
from sandbox.world.entities import Ticket, TimeEntry, World, promise_of

ALL = "all"
HOUR, DAY = 3600, 86_400
POINTS = (5, 4, 3, 2, 1)
"""Of the answers in their order."""
CONTENT = Decimal("0.8")


@dataclass(frozen=True)
class Life:
    """What can be known of one ticket at an instant."""

    ticket: Ticket
    client: str
    board: str
    technician: str | None
    is_reactive: bool
    responded_at: datetime | None
    shut_at: datetime | None
    """When it went into the closing status it is in; whether that status counts is another question."""
    closed_at: datetime | None
    is_sla_met: bool | None


def lives(world: World, now: datetime) -> dict[int, Life]:
    """Every service ticket that exists at the instant, by id."""
    boards = {board.id: board.name for board in world.boards}
    statuses = {status.id: status for status in world.board_statuses}
    begun: dict[int, datetime] = {}
    for entry in entries(world, now):
        if entry.charge_to_type == "ServiceTicket":
            begun[entry.charge_to_id] = min(entry.started_at, begun.get(entry.charge_to_id, entry.started_at))
    found = {}
    for ticket in world.tickets:
        is_gone = ticket.entered_at > now or (ticket.deleted_at is not None and ticket.deleted_at <= now)
        if is_gone or ticket.record_type != "ServiceTicket":
            continue
        states = [state for state in ticket.history if state.at <= now]
        shut_at = None
        for state in reversed(states):
            if not statuses[state.status_id].is_closed:
                break
            shut_at = state.at
        counts = statuses[states[-1].status_id].name in world.closed_statuses
        taken_up = next((s.at for s in states if statuses[s.status_id].name != "New"), None)
        promised_at = taken_up if promise_of(ticket) else None
        work = max(begun[ticket.id], ticket.entered_at) if ticket.id in begun else None
        found[ticket.id] = Life(
            ticket=ticket,
            client=ticket.client_key or UNASSIGNED,
            board=boards[states[-1].board_id],
            technician=states[-1].owner,
            is_reactive=boards[states[-1].board_id] == world.service_board and ticket.parent_id is None,
            responded_at=promised_at or work,
            shut_at=shut_at,
            closed_at=shut_at if counts else None,
            is_sla_met=kept(ticket, promised_at or shut_at, shut_at, now, is_closed=counts),
        )
    return found


def kept(
    ticket: Ticket, answered_at: datetime | None, solved_at: datetime | None, now: datetime, *, is_closed: bool
) -> bool | None:
    """Whether what was promised for a ticket was kept; None where nothing was, or nothing is decided yet."""
    promise = promise_of(ticket)
    if promise is None:
        return None
    for deed, goal in ((answered_at, promise.respond_by), (solved_at, promise.resolve_by)):
        if (deed or now) > goal:
            return False
    return True if is_closed else None


def entries(world: World, now: datetime) -> Iterator[TimeEntry]:
    """The time entries that exist at the instant."""
    for entry in world.time_entries:
        if entry.entered_at <= now and (entry.deleted_at is None or entry.deleted_at > now):
            yield entry


def ticket_months(world: World, now: datetime) -> dict[tuple[str, str, str, str, str], dict[str, Decimal]]:
    """Tickets and hours by client, board, type, technician and month, where there are any."""
    zone = ZoneInfo(world.time_zone)
    months = set(complete_months(world, now))
    known = lives(world, now)
    found: dict[tuple[str, str, str, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for life in known.values():
        where = (life.client, life.board, life.ticket.type_name or "untyped", life.technician or UNASSIGNED)
        for name, instant in (("created", life.ticket.entered_at), ("closed", life.closed_at)):
            if instant is not None:
                found[*where, month_of(instant, zone)][f"tickets_{name}"] += 1
                found[*where, month_of(instant, zone)][f"reactive_tickets_{name}"] += life.is_reactive
    for entry in entries(world, now):
        hours = [state.hours for state in entry.history if state.at <= now][-1]
        on = known.get(entry.charge_to_id) if entry.charge_to_type == "ServiceTicket" else None
        if on is not None:
            place = (on.client, on.board, on.ticket.type_name or "untyped")
        else:
            missing = "unknown" if entry.charge_to_type == "ServiceTicket" else "no ticket"
            place = (entry.client_key or UNASSIGNED, missing, missing)
        figures = found[*place, entry.member, month_of(entry.entered_at, zone)]
        figures["time_entries"] += 1
        figures["hours_actual"] += hours
        figures["reactive_hours"] += hours if on is not None and on.board == world.service_board else 0
        if entry.billable_option == "Billable":
            figures["hours_billed"] += (hours * 4).to_integral_value(ROUND_CEILING) / 4
    return {key: figures for key, figures in found.items() if key[-1] in months}


def backlog(world: World, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """Reactive tickets open at the end of each month, by month and client, where there are any."""
    zone = ZoneInfo(world.time_zone)
    reactive = [life for life in lives(world, now).values() if life.is_reactive]
    found = {}
    for period in complete_months(world, now):
        end = last_second(period, zone) + timedelta(seconds=1)
        ages: dict[str, list[int]] = defaultdict(list)
        for life in reactive:
            if life.ticket.entered_at < end and (life.closed_at is None or life.closed_at >= end):
                age = int((end - life.ticket.entered_at).total_seconds())
                ages[life.client].append(age)
                ages[ALL].append(age)
        for client, seconds in ages.items():
            found[period, client] = {
                "open_tickets": len(seconds),
                "under_7_days": sum(age < 7 * DAY for age in seconds),
                "from_7_to_30_days": sum(7 * DAY <= age < 30 * DAY for age in seconds),
                "from_30_to_90_days": sum(30 * DAY <= age < 90 * DAY for age in seconds),
                "from_90_days": sum(age >= 90 * DAY for age in seconds),
                "median_age_days": middle(seconds, DAY),
                "oldest_age_days": rounded(Decimal(max(seconds)) / DAY, 2),
            }
    return found


def service_months(world: World, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """How the tickets of each month were served, by month and client, where there were any."""
    zone = ZoneInfo(world.time_zone)
    known = lives(world, now)
    lists: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))

    def note(instant: datetime, client: str, name: str, what: Any) -> None:
        for scope in (client, ALL):
            lists[month_of(instant, zone), scope][name].append(what)

    for life in known.values():
        if not life.is_reactive:
            continue
        entered = life.ticket.entered_at
        note(entered, life.client, "created", 1)
        if life.responded_at is not None:
            note(entered, life.client, "responses", int((life.responded_at - entered).total_seconds()))
        if life.closed_at is not None:
            note(life.closed_at, life.client, "solutions", int((life.closed_at - entered).total_seconds()))
            if life.is_sla_met is not None:
                note(life.closed_at, life.client, "promises", life.is_sla_met)
    for answer in world.psa.survey_answers:
        about = known.get(answer.ticket_id)
        if answer.created_at <= now and about is not None and about.shut_at is not None:
            note(about.shut_at, about.client, "answers", POINTS[answer.option])
    months = set(complete_months(world, now))
    return {key: _served(noted) for key, noted in lists.items() if key[0] in months}


def _served(noted: dict[str, list[Any]]) -> dict[str, Any]:
    answers = [Decimal(points) / max(POINTS) for points in noted["answers"]]
    content = sum(score >= CONTENT for score in answers)
    return {
        "tickets_created": len(noted["created"]),
        "tickets_closed": len(noted["solutions"]),
        "tickets_answered": len(noted["responses"]),
        "median_response_hours": middle(noted["responses"], HOUR),
        "median_resolution_hours": middle(noted["solutions"], HOUR),
        "sla_decided": len(noted["promises"]),
        "sla_met": sum(noted["promises"]),
        "sla_met_pct": share(sum(noted["promises"]), len(noted["promises"])),
        "csat_answers": len(answers),
        "csat_satisfied": content,
        "csat_pct": share(content, len(answers)),
        "csat_score": rounded(sum(answers, Decimal(0)) / len(answers), 4) if answers else None,
    }


def rounded(value: Decimal, scale: int) -> Decimal:
    """The value with so many decimals, a tie going to the even one."""
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN)


def middle(seconds: Iterable[int], unit: int) -> Decimal | None:
    """The median in units of so many seconds; None of nothing."""
    drawn = [Decimal(one) for one in seconds]
    return rounded(median(drawn) / unit, 2) if drawn else None


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A part as a fraction of the whole; None of nothing."""
    return rounded(Decimal(part) / Decimal(whole), 4) if whole else None
