"""The software product: who signed up, tried, paid, left and came back, and who works there."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sandbox.opsdb.kept import DAYS, OPENED, Kept, at, day_number
from sandbox.world.draws import chance, draws

SCHEMA = "app_core"
TRIAL = timedelta(days=14)
PLANS = (("starter", 5, 12, 19), ("team", 10, 24, 29), ("business", 20, 45, 39))
"""Name, fewest and most seats, dollars a seat and month."""
FIRST_WORDS = ("Alder", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Garnet", "Heron", "Indigo", "Juniper", "Kestrel")
SECOND_WORDS = ("Analytics", "Builders", "Clinic Group", "Design", "Farms", "Freight", "Labs", "Legal", "Outfitters")
COUNTRIES = ("US", "US", "US", "CA", "GB")
OPENING_TENANTS, NEW_TENANTS = 14, 30


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant's time with the product, as far as its users' doings need to know."""

    number: int
    joined: datetime
    paying: datetime | None
    left: datetime | None
    back: datetime | None
    seats: int

    def is_open(self, moment: datetime) -> bool:
        """Whether its users can log in."""
        if moment < self.joined or (self.left is not None and self.left <= moment):
            return self.back is not None and moment >= self.back
        return True


@dataclass(frozen=True, slots=True)
class User:
    """One user; `eagerness` is the chance of work on a weekday."""

    key: uuid.UUID
    tenant: Tenant | None
    joined: datetime
    left: datetime | None
    eagerness: float


def make_tenants(seed: int) -> tuple[Kept, list[Tenant]]:
    """The accounts, with every change of plan and state."""
    table = Kept(
        SCHEMA,
        "accounts",
        {
            "account_no": "integer",
            "display_name": "text not null",
            "plan_code": "text",
            "lifecycle": "text",
            "created": "timestamptz not null",
            "trial_began": "timestamptz",
            "became_paying": "timestamptz",
            "cancelled": "timestamptz",
            "came_back": "timestamptz",
            "seat_limit": "integer",
            "monthly_fee_usd": "numeric(10,2)",
            "country": "text",
            "is_internal": "boolean not null",
            "last_touched": "timestamptz",
        },
    )
    tenants = []
    for index in range(OPENING_TENANTS + NEW_TENANTS):
        draw = draws(seed, f"opsdb tenant {index}")
        is_old = index < OPENING_TENANTS
        joined = (
            OPENED - timedelta(days=draw.randrange(30, 700), minutes=draw.randrange(1440))
            if is_old
            else at(day_number((index - OPENING_TENANTS) * 26 + draw.randrange(20)), draw.randrange(800, 1300))
        )
        tenants.append(_live(table, draw, index, joined, converts=is_old or chance(draw, 0.7)))
    # The product's own people try things out in an account that no figure may count.
    draw = draws(seed, "opsdb internal tenant")
    tenants.append(_live(table, draw, 900, OPENED - timedelta(days=800), converts=True, is_internal=True))
    return table, tenants


def _live(
    table: Kept, draw: Random, index: int, joined: datetime, *, converts: bool, is_internal: bool = False
) -> Tenant:
    name = f"{draw.choice(FIRST_WORDS)} {draw.choice(SECOND_WORDS)}"
    plan, fewest, most, price = PLANS[min(2, int(draw.random() * 3.2))]
    seats, number, country = draw.randrange(fewest, most), 1000 + 7 * index, draw.choice(COUNTRIES)
    paying = joined + TRIAL if converts else None
    left = None if converts else joined + TRIAL
    back = None
    if paying and not is_internal:
        stays = timedelta(days=draw.expovariate(1 / 1300) + 60)
        if max(paying, OPENED) + stays < at(day_number(DAYS), 0):
            left = max(paying, OPENED) + stays
            back = left + timedelta(days=draw.randrange(45, 100)) if chance(draw, 0.25) else None

    def row(state: str, when: datetime, size: int) -> tuple[object, ...]:
        pays = state == "paying"
        fee = Decimal(size * price) if pays else Decimal(0)
        return (
            number, name, plan, state, joined, joined, paying if paying and when >= paying else None,
            left if left and when >= left else None, back if back and when >= back else None,
            size, fee, country, is_internal, when,
        )  # fmt: skip

    versions = [(joined, row("trial", joined, seats))]
    if paying:
        versions.append((paying, row("paying", paying, seats)))
        grows = max(paying, OPENED) + timedelta(days=draw.randrange(60, 400))
        if chance(draw, 0.4) and (left is None or grows < left):
            seats += max(1, seats // 4)
            versions.append((grows, row("paying", grows, seats)))
    if left:
        versions.append((left, row("cancelled" if paying else "trial_lapsed", left, seats)))
    if back:
        versions.append((back, row("paying", back, seats)))
    # One that lapsed long ago asked for its data to be deleted.
    table.add_versions(versions, gone=left + timedelta(days=200) if left and not paying and index % 3 == 0 else None)
    return Tenant(number, joined, paying, left, back, seats)


def make_users(seed: int, tenants: list[Tenant]) -> tuple[Kept, list[User]]:
    """The members of each account; a few belong to none."""
    table = Kept(
        SCHEMA,
        "memberships",
        {
            "member_uuid": "uuid",
            "account_no": "integer",
            "member_role": "text",
            "state": "text",
            "takes_seat": "boolean",
            "registered": "timestamptz not null",
            "left_on": "timestamptz",
            "row_changed": "timestamptz",
        },
    )
    users = []
    for tenant in [*tenants, None]:
        draw = draws(seed, f"opsdb users of {tenant.number if tenant else 'none'}")
        for place in range(max(2, int(tenant.seats * draw.uniform(0.45, 0.8))) if tenant else 6):
            spread = 3 if place == 0 else 60 if tenant and tenant.joined < OPENED else 240
            start = max(tenant.joined, OPENED - timedelta(days=60)) if tenant else OPENED
            joined = start + timedelta(minutes=draw.randrange(1, spread * 1440))
            left = joined + timedelta(days=draw.randrange(40, 500)) if place and chance(draw, 0.18) else None
            users.append(_work(table, draw, tenant, joined, left, is_first=place == 0))
    return table, users


def _work(
    table: Kept, draw: Random, tenant: Tenant | None, joined: datetime, left: datetime | None, *, is_first: bool
) -> User:
    key = uuid.UUID(int=draw.getrandbits(128), version=4)
    role = "owner" if is_first else draw.choice(("member", "member", "member", "viewer"))

    def row(state: str, when: datetime | None) -> tuple[object, ...]:
        # The system writes the change only when there is one: who just registered has none.
        gone = left if state == "deactivated" else None
        return (key, tenant.number if tenant else None, role, state, role != "viewer", joined, gone, when)

    versions = [(joined, row("active", None))]
    if left:
        versions.append((left, row("deactivated", left)))
    forgotten = left + timedelta(days=90) if left and chance(draw, 0.2) else None
    table.add_versions(versions, gone=forgotten)
    return User(key, tenant, joined, left, draw.uniform(0.1, 0.55))
