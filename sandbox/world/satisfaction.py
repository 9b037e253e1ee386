"""Draws what clients answer when they are asked how a ticket went. Most do not answer."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sandbox.world.boards import BOARD_STATUSES
from sandbox.world.draws import chance, draws
from sandbox.world.parties import Client
from sandbox.world.psa import SurveyAnswer
from sandbox.world.service import Ticket

FIRST_ID = 61_001
ANSWERING = 0.12
SURVEY, OLD_SURVEY = 1, 2
COMMENTS = ("", "", "Quick and friendly.", "Took two tries.", "Thank you!")


@dataclass(frozen=True)
class Option:
    """One answer to choose, and the points that it counts."""

    caption: str
    points: int


OPTIONS = (Option("Excellent", 5), Option("Good", 4), Option("Fair", 3), Option("Poor", 2), Option("Very poor", 1))
WEIGHTS = (58, 27, 8, 4, 3)


def make_survey_answers(
    seed: int, clients: tuple[Client, ...], tickets: tuple[Ticket, ...]
) -> tuple[SurveyAnswer, ...]:
    """Answers for some of the tickets that were closed and stayed in the list."""
    draw = draws(seed, "psa surveys")
    emails = {client.key: client.email for client in clients}
    closing = {status.id for status in BOARD_STATUSES if status.is_closed}
    drawn = []
    for ticket in tickets:
        closed = next((state.at for state in ticket.history if state.status_id in closing), None)
        is_asked = ticket.record_type == "ServiceTicket" and ticket.deleted_at is None and ticket.merged_at is None
        if closed is None or ticket.client_key is None or not is_asked or not chance(draw, ANSWERING):
            continue
        drawn.append(
            SurveyAnswer(
                id=0,
                survey_id=SURVEY,
                ticket_id=ticket.id,
                client_key=ticket.client_key,
                email=emails[ticket.client_key],
                option=draw.choices(range(len(OPTIONS)), weights=WEIGHTS)[0],
                comment=draw.choice(COMMENTS),
                created_at=closed + timedelta(minutes=draw.randrange(5, 4000)),
            )
        )
    ordered = sorted(drawn, key=lambda one: one.created_at)
    return tuple(replace(one, id=FIRST_ID + index) for index, one in enumerate(ordered))
