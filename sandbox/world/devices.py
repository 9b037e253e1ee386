"""What NinjaOne watches: locations and devices. There is no history in the vendor's API; there is here."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.world.moments import latest


@dataclass(frozen=True, slots=True)
class Location:
    """A site of one RMM organization."""

    id: int
    organization_id: int
    name: str
    address: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How a device was named and where it stood from an instant on. A ``None`` name is left out by the vendor."""

    at: datetime
    display_name: str | None
    location_id: int


@dataclass(frozen=True, slots=True)
class Device:
    """One record of the RMM. Gone from every list from ``retired_at`` on; its organization is its location's."""

    id: int
    client_key: str
    organization_id: int
    node_class: str
    device_type: str | None
    system_name: str
    dns_name: str
    parent_id: int | None
    role_id: int
    policy_id: int | None
    ip_address: str
    mac_address: str
    operating_system: str | None
    manufacturer: str | None
    model: str | None
    serial_number: str | None
    memory_gb: int | None
    contact_lag_minutes: int
    created_at: datetime
    retired_at: datetime | None
    history: tuple[DeviceState, ...]

    def listed_at(self, clock: datetime) -> bool:
        """Whether the vendor lists the device at the clock."""
        return self.created_at <= clock and (self.retired_at is None or clock < self.retired_at)

    def state_at(self, clock: datetime) -> DeviceState | None:
        """Name and location in force at the clock."""
        return latest(self.history, clock)
