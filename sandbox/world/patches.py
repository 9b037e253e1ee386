"""Operating-system patches: what is released each month, and what becomes of each on a device.

A patch has one id for all devices. What a device lacks and what was tried on it follow from the device's own draws, so
that no figure of another subject moves.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sandbox.world.calendar import days_of, months
from sandbox.world.devices import Device
from sandbox.world.draws import chance, draws

FIRST_RELEASE, LAST_RELEASE = "2024-05", "2026-07"
SUPERSEDED_AFTER = timedelta(days=70)
TUESDAY = 1
FAMILIES = {
    "WINDOWS_SERVER": "Windows Server",
    "WINDOWS_WORKSTATION": "Windows",
    "MAC": "macOS",
    "LINUX_SERVER": "Linux",
    "LINUX_WORKSTATION": "Linux",
}


@dataclass(frozen=True, slots=True)
class Patch:
    """What a maker released. Severity comes in two vocabularies, upper and lower case, as the vendor mixes them."""

    id: str
    family: str
    name: str
    kb_number: str | None
    severity: str
    kind: str
    released_at: datetime

    @property
    def is_optional(self) -> bool:
        return self.severity.upper() in ("OPTIONAL", "RECOMMENDED")


@dataclass(frozen=True, slots=True)
class Lacking:
    """A patch that a device lacks from one instant to another; ``status`` is what was decided about it."""

    patch: Patch
    at: datetime
    until: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to install a patch."""

    patch: Patch
    at: datetime
    succeeded: bool


@cache
def catalogue(seed: int) -> dict[str, tuple[Patch, ...]]:
    """Every patch by family, oldest first."""
    found: dict[str, list[Patch]] = {family: [] for family in sorted(set(FAMILIES.values()))}
    number = 5_040_000
    for index, period in enumerate(months(FIRST_RELEASE, LAST_RELEASE)):
        tuesday = [day for day in days_of(period) if day.weekday() == TUESDAY][1]
        released_at = datetime(tuesday.year, tuesday.month, tuesday.day, 17, tzinfo=UTC)
        for family, name, severity, kind in monthly(index):
            number += 37
            found[family].append(
                Patch(
                    id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox {seed} patch {family} {name} {period}")),
                    family=family,
                    name=f"{period} {name}",
                    kb_number=f"KB{number}" if family.startswith("Windows") else None,
                    severity=severity,
                    kind=kind,
                    released_at=released_at,
                )
            )
    return {family: tuple(patches) for family, patches in found.items()}


def monthly(index: int) -> list[tuple[str, str, str, str]]:
    """Family, name, severity and kind of what comes out in a month, counted from the first."""
    released = [
        ("Windows", "Cumulative Update for Windows", "CRITICAL", "SECURITY_UPDATES"),
        ("Windows", "Cumulative Update for .NET", "IMPORTANT", "UPDATE_ROLLUPS"),
        ("Windows Server", "Cumulative Update for Windows Server", "CRITICAL", "SECURITY_UPDATES"),
        ("Linux", "Security updates", "security", "SECURITY_UPDATES"),
    ]
    if index % 3 == 0:
        released.append(("Windows", "Driver and firmware update", "OPTIONAL", "DRIVER_UPDATES"))
        released.append(("macOS", "macOS update", "recommended", "REGULAR_UPDATES"))
    if index % 3 == 1:
        released.append(("macOS", "macOS security update", "critical", "SECURITY_UPDATES"))
        released.append(("Windows Server", "Servicing stack update", "NONE", "UPDATE_ROLLUPS"))
    return released


def fate(seed: int, device: Device) -> tuple[tuple[Lacking, ...], tuple[Attempt, ...]]:
    """What the device lacks when, and every attempt on it, both oldest first. A new device is up to date."""
    retired_at = device.retired_at
    draw = draws(seed, f"patches {device.id}")
    diligence = draw.choices(("prompt", "slow", "neglected"), weights=(80, 14, 6))[0]
    lacking: list[Lacking] = []
    attempts: list[Attempt] = []
    for patch in catalogue(seed).get(FAMILIES.get(device.node_class, ""), ()):
        if patch.released_at >= device.created_at and (retired_at is None or patch.released_at < retired_at):
            gap, tries = outcome(draw, patch, diligence)
            lacking.append(gap)
            attempts += tries
    return tuple(lacking), tuple(sorted(attempts, key=lambda attempt: attempt.at))


def outcome(draw: random.Random, patch: Patch, diligence: str) -> tuple[Lacking, list[Attempt]]:
    """How long one patch is lacking, and what is tried until then."""
    seen_at = patch.released_at + timedelta(hours=draw.randrange(2, 20), minutes=draw.randrange(60))
    superseded_at = patch.released_at + SUPERSEDED_AFTER
    if patch.is_optional and chance(draw, 0.4):
        return Lacking(patch, seen_at, superseded_at, draw.choice(("REJECTED", "MANUAL"))), []
    if diligence == "neglected" and chance(draw, 0.6):
        return Lacking(patch, seen_at, superseded_at, "MANUAL"), []
    days = draw.randrange(2, 11) if diligence == "prompt" else draw.randrange(9, 50)
    at = seen_at + timedelta(days=days, hours=draw.randrange(-6, 7), seconds=draw.randrange(3600))
    tries = []
    if chance(draw, 0.06):
        tries.append(Attempt(patch, at - timedelta(hours=draw.randrange(20, 44)), succeeded=False))
    if chance(draw, 0.015):
        tries.append(Attempt(patch, at, succeeded=False))
        return Lacking(patch, seen_at, superseded_at, "APPROVED"), tries
    tries.append(Attempt(patch, at, succeeded=True))
    return Lacking(patch, seen_at, at, "APPROVED" if diligence == "prompt" else "MANUAL"), tries
