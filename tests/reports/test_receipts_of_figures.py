"""A receipt makes nothing up: rows are counted by the mart or not at all, inputs are named with what they were."""

from datetime import datetime
from decimal import Decimal

import psycopg

from reports.decks.builder import gather_deck
from reports.decks.records import Field
from reports.decks.rendering import render
from tests.reports import growth_marts, marts

READ_AT = datetime.fromisoformat("2026-07-05T02:00:00+00:00")


def fields(connection: psycopg.Connection, deck: str, client: str | None = None) -> list[Field]:
    record = render(gather_deck(connection, deck, marts.ORGANIZATION, marts.QUARTER, client_id=client)).record
    return [field for slide in record.slides for field in slide.fields]


def one(found: list[Field], metric: str, period: str) -> Field:
    return next(one for one in found if (one.figure.metric, one.figure.period) == (metric, period))


def test_figures_of_investors_count_the_records_that_the_monthly_metric_counts(warehouse: psycopg.Connection) -> None:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    for metric, rows in (("mrr_run_rate", 57), ("error_rate", 9100)):
        warehouse.execute(
            "insert into marts.fct_metrics_monthly (organization_id, client_id, period, quarter, metric, label, unit, "
            "value, method, source, model, source_rows, freshest_at) "
            "select organization_id, 'all', period, '', %s, '', 'usd', 1, "
            "'calculated', 'stripe', 'int', %s, %s from marts.fct_revenue_monthly",
            [metric, rows, READ_AT],
        )
    found = fields(warehouse, "investor")
    for metric in ("mrr_run_rate", "new_mrr", "contraction_mrr", "mrr_growth_rate"):
        receipt = one(found, metric, "2026-06").figure.receipt
        assert (receipt.source_rows, receipt.freshest_at) == (57, READ_AT), metric
    assert one(found, "api_p95_latency_ms", "2026-06").figure.receipt.source_rows == 9100
    uptime = one(found, "uptime_percentage_30d", "2026-06").figure.receipt
    assert (uptime.source_rows, uptime.freshest_at) == (None, None), "nobody counted, and none is made up"


def test_a_sum_names_what_it_is_made_of(warehouse: psycopg.Connection) -> None:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    receipt = one(fields(warehouse, "investor"), "expansion_mrr", "2026-Q2").figure.receipt
    assert receipt.source_rows is None
    assert str(receipt.note).startswith("sum of expansion_mrr 2026-04 ")
    assert str(receipt.note).count("expansion_mrr 2026-") == 3


def test_a_part_of_a_change_is_counted_by_nobody_and_what_no_row_holds_is_told(warehouse: psycopg.Connection) -> None:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    parts = [field.figure for field in fields(warehouse, "company") if ".driver." in field.figure.metric]
    assert parts
    assert {part.receipt.source_rows for part in parts} == {None}
    assert all(" since 2026-Q1" in str(part.receipt.note) for part in parts)
    of_client = [field.figure for field in fields(warehouse, "client", "birch-freight")]
    start = "reactive_time_spent.driver."
    hours = {figure.metric.removeprefix(start): figure for figure in of_client if figure.metric.startswith(start)}
    assert "times reactive_time_spent 2026-Q1" in str(hours["tickets"].receipt.note)
    assert "what is left beside the number of tickets" in str(hours["each"].receipt.note)


def test_agreements_of_a_client_are_cited_as_the_clients(fernhill: psycopg.Connection) -> None:
    found = [one for one in fields(fernhill, "client", "juniper-dental") if one.figure.metric.startswith("agreements.")]
    assert {one.figure.client_id for one in found} == {"juniper-dental"}
    assert Decimal(1) in {one.figure.value for one in found}
