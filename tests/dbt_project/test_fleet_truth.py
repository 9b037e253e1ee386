"""The fleet marts of three made-up dealers, read through the real extractor, equal the truth of their tables."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from orchestration import demonstration, pipeline
from orchestration.extraction import choose, extract_source
from orchestration.progress import Quiet
from orchestration.transformation import build
from sandbox.truth import fleet as fleets
from sandbox.truth import service
from sandbox.truth.dealer import ALL, Assessed, Dealer, Figures, Row, over
from tests.conftest import a_database
from tests.installation import installed
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.audit import Actor
from warehouse.condition_assessments import Assessment, add_assessment
from warehouse.credentials import connect_source
from warehouse.organizations import Organization, load_organization
from warehouse.settings import PROJECT_ROOT

SEEDS = (7, 11, 23)
ENTERED = (
    Assessed("U00007", date(2026, 6, 30), "replace"),
    Assessed("U00001", date(2024, 7, 2), "monitor"),
    Assessed("U00001", date(2024, 7, 2), "good"),
)
"""One of a machine that the dealer never looks at, and one that was set right the same day."""


@dataclass(frozen=True)
class Business:
    """One dealer of the warehouse, and its tables as they stood."""

    organization: Organization
    dealer: Dealer
    scopes: dict[str, int | str]


@dataclass(frozen=True)
class Filled:
    """The warehouse of all three."""

    url: str
    businesses: tuple[Business, ...]

    def rows(self, mart: str, key: str, organization_id: str) -> dict[tuple[Any, ...], Row]:
        """A mart's rows by scope and another column, less the scope of what belongs to nobody."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(
                sql.SQL("select * from {} where organization_id = %s").format(sql.Identifier("marts", mart)),
                [organization_id],
            )
            names = [column.name for column in cursor.description or ()]
            found = [dict(zip(names, row, strict=True)) for row in cursor]
        return {(row["client_id"], row[key]): row for row in found if row["client_id"] != "unassigned"}


@contextmanager
def dealers(url: str, postgres: str, var_dir: Path) -> Iterator[tuple[Business, ...]]:
    """Three dealers read and linked, each from a sandbox of its own seed."""
    with ExitStack() as stack:
        stack.enter_context(installed(url, var_dir, builds=True))
        config = load_organization(PROJECT_ROOT / "config" / "demo-dealer.yml")
        found = []
        for alias, seed in enumerate(SEEDS, start=31):
            organization = config.model_copy(update={"id": f"dealer-{seed}", "alias": alias})
            address = stack.enter_context(running_sandbox(seed=seed))
            sandbox = sandbox_at(address)
            database = f"{psycopg.conninfo.conninfo_to_dict(url)['dbname']}_{seed}"
            stack.callback(_drop, postgres, database)
            pipeline.prepare([organization])
            facts = sandbox.databases(url, database)["demo-dealer"]
            now = sandbox.clock()
            with psycopg.connect(url) as connection:
                connect_source(
                    connection, organization.id, "opsdb", facts, environment="sandbox", actor=demonstration.ACTOR
                )
                for seen in ENTERED:
                    entered = Assessment(seen.unit, seen.day, seen.condition, "R. Embers")  # type: ignore[arg-type]
                    add_assessment(connection, organization.id, entered, Actor("person", "test"))
            outcomes = extract_source(
                organization, "opsdb", choose("opsdb", ()), run_id="test", as_of=now, progress=Quiet()
            )
            assert [one.error for one in outcomes if one.error] == []
            pipeline.link_clients(organization)
            pipeline.set_instant([organization], now)
            dealer = Dealer(seed, now, ENTERED)
            found.append(Business(organization, dealer, _scopes(url, organization.id)))
        yield tuple(found)


def _scopes(url: str, organization_id: str) -> dict[str, int | str]:
    """The pipeline's client to the dealer's customer."""
    with psycopg.connect(url) as connection:
        links = connection.execute(
            "select client_id, split_part(source_client_id, '/', 2) from app.client_links where organization_id = %s",
            [organization_id],
        ).fetchall()
    return {ALL: ALL, **{client: int(number) for client, number in links}}


def _drop(postgres: str, database: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
        for firm in ("saas", "dealer"):
            connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"{database}_{firm}")))


