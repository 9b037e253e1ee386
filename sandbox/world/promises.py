"""What the business promises: how soon it answers and how soon it has solved a ticket under an agreement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.world.service import Ticket

NAME = "Agreement clients"
# Hours by the clock until somebody answers, and until it is solved.
HOURS = {
    "Priority 1 - Critical": (1, 4),
    "Priority 2 - Quick": (2, 24),
    "Priority 3 - Normal Response": (4, 96),
    "Priority 4 - Scheduled Maintenance": (24, 240),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """The goals of one ticket."""

    name: str
    respond_by: datetime
    resolve_by: datetime


def promise_of(ticket: Ticket) -> Promise | None:
    """What holds for a service ticket of a client under an agreement; nothing is promised for others."""
    hours = HOURS.get(ticket.priority)
    if hours is None or ticket.agreement_id is None or ticket.record_type != "ServiceTicket":
        return None
    respond, resolve = (ticket.entered_at + timedelta(hours=count) for count in hours)
    return Promise(NAME, respond, resolve)
