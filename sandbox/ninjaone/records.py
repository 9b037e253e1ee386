"""How NinjaOne shows organizations, locations and devices: members without a value are left out, never null."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sandbox.shelves import Rendered, certain
from sandbox.world.entities import Client, Device, Location, World

OFFLINE_AFTER = timedelta(minutes=30)
ROLES = {
    "WINDOWS_SERVER": ("Windows Server", "UNKNOWN"),
    "WINDOWS_WORKSTATION": ("Windows Desktop", "DESKTOP"),
    "LINUX_SERVER": ("Linux Server", "UNKNOWN"),
    "LINUX_WORKSTATION": ("Linux Desktop", "DESKTOP"),
    "MAC": ("Mac", "LAPTOP"),
}
AGENTS = ("WINDOWS_SERVER", "WINDOWS_WORKSTATION", "LINUX_SERVER", "LINUX_WORKSTATION", "MAC")
HOSTS = ("VMWARE_VM_HOST", "HYPERV_VMM_HOST")

View = Callable[[datetime], tuple[Rendered, ...]]
Members = dict[str, Any]


def views(world: World) -> dict[str, View]:
    """Every list by the name of its address, as a function of the instant."""

    def organizations(now: datetime) -> tuple[Rendered, ...]:
        return rendered(organization(client) for client in known_clients(world, now))

    def organizations_detailed(now: datetime) -> tuple[Rendered, ...]:
        return rendered(detailed(client, world, now) for client in known_clients(world, now))

    def locations(now: datetime) -> tuple[Rendered, ...]:
        return rendered(flat_location(place) for place in world.locations if place.created_at <= now)

    def organization_locations(now: datetime) -> tuple[Rendered, ...]:
        """Told in the organization's own list, they do not name it again."""
        return tuple(
            Rendered(row.key, msgspec.json.encode(without_organization(row.members)), row.members)
            for row in locations(now)
        )

    def devices(now: datetime) -> tuple[Rendered, ...]:
        return rendered(device(one, world, now) for one in world.devices if one.listed_at(now))

    def devices_detailed(now: datetime) -> tuple[Rendered, ...]:
        return rendered(device_detailed(one, world, now) for one in world.devices if one.listed_at(now))

    def roles(_: datetime) -> tuple[Rendered, ...]:
        return rendered(role(role_id, node_class) for role_id, node_class in role_ids(world).items())

    return {
        "organizations": organizations,
        "organizations-detailed": organizations_detailed,
        "locations": locations,
        "organization-locations": organization_locations,
        "devices": devices,
        "devices-detailed": devices_detailed,
        "roles": roles,
    }


def rendered(all_members: Any) -> tuple[Rendered, ...]:
    """The records without what they lack, by ascending id."""
    kept = sorted((present(members) for members in all_members), key=lambda members: members["id"])
    return tuple(Rendered(members["id"], msgspec.json.encode(members), members) for members in kept)


def without_organization(members: Members) -> Members:
    return {name: value for name, value in members.items() if name != "organizationId"}


def present(members: Members) -> Members:
    """Only the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def epoch(instant: datetime) -> msgspec.Raw:
    """Epoch seconds as NinjaOne writes them: a number with nine digits after the point."""
    return msgspec.Raw(f"{int(instant.timestamp())}.{instant.microsecond:06d}000".encode())


def known_clients(world: World, now: datetime) -> list[Client]:
    """The companies that have an organization in NinjaOne by then."""
    return [client for client in world.clients if client.ninjaone and client.ninjaone.created_at <= now]


def organization(client: Client) -> Members:
    """The brief form, which in practice holds three members."""
    presence = certain(client.ninjaone, f"{client.key} is not in NinjaOne")
    return {"name": presence.name, "nodeApprovalMode": "AUTOMATIC", "id": presence.number}


def detailed(client: Client, world: World, now: datetime) -> Members:
    """An organization with its locations and policies."""
    brief = organization(client)
    places = [place for place in world.locations if place.organization_id == brief["id"] and place.created_at <= now]
    return {
        **brief,
        "description": {"own": "Our own machines", "internal": "Shared infrastructure"}.get(client.kind),
        "locations": [location(place) for place in places],
        "policies": [{"nodeRoleId": role_id, "policyId": 100 + role_id} for role_id in role_ids(world)],
    }


def location(place: Location) -> Members:
    """A location inside its organization."""
    return present({"name": place.name, "address": place.address or None, "id": place.id})


def flat_location(place: Location) -> Members:
    """A location in the list of all, which names the organization."""
    return {**location(place), "organizationId": place.organization_id}


def role_ids(world: World) -> dict[int, str]:
    """Node class by role id, of the roles in use."""
    return dict(sorted({device.role_id: device.node_class for device in world.devices}.items()))


def role(role_id: int, node_class: str) -> Members:
    """A device role."""
    name, chassis = ROLES.get(node_class, (node_class.replace("_", " ").title(), "UNKNOWN"))
    return {"id": role_id, "name": name, "custom": False, "chassisType": chassis, "nodeClass": node_class}


def device(one: Device, world: World, now: datetime) -> Members:
    """What all kinds of device have in common, as of now."""
    state = certain(one.state_at(now), f"device {one.id} has no history at its creation")
    lag = timedelta(minutes=one.contact_lag_minutes)
    contact = max(now - lag, one.created_at)
    return {
        "id": one.id,
        "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox {world.seed} device {one.id}")),
        "parentDeviceId": one.parent_id,
        "organizationId": one.organization_id,
        "locationId": state.location_id,
        "nodeClass": one.node_class,
        "nodeRoleId": one.role_id,
        "rolePolicyId": 100 + one.role_id,
        "policyId": one.policy_id,
        "approvalStatus": "APPROVED",
        "offline": lag > OFFLINE_AFTER,
        "displayName": state.display_name,
        "systemName": one.system_name,
        "dnsName": one.dns_name or None,
        "created": epoch(one.created_at),
        "lastContact": epoch(contact),
        "lastUpdate": epoch(contact),
    }


def device_detailed(one: Device, world: World, now: datetime) -> Members:
    """A device with the members that its class adds: agents nest them, hypervisors lay them flat."""
    common = {
        **device(one, world, now),
        "ipAddresses": [one.ip_address] if one.ip_address else None,
        "macAddresses": [one.mac_address] if one.mac_address else None,
        "deviceType": one.device_type,
    }
    memory = one.memory_gb * 1024**3 if one.memory_gb else None
    if one.node_class in HOSTS:
        flat = {
            "vendor": one.manufacturer,
            "model": one.model,
            "serviceTag": one.serial_number,
            "memorySize": memory,
            "releaseName": one.operating_system,
        }
        return {**common, **flat}
    if one.node_class not in AGENTS:
        return common
    system = {
        "name": one.system_name,
        "manufacturer": one.manufacturer,
        "model": one.model,
        "serialNumber": one.serial_number,
        "totalPhysicalMemory": memory,
        "virtualMachine": False,
    }
    return {
        **common,
        "os": {"name": one.operating_system, "architecture": "64-bit"},
        "system": present(system),
        "memory": {"capacity": memory} if memory else None,
    }
