"""Draws the PSA's tickets: who called, which board, every status on the way, and all that makes counting them hard.

Among them are tickets entered and closed in the first and the last second of months, tickets moved between boards long
after, reopened, merged, deleted, with children, without a company, and closed in ways that do not count.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sandbox.world.boards import ALERTS, CLOSING, DUBIOUS, HELP_DESK, PROJECTS, status_id
from sandbox.world.calendar import days_of, first_day, following, last_day, months, office_instant, starts_at, workdays
from sandbox.world.draws import chance, draws, whole
from sandbox.world.parties import Client, Staff
from sandbox.world.roster import PROFILES
from sandbox.world.service import Agreement, Ticket, TicketState

FIRST_ID = 41_207
EARLIER = ("2024-05", "2024-06")  # a few tickets from before the first month, closed within it
HORIZON = starts_at(following(months()[-1]))
BACKLOG_PERIODS = ("2025-07", "2025-08", "2025-09")
BACKLOG_SHARE = 0.11
BACKLOG_CLEARED = ("2025-10", "2025-11")
SEASON = {"01": 1.08, "02": 0.98, "07": 0.95, "08": 1.06, "11": 0.92, "12": 0.84}
OWN_TICKETS, NOBODYS_TICKETS, BLOCK_CLIENT_TICKETS = 5.0, 3.0, 9.0
ALERT_TICKETS, PROJECT_TICKETS = 46.0, 12.0
UNTYPED = 0.06  # nobody said what kind of work it is

SUMMARIES = (
    "Cannot sign in after password change", "Printer offline", "Mailbox over quota", "New starter setup",
    "Laptop very slow", "Scanner to folder fails", "Shared drive not mapped", "Phone has no dial tone",
    "Spam getting through", "Second screen flickers", "VPN drops every hour", "Application asks for licence",
    "Restore a deleted file", "Leaver: disable account", "Wireless weak in the meeting room", "Browser opens adverts",
)  # fmt: skip
ALERT_SUMMARIES = (
    "Disk space low",
    "Backup job failed",
    "Agent offline",
    "High memory use",
    "Certificate expires soon",
)
PROJECT_SUMMARIES = ("Server replacement", "Office move", "Mail migration", "Firewall upgrade", "Wireless survey")


@dataclass
class Call:
    """A ticket while it is being drawn; ids are given once all are known."""

    client: Client | None
    board: int
    summary: str
    entered_at: datetime
    history: list[TicketState]
    record_type: str = "ServiceTicket"
    parent: "Call | None" = None
    merged_into: "Call | None" = None
    merged_at: datetime | None = None
    deleted_at: datetime | None = None
    noted_at: list[datetime] = field(default_factory=list)
    id: int = 0


class Desk:
    """Takes calls and writes down what became of them."""

    def __init__(self, seed: int, staff: tuple[Staff, ...]) -> None:
        self.draw = draws(seed, "desk")
        self.sorting = draws(seed, "ticket types")
        self.technicians = [person for person in staff if person.is_technical]
        self.calls: list[Call] = []

    def owner(self, day: date) -> str:
        """A technician employed on the day."""
        return self.draw.choice([person for person in self.technicians if person.employed_on(day)]).identifier

    def call(self, client: Client | None, entered: datetime, board: int = HELP_DESK, summary: str = "") -> Call:
        """A new ticket in its first status."""
        state = TicketState(entered, board, status_id(board, "New"), None)
        call = Call(client, board, summary or self.draw.choice(SUMMARIES), entered, [state])
        self.calls.append(call)
        return call

    def step(self, call: Call, instant: datetime, status: str, board: int | None = None) -> datetime:
        """A change of status or board, never before the one before it."""
        last = call.history[-1]
        moved = max(instant.replace(microsecond=0), last.at + timedelta(minutes=1))
        where = board or last.board_id
        owner = last.owner or self.owner(moved.date())
        call.history.append(TicketState(moved, where, status_id(where, status), owner))
        return moved

    def work_off(self, call: Call, closes: datetime | None = None) -> None:
        """Taken up, perhaps left waiting, closed; some only "Resolved" or "Completed", some taken up again."""
        draw = self.draw
        started = self.step(call, call.entered_at + timedelta(minutes=draw.randrange(4, 260)), "In Progress")
        done = closes or started + timedelta(hours=_duration(draw))
        if closes is None and draw.random() < 0.18:
            self.step(call, started + (done - started) / 3, "Waiting on Client")
        if closes is None and chance(draw, 0.012):
            return  # still open after all this time
        dubious = closes is None and chance(draw, 0.03)
        ended = self.step(call, done, draw.choice(DUBIOUS) if dubious else draw.choices(*CLOSING)[0])
        if dubious and chance(draw, 0.3):
            self.step(call, ended + timedelta(days=draw.randrange(2, 12), hours=2), ">Closed")
        if closes is None and not dubious and chance(draw, 0.03):
            again = self.step(call, ended + timedelta(days=draw.randrange(1, 16)), "Re-Opened")
            if not chance(draw, 0.1):
                self.step(call, again + timedelta(hours=_duration(draw)), ">Closed")


def make_tickets(
    seed: int, clients: tuple[Client, ...], staff: tuple[Staff, ...], seats: dict[tuple[str, str], int],
    agreements: tuple[Agreement, ...],
) -> tuple[Ticket, ...]:  # fmt: skip
    """Every ticket that will be entered until the world's last month is over. ``seats`` are by client and month."""
    desk = Desk(seed, staff)
    known = [client for client in clients if client.connectwise is not None]
    rates = {profile.key: profile.tickets_per_seat for profile in PROFILES}
    for period in (*EARLIER, *months()):
        share = 0.06 if period in EARLIER else SEASON.get(period[5:], 1.0)
        for client in known:
            expected = _expected(client, rates, seats.get((client.key, max(period, months()[0])), 0))
            for _ in range(whole(desk.draw, expected * share)):
                day = _call_day(desk.draw, period)
                if client.served_on(day):
                    _reactive(desk, client, day, period)
        for _ in range(whole(desk.draw, NOBODYS_TICKETS * share)):
            _reactive(desk, None, _call_day(desk.draw, period), period)
        ours = [client for client in known if client.kind == "client"]
        served = [row for row in ours if row.served_on(first_day(period)) and row.served_on(last_day(period))]
        if period in months():
            _other_boards(desk, served, period)
            _at_the_edges(desk, served, period)
    return _numbered(desk, agreements)


