"""Draws the people at the clients' companies, as the PSA knows them."""

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.world.calendar import LAST_PERIOD, last_day, office_instant
from sandbox.world.draws import chance, draws
from sandbox.world.parties import Client, Presence
from sandbox.world.psa import Contact
from sandbox.world.roster import FIRST_NAMES, LAST_NAMES

FIRST_ID = 7_001
DEFAULT_CONTACT = 5_000
"""Added to a company's id, the id of its default contact."""
TITLES = ("Office Manager", "Receptionist", "Controller", "Director", "Operations Lead", "Assistant")
IMPORTED_UNTIL = 3
"""Of each company the first so many came from the system before, without a change mark."""


def make_contacts(seed: int, clients: tuple[Client, ...]) -> tuple[Contact, ...]:
    """Each company's default contact and some more; a few leave, a few are deleted."""
    draw = draws(seed, "psa contacts")
    drawn: list[Contact] = []
    for client in clients:
        presence = client.connectwise
        if presence is None:
            continue
        drawn.append(_default(client, presence))
        for index in range(draw.randrange(4, 11) if client.kind == "client" else 2):
            is_imported = index < IMPORTED_UNTIL and chance(draw, 0.15)
            first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
            days = (last_day(LAST_PERIOD) - presence.created_at.date()).days
            met = office_instant(draw, presence.created_at.date() + timedelta(days=draw.randrange(days)))
            created = presence.created_at if is_imported else met
            left = created + timedelta(days=draw.randrange(60, 500), hours=2) if chance(draw, 0.2) else None
            deleted = created + timedelta(days=draw.randrange(30, 300), hours=5) if chance(draw, 0.06) else None
            drawn.append(
                Contact(
                    id=0,
                    client_key=client.key,
                    first_name=first,
                    last_name=last,
                    title=draw.choice(TITLES),
                    email=f"{first}.{last}@{client.key}.example".lower(),
                    is_default=False,
                    left_at=None if is_imported else left,
                    created_at=created,
                    deleted_at=deleted,
                    changed_at=(left,) if left and not is_imported else (),
                    is_stamped=not is_imported,
                )
            )
    return _numbered(drawn)


def _numbered(drawn: list[Contact]) -> tuple[Contact, ...]:
    """With ids in the order of creation; default contacts have theirs already."""
    later = sorted((one for one in drawn if not one.is_default), key=_by_creation)
    numbered = [replace(one, id=FIRST_ID + index) for index, one in enumerate(later)]
    return tuple(sorted([one for one in drawn if one.is_default] + numbered, key=lambda one: one.id))


def _by_creation(one: Contact) -> datetime:
    return one.created_at


def _default(client: Client, presence: Presence) -> Contact:
    first, _, last = client.contact_name.partition(" ")
    return Contact(
        id=DEFAULT_CONTACT + presence.number,
        client_key=client.key,
        first_name=first,
        last_name=last,
        title="Managing Director",
        email=client.email,
        is_default=True,
        created_at=presence.created_at,
    )
