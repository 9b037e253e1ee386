"""From vendors over HTTP to marts, decks and alerts: three made-up businesses in one warehouse, held to the truth.

The truth is computed by the sandbox from its own world; it shares no code with the pipeline.
"""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

import sandbox.world
from orchestration import demonstration, pipeline
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from sandbox import truth
from tests.installation import installed
from tests.sandbox_server import running_sandbox
from warehouse.checksums import ATTEMPTS, RUN_FACTS, Checksum, table_checksums
from warehouse.organizations import Organization, load_organization
from warehouse.periods import Period, latest_complete_quarter, periods_between
from warehouse.settings import PROJECT_ROOT, get_settings

SEEDS = (7, 11, 23)
INPUTS_WITHOUT_TIMES = """
    select count(*), md5(string_agg(format('%s %s %s %s %s', organization_id, quarter, metric, name, facts), ';'
        order by organization_id, quarter, metric, name))
    from marts.fct_smartnumbers
    cross join lateral (select key as name, value - 'freshest_at' as facts from jsonb_each(inputs)) as each_input
"""
APP_TABLES = ("account_rules", "alert_rules", "client_links", "clients", "organizations", "rule_values", "thresholds")


@dataclass(frozen=True)
class Business:
    """One organization of the warehouse and the world behind its vendors."""

    organization: Organization
    world: Any
    sandbox: Sandbox
    now: datetime


@dataclass(frozen=True)
class Warehouse:
    """The loaded warehouse and what the run that filled it said."""

    url: str
    businesses: tuple[Business, ...]
    report: pipeline.RunReport
    reports_dir: Path


def demo_configuration(seed: int, alias: int) -> Organization:
    """The demonstration's own rules under another id."""
    found = load_organization(PROJECT_ROOT / "config" / "demo-msp.yml")
    return found.model_copy(update={"id": f"seed-{seed}", "alias": alias, "name": f"Lanternfield {seed}"})


