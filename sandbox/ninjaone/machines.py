"""What a machine consists of, as its agent tells: operating system, make, disks, volumes."""

from datetime import datetime, timedelta

from sandbox.ninjaone.lives import Members
from sandbox.ninjaone.records import epoch
from sandbox.world.upkeep import Care

GIGABYTE = 1024**3
BUILDS = {
    "Windows 11": ("26100", "24H2"),
    "Windows 10": ("19045", "22H2"),
    "Windows Server 2022": ("20348", "21H2"),
    "Windows Server 2019": ("17763", "1809"),
}
STARTS_AFTER = timedelta(hours=7)


def operating_system(care: Care, at: datetime) -> Members:
    """The operating system; it was last started some hours after the last patch."""
    device = care.device
    name = device.operating_system or "Unknown"
    build = next((build for known, build in BUILDS.items() if name.startswith(known)), None)
    patched = [attempt.at for attempt in care.attempts if attempt.succeeded and attempt.at <= at]
    starts = [one + STARTS_AFTER for one in patched if one + STARTS_AFTER <= at]
    return {
        "manufacturer": "Microsoft Corporation" if name.startswith("Windows") else None,
        "name": name,
        "architecture": "64-bit",
        "lastBootTime": epoch(max([device.created_at, *starts])),
        "buildNumber": build[0] if build else None,
        "releaseId": build[1] if build else None,
        "servicePackMajorVersion": 0 if build else None,
        "servicePackMinorVersion": 0 if build else None,
        "locale": "en-US",
        "language": "en-US",
        "needsReboot": len(patched) > len(starts),
    }


def computer_system(care: Care, _: datetime) -> Members:
    """Maker, model and size."""
    device = care.device
    is_guest = device.device_type == "VMGuest"
    return {
        "name": device.system_name,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "biosSerialNumber": device.serial_number,
        "serialNumber": device.serial_number,
        "domain": f"{device.client_key}.example",
        "domainRole": "Member Server" if device.node_class.endswith("SERVER") else "Member Workstation",
        "numberOfProcessors": 1 + device.id % 2 if device.node_class.endswith("SERVER") else 1,
        "totalPhysicalMemory": device.memory_gb * GIGABYTE if device.memory_gb else None,
        "virtualMachine": is_guest,
        "chassisType": "Virtual Machine" if is_guest else None,
    }


def disk_gigabytes(care: Care) -> list[int]:
    """The sizes of its disks: a server has two."""
    first = (256, 512, 512, 1024)[care.device.id % 4]
    return [first, 2048] if care.device.node_class.endswith("SERVER") else [first]


def disks(care: Care, at: datetime) -> list[Members]:
    """Its disk drives; one that reports errors says so while the alert stands."""
    is_failing = any(a.source_type.startswith("CONDITION_SMART") and a.at <= at < a.until for a in care.alerts)
    return [
        {
            "bytesPerSector": 512,
            "description": "Disk drive",
            "interfaceType": "SCSI",
            "mediaType": "Fixed hard disk media",
            "model": f"Corvid NV{size}",
            "name": rf"\\.\PHYSICALDRIVE{index}",
            "partitionCount": 3 if index == 0 else 1,
            "serialNumber": f"CV{care.device.id:06d}{index}",
            "size": size * GIGABYTE,
            "smartCapable": True,
            "status": "Pred Fail" if is_failing and index == 0 else "OK",
        }
        for index, size in enumerate(disk_gigabytes(care))
    ]


def volumes(care: Care, at: datetime) -> list[Members]:
    """Its volumes, one a disk. They fill up by two hundredths a month; while the alert stands, the first is full."""
    is_full = any(a.source_type.endswith("DISK_FREE_SPACE") and a.at <= at < a.until for a in care.alerts)
    used = min(0.85, 0.3 + (care.device.id % 40) / 100 + 0.02 * ((at - care.device.created_at).days // 30))
    is_windows = care.device.node_class.startswith("WINDOWS")
    found = []
    for index, size in enumerate(disk_gigabytes(care)):
        name = "CD"[index] + ":" if is_windows else ("/", "/srv")[index]
        share = 0.94 if is_full and index == 0 else used
        members: Members = {
            "name": name,
            "driveLetter": name if is_windows else None,
            "label": ("System", "Data")[index],
            "deviceType": "Local Disk",
            "fileSystem": "NTFS" if is_windows else "APFS" if care.device.node_class == "MAC" else "ext4",
            "autoMount": True,
            "compressed": False,
            "capacity": (size - 1) * GIGABYTE,
            "freeSpace": int((size - 1) * (1 - share)) * GIGABYTE,
            "serialNumber": f"{care.device.id:08X}",
        }
        found.append(members)
    return found
