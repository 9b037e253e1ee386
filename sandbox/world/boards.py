"""The PSA's boards and statuses, and which closing statuses count: fixed for every seed."""

from datetime import date

from sandbox.world.calendar import at
from sandbox.world.service import Board, BoardStatus

HELP_DESK, PROJECTS, ALERTS = 1, 2, 3
SERVICE_BOARD = "Help Desk"
CLOSED_STATUSES = (">Closed", ">Closed - No response", "Closed")
# Done in the eyes of a technician, not of the count: the first does not even close the ticket.
DUBIOUS = ("Resolved", "Completed")
# How tickets are closed, and how often in each way.
CLOSING = ((">Closed", "Closed", ">Closed - No response"), (70, 20, 10))

BOARDS = (
    Board(HELP_DESK, SERVICE_BOARD, is_project=False, created_at=at(date(2016, 2, 1), 9)),
    Board(PROJECTS, "Projects", is_project=True, created_at=at(date(2016, 2, 1), 9, 10)),
    Board(ALERTS, "Alerts", is_project=False, created_at=at(date(2019, 7, 8), 14)),
)
# name, closes the ticket
STATUSES = (
    ("New", False), ("In Progress", False), ("Waiting on Client", False), ("Re-Opened", False), ("Resolved", False),
    ("Completed", True), (">Closed", True), (">Closed - No response", True), ("Closed", True),
)  # fmt: skip
BOARD_STATUSES = tuple(
    BoardStatus(
        id=500 + 20 * board.id + index,
        board_id=board.id,
        name=name,
        is_closed=is_closed,
        sort_order=index + 1,
        is_default=index == 0,
    )
    for board in BOARDS
    for index, (name, is_closed) in enumerate(STATUSES)
)
_IDS = {(status.board_id, status.name): status.id for status in BOARD_STATUSES}


def status_id(board_id: int, name: str) -> int:
    """The id that a status of the name has on a board."""
    return _IDS[board_id, name]
