"""The use of three made-up products, read from their databases and counted: each figure equals the world's own."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from orchestration import pipeline, snapshots
from orchestration.extraction import choose, extract_source
from orchestration.progress import Quiet
from sandbox.opsdb import OperationalDatabases
from sandbox.truth.product import ProductTruth, Scope, month_end
from tests.conftest import a_database
from tests.installation import installed
from warehouse.audit import Actor
from warehouse.credentials import connect_source
from warehouse.engine import connect
from warehouse.organizations import Organization, load_organization
from warehouse.settings import PROJECT_ROOT

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
SEEDS = (7, 11, 23)
FIGURES = ("fct_engagement_daily", "fct_cohorts", "fct_executive_snapshots", "fct_investor_metrics")


@dataclass(frozen=True)
class Products:
    """The built warehouse and the worlds behind it."""

    url: str
    organizations: dict[int, Organization]
    truths: dict[int, ProductTruth]

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(statement, values).fetchall()

    def scopes(self, seed: int) -> dict[str, Scope]:
        """The pipeline's client to the world's tenant."""
        links = self.rows(
            "select client_id, split_part(source_client_id, '/', 2)::int as number from app.client_links "
            "where organization_id = %s",
            self.organizations[seed].id,
        )
        return {"all": "all", "unassigned": None, **{row["client_id"]: row["number"] for row in links}}


@pytest.fixture(scope="module")
def products(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Products]:
    """Three products with their own databases, read whole and built."""
    plan = load_organization(PROJECT_ROOT / "config" / "demo-saas.yml")
    organizations = {seed: plan.model_copy(update={"id": f"product-{seed}", "alias": 50 + seed}) for seed in SEEDS}
    with a_database(postgres, template) as url, installed(url, tmp_path_factory.mktemp("var"), builds=True):
        names = []
        try:
            for seed, organization in organizations.items():
                names.append(f"{psycopg.conninfo.conninfo_to_dict(url)['dbname']}_{seed}")
                facts = OperationalDatabases(seed).provide(url, names[-1], NOW)["demo-saas"]
                pipeline.prepare([organization])
                with connect() as connection:
                    connect_source(
                        connection,
                        organization.id,
                        "opsdb",
                        facts,
                        environment="sandbox",
                        actor=Actor("process", "test"),
                    )
                outcomes = extract_source(
                    organization, "opsdb", choose("opsdb", ()), run_id="test", as_of=NOW, progress=Quiet()
                )
                assert all(one.error is None for one in outcomes)
                pipeline.link_clients(organization)
            pipeline.build_models(
                list(organizations.values()),
                run_id="test",
                as_of=NOW,
                select=[f"+{name}" for name in (*FIGURES, "fct_metrics_monthly")],
            )
            yield Products(url, organizations, {seed: ProductTruth(seed, NOW) for seed in SEEDS})
        finally:
            _drop(url, names)


def _drop(url: str, names: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            for firm in ("saas", "dealer"):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"{name}_{firm}")))


def rounded(value: Decimal, places: int = 4) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


@pytest.mark.parametrize("seed", SEEDS)
def test_active_users_of_every_day_and_client(products: Products, seed: int) -> None:
    truth, scopes = products.truths[seed], products.scopes(seed)
    found = products.rows(
        "select * from marts.fct_engagement_daily where organization_id = %s", products.organizations[seed].id
    )
    assert {row["client_id"] for row in found} - {"all", "unassigned"}
    assert {row["activity_date"] for row in found if row["client_id"] == "all"} == set(truth.days)
    draw = random.Random(seed)  # every day of the whole, and some of each client's: the oracle counts one by one
    for row in found:
        if row["client_id"] != "all" and draw.random() > 0.05:
            continue
        scope, day = scopes[row["client_id"]], row["activity_date"]
        assert (row["dau"], row["wau"], row["mau"]) == tuple(truth.users(scope, day, days) for days in (1, 7, 30)), row
        if day.day in (1, 2, 30):
            assert row["signups_total"] == truth.signups(scope, day, day), row
            assert row["activated_users"] == truth.activated(scope, day, day), row


@pytest.mark.parametrize("seed", SEEDS)
def test_cohorts_of_every_month_and_client(products: Products, seed: int) -> None:
    truth, scopes = products.truths[seed], products.scopes(seed)
    found = products.rows("select * from marts.fct_cohorts where organization_id = %s", products.organizations[seed].id)
    assert sum(row["client_id"] == "all" for row in found) == 24
    assert any(row["week_12_retention"] is not None for row in found)
    for row in found:
        month = date.fromisoformat(f"{row['period']}-01")
        for week in (1, 4, 12):
            size, followed, retained, is_final = truth.cohort(scopes[row["client_id"]], month, week)
            told = [row[name] for name in ("cohort_size", f"week_{week}_followed", f"week_{week}_retained")]
            assert told == [size, followed, retained], row
            share = rounded(Decimal(retained) / size) if is_final else None
            assert row[f"week_{week}_retention"] == share, row


@pytest.mark.parametrize("seed", SEEDS)
def test_snapshots_of_weeks_and_months(products: Products, seed: int) -> None:
    truth, scopes = products.truths[seed], products.scopes(seed)
    found = products.rows(
        "select * from marts.fct_executive_snapshots where organization_id = %s and bucket_type <> 'daily' "
        "and (client_id = 'all' or bucket_type = 'monthly')",
        products.organizations[seed].id,
    )
    draw = random.Random(seed)
    for row in found:
        if row["client_id"] != "all" and draw.random() > 0.1:
            continue
        scope, first = scopes[row["client_id"]], row["bucket_date"]
        last = month_end(first) if row["bucket_type"] == "monthly" else first + timedelta(days=6)
        assert row["last_date"] == last
        is_known = truth.is_known("auth_audit", first)
        assert row["active_users"] == (len(truth.active(scope, first, last)) if is_known else None), row
        assert (row["wau"], row["mau"]) == (truth.users(scope, last, 7), truth.users(scope, last, 30)), row
        assert row["activated_users"] == truth.activated(scope, first, last), row
        assert row["total_customers"] == truth.customers(scope, last), row
        assert row["signups_total"] == truth.signups(scope, first, last), row
        assert row["churned_customers"] == (
            0 if scope is None else truth.dated("memberships", "left_on", scope, first, last)
            - (truth.dated("memberships", "left_on", None, first, last) if scope == "all" else 0)
        ), row  # fmt: skip
        assert row["tenant_trials_converted"] == truth.dated("accounts", "became_paying", scope, first, last), row
        jobs = (row["jobs_total"], row["jobs_succeeded"], row["jobs_failed"])
        assert jobs == (truth.jobs(scope, first, last) or (None,) * 3), row
        requests = (row["api_requests_total"], row["api_errors_total"])
        assert requests == (truth.requests(scope, first, last) or (None, None)), row
        calls = truth.model_calls(scope, first, last)
        assert (row["ai_tokens_used"], row["ai_cost_usd"]) == ((calls[0], rounded(calls[1])) if calls else (None, None))
        assert row["mrr_run_rate"] is None
        assert row["reasons"]["mrr_run_rate"] == "Stripe is not in use."


@pytest.mark.parametrize("seed", SEEDS)
def test_what_investors_are_told(products: Products, seed: int) -> None:
    truth = products.truths[seed]
    found = products.rows(
        "select * from marts.fct_investor_metrics where organization_id = %s", products.organizations[seed].id
    )
    assert len(found) == 24
    for row in found:
        month = date.fromisoformat(f"{row['period']}-01")
        if month > date(2024, 7, 1):
            assert row["uptime_percentage_30d"] == rounded(truth.uptime(month_end(month), 30)), row
        if month < date(2026, 6, 1):
            assert row["lead_conversion_rate"] == rounded(truth.lead_conversion(month, 30)), row
        else:
            assert "30 days to convert" in row["reasons"]["lead_conversion_rate"]


def test_daily_flows_add_up_to_weeks_and_months(products: Products) -> None:
    flows = (
        "new_customers",
        "churned_customers",
        "signups_total",
        "tenant_trials_started",
        "jobs_total",
        "api_requests_total",
    )
    sums = ", ".join(f"sum(days.{flow}) = long.{flow} as {flow}" for flow in flows)
    found = products.rows(
        f"""
        select {sums} from marts.fct_executive_snapshots as long
        join marts.fct_executive_snapshots as days using (organization_id, environment, client_id)
        where long.bucket_type <> 'daily' and days.bucket_type = 'daily'
            and days.bucket_date between long.bucket_date and long.last_date
        group by long.organization_id, long.environment, long.client_id, long.bucket_type, long.bucket_date,
            {", ".join(f"long.{flow}" for flow in flows)}
        """
    )
    assert len(found) > 1000
    assert all(value in (True, None) for row in found for value in row.values())


@pytest.fixture
def one_product(products: Products, postgres: str, tmp_path: Path) -> Iterator[Products]:
    """A copy in which only the first product has records: a renewal works on every organization's, at its own price."""
    copied = str(psycopg.conninfo.conninfo_to_dict(products.url)["dbname"])
    with a_database(postgres, copied) as url, installed(url, tmp_path, builds=True):
        with psycopg.connect(url) as connection:
            tables = connection.execute(
                "select table_schema, table_name from information_schema.columns join information_schema.tables "
                "using (table_schema, table_name) where column_name = 'organization_id' and table_type = 'BASE TABLE' "
                "and table_schema in ('raw_opsdb', 'staging')"
            ).fetchall()
            for table in tables:
                connection.execute(
                    sql.SQL("delete from {} where organization_id <> %s").format(sql.Identifier(*table)),
                    [products.organizations[7].id],
                )
        yield replace(products, url=url)


