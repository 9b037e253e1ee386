"""What is not known is told with its reason; only what is known to be nothing is left away."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from reports.decks.builder import clients_left_out, gather_deck
from reports.decks.records import DeckRecord
from reports.decks.rendering import render
from tests.reports import dealer, marts
from tests.reports.dealer import CLIENT, ORGANIZATION, QUARTER

WHY = "The dealer's system was down."


@pytest.fixture
def reviews(warehouse: psycopg.Connection) -> psycopg.Connection:
    dealer.fill(warehouse)
    return warehouse


def drawn(connection: psycopg.Connection) -> DeckRecord:
    return render(gather_deck(connection, "customer_review", ORGANIZATION, QUARTER, client_id=CLIENT)).record


def words(record: DeckRecord, name: str) -> str:
    pages = [page for page in record.slides if page.slide == name]
    return "\n".join([text for page in pages for text in (page.title, *page.texts)])


def charts(record: DeckRecord, name: str) -> dict[str, dict[str, Any]]:
    found = [chart for page in record.slides if page.slide == name for chart in page.charts]
    return {chart.title: dict(chart.series) for chart in found}


def put(connection: psycopg.Connection, mart: str, **columns: Any) -> None:
    changes = ", ".join(f"{name} = %({name})s" for name in columns)
    statement = f"update marts.{mart} set {changes} where client_id = %(client)s"
    connection.execute(statement, {**columns, "client": CLIENT})  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "is_told"), [(2, True), (None, True), (0, False)])
def test_machines_of_unknown_owner_are_left_away_only_where_there_are_none(
    reviews: psycopg.Connection, value: int | None, is_told: bool
) -> None:
    put(reviews, "fct_fleet_overview", units_ownership_unknown=value, reason=WHY)
    said = words(drawn(reviews), "fleet")
    assert ("Ownership not known" in said) is is_told
    assert (WHY.rstrip(".") in said) is (value is None)


@pytest.mark.parametrize(("value", "is_told"), [(Decimal(2), True), (None, True), (Decimal(0), False)])
def test_other_calls_other_costs_and_unknown_ages_likewise(
    reviews: psycopg.Connection, value: Decimal | None, is_told: bool
) -> None:
    put(reviews, "fct_service_performance", share_other=value)
    put(reviews, "fct_service_costs", other_orders=value, other_cost=value, reason=WHY)
    put(reviews, "fct_fleet_health", units_age_unknown=value)
    record = drawn(reviews)
    [ages] = [chart for page in record.slides for chart in page.charts if chart.title == "Machines by age"]
    [calls] = [chart for page in record.slides for chart in page.charts if chart.title.startswith("What calls")]
    assert ("Age not known" in ages.categories) is is_told
    assert ("Other" in calls.categories) is is_told
    assert ("Other service" in words(record, "costs")) is is_told


def test_a_cost_that_is_not_known_in_any_quarter_is_named_and_one_of_zeros_and_gaps_is_drawn(
    reviews: psycopg.Connection,
) -> None:
    put(reviews, "fct_fleet_spend_trends", damage_cost=None, other_cost=Decimal(0))
    reviews.execute(
        "update marts.fct_fleet_spend_trends set other_cost = null where client_id = %s and position = 1", [CLIENT]
    )
    found = charts(drawn(reviews), "costs")
    title = "Service cost by quarter (no data: Damage)"
    assert set(found) == {title}
    assert set(found[title]) == {"Planned", "Unplanned", "Damage", "Other"}
    assert set(found[title]["Damage"]) == {None}


def test_costs_that_were_nothing_in_every_quarter_are_not_drawn(reviews: psycopg.Connection) -> None:
    put(reviews, "fct_fleet_spend_trends", other_cost=Decimal(0))
    [series] = charts(drawn(reviews), "costs").values()
    assert "Other" not in series


def test_clients_without_a_deck_are_named_with_why(fernhill: psycopg.Connection) -> None:
    row = {"organization_id": marts.ORGANIZATION, "is_excluded": False}
    for client, name in (("card-sales", "Card sales"), ("dark", "Dark Ltd"), ("idle", "Idle Ltd")):
        marts.insert(fernhill, "marts.dim_clients", [{**row, "client_id": client, "name": name}])
    shared = {"organization_id": marts.ORGANIZATION, "period": "2026-06", "quarter": "2026-Q2", "unit": "count"}
    marts.insert(
        fernhill,
        "marts.fct_metrics_monthly",
        [
            {**shared, "client_id": "dark", "metric": "endpoints_managed", "reason": "NinjaOne was not read."},
            {**shared, "client_id": "idle", "metric": "endpoints_managed", "value": Decimal(0)},
        ],
    )
    assert clients_left_out(fernhill, marts.ORGANIZATION, marts.QUARTER) == (
        ("Card sales", "no system tells of devices, tickets or hours"),
        ("Dark Ltd", "NinjaOne was not read"),
        ("Idle Ltd", "nothing but zeros"),
    )
