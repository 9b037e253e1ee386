"""Stripe extracted again and again into real tables: what is there is what a first extraction would bring."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

import extractors
from orchestration import demonstration, pipeline
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from tests.three_businesses import demo_configuration
from warehouse.organizations import Organization

CLOCKS = ("2026-06-09T12:00:00+00:00", "2026-06-12T20:00:00+00:00", "2026-07-06T14:00:00+00:00")
NAMES = [one.name for one in extractors.STREAMS["stripe"]]


class Businesses:
    """Organizations that have the same vendors, which show them as of a clock that tests set."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        self.url = url
        self.sandbox = sandbox
        self.organizations: dict[str, Organization] = {}

    def named(self, name: str) -> Organization:
        if name not in self.organizations:
            alias = 21 + len(self.organizations)
            made = demo_configuration(7, alias).model_copy(update={"id": name, "name": name})
            pipeline.prepare([made])
            demonstration.connect_sources(made, self.sandbox, anew=True)
            self.organizations[name] = made
        return self.organizations[name]

    def extract(self, name: str, clock: str, *streams: str) -> list[StreamOutcome]:
        organization, as_of = self.named(name), datetime.fromisoformat(clock)
        self.sandbox.set_clock(as_of)
        chosen = choose("stripe", streams)
        run_id = f"{name} {clock}"
        return list(extract_source(organization, "stripe", chosen, run_id=run_id, as_of=as_of, progress=Quiet()))

    def living(self, name: str, stream: str) -> dict[str, Any]:
        with psycopg.connect(self.url) as connection:
            asked = (
                f"select record_id, record from raw_stripe.{stream} where organization_id = %s and deleted_at is null"
            )
            return dict(connection.execute(asked, [name]).fetchall())


@pytest.fixture(scope="module")
def businesses(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Businesses]:
    with (
        installed(module_database_url, tmp_path_factory.mktemp("var")),
        running_sandbox(seed=7) as address,
    ):
        yield Businesses(module_database_url, sandbox_at(address))


@pytest.fixture(scope="module")
def runs(businesses: Businesses) -> list[list[StreamOutcome]]:
    """One organization extracted at each clock, another at the last one only."""
    made = [businesses.extract("daily", clock) for clock in CLOCKS]
    return [*made, businesses.extract("fresh", CLOCKS[-1])]


def test_every_run_is_complete(runs: list[list[StreamOutcome]]) -> None:
    assert [str(one.error) for run in runs for one in run if one.error] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_are_those_of_a_first_extraction(
    businesses: Businesses, runs: list[list[StreamOutcome]], name: str
) -> None:
    daily, fresh = businesses.living("daily", name), businesses.living("fresh", name)
    if name == "events":  # Stripe has forgotten what was read before
        daily = {one: record for one, record in daily.items() if one in fresh}
    assert daily == fresh
    assert daily
    assert len(runs) == len(CLOCKS) + 1


def test_deletions_are_counted_where_they_happened(runs: list[list[StreamOutcome]]) -> None:
    """Between 12 June and 6 July a customer and a coupon were deleted, between 9 and 12 June nothing."""
    assert {one.stream: one.deleted for one in runs[1] if one.deleted} == {}
    told = {one.stream: one.deleted for one in runs[2] if one.deleted}
    assert told == {"customers": 1, "coupons": 1, "invoices": 1, "invoice_lines": 1}


def test_an_extraction_at_the_same_instant_changes_nothing(
    businesses: Businesses, runs: list[list[StreamOutcome]]
) -> None:
    again = businesses.extract("fresh", CLOCKS[-1])
    assert runs
    assert {(one.new, one.changed, one.deleted, one.error) for one in again} == {(0, 0, 0, None)}
    assert sum(one.requests for one in again) < sum(one.requests for one in runs[-1])


def test_after_a_gap_of_forty_five_days_everything_is_read(businesses: Businesses) -> None:
    last = datetime.fromisoformat(CLOCKS[-1])
    early = (last - timedelta(days=45)).isoformat()
    businesses.extract("absent", early, "customers", "subscription_items")
    outcomes = businesses.extract("absent", CLOCKS[-1], "customers", "subscription_items")
    assert [one.error for one in outcomes] == [None, None]
    for name in ("customers", "subscription_items"):
        assert businesses.living("absent", name) == businesses.living("fresh", name)
    # Both were deleted meanwhile, one so long ago that its event is gone.
    assert outcomes[0].deleted >= 1


def test_a_run_that_broke_between_pages_goes_on_and_ends_the_same(
    businesses: Businesses, runs: list[list[StreamOutcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractors.core.read_ahead.PAGE_RECORDS", 1)
    monkeypatch.setattr("extractors.core.events.TOGETHER", 3)
    monkeypatch.setattr("extractors.core.events.WORTH_A_PAGE", 1_000)
    monkeypatch.setattr("warehouse.raw_batches.BATCH_RECORDS", 1)
    businesses.extract("broken", CLOCKS[1], "invoices")
    fault = {"kind": "server_error", "source": "stripe", "path": "/v1/invoices/in_", "after": 7, "times": None}
    businesses.sandbox.set_clock(datetime.fromisoformat(CLOCKS[-1]))
    faults = f"{businesses.sandbox.url}/_sandbox/faults"
    httpx.put(faults, json={"seed": 1, "faults": [fault]}).raise_for_status()
    monkeypatch.setattr("extractors.core.transport.ATTEMPTS", 1)
    (failed,) = businesses.extract("broken", CLOCKS[-1], "invoices")
    httpx.delete(faults).raise_for_status()
    assert failed.error
    (done,) = businesses.extract("broken", CLOCKS[-1], "invoices")
    assert done.error is None
    assert runs
    assert businesses.living("broken", "invoices") == businesses.living("fresh", "invoices")
