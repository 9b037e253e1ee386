"""Three made-up businesses and a dealer in one warehouse, built and reported once: what the truths are held against."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import sandbox.world
from orchestration import demonstration, pipeline
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.checksums import ATTEMPTS, RUN_FACTS, Checksum, table_checksums
from warehouse.credentials import connect_source
from warehouse.engine import connect
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
    """The loaded warehouse and what the run that filled it said; the dealer's truth is held elsewhere."""

    url: str
    businesses: tuple[Business, ...]
    dealer: Organization
    report: pipeline.RunReport
    reports_dir: Path


def demo_configuration(seed: int, alias: int) -> Organization:
    """The demonstration's own rules under another id."""
    found = load_organization(PROJECT_ROOT / "config" / "demo-msp.yml")
    return found.model_copy(update={"id": f"seed-{seed}", "alias": alias, "name": f"Lanternfield {seed}"})


@contextmanager
def three_businesses(database_url: str, var_dir: Path) -> Iterator[Warehouse]:
    """Three businesses extracted, built, checked and reported in one run."""
    with ExitStack() as stack:
        stack.enter_context(installed(database_url, var_dir, builds=True))
        businesses = []
        for alias, seed in enumerate(SEEDS, start=11):
            organization = demo_configuration(seed, alias)
            url = stack.enter_context(running_sandbox(seed=seed))
            server = sandbox_at(url)
            pipeline.prepare([organization])
            demonstration.connect_sources(organization, server, anew=True)
            demonstration.import_figures(organization, server)
            demonstration.read_history(organization, server, run_id=f"history-{seed}", progress=Quiet())
            businesses.append(Business(organization, sandbox.world.build(seed), server, server.clock()))
        dealer = stack.enter_context(_dealer(database_url, businesses[0].sandbox))
        everyone = [*(one.organization for one in businesses), dealer]
        report = pipeline.run(everyone, as_of=businesses[0].now, progress=Quiet())
        yield Warehouse(database_url, tuple(businesses), dealer, report, get_settings().var_dir / "reports")


@contextmanager
def _dealer(database_url: str, sandbox: Sandbox) -> Iterator[Organization]:
    """The demonstration's dealer, connected to a database beside the warehouse."""
    organization = load_organization(PROJECT_ROOT / "config" / "demo-dealer.yml")
    name = f"{psycopg.conninfo.conninfo_to_dict(database_url)['dbname']}_dealer"
    pipeline.prepare([organization])
    try:
        facts = sandbox.databases(database_url, name)[organization.id]
        with connect() as connection:
            connect_source(
                connection, organization.id, "opsdb", facts, environment="sandbox", actor=demonstration.ACTOR
            )
        yield organization
    finally:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            for firm in ("saas", "dealer"):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"{name}_{firm}")))


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
