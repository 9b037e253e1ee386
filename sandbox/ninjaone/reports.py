"""NinjaOne's reports: the present state of every device, one subject each. Rows have no ids of their own.

A device that is off line is shown as it was at its last contact.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Any

from sandbox.ninjaone.lives import Lives, Members, row
from sandbox.ninjaone.machines import computer_system, disks, operating_system, volumes
from sandbox.ninjaone.records import AGENTS, View, device, epoch
from sandbox.shelves import Rendered
from sandbox.world.entities import World
from sandbox.world.patches import Attempt, Patch
from sandbox.world.upkeep import Care, Lapse

COLLECTED_AT = timedelta(hours=9, minutes=17)  # of each day, UTC
REBOOT_WITHIN = timedelta(hours=7)
GIGABYTE = 1024**3
REFERRED = (
    "id", "uid", "parentDeviceId", "organizationId", "locationId", "nodeClass", "nodeRoleId", "rolePolicyId",
    "policyId", "approvalStatus", "offline", "displayName", "systemName", "dnsName", "created", "lastContact",
    "lastUpdate",
)  # fmt: skip

Rows = Callable[[Care, datetime], Iterator[Rendered]]


def report_views(world: World, lives: Lives) -> dict[str, View]:
    """Every report by the name of its address, as a function of the instant."""

    def view(rows: Rows, *, agents_only: bool = True, with_retired: bool = False) -> View:
        def rendered(now: datetime) -> tuple[Rendered, ...]:
            cares = lives if with_retired else lives.listed(now)
            found = [care for care in cares if not agents_only or care.device.node_class in AGENTS]
            return tuple(one for care in found if care.device.created_at <= now for one in rows(care, now))

        return rendered

    def usage(care: Care, now: datetime) -> Iterator[Rendered]:
        return backup_usage(world, care, now)

    installs: dict[int, tuple[Rendered, ...]] = {}

    def os_patch_installs(care: Care, now: datetime) -> Iterator[Rendered]:
        """Every attempt the device has told of. They are many and never change, so each is rendered once."""
        if care.device.id not in installs:
            installs[care.device.id] = tuple(install(care, attempt) for attempt in care.attempts)
        told = care.told_until(now)
        return takewhile(lambda one: one.members["installed_at"] <= told, installs[care.device.id])

    return {
        "device-health": view(health, agents_only=False),
        "os-patches": view(os_patches),
        "os-patch-installs": view(os_patch_installs),
        "antivirus-status": view(antivirus_status),
        "operating-systems": view(timed(operating_system)),
        "computer-systems": view(timed(computer_system)),
        "disks": view(timed_all(disks)),
        "volumes": view(timed_all(volumes)),
        "backup/usage": view(usage),
        "backup/usage with deleted": view(usage, with_retired=True),
    }


def collected_at(care: Care, now: datetime) -> datetime:
    """When the device last sent its daily facts: a different minute for each, and never after its last contact."""
    told = care.told_until(now)
    at = told.replace(hour=0, minute=0, second=0, microsecond=0) + COLLECTED_AT + timedelta(minutes=care.device.id % 50)
    return max(at if at <= told else at - timedelta(days=1), care.device.created_at)


def timed(one: Callable[[Care, datetime], Members]) -> Rows:
    """A report with one row a device, as of its last facts."""
    return timed_all(lambda care, at: [one(care, at)])


def timed_all(several: Callable[[Care, datetime], list[Members]]) -> Rows:
    """A report with some rows a device, as of its last facts."""

    def rows(care: Care, now: datetime) -> Iterator[Rendered]:
        at = collected_at(care, now)
        for members in several(care, at):
            yield row(care, now, {**members, "deviceId": care.device.id, "timestamp": epoch(at)}, at=at)

    return rows


def patch_members(care: Care, patch: Patch, status: str, at: datetime) -> Members:
    """What both patch reports say of a patch."""
    return {
        "id": patch.id,
        "name": patch.name,
        "severity": patch.severity,
        "status": status,
        "type": patch.kind,
        "deviceId": care.device.id,
        "timestamp": epoch(at),
        "kbNumber": patch.kb_number,
    }


def os_patches(care: Care, now: datetime) -> Iterator[Rendered]:
    """What the device lacks."""
    at = collected_at(care, now)
    for gap in care.lacking:
        if gap.at <= at < gap.until:
            yield row(care, now, patch_members(care, gap.patch, gap.status, at), at=at)


def install(care: Care, attempt: Attempt) -> Rendered:
    """One attempt to install a patch, which the vendor hears of a little later."""
    status = "INSTALLED" if attempt.succeeded else "FAILED"
    at = attempt.at + timedelta(minutes=20)
    members = {**patch_members(care, attempt.patch, status, at), "installedAt": epoch(attempt.at)}
    return row(care, attempt.at, members, at=at, installed_at=attempt.at)


def antivirus_status(care: Care, now: datetime) -> Iterator[Rendered]:
    """The device's antivirus products; where there are two, the second rests."""
    at = collected_at(care, now)
    lapse = lapse_at(care.lapses, at)
    months = (at.year - 2024) * 12 + at.month
    for index, product in enumerate(care.antivirus):
        members = {
            "productName": product,
            "productState": "OFF" if index or lapse == "OFF" else "ON",
            "definitionStatus": "Out-of-Date" if lapse == "Out-of-Date" or care.is_offline else "Up-to-Date",
            "version": "" if index else f"7.{months}.{care.device.id % 4}",
            "deviceId": care.device.id,
            "timestamp": epoch(at),
        }
        yield row(care, now, members, at=at)


