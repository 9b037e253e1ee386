"""What befalls a device while it is watched: alerts, patches, lapses of its antivirus, backups.

Everything follows from the seed and the device, drawn when it is first asked for and from streams of its own.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.world.calendar import LAST_PERIOD, following, starts_at
from sandbox.world.devices import Device
from sandbox.world.draws import chance, draws, whole
from sandbox.world.patches import FAMILIES, Attempt, Lacking, fate

OFFLINE_AFTER = timedelta(minutes=30)
MONTH = timedelta(days=30)
GUARD, BUILT_IN = "Palisade Endpoint Guard", "Windows Defender"

# source type, severity, priority, health, what is said
AGENT_ALERTS = (
    ("CONDITION_AGENT_DISK_FREE_SPACE", "MAJOR", "HIGH", "UNHEALTHY", "Free disk space is below 10 %"),
    ("CONDITION_AGENT_CPU", "MODERATE", "MEDIUM", "NEEDS_ATTENTION", "CPU above 95 % for 30 minutes"),
    ("CONDITION_AGENT_MEMORY", "MODERATE", "MEDIUM", "NEEDS_ATTENTION", "Memory above 95 % for 30 minutes"),
    ("CONDITION_PENDING_REBOOT", "MINOR", "LOW", "NEEDS_ATTENTION", "A restart is pending"),
    ("CONDITION_WINDOWS_SERVICE_STATE_CHANGED", "MAJOR", "MEDIUM", "UNHEALTHY", "A watched service stopped"),
    ("CONDITION_SMART_STATUS_DEGRATED", "CRITICAL", "HIGH", "UNHEALTHY", "A drive reports errors"),
)
NETWORK_ALERTS = (
    ("CONDITION_NMS_NETWORK_STATUS", "MAJOR", "HIGH", "UNHEALTHY", "An interface is down"),
    ("CONDITION_PING", "CRITICAL", "HIGH", "UNHEALTHY", "Does not answer"),
    ("CONDITION_NMS_CPU", "MINOR", "LOW", "NEEDS_ATTENTION", "CPU above 90 %"),
)


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition that was met, from one instant to another."""

    uid: str
    at: datetime
    until: datetime
    source_type: str
    severity: str
    priority: str
    health: str
    message: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """A stretch of time in which something did not work as it should."""

    at: datetime
    until: datetime
    kind: str

    def holds(self, now: datetime) -> bool:
        """Whether the lapse is on."""
        return self.at <= now < self.until


@dataclass(frozen=True, slots=True)
class Care:
    """All that befalls one device in its life, the future of any clock included."""

    device: Device
    alerts: tuple[Alert, ...]
    lacking: tuple[Lacking, ...]
    attempts: tuple[Attempt, ...]
    antivirus: tuple[str, ...]
    """Its antivirus products, the one in charge first."""
    lapses: tuple[Lapse, ...]
    """Of its antivirus: `OFF`, or `Out-of-Date`."""
    backup_gb: int
    """What its backups take up at first; 0 for a device without."""
    failures: tuple[Lapse, ...]
    """Of its backups."""

    @property
    def lag(self) -> timedelta:
        """How far behind the clock the device is: one that is off line tells of nothing later than its last contact."""
        lag = timedelta(minutes=self.device.contact_lag_minutes)
        return lag if lag > OFFLINE_AFTER else timedelta(0)

    @property
    def is_offline(self) -> bool:
        return self.lag > timedelta(0)

    def told_until(self, now: datetime) -> datetime:
        """The last instant that the device has told of."""
        return max(now - self.lag, self.device.created_at)


def care_of(seed: int, device: Device) -> Care:
    """The life of one device."""
    draw = draws(seed, f"upkeep {device.id}")
    lacking, attempts = fate(seed, device)
    has_agent = device.node_class in FAMILIES
    antivirus = products(draw, device) if has_agent else ()
    is_server = device.node_class.endswith("SERVER")
    backup_gb = draw.randrange(40, 1800) if has_agent and (is_server or chance(draw, 0.1)) else 0
    rate = 0.5 if is_server else 0.2
    return Care(
        device=device,
        alerts=tuple(alerts(draw, seed, device, rate, AGENT_ALERTS if has_agent else NETWORK_ALERTS)),
        lacking=lacking,
        attempts=attempts,
        antivirus=antivirus,
        lapses=lapses(draw, device, (("OFF", 0.025, 12), ("Out-of-Date", 0.05, 6))) if antivirus else (),
        backup_gb=backup_gb,
        failures=lapses(draw, device, (("FAILED", 0.12, 5),)) if backup_gb else (),
    )


def products(draw: random.Random, device: Device) -> tuple[str, ...]:
    """Antivirus products: few devices have none, and the one built into Windows is at times seen beside another."""
    is_windows = device.node_class.startswith("WINDOWS")
    if chance(draw, 0.5 if device.node_class.startswith("LINUX") else 0.03):
        return (BUILT_IN,) if is_windows and chance(draw, 0.7) else ()
    return (GUARD, BUILT_IN) if is_windows and chance(draw, 0.15) else (GUARD,)


def months_of(device: Device) -> int:
    """How many months of thirty days the device lives, to the end of the world at most."""
    end = device.retired_at or starts_at(following(LAST_PERIOD))
    return max(0, -((device.created_at - end) // MONTH))


def somewhere(draw: random.Random, device: Device, month: int) -> datetime:
    """An instant in one of the device's months."""
    return device.created_at + month * MONTH + timedelta(seconds=draw.randrange(int(MONTH.total_seconds())))


def lapses(draw: random.Random, device: Device, kinds: tuple[tuple[str, float, int], ...]) -> tuple[Lapse, ...]:
    """Lapses of each kind: so likely in a month, so many days at most."""
    found = []
    for month in range(months_of(device)):
        for kind, likely, days in kinds:
            if chance(draw, likely):
                at = somewhere(draw, device, month)
                found.append(Lapse(at, at + timedelta(hours=draw.randrange(5, 24 * days)), kind))
    return tuple(sorted(found, key=lambda lapse: lapse.at))


def alerts(
    draw: random.Random, seed: int, device: Device, rate: float, kinds: tuple[tuple[str, str, str, str, str], ...]
) -> list[Alert]:
    """Alerts, so many a month: most are over within hours, some after days, a few are left standing for weeks."""
    found: list[Alert] = []
    for month in range(months_of(device)):
        for _ in range(whole(draw, rate)):
            at = somewhere(draw, device, month)
            hours = draw.choices((draw.randrange(1, 12), draw.randrange(24, 144), draw.randrange(240, 1440)), (6, 3, 1))
            uid = uuid.uuid5(uuid.NAMESPACE_OID, f"sandbox {seed} alert {device.id} {len(found)}")
            until = at + timedelta(hours=hours[0], seconds=draw.randrange(3600))
            found.append(Alert(str(uid), at, until, *draw.choice(kinds)))
    return sorted(found, key=lambda alert: alert.at)
