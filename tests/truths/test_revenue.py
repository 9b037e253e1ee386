"""Recurring revenue of three made-up businesses, held to the truth that the sandbox tells from its own world."""

from decimal import Decimal

import psycopg
import pytest

from sandbox.truth import revenue as truth
from tests.three_businesses import SEEDS, Warehouse, client_ids, complete_periods, monthly

PLACES = pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])


@PLACES
def test_every_figure_of_recurring_revenue_equals_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.revenue(business.world, business.now)
    found = monthly(warehouse, business.organization.id)
    periods = complete_periods(business)
    assert len(periods) == 24
    assert sum(expected[period]["mrr_run_rate"] > 0 for period in periods) == 24
    wrong = {
        (period, metric): (found.get(("all", period, metric), "no row"), value)
        for period in periods
        for metric, value in expected[period].items()
        if found.get(("all", period, metric), "no row") != value
    }
    assert not wrong


@PLACES
def test_the_run_rate_and_the_movement_of_each_client_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids, periods = client_ids(warehouse, business), set(complete_periods(business))
    expected = {
        (period, ids[client]): (move.kind, round(move.closing, 8), round(move.amount, 8))
        for (period, client), move in truth.movements(business.world, business.now).items()
        if period in periods
    }
    with psycopg.connect(warehouse.url) as connection:
        found = {
            (period, client): (movement, round(closing, 8), round(moved, 8))
            for period, client, movement, closing, moved in connection.execute(
                """
                select
                    period, client_id, movement, closing_mrr,
                    new_mrr + expansion_mrr + contraction_mrr + churn_mrr + reactivation_mrr
                from marts.fct_mrr_movements
                where organization_id = %s and movement is not null
                """,
                [business.organization.id],
            )
            if period in periods
        }
    assert {kind for kind, _, _ in expected.values()} >= {"none", "new", "expansion", "contraction", "churn"}
    wrong = {
        key: (found.get(key), expected.get(key)) for key in found | expected if found.get(key) != expected.get(key)
    }
    assert not wrong


@PLACES
def test_past_months_come_from_bills_and_the_running_one_from_what_was_read(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    with psycopg.connect(warehouse.url) as connection:
        derived = connection.execute(
            "select period, array_agg(distinct derived_from), count(*) filter (where mrr is null) "
            "from marts.fct_subscription_item_months where organization_id = %s group by period order by period",
            [business.organization.id],
        ).fetchall()
    assert derived[-1] == (f"{business.now:%Y-%m}", ["current_items"], 0)
    assert {(tuple(ways), missing) for _, ways, missing in derived[:-2]} == {(("invoice_lines",), 0)}
    assert Decimal(len(derived)) == 25
