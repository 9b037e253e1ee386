"""Recurring revenue of three made-up businesses, held to the truth that the sandbox tells from its own world."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from sandbox.truth import bridge
from sandbox.truth import revenue as truth
from sandbox.truth.monthly import client_inputs
from tests.three_businesses import SEEDS, Business, Warehouse, client_ids, complete_periods, monthly

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


def by_known_client(warehouse: Warehouse, business: Business, query: str) -> dict[tuple[str, ...], list[Any]]:
    """Rows by their key, whose last part is the client: customers of nobody the world knows are one, `unassigned`."""
    known = {*client_ids(warehouse, business).values(), "all"}
    periods = set(complete_periods(business))
    found: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    with psycopg.connect(warehouse.url) as connection:
        for *key, client, value in connection.execute(query, [business.organization.id]):  # type: ignore[call-overload]
            if key[0] in periods:
                found[(*key, client if client in known else "unassigned")].append(value)
    return found


@PLACES
def test_every_definition_of_recurring_revenue_equals_the_truth(warehouse: Warehouse, place: int) -> None:
    """The definitions of each client, and their sums, to the last digit."""
    business = warehouse.businesses[place]
    ids, periods = client_ids(warehouse, business), set(complete_periods(business))
    expected: dict[tuple[str, ...], Fraction] = defaultdict(Fraction)
    for definition, amounts in bridge.definitions(business.world, business.now).items():
        for (period, client), amount in amounts.items():
            if period in periods:
                expected[period, definition, ids[client]] += amount
                expected[period, definition, "all"] += amount
    rows = by_known_client(
        warehouse,
        business,
        "select period, definition, client_id, amount from marts.fct_mrr_bridge where organization_id = %s",
    )
    found = {key: sum(map(Fraction, values), Fraction(0)) for key, values in rows.items()}
    assert {definition for _, definition, _ in expected} == {definition for _, definition, _ in found}
    wrong = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key, Fraction(0)) != expected.get(key, Fraction(0))
    }
    assert not wrong


@PLACES
def test_seats_managed_agreed_and_invoiced_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids, periods = client_ids(warehouse, business), set(complete_periods(business))
    agreed, invoiced = (
        {(period, ids[client]): seats for (period, client), seats in of(business.world, business.now).items()}
        for of in (bridge.seats_agreed, bridge.seats_invoiced)
    )
    managed = {
        (period, ids[client]): figures["seats_managed"]
        for period, clients in client_inputs(business.world, business.now).items()
        for client, figures in clients.items()
    }
    rows = by_known_client(
        warehouse,
        business,
        "select period, client_id, array[device_seats, agreement_seats, invoiced_seats] "
        "from marts.fct_seat_leaks where organization_id = %s",
    )
    # What is invoiced to nobody the world knows may stand under several customers.
    found = {key: values[0] for key, values in rows.items() if key[1] != "unassigned"}
    assert len(found) > 200
    wrong = {
        key: (values, expected)
        for key, values in found.items()
        if values != (expected := [managed.get(key), agreed.get(key, 0), invoiced.get(key, 0)])
    }
    assert not wrong
    told = {key for sides in (managed, agreed, invoiced) for key, seats in sides.items() if seats and key[0] in periods}
    assert {key for key in told if key[1] != "unassigned"} <= found.keys()
