"""Recurring revenue of three made-up businesses, told in dollars and in a currency of their own, against the truth.

Their executive snapshots say what the worlds and revenue's marts say; both stand in one warehouse, which is dear to
fill. What is read over HTTP and what needs the books is held in tests/truths/test_revenue.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

import sandbox.world
from sandbox.truth import revenue as truth
from sandbox.world.entities import World
from tests.conftest import a_database
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.sandbox_till import load_till

SEEDS = (7, 11, 23)
NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
RATES = (("2024-07", "0.92"), ("2025-03", "0.8875"), ("2026-01", "0.955"))
"""What a dollar is worth in euros since when."""
CURRENCIES = ("USD", "EUR")
WITH_THE_BOOKS = "ltv"
IN_SNAPSHOTS = (
    *("mrr_run_rate", "arr", "arpa", "net_revenue_retention", "gross_revenue_retention", "revenue_churn_rate"),
    *("customer_churn_rate", "stripe_failed_payments", "trial_started", "trial_converted"),
)
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
    """A warehouse of its own with all of them, built as far as the figures of revenue and the snapshots."""
    rates = [{"currency": "USD", "since": since, "rate": rate} for since, rate in RATES]
    with a_database(postgres, template) as url:
        with psycopg.connect(url) as connection:
            for place, (seed, world) in enumerate(worlds.items()):
                for number, currency in enumerate(CURRENCIES):
                    organization, alias = named(seed, currency), 1 + 2 * place + number
                    known = rates if number else ()
                    load_till(connection, organization, alias, world, NOW, currency=currency, rates=known)
        warehouse = Warehouse(url, tmp_path_factory.mktemp("dbt"))
        warehouse.dbt(
            *("build", "--select", "+fct_executive_snapshots", "+fct_dunning_months", "+fct_revenue_monthly"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        )
        yield warehouse


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


# Snapshots


def months(built: Warehouse, organization: str, columns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The whole organization's monthly rows."""
    rows = built.rows(
        f"select to_char(bucket_date, 'YYYY-MM'), {', '.join(columns)} from marts.fct_executive_snapshots "
        "where organization_id = %s and client_id = 'all' and environment = 'production' and bucket_type = 'monthly'",
        [organization],
    )
    return {period: dict(zip(columns, values, strict=True)) for period, *values in rows}


@each_business
def test_recurring_revenue_of_each_month_equals_the_truth(
    built: Warehouse, worlds: dict[int, World], seed: int, currency: str
) -> None:
    expected = truth.revenue(worlds[seed], NOW, rate_of(currency))
    found = months(built, named(seed, currency), IN_SNAPSHOTS)
    assert len(found) == 24
    for period, row in found.items():
        for figure in IN_SNAPSHOTS:
            assert row[figure] == expected[period][figure], (period, figure)


@each_business
def test_what_revenue_tells_of_a_month_stands_in_its_snapshot(built: Warehouse, seed: int, currency: str) -> None:
    columns = (*IN_SNAPSHOTS, "paying_clients", "ltv")
    own = built.rows(
        f"select period, {', '.join(columns)} from marts.fct_revenue_monthly where organization_id = %s",
        [named(seed, currency)],
    )
    found = months(built, named(seed, currency), columns)
    told = {period: dict(zip(columns, values, strict=True)) for period, *values in own}
    assert found == {period: row for period, row in told.items() if period in found}


@each_business
def test_open_invoices_are_those_of_dunning(built: Warehouse, seed: int, currency: str) -> None:
    own = built.rows(
        "select period, sum(open_invoices), round(sum(open_amount), 2) from marts.fct_dunning_months "
        "where organization_id = %s group by period",
        [named(seed, currency)],
    )
    found = months(built, named(seed, currency), ("outstanding_invoices_count", "outstanding_invoices_value"))
    dunning = {period: (count, amount) for period, count, amount in own if period in found}
    assert {period: tuple(row.values()) for period, row in found.items()} == dunning


@each_business
def test_open_invoices_of_a_day_are_those_open_at_its_end(
    built: Warehouse, worlds: dict[int, World], seed: int, currency: str
) -> None:
    invoices = built.rows(
        "select finalized_at, least(paid_at, voided_at, marked_uncollectible_at) from staging.stg_stripe__invoices "
        "where organization_id = %s and finalized_at is not null and amount_due > 0 and not is_deleted",
        [named(seed, currency)],
    )
    found = built.rows(
        "select bucket_date, outstanding_invoices_count, stripe_past_due from marts.fct_executive_snapshots "
        "where organization_id = %s and client_id = 'all' and bucket_type = 'daily' and bucket_date >= '2026-01-01'",
        [named(seed, currency)],
    )
    zone = ZoneInfo(worlds[seed].time_zone)
    for day, count, _ in found:
        end = datetime.combine(day + timedelta(days=1), time(0), zone)
        still_open = [one for one, closed in invoices if one < end and (closed is None or closed >= end)]
        assert count == len(still_open), day
    assert any(count for _, count, _ in found)
    assert any(late for *_, late in found)


@each_business
def test_clients_add_up_to_the_whole(built: Warehouse, seed: int, currency: str) -> None:
    """Each client's share is rounded on its own, so half a cent each may be lost."""
    found = built.rows(
        """
        select whole.bucket_date, whole.mrr_run_rate, items.mrr
        from marts.fct_executive_snapshots as whole
        join (
            select organization_id, to_date(period, 'YYYY-MM') as bucket_date, sum(mrr) as mrr
            from marts.fct_subscription_item_months group by 1, 2
        ) as items using (organization_id, bucket_date)
        where whole.organization_id = %s and whole.client_id = 'all' and whole.bucket_type = 'monthly'
        """,
        [named(seed, currency)],
    )
    assert len(found) > 20
    assert all(abs(whole - mrr) <= Decimal("0.005") for _, whole, mrr in found)


@each_business
def test_days_add_up_to_weeks_and_months_and_other_days_have_no_run_rate(
    built: Warehouse, seed: int, currency: str
) -> None:
    flows = ("stripe_canceled", "stripe_failed_payments", "trial_started", "trial_converted")
    found = built.rows(
        f"""
        select {", ".join(f"sum(days.{flow}) = long.{flow}" for flow in flows)}
        from marts.fct_executive_snapshots as long
        join marts.fct_executive_snapshots as days using (organization_id, environment, client_id)
        where organization_id = %s and long.bucket_type <> 'daily' and days.bucket_type = 'daily'
            and days.bucket_date between long.bucket_date and long.last_date
        group by client_id, long.bucket_type, long.bucket_date, {", ".join(f"long.{flow}" for flow in flows)}
        """,
        [named(seed, currency)],
    )
    assert len(found) > 100
    assert all(all(row) for row in found)
    other = built.rows(
        "select distinct reasons ->> 'mrr_run_rate' from marts.fct_executive_snapshots where organization_id = %s "
        "and mrr_run_rate is null",
        [named(seed, currency)],
    )
    assert other == [("Recurring revenue is measured at the end of each month.",)]
