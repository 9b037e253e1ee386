"""The simulated vendors as the tests of extractors use them: sessions that never sleep, and windows to read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from extractors import Stream, open_source
from extractors.contracts import contracts_of
from extractors.core.certificate import Certificate
from extractors.core.reading import Session
from extractors.core.records import Record
from extractors.core.window import Window
from tests.extractors.fakes import MemoryStore, Unlimited

MONTHS = tuple(f"{2024 + (6 + month) // 12}-{(6 + month) % 12 + 1:02d}" for month in range(25))
EVERYTHING = Window("all", months=MONTHS)


class Vendors:
    """Opens sessions that never sleep, with tokens kept from one to the next; `waits` are the sleeps asked for."""

    def __init__(self, stores: dict[str, MemoryStore], now: datetime) -> None:
        self.stores = stores
        self.now = now
        self.waits: list[float] = []

    def open(self, source: str, **changes: Any) -> Session:
        store = self.stores[source]
        return open_source(
            source,
            {**store.connection, **changes},
            as_of=self.now,
            time_zone="America/Chicago",
            token_store=store,
            budget=Unlimited(),
            contracts=contracts_of(source),
            sleep=self.waits.append,
        )

    def read(self, one: Stream, window: Window = EVERYTHING) -> tuple[list[Record], Certificate]:
        with self.open(one.source) as session, session.read(one, window) as reading:
            records = [record for page in reading for record in page.records]
        return records, reading.certificate


def dated(month: str) -> Window:
    """A month in the organization's zone, which is five hours behind UTC in these months."""
    year, number = (int(part) for part in month.split("-"))
    start = datetime(year, number, 1, 5, tzinfo=UTC)
    return Window("dated", start=start, end=start + timedelta(days=31), months=(month,))
