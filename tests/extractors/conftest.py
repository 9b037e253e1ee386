"""The simulated vendors, signed in to, in fair weather and in foul."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.extractors.fakes import MemoryStore
from tests.extractors.vendors import Vendors


@pytest.fixture(scope="module")
def now(sandbox: str) -> datetime:
    """Where the sandbox's clock stands."""
    return datetime.fromisoformat(httpx.get(f"{sandbox}/_sandbox/health").json()["now"])


@pytest.fixture(scope="module")
def connections(sandbox: str) -> dict[str, dict[str, Any]]:
    """The sign-in facts of every vendor."""
    answer: dict[str, dict[str, Any]] = httpx.get(f"{sandbox}/_sandbox/credentials").json()
    return answer


@pytest.fixture(scope="module")
def stores(connections: dict[str, dict[str, Any]]) -> dict[str, MemoryStore]:
    """A token store for each vendor, shared by the tests of a file as a program's runs share theirs."""
    return {source: MemoryStore(connection) for source, connection in connections.items()}


@pytest.fixture
def vendors(stores: dict[str, MemoryStore], now: datetime) -> Vendors:
    """Sessions with the vendors."""
    return Vendors(stores, now)


@pytest.fixture
def befall(sandbox: str) -> Iterator[Callable[..., None]]:
    """Bring faults upon the vendors; afterwards they are gone and the clock stands where it stood."""

    def bring(*faults: dict[str, Any]) -> None:
        httpx.put(f"{sandbox}/_sandbox/faults", json={"seed": 1, "faults": list(faults)}).raise_for_status()

    yield bring
    for what in ("faults", "clock"):
        httpx.delete(f"{sandbox}/_sandbox/{what}").raise_for_status()


@pytest.fixture
def set_clock(sandbox: str) -> Iterator[Callable[[datetime], None]]:
    """Move the sandbox's clock; afterwards it stands where it stood."""

    def move(to: datetime) -> None:
        httpx.put(f"{sandbox}/_sandbox/clock", json={"now": to.isoformat()}).raise_for_status()

    yield move
    httpx.delete(f"{sandbox}/_sandbox/clock").raise_for_status()
