"""Draws the RMM: which devices stand where, when each came and went, and which of them are spares, guests or hosts.

Devices come and go on quiet workdays only (never in the last two days of a month nor on its first), so a reading taken
at any hour of a month's last day finds the same devices.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sandbox.world.calendar import first_day, last_day, months, office_instant, period_of, quiet_workdays, starts_at
from sandbox.world.devices import Device, DeviceState, Location
from sandbox.world.draws import chance, draws, whole
from sandbox.world.hardware import NETWORK_GEAR, describe
from sandbox.world.parties import Client
from sandbox.world.roster import PROFILES, Profile

WORKSTATIONS = {"WINDOWS_WORKSTATION": 86, "MAC": 12, "LINUX_WORKSTATION": 2}
MONTHLY_REFRESH = 0.012
SPARE_POOLS = ("Spare Pool", "Shelf (SPARES)", "spares cupboard")
OWN_WORKSTATIONS = 27


@dataclass
class Plan:
    """A device while it is being drawn."""

    client: Client
    node_class: str
    created_at: datetime
    history: list[DeviceState]
    name: str
    retired_at: datetime | None = None
    parent: "Plan | None" = None
    device_type: str | None = None
    id: int = 0


@dataclass
class Fleet:
    """Everything drawn so far."""

    draw: random.Random
    plans: list[Plan] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)

    def location(self, client: Client, name: str) -> int:
        """The id of a new site of a client's RMM organization."""
        presence = client.ninjaone
        if presence is None:
            raise ValueError(f"{client.key} is not in the RMM, so it has no locations there")
        identity = 10 + 3 * len(self.locations)
        address = f"{client.address.line}, {client.address.city}, {client.address.state}"
        self.locations.append(Location(identity, presence.number, name, address, presence.created_at))
        return identity

    def add(self, client: Client, node_class: str, day: date, location: int, name: str, **more: object) -> Plan:
        """A device from the day on."""
        created = office_instant(self.draw, day)
        shown = None if chance(self.draw, 0.3) else name
        plan = Plan(client, node_class, created, [DeviceState(created, shown, location)], name)
        for key, value in more.items():
            setattr(plan, key, value)
        self.plans.append(plan)
        return plan


def make_fleet(seed: int, clients: tuple[Client, ...]) -> tuple[tuple[Location, ...], tuple[Device, ...]]:
    """Locations and devices of every organization in the RMM."""
    draw = draws(seed, "fleet")
    fleet = Fleet(draw)
    profiles = {profile.key: profile for profile in PROFILES}
    for client in clients:
        if client.ninjaone is None:
            continue
        if client.kind == "client":
            _equip(fleet, client, profiles[client.key])
        else:
            _equip_own(fleet, client)
    return tuple(fleet.locations), tuple(_numbered(fleet))