def test_a_range_is_told_anew_and_the_rest_stays(one_product: Products) -> None:
    products, organization = one_product, one_product.organizations[7]
    whole = "select * from marts.fct_executive_snapshots order by 1, 2, 3, 4, 5"
    before = products.rows(whole)
    with psycopg.connect(products.url) as connection:
        connection.execute(
            "update marts.fct_executive_snapshots set dau = -1 where bucket_date between '2026-03-01' and '2026-03-31'"
        )
    range_ = snapshots.Range(date(2026, 3, 10), date(2026, 3, 11), client="all")
    snapshots.renew(organization, range_, run_id="test", as_of=NOW)
    spoilt = products.rows(
        "select client_id, bucket_type, min(bucket_date) as first, count(*) from marts.fct_executive_snapshots "
        "where organization_id = %s and client_id = 'all' and bucket_date between '2026-03-01' and '2026-03-31' "
        "and dau >= 0 group by 1, 2 order by 2",
        organization.id,
    )
    assert [(row["bucket_type"], row["first"], row["count"]) for row in spoilt] == [
        ("daily", date(2026, 3, 10), 2),
        ("monthly", date(2026, 3, 1), 1),
        ("weekly", date(2026, 3, 9), 1),
    ]
    snapshots.renew(organization, snapshots.Range(date(2024, 7, 1), NOW.date()), run_id="test", as_of=NOW)
    others = "where bucket_date between '2026-03-01' and '2026-03-31' and organization_id <> %s group by 1"
    of_others = products.rows(f"select dau, count(*) from marts.fct_executive_snapshots {others}", organization.id)
    assert [(row["dau"], row["count"] > 100) for row in of_others] == [(-1, True)]
    mine = [row for row in products.rows(whole) if row["organization_id"] == organization.id]
    assert mine == [row for row in before if row["organization_id"] == organization.id]


def test_the_summary_of_a_range_says_how_many_days_it_has(products: Products) -> None:
    told = snapshots.summary(products.organizations[7].id, snapshots.Range(date(2026, 7, 1), date(2026, 7, 10)))
    truth = products.truths[7]
    assert (told["days"], told["days_with_a_snapshot"]) == (10, 5)
    assert told["total_customers"] == truth.customers("all", date(2026, 7, 5))
    assert told["new_customers"] == truth.dated("memberships", "registered", "all", date(2026, 7, 1), date(2026, 7, 5))
    daily = [truth.users("all", date(2026, 7, day), 1) for day in range(1, 6)]
    assert told["dau_avg"] == rounded(Decimal(sum(one or 0 for one in daily)) / 5, 2)
    assert told["mrr_run_rate"] is None
