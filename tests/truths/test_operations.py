"""The service desk and the fleet of three made-up businesses, held to the truth.

The truth is computed by the sandbox from its own world; it shares no code with the pipeline.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sandbox.truth import care, desk, per_client
from tests.three_businesses import SEEDS, Business, Warehouse, client_ids, complete_periods, monthly

Figures = dict[tuple[str, ...], tuple[Any, ...]]
EACH_BUSINESS = pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
OF_TICKET_MONTHS = (
    "tickets_created", "reactive_tickets_created", "tickets_closed", "reactive_tickets_closed", "time_entries",
    "hours_actual", "reactive_hours", "hours_billed",
)  # fmt: skip


def found(
    warehouse: Warehouse, business: Business, mart: str, keys: str, columns: Iterable[str], *, where: str = "true"
) -> Figures:
    """A mart's figures of the complete months by its keys, of which the first is the month."""
    columns = tuple(columns)
    count = len(keys.split(","))
    query = f"select {keys}, {', '.join(columns)} from marts.{mart} where organization_id = %s and {where}"
    periods = set(complete_periods(business))
    with psycopg.connect(warehouse.url) as connection:
        rows = connection.execute(query, [business.organization.id]).fetchall()  # type: ignore[arg-type]
    return {tuple(row[:count]): tuple(row[count:]) for row in rows if row[0] in periods}


def differences(truth: Mapping[Any, Any], figures: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """What the marts say and what is true, wherever they are not the same."""
    return {
        key: (figures.get(key, "no row"), truth.get(key, "nothing"))
        for key in truth.keys() | figures.keys()
        if figures.get(key) != truth.get(key)
    }


def by_month_and_client(
    truth: Mapping[tuple[str, str], Mapping[str, Any]], ids: Mapping[str, str], columns: Iterable[str]
) -> Figures:
    columns = tuple(columns)
    known = {**ids, desk.ALL: desk.ALL}
    return {(period, known[key]): tuple(row[name] for name in columns) for (period, key), row in truth.items()}


@EACH_BUSINESS
def test_tickets_and_hours_by_board_type_and_technician_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids = client_ids(warehouse, business)
    truth = {
        (period, ids[client], *where): tuple(Decimal(figures.get(name, 0)) for name in OF_TICKET_MONTHS)
        for (client, *where, period), figures in desk.ticket_months(business.world, business.now).items()
    }
    keys = "period, client_id, board_name, ticket_type, technician"
    assert len(truth) > 5000
    assert not differences(truth, found(warehouse, business, "fct_ticket_months", keys, OF_TICKET_MONTHS))


@EACH_BUSINESS
def test_the_backlog_of_each_month_and_its_age_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    true = desk.backlog(business.world, business.now)
    columns = tuple(next(iter(true.values())))
    truth = by_month_and_client(true, client_ids(warehouse, business), columns)
    where = "board_name = 'all' and open_tickets > 0"
    assert len({period for period, _ in truth}) == 24
    figures = found(warehouse, business, "fct_ticket_backlog_months", "period, client_id", columns, where=where)
    assert not differences(truth, figures)


@EACH_BUSINESS
def test_responses_service_levels_and_satisfaction_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    true = desk.service_months(business.world, business.now)
    columns = tuple(next(iter(true.values())))
    truth = by_month_and_client(true, client_ids(warehouse, business), columns)
    where = "tickets_created + tickets_closed + csat_answers > 0"
    assert {type(row["sla_met_pct"]) for row in true.values()} == {Decimal, type(None)}
    figures = found(warehouse, business, "fct_service_months", "period, client_id", columns, where=where)
    assert not differences(truth, figures)


@EACH_BUSINESS
def test_patches_antivirus_age_and_operating_systems_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    true = care.coverage(business.world, business.now)
    columns = tuple(next(iter(true.values())))
    truth = by_month_and_client(true, client_ids(warehouse, business), columns)
    assert 0 < min(row["patched_pct"] for row in true.values() if row["patched_pct"] is not None) < 1
    figures = found(
        warehouse, business, "fct_device_coverage_months", "period, client_id", columns, where="endpoints > 0"
    )
    assert not differences(truth, figures)


@EACH_BUSINESS
def test_figures_per_seat_and_endpoint_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids = {**client_ids(warehouse, business), desk.ALL: desk.ALL}
    figures = monthly(warehouse, business.organization.id)
    truth = {
        (ids[key], period, metric): value
        for period, rows in per_client.per_seat(business.world, business.now).items()
        for key, ratios in rows.items()
        for metric, value in ratios.items()
    }
    known = {metric for (_, _, metric), value in truth.items() if value is not None}
    assert known == {name for name, *_ in per_client.RATIOS}
    assert not differences(truth, {key: figures[key] for key in truth})


@EACH_BUSINESS
def test_quarters_per_seat_and_endpoint_divide_what_their_months_divide(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids = {**client_ids(warehouse, business), desk.ALL: desk.ALL}
    names = [name for name, *_ in per_client.RATIOS]
    query = (
        "select client_id, quarter, metric, value from marts.fct_metrics_quarterly "
        "where organization_id = %s and metric = any(%s)"
    )
    with psycopg.connect(warehouse.url) as connection:
        rows = connection.execute(query, [business.organization.id, names]).fetchall()
    figures = {(client, quarter, metric): value for client, quarter, metric, value in rows}
    truth = {
        (ids[key], quarter, metric): value
        for quarter, clients in per_client.quarters_per_seat(business.world, business.now).items()
        for key, ratios in clients.items()
        for metric, value in ratios.items()
    }
    assert {metric for (_, _, metric), value in truth.items() if value is not None} == set(names)
    assert not differences(truth, {key: figures[key] for key in truth})


@EACH_BUSINESS
def test_how_far_the_figures_can_be_trusted_equals_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    ids = {**client_ids(warehouse, business), desk.ALL: desk.ALL}
    figures = monthly(warehouse, business.organization.id)
    truth = {
        (ids[key], period, metric): value
        for (period, key), shares in per_client.readiness(business.world, business.now).items()
        for metric, value in shares.items()
    }
    assert len({value for (_, _, metric), value in truth.items() if metric == "data_readiness_score"}) > 20
    assert not differences(truth, {key: figures[key] for key in truth})