def _equip(fleet: Fleet, client: Client, profile: Profile) -> None:
    draw = fleet.draw
    sites = [fleet.location(client, name) for name in ("Main Office", "Annex")[: 1 + (profile.seats[1] > 35)]]
    _workstations(fleet, client, profile, sites)
    servers = [_initial_day(draw, client) for _ in range(profile.servers)]
    for index, day in enumerate(servers):
        fleet.add(client, "WINDOWS_SERVER", day, sites[0], _name(client, "SRV", index + 1))
    if profile.host_class:
        _virtual(fleet, client, profile.host_class, sites[0], guests=draw.randrange(3, 6))
    for index in range(2 + profile.seats[1] // 22):
        node_class = NETWORK_GEAR[index % len(NETWORK_GEAR)]
        fleet.add(client, node_class, _initial_day(draw, client), sites[0], _name(client, "NET", index + 1))
    if profile.seats[1] >= 30:
        fleet.add(client, "LINUX_SERVER", _initial_day(draw, client), sites[0], _name(client, "LNX", 1))
    if profile.tier == "regulated":
        fleet.add(client, "CLOUD_MONITOR_TARGET", _initial_day(draw, client), sites[0], f"{client.key}.example")
    _spares(fleet, client, profile, sites[0])
    if client.lost_on is not None:
        _retire_all(fleet, client, client.lost_on)


def _workstations(fleet: Fleet, client: Client, profile: Profile, sites: list[int]) -> None:
    draw = fleet.draw
    serial = 0
    living: list[Plan] = []

    def install(day: date) -> None:
        nonlocal serial
        serial += 1
        name = _name(client, "WS", serial)
        node_class = draw.choices(list(WORKSTATIONS), list(WORKSTATIONS.values()))[0]
        living.append(fleet.add(client, node_class, day, draw.choice(sites), name))

    def retire(day: date) -> None:
        settled = [plan for plan in living if plan.created_at < starts_at(period_of(day))]
        leaving = draw.choice(settled)
        leaving.retired_at = office_instant(draw, day)
        living.remove(leaving)

    for _ in range(profile.seats[0]):
        install(_initial_day(draw, client))
    served = [period for period in months() if period > period_of(client.won_on) and client.served_on(last_day(period))]
    for step, period in enumerate(served):
        days = quiet_workdays(period)
        for _ in range(whole(draw, MONTHLY_REFRESH * len(living))):
            retire(draw.choice(days))
            install(draw.choice(days))
        growth = (profile.seats[1] - profile.seats[0]) * (step + 1) / len(served)
        target = profile.seats[0] + round(growth) + draw.choice((-1, 0, 0, 0, 1))
        while len(living) < target:
            install(draw.choice(days))
        while len(living) > target:
            retire(draw.choice(days))


def _virtual(fleet: Fleet, client: Client, host_class: str, site: int, guests: int) -> None:
    """A host and its guests; one guest is seen by the agent inside it and known as a guest by its device type alone."""
    day = _initial_day(fleet.draw, client)
    host = fleet.add(client, host_class, day, site, _name(client, "HOST", 1), device_type="VMHost")
    guest_class = "VMWARE_VM_GUEST" if host_class == "VMWARE_VM_HOST" else "HYPERV_VMM_GUEST"
    for index in range(guests):
        inside = index == 0 and host_class == "VMWARE_VM_HOST"
        fleet.add(
            client,
            "WINDOWS_SERVER" if inside else guest_class,
            day,
            site,
            _name(client, "VM", index + 1),
            parent=host,
            device_type="VMGuest",
        )


def _spares(fleet: Fleet, client: Client, profile: Profile, site: int) -> None:
    """Devices in waiting, known by their display name, by their location, or by both."""
    draw = fleet.draw
    if profile.seats[1] < 25:
        return
    pool = fleet.location(client, draw.choice(SPARE_POOLS))
    day = _initial_day(draw, client)
    for index, (node_class, shown, location) in enumerate((
        ("WINDOWS_WORKSTATION", f"SPARE - {_name(client, 'WS', 901)}", site),
        ("WINDOWS_WORKSTATION", _name(client, "WS", 902), pool),
        ("MAC", "Loaner Spare", pool),
        ("WINDOWS_SERVER", f"{_name(client, 'SRV', 91)} (spare)", site),
    )[: 2 + profile.seats[1] // 20]):  # fmt: skip
        plan = fleet.add(client, node_class, day, location, _name(client, "SP", index + 1))
        plan.history = [DeviceState(plan.created_at, shown, location)]
    # A workstation becomes a spare for some months and goes back to work: the history a snapshot alone can tell.
    first, second = sorted(draw.sample(months("2024-10", "2026-03"), 2))
    if client.served_on(last_day(second)) and client.served_on(first_day(first)):
        away = office_instant(draw, draw.choice(quiet_workdays(first)))
        back = office_instant(draw, draw.choice(quiet_workdays(second)))
        plan = fleet.add(client, "WINDOWS_WORKSTATION", day, site, _name(client, "WS", 950))
        own = plan.history[0].display_name or plan.name
        plan.history += [DeviceState(away, f"Spare {own}", site), DeviceState(back, own, site)]


def _equip_own(fleet: Fleet, client: Client) -> None:
    """The business's own devices: organizations that the configuration leaves out."""
    draw = fleet.draw
    site = fleet.location(client, "Headquarters")
    day = _initial_day(draw, client)
    if client.kind == "own":
        for index in range(OWN_WORKSTATIONS):
            fleet.add(client, "WINDOWS_WORKSTATION", day, site, _name(client, "WS", index + 1))
        plan = fleet.add(client, "WINDOWS_WORKSTATION", day, site, _name(client, "WS", 90))
        plan.history = [DeviceState(plan.created_at, "Spare bench laptop", site)]
    else:
        for index in range(3):
            fleet.add(client, "WINDOWS_SERVER", day, site, _name(client, "SRV", index + 1))
        _virtual(fleet, client, "VMWARE_VM_HOST", site, guests=5)
        for index, node_class in enumerate(NETWORK_GEAR):
            fleet.add(client, node_class, day, site, _name(client, "NET", index + 1))


def _retire_all(fleet: Fleet, client: Client, lost_on: date) -> None:
    leaving = lost_on - timedelta(days=1)
    for plan in fleet.plans:
        if plan.client is client and plan.retired_at is None:
            plan.retired_at = max(office_instant(fleet.draw, leaving), plan.history[-1].at + timedelta(hours=1))


def _initial_day(draw: random.Random, client: Client) -> date:
    """A day on which a device that was there from the start was enrolled."""
    return client.won_on + timedelta(days=draw.randrange(6 if period_of(client.won_on) >= months()[0] else 120))


def _name(client: Client, kind: str, number: int) -> str:
    return f"{client.key[:4].upper()}-{kind}-{number:02d}"


def _numbered(fleet: Fleet) -> Iterator[Device]:
    """The devices in the order in which they were enrolled, with ids that leave gaps as deleted tests would."""
    ordered = sorted(fleet.plans, key=lambda plan: plan.created_at)
    identity = 100
    for plan in ordered:
        identity += fleet.draw.choice((1, 1, 1, 2, 4))
        plan.id = identity
    for plan in ordered:
        presence = plan.client.ninjaone
        if presence is None:
            raise ValueError(f"{plan.client.key} has devices without being in the RMM")
        yield Device(
            id=plan.id,
            client_key=plan.client.key,
            organization_id=presence.number,
            node_class=plan.node_class,
            device_type=plan.device_type,
            parent_id=plan.parent.id if plan.parent else None,
            system_name=plan.name,
            created_at=plan.created_at,
            retired_at=plan.retired_at,
            history=tuple(plan.history),
            **describe(fleet.draw, plan.node_class, plan.name, plan.client.key),
        )