def _expected(client: Client, rates: dict[str, float], seats: int) -> float:
    if client.kind == "own":
        return OWN_TICKETS
    if client.kind != "client":
        return 0.0
    return rates[client.key] * seats or BLOCK_CLIENT_TICKETS


def _call_day(draw: random.Random, period: str) -> date:
    return draw.choice(days_of(period) if chance(draw, 0.06) else workdays(period))


def _reactive(desk: Desk, client: Client | None, day: date, period: str) -> None:
    """A call to the help desk, or an alert that becomes one."""
    draw = desk.draw
    call = desk.call(client, office_instant(draw, day))
    if chance(draw, 0.02):
        call.history = [TicketState(call.entered_at, ALERTS, status_id(ALERTS, "New"), None)]
        days = draw.choice((0, 1, 3, 26))
        desk.step(call, call.entered_at + timedelta(days=days, minutes=40), "New", HELP_DESK)
    if period in BACKLOG_PERIODS and chance(draw, BACKLOG_SHARE):
        cleared = office_instant(draw, draw.choice(workdays(draw.choice(BACKLOG_CLEARED))))
        desk.work_off(call, cleared)
    else:
        desk.work_off(call)
    last = call.history[-1].at
    if chance(draw, 0.015):
        desk.step(call, last + timedelta(days=draw.randrange(3, 45)), draw.choice(("New", ">Closed")), PROJECTS)
    if chance(draw, 0.008) and client is not None:
        call.merged_into = next((other for other in reversed(desk.calls[:-1]) if other.client is client), None)
        call.merged_at = desk.step(call, last + timedelta(hours=3), "Closed") if call.merged_into else None
    if chance(draw, 0.004):
        call.deleted_at = last + timedelta(days=draw.randrange(1, 30))
    if chance(draw, 0.04):
        call.noted_at.append(last + timedelta(days=draw.randrange(1, 20), hours=1))
    if chance(draw, 0.035):
        for _ in range(draw.choice((1, 1, 2, 3))):
            entered = call.entered_at + timedelta(minutes=draw.randrange(5, 2900))
            if client is None or client.served_on(entered.date()):
                child = desk.call(client, entered)
                child.parent = call
                desk.work_off(child)


