"""What a device is made of: the fields that decide no figure but that a reader of the RMM expects."""

import random
from typing import TypedDict

NETWORK_GEAR = ("NMS_FIREWALL", "NMS_SWITCH", "NMS_WAP", "NMS_SWITCH")

OPERATING_SYSTEMS = {
    "WINDOWS_WORKSTATION": ("Windows 11 Professional Edition", "Windows 11 Professional Edition", "Windows 10 Pro"),
    "WINDOWS_SERVER": ("Windows Server 2022 Standard", "Windows Server 2019 Standard"),
    "MAC": ("macOS Sequoia", "macOS Sonoma"),
    "LINUX_WORKSTATION": ("Ubuntu 24.04 LTS",),
    "LINUX_SERVER": ("Debian GNU/Linux 12", "Ubuntu 22.04 LTS"),
}
ROLE_IDS = {"WINDOWS_WORKSTATION": 203, "WINDOWS_SERVER": 204, "MAC": 205, "LINUX_WORKSTATION": 206}
UNCLASSED_ROLE = 220


class Hardware(TypedDict):
    """The remaining fields of `sandbox.world.devices.Device`."""

    dns_name: str
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


def describe(draw: random.Random, node_class: str, name: str, client_key: str) -> Hardware:
    """Plausible hardware for a class; agents only run on computers, so the rest has neither system nor memory."""
    systems = OPERATING_SYSTEMS.get(node_class)
    is_server = node_class.endswith("SERVER")
    return Hardware(
        dns_name=f"{name.lower()}.{client_key}.example",
        role_id=ROLE_IDS.get(node_class, UNCLASSED_ROLE),
        policy_id=draw.choice((None, None, None, 57)),
        ip_address=f"10.{draw.randrange(8, 90)}.{draw.randrange(0, 6)}.{draw.randrange(10, 250)}",
        mac_address=":".join(f"{octet:02X}" for octet in (2, *(draw.randrange(256) for _ in range(5)))),
        operating_system=draw.choice(systems) if systems else None,
        manufacturer=draw.choice(("Halberd", "Corvid", "Northquay")) if systems else None,
        model=draw.choice(("Tower 7", "Book 14", "Rack 2U") if is_server else ("Book 14", "Desk 5", "Book 16")),
        serial_number=f"{draw.choice('HCN')}{draw.randrange(10**7, 10**8)}" if systems else None,
        memory_gb=draw.choice((32, 64, 128) if is_server else (8, 16, 16, 32)) if systems else None,
        contact_lag_minutes=draw.choices((3, 9, 40, 600, 9000), weights=(50, 25, 15, 7, 3))[0],
    )
