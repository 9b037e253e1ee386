"""R5: a vendor that enforces its real limits is asked as fast as it permits, and never bans us."""

import random
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest

import extractors
from extractors.core.transport import Patient
from tests.virtual_time import VirtualTime
from warehouse.request_budgets import SharedBudget

MINUTES, PROCESSES, THREADS = 3, 2, 4


@dataclass(frozen=True)
class Limits:
    """What a vendor publishes: so many in any second, so many in any minute, so many at the same time."""

    a_second: int = 1_000_000
    a_minute: int = 1_000_000
    at_once: int = 1_000_000

    @property
    def a_minute_in_all(self) -> int:
        return min(self.a_minute, 60 * self.a_second)


PUBLISHED = {
    "ninjaone": Limits(a_minute=650, at_once=20),  # none is published; this is what clients in the wild were allowed
    "connectwise": Limits(a_minute=1000, at_once=20),
    "stripe": Limits(a_second=25, at_once=20),  # of its test mode; four times as much in earnest
    "quickbooks": Limits(a_second=10, a_minute=500, at_once=10),
}
"""Where each figure comes from is told beside the source's `rate`."""


@dataclass
class Strict(httpx.BaseTransport):
    """A vendor that counts every request, refuses what comes too soon and bans whoever does not heed it."""

    limits: Limits
    time: VirtualTime
    latency: random.Random
    answered: int = 0
    refused: int = 0
    in_a_row: int = 0
    bans: int = 0
    under_way: int = 0
    arrivals: deque[float] = field(default_factory=deque)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.time.sleep(self.latency.uniform(0.0, 0.02))  # the way there takes one request longer than another
        now = self.time.seconds
        while self.arrivals and self.arrivals[0] <= now - 60:
            self.arrivals.popleft()
        latest = sum(moment > now - 1 for moment in self.arrivals)
        if (
            latest >= self.limits.a_second
            or len(self.arrivals) >= self.limits.a_minute
            or self.under_way >= self.limits.at_once
        ):
            self.refused += 1
            self.in_a_row += 1
            self.bans += self.in_a_row >= 10
            return httpx.Response(429)
        self.in_a_row = 0
        self.arrivals.append(now)
        self.under_way += 1
        self.time.sleep(self.latency.uniform(0.08, 0.35))
        self.under_way -= 1
        self.answered += 1
        return httpx.Response(200, json={})


@pytest.fixture
def processes(database_url: str) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_permitted_rate_is_used_and_not_exceeded(name: str, database_url: str, processes: ExitStack) -> None:
    """Two processes of four readers each, for three minutes of the vendor's time."""
    source, time, dice = extractors.SOURCES[name], VirtualTime(), random.Random(7)
    vendor = Strict(PUBLISHED[name], time, dice)

    def reader(budget: SharedBudget) -> None:
        transport = Patient(
            vendor,
            source=source,
            budget=budget,
            sleep=time.sleep,
            jitter=dice.uniform,
        )
        while time.seconds < 60 * MINUTES:
            transport.handle_request(httpx.Request("GET", "https://vendor.test/things"))

    budgets = [
        processes.enter_context(
            SharedBudget(
                lambda: psycopg.connect(database_url),
                organization_id="north",
                source=name,
                account="account",
                app="app",
                rate=source.rate,
                clock=time.clock,
                sleep=time.sleep,
                now=time.now,
            )
        )
        for _ in range(PROCESSES)
    ]
    time.run([lambda one=one: reader(one) for one in budgets for _ in range(THREADS)])
    asked = vendor.answered + vendor.refused
    used = vendor.answered / (vendor.limits.a_minute_in_all * time.seconds / 60)
    print(f"{name}: {used:.1%} of the permitted rate, {vendor.refused} of {asked} refused")
    assert vendor.bans == 0
    assert vendor.refused / asked <= 0.01
    assert used >= 0.85


def test_the_vendor_of_this_test_does_refuse_and_ban(database_url: str) -> None:
    """Without a budget it would be met at once: the figures above are not those of a vendor that lets all pass."""
    time = VirtualTime()
    vendor = Strict(PUBLISHED["quickbooks"], time, random.Random(7))

    def hurried() -> None:
        for _ in range(60):
            vendor.handle_request(httpx.Request("GET", "https://vendor.test/things"))

    time.run([hurried for _ in range(20)])
    assert vendor.refused > 100
    assert vendor.bans > 0
