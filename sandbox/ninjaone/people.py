"""How NinjaOne shows people: technicians are the staff, end users and contacts are the clients'."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.ninjaone.records import Members, View, known_clients, rendered
from sandbox.shelves import Rendered, certain
from sandbox.world.entities import Client, Staff, World

KEPT_AFTER_LEAVING = timedelta(days=30)
END_USERS_FROM, CONTACTS_FROM = 151, 300  # end users are numbered apart from technicians, and over them


def people_views(world: World) -> dict[str, View]:
    """Every list of people by the name of its address."""
    zone = ZoneInfo(world.time_zone)

    def technicians(now: datetime) -> list[Members]:
        today = now.astimezone(zone).date()
        return [technician(world, one, today) for one in world.staff if has_account(one, now, today)]

    def end_users(now: datetime) -> list[Members]:
        return [end_user(world, index, client) for index, client in numbered(world, now) if index % 3 == 0]

    def users(now: datetime) -> tuple[Rendered, ...]:
        return rendered(user(one) for one in [*technicians(now), *end_users(now)])

    def contacts(now: datetime) -> tuple[Rendered, ...]:
        return rendered(contact(world, index, client) for index, client in numbered(world, now))

    return {
        "users": users,
        "technicians": lambda now: rendered(technicians(now)),
        "end-users": lambda now: rendered(end_users(now)),
        "contacts": contacts,
    }


def has_account(one: Staff, now: datetime, today: date) -> bool:
    """Accounts are made a little before the first day and removed some weeks after the last."""
    return one.created_at <= now and (one.left_on is None or today <= one.left_on + KEPT_AFTER_LEAVING)


def numbered(world: World, now: datetime) -> Iterator[tuple[int, Client]]:
    """The companies in NinjaOne by then, each with its place among all."""
    known = {client.key for client in known_clients(world, now)}
    return ((index, client) for index, client in enumerate(world.clients) if client.key in known)


def uid(world: World, *what: object) -> str:
    """A uid that is the same at every instant."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox {world.seed} {' '.join(map(str, what))}"))


def technician(world: World, one: Staff, today: date) -> Members:
    """A member of staff; who has left is disabled until the account is removed."""
    works = one.left_on is None or today <= one.left_on
    return {
        "id": one.id,
        "uid": uid(world, "technician", one.id),
        "enabled": works,
        "firstName": one.first_name,
        "lastName": one.last_name,
        "email": f"{one.identifier}@msp.example",
        "mustChangePw": False,
        "mfaConfigured": works,
        "scimUser": False,
        "authType": "NATIVE",
        "userType": "TECHNICIAN",
        "invitationStatus": "REGISTERED",
        "notifyAllClients": one.is_owner,
        "administrator": one.is_owner or one.title == "Service Manager",
        "roles": ["Technician"] if one.is_technical else ["Office"],
    }


def end_user(world: World, index: int, client: Client) -> Members:
    """The person at a client who may look into the portal."""
    first, _, last = client.contact_name.partition(" ")
    presence = certain(client.ninjaone, f"{client.key} is not in NinjaOne")
    return {
        "id": END_USERS_FROM + index,
        "uid": uid(world, "end user", client.key),
        "enabled": True,
        "firstName": first,
        "lastName": last or None,
        "email": client.email or None,
        "organizationId": presence.number,
        "fullPortalAccess": False,
        "mustChangePw": False,
        "mfaConfigured": index % 2 == 0,
        "scimUser": False,
        "authType": "NATIVE",
        "invitationStatus": "REGISTERED" if index % 4 else "PENDING",
        "roles": [],
    }


def user(one: Members) -> Members:
    """A technician or end user in the list of all, which names fewer members and says which of both."""
    left_out = ("scimUser", "authType", "fullPortalAccess")
    kept = {name: value for name, value in one.items() if name not in left_out}
    return {**kept, "userType": one.get("userType", "END_USER")}


def contact(world: World, index: int, client: Client) -> Members:
    """The person to call at a client."""
    first, _, last = client.contact_name.partition(" ")
    presence = certain(client.ninjaone, f"{client.key} is not in NinjaOne")
    return {
        "id": CONTACTS_FROM + index,
        "organizationId": presence.number,
        "uid": uid(world, "contact", client.key),
        "firstName": first,
        "lastName": last or None,
        "email": client.email or None,
        "phone": client.address.phone or None,
        "jobTitle": "Office manager" if index % 2 else None,
    }