def _other_boards(desk: Desk, served: list[Client], period: str) -> None:
    draw = desk.draw
    for _ in range(whole(draw, ALERT_TICKETS)):
        entered = starts_at(period) + timedelta(minutes=draw.randrange(28 * 24 * 60))
        alert = desk.call(draw.choice(served), entered, ALERTS, draw.choice(ALERT_SUMMARIES))
        if not chance(draw, 0.1):
            desk.step(alert, entered + timedelta(minutes=draw.randrange(5, 900)), "Closed")
    for _ in range(whole(draw, PROJECT_TICKETS)):
        entered = office_instant(draw, draw.choice(workdays(period)))
        project = desk.call(draw.choice(served), entered, PROJECTS, draw.choice(PROJECT_SUMMARIES))
        project.record_type = "ProjectTicket"
        desk.step(project, entered + timedelta(days=1), "In Progress")
        desk.step(project, entered + timedelta(days=draw.randrange(4, 60)), "Completed")


def _at_the_edges(desk: Desk, served: list[Client], period: str) -> None:
    """Entered and closed at the very first instant of the month, and in its very last second."""
    first, last = starts_at(period), starts_at(following(period)) - timedelta(seconds=1)
    for entered in (first, last):
        desk.work_off(desk.call(desk.draw.choice(served), entered))
    for closed in (first, last):
        call = desk.call(desk.draw.choice(served), closed - timedelta(hours=desk.draw.randrange(20, 90)))
        desk.work_off(call, closed)


def _duration(draw: random.Random) -> float:
    """Hours until done: most within the day, a few for weeks."""
    return min(draw.lognormvariate(1.7, 1.5), 900.0) + 0.1


def _numbered(desk: Desk, agreements: tuple[Agreement, ...]) -> tuple[Ticket, ...]:
    """Tickets with ids in the order in which they were entered."""
    ordered = sorted((call for call in desk.calls if call.entered_at < HORIZON), key=lambda call: call.entered_at)
    for index, call in enumerate(ordered):
        call.id = FIRST_ID + index
    current: dict[str, list[Agreement]] = {}
    for agreement in agreements:
        current.setdefault(agreement.client_key, []).append(agreement)
    return tuple(_ticket(desk, call, current) for call in ordered)


def _ticket(desk: Desk, call: Call, agreements: dict[str, list[Agreement]]) -> Ticket:
    draw = desk.draw
    key = call.client.key if call.client else None
    ticket = Ticket(
        id=call.id,
        client_key=key,
        summary=call.summary,
        record_type=call.record_type,
        entered_at=call.entered_at,
        entered_by="AlertDesk" if call.history[0].board_id == ALERTS else "portal",
        source=draw.choice(("Email Connector", "Phone", "Portal")),
        priority=draw.choice(("Priority 3 - Normal Response", "Priority 3 - Normal Response", "Priority 2 - Quick")),
        type_name=draw.choice(("Hardware", "Software", "Network", "Account")),
        contact_name=call.client.contact_name if call.client else None,
        agreement_id=agreement_on(agreements.get(key or "", []), call.entered_at.date()),
        parent_id=call.parent.id if call.parent else None,
        merged_into_id=call.merged_into.id if call.merged_into and call.merged_at else None,
        merged_at=call.merged_at,
        deleted_at=call.deleted_at,
        history=tuple(call.history),
        noted_at=tuple(call.noted_at),
    )
    return replace(ticket, type_name=None) if chance(desk.sorting, UNTYPED) else ticket


def agreement_on(agreements: list[Agreement], day: date) -> int | None:
    """The agreement that covered work on a day: the client's first in force."""
    return next(iter(_covering(agreements, day)), None)


def _covering(agreements: list[Agreement], day: date) -> Iterator[int]:
    for agreement in agreements:
        ends = agreement.cancelled_date or agreement.end_date
        if agreement.start_date <= day and (ends is None or day <= ends):
            yield agreement.id
