"""The lives of all devices, drawn when the first report asks for them, and kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sandbox.ninjaone.records import present
from sandbox.shelves import Rendered
from sandbox.world.entities import World
from sandbox.world.upkeep import Care, care_of

Members = dict[str, Any]


@dataclass(slots=True)
class Lives:
    """What befalls every device of one business."""

    world: World
    _cares: tuple[Care, ...] = field(default=())

    def __iter__(self) -> Iterator[Care]:
        """Every device there ever is, in the order of their ids."""
        if not self._cares:
            self._cares = tuple(care_of(self.world.seed, device) for device in self.world.devices)
        return iter(self._cares)

    def listed(self, now: datetime) -> Iterator[Care]:
        """The devices that are in the RMM now."""
        return (care for care in self if care.device.listed_at(now))


def facts(care: Care, now: datetime) -> Members:
    """What a device filter can ask of a device, on any list but the device lists themselves.

    The class is left out: reports are known to find nothing by it, without a word.
    """
    device = care.device
    state = device.state_at(now)
    return {
        "id": device.id,
        "organizationId": device.organization_id,
        "locationId": state.location_id if state else None,
        "nodeRoleId": device.role_id,
        "approvalStatus": "APPROVED",
        "offline": care.is_offline,
        "created": device.created_at,
    }


def row(care: Care, now: datetime, members: Members, **asked: Any) -> Rendered:
    """One row of a report on a device; ``asked`` are values that its filters compare and that it does not show."""
    shown = present(members)
    return Rendered(care.device.id, msgspec.json.encode(shown), {**shown, **asked, "device": facts(care, now)})
