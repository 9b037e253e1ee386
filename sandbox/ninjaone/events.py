"""NinjaOne's alerts, which are listed while they are active, and its activity log, which keeps everything.

Activities are numbered as they arrive. A device that is off line sends its own late, under the times they had.
"""

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import msgspec

from sandbox.ninjaone.lives import Lives, Members, facts, row
from sandbox.ninjaone.records import View, epoch, present
from sandbox.shelves import Rendered
from sandbox.world.calendar import at as local_instant
from sandbox.world.calendar import first_day, last_day
from sandbox.world.entities import Staff, World
from sandbox.world.upkeep import Alert, Care

FIRST_ID, ID_STEP = 5_000_003, 3
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the log to be: when it reached the vendor, and what it says."""

    recorded_at: datetime
    at: datetime
    what: Members
    care: Care | None = None
    of_user: bool = False


def event_views(world: World, lives: Lives) -> dict[str, View]:
    """Alerts and activities as functions of the instant."""

    @cache
    def log() -> tuple[list[datetime], tuple[Rendered, ...]]:
        happenings = sorted(happened(world, lives), key=lambda one: (one.recorded_at, one.at))
        entries = (activity(one, FIRST_ID + ID_STEP * index) for index, one in enumerate(happenings))
        return [one.recorded_at for one in happenings], tuple(entries)

    def activities(now: datetime) -> tuple[Rendered, ...]:
        recorded, entries = log()
        return entries[: bisect_right(recorded, now)][::-1]

    def alerts(now: datetime) -> tuple[Rendered, ...]:
        return tuple(one for care in lives.listed(now) for one in active_alerts(care, now))

    return {"activities": activities, "alerts": alerts}


def active_alerts(care: Care, now: datetime) -> Iterator[Rendered]:
    """The device's alerts that were raised and not yet reset, as far as the vendor has heard."""
    told = care.told_until(now)
    for alert in care.alerts:
        if alert.at <= told < alert.until:
            members = {
                "uid": alert.uid,
                "deviceId": care.device.id,
                "message": alert.message,
                "createTime": epoch(alert.at),
                "updateTime": epoch(alert.at),
                "sourceType": alert.source_type,
                "sourceConfigUid": source_of(alert),
                "sourceName": alert.message,
                "subject": "",
                "severity": alert.severity,
                "priority": alert.priority,
                "conditionHealthStatus": alert.health,
                "useGlobalHealthStatus": True,
                "data": {"message": {"code": "condition", "params": {"start_date": milliseconds(alert.at)}}},
            }
            yield row(care, now, members)


def source_of(alert: Alert) -> str:
    """The policy's condition that an alert comes from: the same for all devices."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox condition {alert.source_type}"))


def milliseconds(at: datetime) -> int:
    """An instant as it appears inside free-form data: in thirteen digits, unlike everywhere else."""
    return int(at.timestamp() * 1000)


def happened(world: World, lives: Iterable[Care]) -> Iterator[Happening]:
    """All that is ever logged, in no order."""
    for care in lives:
        yield from life_of(care)
    for one in world.staff:
        if one.is_technical:
            yield from sign_ins(world, one)


def life_of(care: Care) -> Iterator[Happening]:
    """What is logged of one device: its coming and going, its alerts, its patches."""
    device = care.device
    end = device.retired_at

    def told(at: datetime, what: Members) -> Iterator[Happening]:
        if end is None or at + care.lag < end:
            yield Happening(at + care.lag, at, {**what, "deviceId": device.id}, care)

    name = device.system_name
    yield Happening(device.created_at, device.created_at, {**coming_and_going("CREATED", name), "deviceId": device.id})
    if end is not None:
        yield Happening(end, end, {**coming_and_going("DELETED", name), "deviceId": device.id})
    for alert in care.alerts:
        yield from told(alert.at, condition(alert, "TRIGGERED"))
        yield from told(alert.until, condition(alert, "RESET"))
    for attempt in care.attempts:
        outcome = "INSTALLED" if attempt.succeeded else "INSTALL_FAILED"
        yield from told(
            attempt.at,
            {
                "severity": "NONE",
                "priority": "NONE",
                "activityType": "PATCH_MANAGEMENT",
                "statusCode": f"PATCH_MANAGEMENT_{outcome}",
                "status": "Patch installed" if attempt.succeeded else "Patch installation failed",
                "activityResult": "SUCCESS" if attempt.succeeded else "FAILURE",
                "subject": attempt.patch.name,
                "message": attempt.patch.name,
                "type": "Patch Management",
            },
        )


def coming_and_going(what: str, name: str) -> Members:
    """A device was added or removed: told by the vendor itself, whatever state the device is in."""
    return {
        "severity": "NONE",
        "priority": "NONE",
        "activityType": "SYSTEM",
        "statusCode": f"NODE_{what}",
        "status": f"Device {what.lower()}",
        "activityResult": "SUCCESS",
        "subject": name,
        "message": f"Device '{name}' was {what.lower()}",
        "type": "System",
    }


def condition(alert: Alert, what: str) -> Members:
    """An alert was raised or reset; both bear the alert's uid as their series."""
    return {
        "severity": alert.severity,
        "priority": alert.priority,
        "seriesUid": alert.uid,
        "activityType": "CONDITION",
        "statusCode": what,
        "status": what.capitalize(),
        "activityResult": "SUCCESS",
        "sourceConfigUid": source_of(alert),
        "sourceName": alert.message,
        "subject": "",
        "message": alert.message,
        "type": "Condition",
        "data": {"message": {"code": "condition", "params": {"start_date": milliseconds(alert.at)}}},
    }


def sign_ins(world: World, one: Staff) -> Iterator[Happening]:
    """A technician signs in anew every Monday."""
    day = max(one.hired_on, first_day(world.periods[0]))
    day += timedelta(days=(MONDAY - day.weekday()) % 7)
    while day <= last_day(world.periods[-1]) and one.employed_on(day):
        at = local_instant(day, 7, one.id % 60, one.id % 37)
        what = {
            "severity": "NONE",
            "priority": "NONE",
            "userId": one.id,
            "activityType": "SYSTEM",
            "statusCode": "APP_USER_LOGGED_IN",
            "status": "Technician signed in",
            "activityResult": "SUCCESS",
            "message": f"Technician '{one.first_name} {one.last_name}' signed in",
            "type": "System",
        }
        yield Happening(at, at, what, of_user=True)
        day += timedelta(days=7)


def activity(one: Happening, number: int) -> Rendered:
    """The entry under its number; what its filters compare stands beside what it shows."""
    shown = present({"id": number, "activityTime": epoch(one.at), **one.what})
    device = facts(one.care, one.at) if one.care else None
    kind = "USER" if one.of_user else "SYSTEM" if one.care is None else "DEVICE"
    return Rendered(number, msgspec.json.encode(shown), {**shown, "at": one.at, "class": kind, "device": device})
