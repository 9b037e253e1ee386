"""What every client is billed each month, and the agreements and additions that say so in the PSA.

Quantities are trued up on the first of the month to the devices then in place; subscriptions, agreement additions and
the invoices of the books all follow the same lines, which is how the four vendors come to hang together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.world.calendar import at, first_day, last_day, months, period_of, starts_at
from sandbox.world.chart import PRICE_RAISE, PRODUCTS
from sandbox.world.devices import Device
from sandbox.world.parties import Client
from sandbox.world.roster import PROFILES, WON_PERIOD, Profile

TRUE_UP_HOUR, TRUE_UP_MINUTE = 8, 30
SEAT_CLASSES = ("WINDOWS_WORKSTATION", "MAC", "LINUX_WORKSTATION")
BLOCK_CLIENT_LICENSES = 16

# First and last month of security service, where it is not the whole time.
SECURITY_MONTHS: Mapping[str, tuple[str, str]] = {
    "pellworth": ("2023-01", "2025-08"),
    "tarnwick": ("2025-12", "2099-12"),
    "mossgate": ("2026-01", "2099-12"),
    "larkmoor": ("2025-04", "2099-12"),
    "ironpetal": ("2025-03", "2099-12"),
}
VOICE_ENDS = {"hobbleton": "2025-12"}
ALWAYS = ("2023-01", "2099-12")


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one product at a unit price in cents."""

    product: str
    quantity: int
    unit_cents: int

    @property
    def cents(self) -> int:
        """Quantity times price."""
        return self.quantity * self.unit_cents


class Contracts:
    """The recurring lines of every client and month."""

    def __init__(self, clients: tuple[Client, ...], devices: tuple[Device, ...]) -> None:
        profiles = {profile.key: profile for profile in PROFILES}
        self.clients = [client for client in clients if client.kind == "client"]
        by_client: dict[str, list[Device]] = {client.key: [] for client in clients}
        for device in devices:
            by_client[device.client_key].append(device)
        self._lines: dict[tuple[str, str], tuple[Line, ...]] = {}
        for client in self.clients:
            for period in months():
                if client.served_on(last_day(period)) or client.served_on(first_day(period)):
                    lines = _lines(client, profiles[client.key], by_client[client.key], period)
                    self._lines[client.key, period] = tuple(line for line in lines if line.quantity)

    def lines(self, client_key: str, period: str) -> tuple[Line, ...]:
        """What the client is billed for the month; nothing when it is not under contract."""
        return self._lines.get((client_key, period), ())

    def quantity(self, client_key: str, period: str, product: str) -> Line | None:
        """The line of one product, if the client has it that month."""
        return next((line for line in self.lines(client_key, period) if line.product == product), None)

    def cents(self, client_key: str, period: str, account_prefix: str) -> int:
        """The month's lines whose income account begins with the prefix."""
        lines = self.lines(client_key, period)
        return sum(line.cents for line in lines if PRODUCTS[line.product].account.startswith(account_prefix))


def counted_at(client: Client, period: str) -> datetime:
    """When the month's quantities are settled: on the first, or a week after signing in a client's first month."""
    if period == period_of(client.won_on) and period >= months()[0]:
        return at(client.won_on + timedelta(days=7), 12)
    return at(first_day(period), TRUE_UP_HOUR, TRUE_UP_MINUTE)


def price_cents(product: str, period: str) -> int:
    """The list price of a product in a month."""
    sold = PRODUCTS[product]
    return sold.raised_cents if period >= PRICE_RAISE else sold.unit_cents


def is_proration(client: Client, period: str) -> bool:
    """Whether the client signs within this month and pays a part of it."""
    return period == WON_PERIOD and period_of(client.won_on) == period


def prorated_cents(client: Client, period: str, cents: int) -> int:
    """The part of a month's price from the day of signing on, rounded half up to the cent."""
    days = last_day(period).day
    used = days - client.won_on.day + 1
    return (2 * cents * used + days) // (2 * days)


def has_security(profile: Profile, period: str) -> bool:
    """Whether the client has the security service in the month."""
    first, last = SECURITY_MONTHS.get(profile.key, ALWAYS)
    return profile.has_security and first <= period <= last


def _lines(client: Client, profile: Profile, devices: list[Device], period: str) -> list[Line]:
    counted = counted_at(client, period) if period >= period_of(client.won_on) else starts_at(period)
    present = [device for device in devices if device.listed_at(counted) and not _is_spare(device, counted)]
    seats = sum(device.node_class in SEAT_CLASSES for device in present)
    servers = sum(device.node_class == "WINDOWS_SERVER" and device.device_type is None for device in present)

    def line(product: str, quantity: int) -> Line:
        return Line(product, quantity, price_cents(product, period))

    if profile.tier == "none":
        return [line("licenses", BLOCK_CLIENT_LICENSES + (period >= "2025-09"))]
    lines = [line(profile.tier, seats), line("server", servers)]
    if profile.tier == "regulated":
        lines.append(line("stewardship", 1))
    if has_security(profile, period):
        lines.append(line("security", seats))
    lines += [line("licenses", seats - seats // 12), line("backup", servers)]
    if profile.has_voice and period <= VOICE_ENDS.get(profile.key, period):
        lines.append(line("voice", seats - seats // 5))
    return lines


def _is_spare(device: Device, clock: datetime) -> bool:
    state = device.state_at(clock)
    return state is None or "spare" in (state.display_name or "").lower()
