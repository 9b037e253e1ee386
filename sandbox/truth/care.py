"""How the fleet is cared for at the end of each month: patches, antivirus, age, and operating systems past their end.

Counts are per client key, ``all`` is the whole business. What an agent tells is a day old at most, and as old as its
last contact where the device is off line.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.truth.desk import ALL, rounded, share
from sandbox.truth.months import complete_months, last_date, last_second
from sandbox.truth.operations import SEAT_CLASSES, endpoints_at
from sandbox.world.entities import Care, Device, World, care_of

AGENTS = {"WINDOWS_SERVER", "WINDOWS_WORKSTATION", "LINUX_SERVER", "LINUX_WORKSTATION", "MAC"}
NEEDED = {"critical", "important", "security"}
READ_BEFORE_THE_END = timedelta(hours=1)
FIRST_FACTS = timedelta(hours=9, minutes=17)
OFF_LINE_AFTER = timedelta(minutes=30)
# The last day of support, by how the name of an operating system begins; Apple names none.
ENDS = {
    "Windows 11": date(2026, 10, 13),
    "Windows 10": date(2025, 10, 14),
    "Windows Server 2022": date(2031, 10, 14),
    "Windows Server 2019": date(2029, 1, 9),
    "Ubuntu 22.04": date(2027, 4, 30),
    "Ubuntu 24.04": date(2029, 4, 30),
    "Debian GNU/Linux 12": date(2028, 6, 30),
}


def coverage(world: World, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """How endpoints are cared for at the end of each complete month, by month and client with endpoints."""
    zone = ZoneInfo(world.time_zone)
    found = {}
    cares = {device.id: care_of(world.seed, device) for device in world.devices}
    for period in complete_months(world, now):
        end = last_second(period, zone)
        fleets: dict[str, list[Device]] = defaultdict(list)
        for device in endpoints_at(world, end):
            fleets[device.client_key].append(device)
            fleets[ALL].append(device)
        read_at = end + timedelta(seconds=1) - READ_BEFORE_THE_END
        for client, devices in fleets.items():
            found[period, client] = _cared(devices, cares, read_at, last_date(period), zone)
    return found


def _cared(
    devices: list[Device], cares: dict[int, Care], read_at: datetime, day: date, zone: ZoneInfo
) -> dict[str, Any]:
    telling = [device for device in devices if device.node_class in AGENTS]
    patched = sum(not _lacks(cares[device.id], read_at) for device in telling)
    guards = [_guard(cares[device.id], read_at) for device in telling]
    ages = [(day - device.created_at.astimezone(zone).date()).days for device in devices]
    ends = [_end_of_life(device) for device in devices]
    supported = sum(end is not None and end >= day for end in ends)
    unsupported = sum(end is not None and end < day for end in ends)
    return {
        "endpoints": len(devices),
        "seats": sum(device.node_class in SEAT_CLASSES for device in devices),
        "reporting": len(telling),
        "patched": patched if telling else None,
        "patches_unknown": len(devices) - len(telling),
        "patched_pct": share(patched, len(telling)),
        "antivirus_on": sum(is_on for is_on, _ in guards) if telling else None,
        "antivirus_on_pct": share(sum(is_on for is_on, _ in guards), len(telling)),
        "antivirus_current_pct": share(sum(is_current for _, is_current in guards), len(telling)),
        "under_1_year": sum(age <= 365 for age in ages),
        "from_1_to_3_years": sum(365 < age <= 1095 for age in ages),
        "from_3_to_5_years": sum(1095 < age <= 1826 for age in ages),
        "from_5_years": sum(age > 1826 for age in ages),
        "median_age_years": rounded(median(map(Decimal, ages)) / Decimal("365.25"), 2),
        "os_supported": supported,
        "os_unsupported": unsupported,
        "os_unknown": len(devices) - supported - unsupported,
        "os_supported_pct": share(supported, supported + unsupported),
    }


def _told(care: Care, now: datetime) -> datetime:
    """The instant that a device's facts are of: its own minute of the morning, not after its last contact."""
    lag = timedelta(minutes=care.device.contact_lag_minutes)
    contact = max(now - lag if lag > OFF_LINE_AFTER else now, care.device.created_at).astimezone(ZoneInfo("UTC"))
    morning = contact.replace(hour=0, minute=0, second=0, microsecond=0)
    facts = morning + FIRST_FACTS + timedelta(minutes=care.device.id % 50)
    return max(facts if facts <= contact else facts - timedelta(days=1), care.device.created_at)


def _lacks(care: Care, now: datetime) -> bool:
    at = _told(care, now)
    return any(
        gap.at <= at < gap.until and gap.status != "REJECTED" and gap.patch.severity.casefold() in NEEDED
        for gap in care.lacking
    )


def _guard(care: Care, now: datetime) -> tuple[bool, bool]:
    """Whether its antivirus is on, and whether it is on and up to date."""
    at = _told(care, now)
    lapse = next((lapse.kind for lapse in care.lapses if lapse.at <= at < lapse.until), None)
    is_on = bool(care.antivirus) and lapse != "OFF"
    is_off_line = timedelta(minutes=care.device.contact_lag_minutes) > OFF_LINE_AFTER
    return is_on, is_on and lapse != "Out-of-Date" and not is_off_line


def _end_of_life(device: Device) -> date | None:
    if device.node_class not in AGENTS:
        return None
    name = device.operating_system or ""
    return next((end for begins, end in ENDS.items() if name.startswith(begins)), None)
