"""How ConnectWise shows what tickets are sorted by: each board's types, subtypes and items, and the priorities.

The world knows them by name. Ids are a board's own, as with the vendor: the same name has another id on each board.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.connectwise.references import LOCATION, SERVICE_DEPARTMENT, info, reference
from sandbox.world.entities import Board, Ticket, World

Members = dict[str, Any]

SUBTYPES = {
    "Account": ("New user", "Password", "Leaver"),
    "Hardware": ("Printer", "Workstation", "Phone"),
    "Network": ("Wireless", "VPN"),
    "Software": ("Office", "Line of business", "Browser"),
}
ITEMS = ("Install", "Repair", "Request", "Question")
PRIORITIES = (
    "Priority 1 - Critical",
    "Priority 2 - Quick",
    "Priority 3 - Normal Response",
    "Priority 4 - Scheduled Maintenance",
)
COLORS = ("Red", "Orange", "Yellow", "Green")
LEVELS = ("Critical", "High", "Medium", "Low")
TYPES_FROM, SUBTYPES_FROM, ITEMS_FROM = 100, 1_000, 5_000


@dataclass(frozen=True)
class Sorting:
    """What a ticket can be sorted by, and where each kind stands in its list."""

    world: World
    types: tuple[str, ...] = field(init=False)
    subtypes: tuple[str, ...] = field(init=False)
    priorities: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        tickets = self.world.tickets
        names = sorted({*SUBTYPES, *(ticket.type_name for ticket in tickets if ticket.type_name)})
        object.__setattr__(self, "types", tuple(names))
        object.__setattr__(self, "subtypes", tuple(name for names in SUBTYPES.values() for name in names))
        known = sorted({*PRIORITIES, *(ticket.priority for ticket in tickets)})
        object.__setattr__(self, "priorities", tuple(known))

    def type_reference(self, board_id: int, name: str) -> Members:
        """How a ticket points at its type on the board it is on."""
        return {"id": TYPES_FROM * board_id + self.types.index(name), "name": name}

    def subtype_reference(self, board_id: int, ticket: Ticket) -> Members | None:
        """One of the type's subtypes, always the same for a ticket."""
        names = SUBTYPES.get(ticket.type_name or "")
        if names is None:
            return None
        name = names[ticket.id % len(names)]
        return {"id": SUBTYPES_FROM * board_id + self.subtypes.index(name), "name": name}

    def item_reference(self, board_id: int, ticket: Ticket) -> Members | None:
        """One of the board's items, always the same for a ticket."""
        if ticket.type_name not in SUBTYPES:
            return None
        place = ticket.id % len(ITEMS)
        return {"id": ITEMS_FROM * board_id + place, "name": ITEMS[place]}

    def priority_reference(self, name: str) -> Members:
        """How a ticket points at its priority."""
        place = self.priorities.index(name) + 1
        return {"id": place, "name": name, "sort": place}

    def type_rows(self, now: datetime) -> list[Members]:
        """The types of every board."""
        return [
            {
                **self.type_reference(board.id, name),
                **_of(board),
                "category": "Reactive",
                "defaultFlag": place == 0,
                "inactiveFlag": False,
                "requestForChangeFlag": False,
                "location": LOCATION,
                "department": SERVICE_DEPARTMENT,
            }
            for board in self._boards(now)
            for place, name in enumerate(self.types)
        ]

    def subtype_rows(self, now: datetime) -> list[Members]:
        """The subtypes of every board, each with the type that it belongs to."""
        return [
            {
                "id": SUBTYPES_FROM * board.id + self.subtypes.index(name),
                "name": name,
                **_of(board),
                "inactiveFlag": False,
                "typeAssociationIds": [self.type_reference(board.id, kind)["id"]],
                "addAllTypesFlag": False,
                "removeAllTypesFlag": False,
            }
            for board in self._boards(now)
            for kind, names in SUBTYPES.items()
            for name in names
        ]

    def item_rows(self, now: datetime) -> list[Members]:
        """The items of every board."""
        return [
            {"id": ITEMS_FROM * board.id + place, "name": name, **_of(board), "inactiveFlag": False}
            for board in self._boards(now)
            for place, name in enumerate(ITEMS)
        ]

    def priority_rows(self, _now: datetime) -> list[Members]:
        """The priorities, which all boards share."""
        return [
            {
                "id": place + 1,
                "name": name,
                "color": COLORS[place % len(COLORS)],
                "sortOrder": place + 1,
                "defaultFlag": name.startswith("Priority 3"),
                "level": LEVELS[place % len(LEVELS)],
                "_info": info(min(board.created_at for board in self.world.boards)),
            }
            for place, name in enumerate(self.priorities)
        ]

    def _boards(self, now: datetime) -> list[Board]:
        return [board for board in self.world.boards if board.created_at <= now]


def _of(board: Board) -> Members:
    return {"board": reference("service/boards", board.id, board.name), "_info": info(board.created_at)}
