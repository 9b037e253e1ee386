"""Recurring revenue of three made-up businesses, told in dollars and in a currency of their own, against the truth.

What is read over HTTP and what needs the books is held in tests/truths/test_revenue.py.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from psycopg import sql

import sandbox.world
from sandbox.truth import revenue as truth
from sandbox.world.entities import World
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.sandbox_till import load_till
from tests.parsed_project import database_name

SEEDS = (7, 11, 23)
NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
RATES = (("2024-07", "0.92"), ("2025-03", "0.8875"), ("2026-01", "0.955"))
"""What a dollar is worth in euros since when."""
CURRENCIES = ("USD", "EUR")
WITH_THE_BOOKS = "ltv"
each_business = pytest.mark.parametrize(
    ("seed", "currency"),
    [pytest.param(one, other, id=f"seed {one} in {other}") for one in SEEDS for other in CURRENCIES],
)


def euros(period: str) -> Fraction:
    return Fraction([rate for since, rate in RATES if since <= period][-1])


def named(seed: int, currency: str) -> str:
    return f"{currency.lower()}-{seed}"


@pytest.fixture(scope="module")
def worlds() -> dict[int, World]:
    return {seed: sandbox.world.build(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def built(
    postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory, worlds: dict[int, World]
) -> Iterator[Warehouse]:
    """A warehouse of its own with all of them, built as far as the figures of revenue."""
    name = database_name(f"qbr_dbt_till_{os.getpid()}")
    facts = {**psycopg.conninfo.conninfo_to_dict(postgres), "dbname": name}
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    warehouse = Warehouse(psycopg.conninfo.make_conninfo(**facts), tmp_path_factory.mktemp("dbt"))
    rates = [{"currency": "USD", "since": since, "rate": rate} for since, rate in RATES]
    with psycopg.connect(warehouse.url) as connection:
        for place, (seed, world) in enumerate(worlds.items()):
            for number, currency in enumerate(CURRENCIES):
                organization, alias = named(seed, currency), 1 + 2 * place + number
                known = rates if number else ()
                load_till(connection, organization, alias, world, NOW, currency=currency, rates=known)
    warehouse.dbt("run", "--select", "+fct_revenue_monthly")
    yield warehouse
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def rate_of(currency: str) -> truth.Rate:
    return euros if currency == "EUR" else truth.dollars


@each_business
def test_every_figure_equals_the_truth(built: Warehouse, worlds: dict[int, World], seed: int, currency: str) -> None:
    expected = truth.revenue(worlds[seed], NOW, rate_of(currency))
    metrics = sorted(next(iter(expected.values())).keys() - {WITH_THE_BOOKS})
    found = {
        period: dict(zip(metrics, values, strict=True))
        for period, *values in built.rows(
            f"select period, {', '.join(metrics)} from marts.fct_revenue_monthly where organization_id = %s",
            [named(seed, currency)],
        )
    }
    assert len(expected) == 24
    wrong = {
        (period, metric): (found[period][metric], figures[metric])
        for period, figures in expected.items()
        for metric in metrics
        if found[period][metric] != figures[metric]
    }
    assert not wrong


@each_business
def test_every_movement_equals_the_truth(built: Warehouse, worlds: dict[int, World], seed: int, currency: str) -> None:
    """To the last digit: rates are decimals and prices monthly, so nothing of it is rounded."""
    expected = truth.movements(worlds[seed], NOW, rate_of(currency))
    periods = {period for period, _ in expected}
    rows: list[tuple[Any, ...]] = built.rows(
        """
        select period, client_id, movement, opening_mrr, fx_mrr,
            new_mrr + expansion_mrr + contraction_mrr + churn_mrr + reactivation_mrr, closing_mrr
        from marts.fct_mrr_movements where organization_id = %s and movement is not null
        """,
        [named(seed, currency)],
    )
    found = {
        (period, client): truth.Move(kind, *(Fraction(amount) for amount in amounts))
        for period, client, kind, *amounts in rows
        if period in periods
    }
    assert {move.kind for move in expected.values()} >= {"none", "new", "expansion", "contraction", "churn"}
    assert any(move.fx for move in expected.values()) == (currency == "EUR")
    wrong = {
        key: (found.get(key), expected.get(key)) for key in found | expected if found.get(key) != expected.get(key)
    }
    assert not wrong


def test_each_month_is_told_at_the_rate_stored_for_it(built: Warehouse) -> None:
    assert built.rows(
        "select exchange_rate, min(period), max(period) from marts.fct_subscription_item_months "
        "where organization_id = 'eur-7' group by 1 order by 2"
    ) == [
        (Decimal("0.92"), "2024-07", "2025-02"),
        (Decimal("0.8875"), "2025-03", "2025-12"),
        (Decimal("0.955"), "2026-01", "2026-07"),
    ]
