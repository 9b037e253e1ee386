"""Thousands of random histories in one build: what came of each month by month, held to an oracle in plain Python."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.dbt_project import revenue_histories as world
from tests.dbt_project.conftest import Warehouse
from tests.parsed_project import database_name

ORGANIZATIONS = {"first": 1, "second": 2}
"""Organization to seed: both have customers and subscriptions of the same ids."""
SIZES = [pytest.param(200, id="200 clients each"), pytest.param(5_000, id="5,000 clients each", marks=pytest.mark.soak)]
STREAMS = ("subscriptions", "subscription_items", "prices", "invoices", "invoice_lines", "invoice_payments", "charges")
CLOSE = Fraction(1, 10**7)


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def drawn(size: int) -> dict[str, list[world.Subscription]]:
    return {organization: world.histories(seed, size) for organization, seed in ORGANIZATIONS.items()}


@pytest.fixture(scope="module")
def built(
    postgres: str,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
    drawn: dict[str, list[world.Subscription]],
) -> Iterator[Warehouse]:
    """A warehouse of its own with all of them, built as far as movements and the figures made of them."""
    name = database_name(f"qbr_dbt_revenue_{os.getpid()}")
    facts = {**psycopg.conninfo.conninfo_to_dict(postgres), "dbname": name}
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    warehouse = Warehouse(psycopg.conninfo.make_conninfo(**facts), tmp_path_factory.mktemp("dbt"))
    with psycopg.connect(warehouse.url) as connection:
        for alias, (organization, subscriptions) in enumerate(drawn.items(), start=1):
            load(connection, organization, alias, subscriptions)
    warehouse.dbt("run", "--select", "+fct_mrr_movements", "+fct_revenue_monthly")
    warehouse.dbt(
        "test", "--select", "fct_subscription_item_months", "fct_mrr_movements", "--exclude-resource-type", "unit_test"
    )
    yield warehouse
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def load(
    connection: psycopg.Connection[Any], organization: str, alias: int, subscriptions: list[world.Subscription]
) -> None:
    """The records as complete reads would leave them, each customer a client."""
    rates = [
        {"currency": currency, "since": since, "rate": value}
        for currency, known in world.RATES.items()
        for since, value in known
    ]
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, history_start, settings) "
        "values (%s, %s, %s, %s, '2025-01', %s)",
        [organization, alias, organization, str(world.ZONE), json.dumps({"exchange_rates": rates})],
    )
    customers = sorted({one.customer for one in subscriptions})
    connection.cursor().executemany(
        "insert into app.clients (organization_id, client_id, client_alias, name) values (%s, %s, %s, %s)",
        [(organization, customer, number, customer) for number, customer in enumerate(customers, start=1)],
    )
    connection.cursor().executemany(
        "insert into app.client_links "
        "(organization_id, source, source_client_id, client_id, match_method, is_confirmed) "
        "values (%s, 'stripe', %s, %s, 'own', true)",
        [(organization, customer, customer) for customer in customers],
    )
    by_stream: dict[str, list[dict[str, Any]]] = {}
    for stream, record in world.records(subscriptions):
        by_stream.setdefault(stream, []).append(record)
    for stream, rows in by_stream.items():
        columns = "organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id"
        with connection.cursor().copy(f"copy raw_stripe.{stream} ({columns}) from stdin") as copy:  # type: ignore[arg-type]
            for record in rows:
                copy.write_row([organization, record["id"], json.dumps(record), b"", world.AS_OF, world.AS_OF, "run"])
    for stream in STREAMS:
        connection.execute(
            "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
            "values (%s, 'stripe', %s, tstzmultirange(tstzrange(null, %s)), %s, %s)",
            [organization, stream, world.AS_OF, world.AS_OF, world.AS_OF],
        )


@pytest.mark.parametrize("organization", ORGANIZATIONS)
def test_every_movement_of_every_client_is_what_its_history_says(
    built: Warehouse, drawn: dict[str, list[world.Subscription]], organization: str
) -> None:
    expected = world.movements(drawn[organization])
    rows = built.rows(
        "select client_id, period, movement, opening_mrr, fx_mrr, closing_mrr from marts.fct_mrr_movements "
        "where organization_id = %s and movement is not null",
        [organization],
    )
    found = {(client, period): (kind, *amounts) for client, period, kind, *amounts in rows}
    kinds = Counter(movement.kind for movement in expected.values())
    assert set(kinds) == {"none", "new", "expansion", "contraction", "churn", "reactivation"}
    assert found.keys() == expected.keys()
    wrong = {
        key: (found[key], movement)
        for key, movement in expected.items()
        if found[key][0] != movement.kind
        or any(abs(Fraction(got) - right) > CLOSE for got, right in zip(found[key][1:], movement[1:], strict=True))
    }
    assert not wrong


def test_opening_and_movements_are_closing_to_the_last_digit(built: Warehouse) -> None:
    """Exactly, for every client and month; and the end of a month is the beginning of the next."""
    assert (
        built.rows(
            """
        select * from (
            select
                *,
                lag(closing_mrr) over each_client as closed_before,
                lag(period) over each_client as period_before
            from marts.fct_mrr_movements
            window each_client as (partition by organization_id, client_id order by period)
        ) as movements
        where
            opening_mrr + fx_mrr + new_mrr + expansion_mrr + reactivation_mrr - contraction_mrr - churn_mrr
                <> closing_mrr
            or (
                closed_before <> opening_mrr
                and to_date(period_before, 'YYYY-MM') + interval '1 month' = to_date(period, 'YYYY-MM')
            )
        """
        )
        == []
    )


@pytest.mark.parametrize("organization", ORGANIZATIONS)
def test_the_run_rate_of_the_organization_is_that_of_its_clients(
    built: Warehouse, drawn: dict[str, list[world.Subscription]], organization: str
) -> None:
    totals = dict.fromkeys(world.PERIODS, Fraction(0))
    for (_, currency, period), amount in world.amounts(drawn[organization]).items():
        totals[period] += amount * world.rate(currency, period)
    found = dict(
        built.rows(
            "select period, mrr_run_rate from marts.fct_revenue_monthly where organization_id = %s", [organization]
        )
    )
    assert found == {period: Decimal(round(total * 100)).scaleb(-2) for period, total in totals.items()}


def test_no_month_is_taken_from_todays_items(built: Warehouse) -> None:
    """Past months come from bills alone, so that today's quantity cannot pass for an older one."""
    assert built.rows(
        "select derived_from, min(period), max(period) from marts.fct_subscription_item_months group by 1 order by 1"
    ) == [("current_items", "2026-03", "2026-03"), ("invoice_lines", "2025-01", "2026-02")]
