"""The finance marts of three businesses, read over HTTP and built, against the truth of the sandbox's own books."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sandbox.truth import business as figures
from sandbox.truth import finance as truth
from tests.three_businesses import SEEDS, Business, Warehouse, client_ids, monthly

each_seed = pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])


def rows(warehouse: Warehouse, query: str, business: Business) -> list[tuple[Any, ...]]:
    with psycopg.connect(warehouse.url) as connection:
        return connection.execute(query, [business.organization.id]).fetchall()  # type: ignore[arg-type]


@each_seed
def test_every_posting_of_the_ledger_equals_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    found: dict[tuple[str, str, str, date], Decimal] = {
        (kind, identity, account, day): amount
        for kind, identity, account, day, amount in rows(
            warehouse,
            "select transaction_type, transaction_id, account_id, transaction_date, sum(amount) "
            "from marts.fct_ledger_entries where organization_id = %s group by 1, 2, 3, 4 having sum(amount) <> 0",
            business,
        )
    }
    expected = truth.ledger(business.world, business.now)
    assert len(expected) > 5000
    assert {key: (found.get(key), expected.get(key)) for key in found.keys() ^ expected.keys()} == {}
    assert {key: (found[key], amount) for key, amount in expected.items() if found[key] != amount} == {}


@each_seed
@pytest.mark.parametrize(("mart", "amount"), [("profit_and_loss", "amount"), ("balance_sheet", "balance")])
def test_both_statements_on_both_bases_equal_the_truth(
    warehouse: Warehouse, place: int, mart: str, amount: str
) -> None:
    business = warehouse.businesses[place]
    expected = getattr(truth, mart)(business.world, business.now)
    months = {key[0] for key in expected}
    found = {
        (period, basis, account): value
        for period, basis, account, value in rows(
            warehouse,
            f"select period, basis, account_id, sum({amount}) from marts.fct_{mart} "
            f"where organization_id = %s group by 1, 2, 3 having sum({amount}) <> 0",
            business,
        )
        if period in months
    }
    assert len(months) == 24
    wrong = found.keys() ^ expected.keys() | {key for key in found if expected.get(key) != found[key]}
    assert {key: (found.get(key), expected.get(key)) for key in wrong} == {}


@each_seed
def test_what_each_client_owes_by_age_equals_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    by_key = client_ids(warehouse, business)
    expected = {
        (period, by_key[client], age): (aged.owed, aged.invoiced, aged.invoices)
        for (period, client, age), aged in truth.receivables(business.world, business.now).items()
    }
    months = {key[0] for key in expected}
    found = {
        (period, client, bucket): (owed, invoiced, invoices)
        for period, client, bucket, owed, invoiced, invoices in rows(
            warehouse,
            "select period, client_id, bucket, open_usd, open_invoices_usd, open_invoices "
            "from marts.fct_aged_receivables where organization_id = %s",
            business,
        )
        if period in months
    }
    assert len(months) >= 23
    wrong = found.keys() ^ expected.keys() | {key for key in found if expected.get(key) != found[key]}
    assert {key: (found.get(key), expected.get(key)) for key in wrong} == {}


@each_seed
def test_late_receivables_are_monthly_figures_of_the_spine(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    spine = monthly(warehouse, business.organization.id)
    late: dict[str, tuple[Decimal, int]] = {}
    for (period, _, age), aged in truth.receivables(business.world, business.now).items():
        if age == "over_90":
            owed, count = late.get(period, (Decimal(0), 0))
            late[period] = (owed + aged.invoiced, count + aged.invoices)
    for period in figures.business_months(business.world, business.now):
        owed, count = late.get(period, (Decimal(0), 0))
        assert (spine["all", period, "ar_over_90_usd"], spine["all", period, "ar_over_90_count"]) == (owed, count)


@each_seed
def test_the_figures_of_the_business_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    spine = monthly(warehouse, business.organization.id)
    expected = figures.business_months(business.world, business.now)
    wrong = {
        (period, metric): (spine.get(("all", period, metric), "no row"), value)
        for period, values in expected.items()
        for metric, value in values.items()
        if spine.get(("all", period, metric), "no row") != value
    }
    assert not wrong
    quarters = {
        (quarter, metric): value
        for quarter, metric, value in rows(
            warehouse,
            "select quarter, metric, value from marts.fct_metrics_quarterly "
            "where organization_id = %s and client_id = 'all'",
            business,
        )
    }
    wrong_quarters = {
        (quarter, metric): (quarters.get((quarter, metric), "no row"), value)
        for quarter, values in figures.business_quarters(business.world, business.now).items()
        for metric, value in values.items()
        if quarters.get((quarter, metric), "no row") != value
    }
    assert not wrong_quarters
    assert any(values["cash_reserve_months"] is not None for values in expected.values())


def test_every_report_ties_to_the_ledger_to_the_cent(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url) as connection:
        for mart, fewest in (("fct_ledger_ties", 3500), ("fct_aged_receivable_ties", 500)):
            tied, differing, unknown = connection.execute(
                f"select count(*) filter (where difference = 0), count(*) filter (where difference <> 0), "
                f"count(*) filter (where reason <> 'The month is not over yet.') from marts.{mart}"
            ).fetchone() or (0, 0, 0)
            assert tied > fewest
            assert (differing, unknown) == (0, 0)