@pytest.fixture(scope="module")
def filled(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The warehouse, built once."""
    with (
        a_database(postgres, template) as url,
        dealers(url, postgres, tmp_path_factory.mktemp("var")) as businesses,
    ):
        results = build(url, select=["+fct_recommendations", "+fct_fleet_spend_trends", "+fct_fleet_mix",
                                     "+fct_service_performance", "+fct_service_calls_monthly",
                                     "+fct_parts_categories", "+fct_rental_months"])  # fmt: skip
        assert [one.unique_id for one in results if one.is_failed] == []
        yield Filled(url, businesses)


def told(figures: Figures, scopes: dict[str, int | str]) -> dict[tuple[str, str], Row]:
    """The truth under the pipeline's names of the clients."""
    return {(client, quarter): figures[scope, quarter] for client, scope in scopes.items()
            for of_scope, quarter in figures if of_scope == scope}  # fmt: skip


MARTS: dict[str, Callable[..., Row]] = {
    "fct_service_performance": service.performance,
    "fct_service_costs": service.costs,
    "fct_parts_and_rentals": service.parts_and_rentals,
    "fct_value_delivered": service.value,
}


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_every_figure_of_every_client_and_quarter_equals_the_truth(filled: Filled, mart: str) -> None:
    for business in filled.businesses:
        truth = told(over(business.dealer, MARTS[mart]), business.scopes)
        found = filled.rows(mart, "quarter", business.organization.id)
        assert len(truth) == 9 * 9
        assert {key: {name: row[name] for name in truth[key]} for key, row in found.items()} == truth


def test_the_fleet_and_its_condition_equal_the_truth(filled: Filled) -> None:
    for business in filled.businesses:
        truth = told(over(business.dealer, fleets.fleet), business.scopes)
        overview = filled.rows("fct_fleet_overview", "quarter", business.organization.id)
        health = filled.rows("fct_fleet_health", "quarter", business.organization.id)
        found = {key: {**overview[key], **health[key]} for key in overview}
        assert {key: {name: row[name] for name in truth[key]} for key, row in found.items()} == truth
        last = truth[ALL, "2026-Q2"]
        assert last["units_replace"] > 0, "a machine to be replaced is what the review is for"
        assert last["units_not_assessed"] > 0
        assert any(row["units_age_unknown"] for row in truth.values())


def test_the_machines_themselves_equal_the_truth(filled: Filled) -> None:
    for business in filled.businesses:
        dealer = business.dealer
        with psycopg.connect(filled.url) as connection:
            found = set(
                connection.execute(
                    "select quarter, equipment_id, condition, assessment_source from marts.fct_fleet_units "
                    "where organization_id = %s",
                    [business.organization.id],
                )
            )
        truth = set()
        for quarter in dealer.quarters():
            for machine in fleets.active(dealer, ALL, quarter):
                look = fleets.latest_look(dealer, machine["UNITNO"], quarter.measured)
                source = ("opsdb" if "ASSESSID" in look else "app") if look else None
                truth.add((quarter.name, machine["UNITNO"], look["COND"] if look else "not_assessed", source))
        assert found == truth
        assert {source for *_, source in truth} == {"opsdb", "app", None}


def test_kinds_categories_and_months_equal_the_truth(filled: Filled) -> None:
    for business in filled.businesses:
        dealer, organization_id = business.dealer, business.organization.id
        kinds, spends = (
            {(client, quarter): {} for client in business.scopes for quarter in (one.name for one in dealer.quarters())}
            for _ in range(2)
        )
        with psycopg.connect(filled.url) as connection:
            for client, quarter, kind, units in connection.execute(
                "select client_id, quarter, equipment_type, units from marts.fct_fleet_mix where organization_id = %s",
                [organization_id],
            ):
                kinds[client, quarter][kind] = units
            for client, quarter, category, spend in connection.execute(
                "select client_id, quarter, category, spend from marts.fct_parts_categories "
                "where organization_id = %s order by position",
                [organization_id],
            ):
                spends[client, quarter][category] = spend
        assert kinds == told(over(dealer, fleets.mix), business.scopes)
        ranked = told(over(dealer, service.categories), business.scopes)
        assert {key: list(found.items()) for key, found in spends.items()} == ranked
        called = filled.rows("fct_service_calls_monthly", "period", organization_id)
        truth = told(over(dealer, service.calls_by_month), business.scopes)
        assert {key: row["service_calls"] for key, row in called.items()} == {
            (client, period): number for (client, _), months in truth.items() for period, number in months.items()
        }
        months = filled.rows("fct_rental_months", "period", organization_id)
        for (client, _), row in months.items():
            year, month = map(int, row["period"].split("-"))
            first, following = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
            end = min(date.fromordinal(following.toordinal() - 1), dealer.today)
            expected = service.rented(dealer, business.scopes[client], first, end)
            assert {name: row[name] for name in expected} == expected, (client, row["period"])


def test_the_advice_and_the_trend_equal_the_truth(filled: Filled) -> None:
    fired = set()
    for business in filled.businesses:
        dealer, organization_id = business.dealer, business.organization.id
        truth = told(over(dealer, service.advice), business.scopes)
        spend = told(over(dealer, service.value), business.scopes)
        with psycopg.connect(filled.url) as connection:
            advice = {
                (client, quarter, rule): applies
                for client, quarter, rule, applies in connection.execute(
                    "select client_id, quarter, rule, is_recommended from marts.fct_recommendations "
                    "where organization_id = %s and client_id <> 'unassigned'",
                    [organization_id],
                )
            }
            trend = connection.execute(
                "select client_id, trend_quarter, total_spend from marts.fct_fleet_spend_trends "
                "where organization_id = %s and quarter = '2026-Q2' and client_id <> 'unassigned'",
                [organization_id],
            ).fetchall()
        expected = {
            (client, quarter, rule): applies
            for (client, quarter), rules in truth.items()
            for rule, applies in rules.items()
            if client != ALL
        }
        assert advice == expected
        fired |= {rule for (*_, rule), applies in expected.items() if applies}
        quarters = ("2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")
        assert {(client, quarter): total for client, quarter, total in trend} == {
            (client, quarter): spend[client, quarter]["total_spend"]
            for client in business.scopes
            for quarter in quarters
        }
    assert fired == {"replace_units", "more_planned_maintenance", "operator_training", "steady_state"}


def test_what_belongs_to_no_customer_is_nothing_here_and_the_clients_make_the_whole(filled: Filled) -> None:
    with psycopg.connect(filled.url) as connection:
        for mart, column in (("fct_fleet_overview", "units"), ("fct_service_costs", "total_spend"),
                             ("fct_service_performance", "service_calls")):  # fmt: skip
            off = connection.execute(
                sql.SQL(
                    "select organization_id, quarter from {0} group by 1, 2 "
                    "having sum({1}) filter (where client_id <> 'all') <> sum({1}) filter (where client_id = 'all')"
                ).format(sql.Identifier("marts", mart), sql.Identifier(column))
            )
            assert off.fetchall() == []
        ((nobodys,),) = connection.execute(
            "select sum(total_spend) from marts.fct_value_delivered where client_id = 'unassigned'"
        ).fetchall()
    assert nobodys == Decimal(0)
