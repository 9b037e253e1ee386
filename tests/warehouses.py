"""Warehouses that are read at several instants of the sandbox's clock, and what they hold after each."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

import extractors
from orchestration import demonstration
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.engine import connect
from warehouse.organizations import Organization, apply, load_organization
from warehouse.settings import PROJECT_ROOT

UNPACED = {"requests_per_minute": 100_000}

OVER_HTTP = sorted(name for name, source in extractors.SOURCES.items() if "base_url" in source.needs)
"""The sources that the sandbox answers for over HTTP; the operational databases have a warehouse test of their own."""

Records = dict[str, dict[str, Any]]
"""Live records by stream and id."""


@dataclass
class Place:
    """A sandbox whose clock the test moves, and a database in which every organization is a warehouse of its own."""

    database_url: str
    sandbox: Sandbox
    template: Organization
    made: int = 0

    def warehouse(self) -> Organization:
        """An organization that is connected to the vendors and has read nothing yet."""
        self.made += 1
        changes = {"id": f"fresh-{self.made}", "alias": 1000 + self.made}
        organization = self.template.model_copy(update=changes)
        with connect() as connection:
            apply(connection, organization)
        demonstration.connect_sources(organization, self.sandbox, anew=True)
        return organization

    def read(
        self, warehouse: Organization, source: str, now: datetime, names: Iterable[str] = (), *, whole: bool = False
    ) -> Records:
        """What the warehouse holds after a run at this instant, which has to be complete."""
        outcomes = self.run(warehouse, source, now, names, whole=whole)
        assert not [one.error for one in outcomes if one.error]
        assert sum(one.rejected for one in outcomes) == 0
        return self.held(warehouse, source, names)

    def run(
        self,
        warehouse: Organization,
        source: str,
        now: datetime,
        names: Iterable[str] = (),
        *,
        whole: bool = False,
        as_of: datetime | None = None,
    ) -> list[StreamOutcome]:
        """A run at this instant; ``as_of`` is the instant by our clock where it is another."""
        self.sandbox.set_clock(now)
        streams = choose(source, tuple(names))
        return list(
            extract_source(
                warehouse, source, streams, run_id=f"{now}", as_of=as_of or now, progress=Quiet(), whole=whole
            )
        )

    def held(self, warehouse: Organization, source: str, names: Iterable[str] = ()) -> Records:
        """The live records of the streams."""
        streams = choose(source, tuple(names))
        with psycopg.connect(self.database_url) as connection:
            return {one.name: live_records(connection, warehouse.id, source, one.name) for one in streams}

    def befall(self, *faults: dict[str, Any]) -> None:
        httpx.put(f"{self.sandbox.url}/_sandbox/faults", json={"faults": faults}).raise_for_status()


def live_records(connection: psycopg.Connection, organization_id: str, source: str, name: str) -> dict[str, Any]:
    question = f"select record_id, record from raw_{source}.{name} where organization_id = %s and deleted_at is null"
    return {one: comparable(record) for one, record in connection.execute(question, [organization_id])}


def comparable(record: Any) -> Any:
    """A record less the moment at which a report was made, which is no part of the books."""
    header = record.get("Header") if isinstance(record, dict) else None
    return record if header is None else {**record, "Header": {**header, "Time": None}}


@contextmanager
def warehouses(database_url: str, var_dir: Path) -> Iterator[Place]:
    """A place whose sandbox ends with the block."""
    with running_sandbox() as url, installed(database_url, var_dir):
        organization = load_organization(PROJECT_ROOT / "config" / "demo-msp.yml")
        yield Place(database_url, sandbox_at(url), unpaced(organization))


def unpaced(organization: Organization) -> Organization:
    """The organization with a short history and vendors that may be asked as fast as they answer."""
    sources = organization.sources
    named = {name: getattr(sources, name) for name in type(sources).model_fields}
    quick = {name: one.model_copy(update=UNPACED) for name, one in named.items() if one is not None}
    settings = organization.settings.model_copy(update={"history_start": "2025-04"})
    return organization.model_copy(update={"sources": sources.model_copy(update=quick), "settings": settings})


def differences(held: Records, fresh: Records, may_hold: Collection[str] = ()) -> list[str]:
    """Every record that is not the same in both, with what is wrong with it.

    The streams of ``may_hold`` may have records that are gone at the vendor.
    """
    found = []
    for name, records in fresh.items():
        found += [f"{name} {one} is missing" for one in records.keys() - held[name].keys()]
        gone = held[name].keys() - records.keys() if name not in may_hold else set()
        found += [f"{name} {one} is gone at the vendor" for one in gone]
        found += [
            f"{name} {one} is out of date in {changed_members(held[name][one], record)}"
            for one, record in records.items()
            if one in held[name] and held[name][one] != record
        ]
    return sorted(found)


def changed_members(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def purged(source: str) -> set[str]:
    """Streams that keep what their vendor forgets: they may hold more than a fresh read finds."""
    return {one.name for one in extractors.STREAMS[source] if one.keeps_purged}