def lapse_at(lapses: tuple[Lapse, ...], at: datetime) -> str | None:
    """The kind of lapse that is on."""
    return next((lapse.kind for lapse in lapses if lapse.holds(at)), None)


def failed_before(care: Care, at: datetime) -> int:
    """How many patches were tried and are still lacking."""
    failed = {attempt.patch.id for attempt in care.attempts if attempt.at <= at and not attempt.succeeded}
    return sum(1 for gap in care.lacking if gap.at <= at < gap.until and gap.patch.id in failed)


def waits_for_reboot(care: Care, at: datetime) -> bool:
    """Whether a patch was installed and the machine not started since."""
    last = last_install(care, at)
    return last is not None and at - last.at < REBOOT_WITHIN


def last_install(care: Care, at: datetime) -> Attempt | None:
    """The last patch that was installed by then."""
    done = [attempt for attempt in care.attempts if attempt.at <= at and attempt.succeeded]
    return max(done, key=attrgetter("at"), default=None)


def health(care: Care, now: datetime) -> Iterator[Rendered]:
    """The device's health, which the vendor puts together from its other facts."""
    at = care.told_until(now)
    alerts = [alert for alert in care.alerts if alert.at <= at < alert.until]
    lapse = lapse_at(care.lapses, at)
    pending = sum(1 for gap in care.lacking if gap.at <= collected_at(care, now) < gap.until)
    reboot = "PATCHES" if waits_for_reboot(care, at) else ""
    status = "HEALTHY"
    if alerts or reboot or lapse:
        status = "NEEDS_ATTENTION"
    if lapse == "OFF" or any(alert.health == "UNHEALTHY" for alert in alerts):
        status = "UNHEALTHY"
    has_agent = care.device.node_class in AGENTS
    counts = ("activeThreatsCount", "quarantinedThreatsCount", "blockedThreatsCount", "activeJobCount")
    members = {
        **dict.fromkeys((*counts, "failedSoftwarePatchesCount", "pendingSoftwarePatchesCount"), 0),
        "failedOSPatchesCount": failed_before(care, at),
        "pendingOSPatchesCount": pending,
        "alertCount": len(alerts),
        "pendingRebootReason": reboot if has_agent else None,
        "avInstallStatus": "INSTALLED" if care.antivirus else None,
        "offline": care.is_offline,
        "parentDeviceId": care.device.parent_id,
        "parentOffline": False if care.device.parent_id else None,
        "healthStatus": "UNKNOWN" if care.is_offline else status,
        "installationIssuesCount": 0,
        "deviceId": care.device.id,
    }
    yield row(care, now, members)


def backup_usage(world: World, care: Care, now: datetime) -> Iterator[Rendered]:
    """A device with backups, and what they take up: growing by a hundredth a month, nightly unless they fail."""
    if not care.backup_gb:
        return
    at = care.told_until(now)
    grown = care.backup_gb * GIGABYTE * (100 + (at - care.device.created_at).days // 30) // 100
    last_night = at.replace(hour=6, minute=care.device.id % 60, second=0, microsecond=0)
    nights = [last_night - timedelta(days=ago) for ago in range(9)]
    known = [night for night in nights if care.device.created_at < night <= at]
    good = next((night for night in known if not lapse_at(care.failures, night)), None)
    bad = next((night for night in known if lapse_at(care.failures, night)), None)
    revisions, local = grown // 3, grown // 2
    sizes = {
        "revisionsCurrentSize": revisions,
        "revisionsPreviousSize": revisions // 2,
        "revisionsDeletedSize": 0,
        "localImageSize": local,
        "cloudImageSize": grown,
        "lastSuccessfulBackupJob": epoch(good) if good else None,
        "lastFailedBackupJob": epoch(bad) if bad else None,
        "revisionsTotalSize": revisions + revisions // 2,
        "cloudTotalSize": grown,
        "localTotalSize": local,
    }
    common: dict[str, Any] = device(care.device, world, now)
    members = {name: common[name] for name in REFERRED}
    members["references"] = {"backupUsage": {name: value for name, value in sizes.items() if value is not None}}
    yield row(care, now, members, at=at)