@pytest.fixture(scope="module")
def warehouse(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Three businesses extracted, built, checked and reported in one run."""
    with ExitStack() as stack:
        stack.enter_context(installed(module_database_url, tmp_path_factory.mktemp("var")))
        businesses = []
        for alias, seed in enumerate(SEEDS, start=11):
            organization = demo_configuration(seed, alias)
            url = stack.enter_context(running_sandbox(seed=seed))
            server = Sandbox(port=int(url.rsplit(":", 1)[1]), pid=0, seed=seed)
            pipeline.prepare([organization])
            demonstration.connect_sources(organization, server, anew=True)
            demonstration.import_figures(organization, server)
            demonstration.read_history(organization, server, run_id=f"history-{seed}", progress=Quiet())
            businesses.append(Business(organization, sandbox.world.build(seed), server, server.clock()))
        report = pipeline.run([one.organization for one in businesses], as_of=businesses[0].now, progress=Quiet())
        yield Warehouse(module_database_url, tuple(businesses), report, get_settings().var_dir / "reports")


def complete_periods(business: Business) -> list[str]:
    last = latest_complete_quarter(business.now, business.organization.time_zone).periods[-1]
    first = Period.parse(business.organization.settings.history_start)
    return [str(period) for period in periods_between(first, last)]


def monthly(warehouse: Warehouse, organization_id: str) -> dict[tuple[str, str, str], Decimal | None]:
    with psycopg.connect(warehouse.url) as connection:
        return {
            (client_id, period, metric): value
            for client_id, period, metric, value in connection.execute(
                "select client_id, period, metric, value from marts.fct_metrics_monthly where organization_id = %s",
                [organization_id],
            )
        }


def test_every_stream_of_every_business_was_read_completely(warehouse: Warehouse) -> None:
    failed = [str(one.error) for each in warehouse.report.organizations for one in each.failed_streams]
    assert not failed
    assert warehouse.report.exit_code == 0


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_all_monthly_inputs_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.monthly_inputs(business.world, business.now)
    found = monthly(warehouse, business.organization.id)
    periods = complete_periods(business)
    assert len(periods) == 24
    assert {len(expected[period]) >= 27 for period in periods} == {True}
    wrong = {
        (period, metric): (found.get(("all", period, metric), "no row"), value)
        for period in periods
        for metric, value in expected[period].items()
        if found.get(("all", period, metric), "no row") != value
    }
    assert not wrong


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_all_smartnumbers_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.smartnumbers(business.world, business.now)
    with psycopg.connect(warehouse.url) as connection:
        found = {
            (quarter, metric): value
            for quarter, metric, value in connection.execute(
                "select quarter, metric, value from marts.fct_smartnumbers where organization_id = %s",
                [business.organization.id],
            )
        }
    assert len(expected) == 8
    wrong = {
        (quarter, metric): (found.get((quarter, metric), "no row"), value)
        for quarter, values in expected.items()
        for metric, value in values.items()
        if found.get((quarter, metric), "no row") != value
    }
    assert not wrong


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_the_figures_of_each_client_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.client_inputs(business.world, business.now)
    found = monthly(warehouse, business.organization.id)
    by_name = client_ids(warehouse, business)
    periods = complete_periods(business)
    wrong = {
        (period, client, metric): (found.get((by_name[client], period, metric), "no row"), value)
        for period in periods
        for client, values in expected[period].items()
        for metric, value in values.items()
        if found.get((by_name[client], period, metric), "no row") != value
    }
    assert not wrong


def client_ids(warehouse: Warehouse, business: Business) -> dict[str, str]:
    """The pipeline's id of each of the world's clients, through the vendors' own ids."""
    with psycopg.connect(warehouse.url) as connection:
        linked = {
            (source, source_id): client_id
            for source, source_id, client_id in connection.execute(
                "select source, source_client_id, client_id from app.client_links where organization_id = %s",
                [business.organization.id],
            )
        }
    found = {"unassigned": "unassigned"}
    for client in business.world.clients:
        presences = [
            (source, getattr(client, source)) for source in ("connectwise", "ninjaone", "stripe", "quickbooks")
        ]
        ids = {linked[source, presence.id] for source, presence in presences if presence is not None}
        assert len(ids) == 1, f"{client.name} is {len(ids)} clients in the pipeline"
        found[client.key] = ids.pop()
    assert len(set(found.values())) == len(found), "two of the world's clients are one in the pipeline"
    return found


def test_each_business_has_its_decks(warehouse: Warehouse) -> None:
    for each in warehouse.report.organizations:
        assert each.decks_blocked is None
        assert sum(deck.kind == "company" for deck in each.decks) == 1
        assert len(each.decks) > 10
        assert all(deck.path.exists() for deck in each.decks)


def test_no_deck_of_one_business_names_a_client_of_another(warehouse: Warehouse) -> None:
    """All three sell to clients of the same names, so what must not be found are the organizations' own names."""
    names = {each.organization.id: each.organization.name for each in warehouse.report.organizations}
    for each in warehouse.report.organizations:
        others = [name for organization_id, name in names.items() if organization_id != each.organization.id]
        for deck in each.decks:
            text = deck_text(deck.path)
            assert not [name for name in others if name in text]


def deck_text(path: Path) -> str:
    """Everything in the file that is text, unzipped."""
    with zipfile.ZipFile(path) as package:
        return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


def test_a_second_run_changes_no_row(warehouse: Warehouse) -> None:
    before = checksums(warehouse.url)
    report = pipeline.run(
        [one.organization for one in warehouse.businesses], as_of=warehouse.businesses[0].now, progress=Quiet()
    )
    assert report.exit_code == 0
    assert {one.new + one.changed + one.deleted for each in report.organizations for one in each.streams} == {0}
    assert checksums(warehouse.url) == before


def checksums(url: str) -> dict[str, Checksum]:
    """What every table holds, apart from when and by which run it was written.

    Of the app's tables those count that the pipeline writes from its input: sealed keys differ by design, file
    addresses by folder.
    """
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        found = table_checksums(connection, skipping=(*ATTEMPTS, "raw_meta.seen_records"))
        found |= table_checksums(connection, ["staging", "marts"], run_facts=RUN_FACTS | {"inputs"})
        app = table_checksums(connection, ["app"], run_facts=RUN_FACTS | {"changed_at", "valid_from"})
        inputs = connection.execute(INPUTS_WITHOUT_TIMES).fetchone()
    assert inputs is not None
    kept = {f"app.{name}": app[f"app.{name}"] for name in APP_TABLES}
    return found | kept | {"marts.fct_smartnumbers.inputs": Checksum(*inputs)}
