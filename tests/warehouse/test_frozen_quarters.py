"""What was presented is kept; what changes in it afterwards is noticed once, with amount and cause."""

from decimal import Decimal

import psycopg
import pytest

from warehouse import frozen_quarters
from warehouse.frozen_quarters import FreezeRefused
from warehouse.periods import Quarter

Q2 = Quarter.parse("2026-Q2")
MARTS = """
create schema if not exists marts;
create table marts.dim_organizations (organization_id text, as_of timestamptz);
create table marts.dim_periods (organization_id text, period text, quarter text, is_complete boolean);
create table marts.fct_metrics_monthly (
    organization_id text, quarter text, client_id text, period text, metric text, value numeric, unit text,
    method text, reason text, source_rows bigint, freshest_at timestamptz
);
create table marts.fct_metrics_quarterly (like marts.fct_metrics_monthly);
create table marts.fct_smartnumbers (like marts.fct_metrics_monthly);
create table marts.fct_restatements (
    organization_id text, quarter text, mart text, client_id text, period text, metric text, presented_value numeric,
    value numeric, amount numeric, cause text
);
insert into marts.dim_organizations values ('north', '2026-07-05');
insert into marts.dim_periods
select 'north', period, '2026-Q2', true from unnest(array['2026-04', '2026-05', '2026-06']) as period;
insert into marts.fct_metrics_monthly values
('north', '2026-Q2', 'all', '2026-05', 'mrr', 60000, 'usd', 'accounting', null, 3, null),
('north', '2026-Q2', 'all', '2026-05', 'owner_comp', null, 'usd', null, 'Nobody has entered one.', 0, null),
('north', '2026-Q3', 'all', '2026-07', 'mrr', 61000, 'usd', 'accounting', null, 3, null),
('south', '2026-Q2', 'all', '2026-05', 'mrr', 1, 'usd', 'accounting', null, 3, null);
insert into marts.fct_metrics_quarterly values
('north', '2026-Q2', 'all', null, 'mrr', 180000, 'usd', null, null, 9, null);
insert into marts.fct_smartnumbers values
('north', '2026-Q2', null, null, 'avg_aisp', 176.81, 'usd', null, null, 9, null);
"""


@pytest.fixture
def north(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, history_start) "
        "values ('north', 1, 'North', 'UTC', '2025-01')"
    )
    connection.execute(MARTS)
    return connection


def change(connection: psycopg.Connection, value: int | None) -> None:
    """What the mart says of May's mrr, presented as 60 000, after a build."""
    connection.execute("delete from marts.fct_restatements")
    if value != 60000:
        connection.execute(
            "insert into marts.fct_restatements values ('north', '2026-Q2', 'fct_metrics_monthly', 'all', '2026-05', "
            "'mrr', 60000, %(value)s::numeric, %(value)s::numeric - 60000, 'Corrected by hand: late invoice.')",
            {"value": value},
        )


def noticed(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select metric, period, presented_value, previous_value, value, amount, cause, run_id from app.restatements "
        "order by restatement_id"
    ).fetchall()


def test_every_figure_of_the_quarter_is_kept_and_no_other(north: psycopg.Connection) -> None:
    assert frozen_quarters.freeze(north, "north", Q2, frozen_by="owner", note="Board, July") == 4
    assert north.execute(
        "select mart, period, metric, value from app.frozen_figures order by mart, metric"
    ).fetchall() == [
        ("fct_metrics_monthly", "2026-05", "mrr", Decimal(60000)),
        ("fct_metrics_monthly", "2026-05", "owner_comp", None),
        ("fct_metrics_quarterly", "2026-Q2", "mrr", Decimal(180000)),
        ("fct_smartnumbers", "2026-Q2", "avg_aisp", Decimal("176.81")),
    ]
    [one] = frozen_quarters.frozen(north, "north")
    assert (one.quarter, one.frozen_by, one.note) == ("2026-Q2", "owner", "Board, July")
    assert north.execute("select actor_id, action, resource from app.audit_log").fetchall() == [
        ("owner", "freeze_quarter", "2026-Q2")
    ]


def test_a_quarter_is_frozen_once(north: psycopg.Connection) -> None:
    frozen_quarters.freeze(north, "north", Q2, frozen_by="owner")
    with pytest.raises(FreezeRefused, match="was frozen by owner on"):
        frozen_quarters.freeze(north, "north", Q2, frozen_by="finance")


def test_a_quarter_that_is_not_over_is_refused(north: psycopg.Connection) -> None:
    north.execute("update marts.dim_periods set is_complete = false where period = '2026-06'")
    with pytest.raises(FreezeRefused, match="2026-06 was not over"):
        frozen_quarters.freeze(north, "north", Q2, frozen_by="owner")


@pytest.mark.parametrize("table", ["frozen_quarters", "frozen_figures", "restatements"])
def test_what_was_presented_cannot_be_changed(north: psycopg.Connection, table: str) -> None:
    frozen_quarters.freeze(north, "north", Q2, frozen_by="owner")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        north.execute(f"delete from app.{table}")  # type: ignore[arg-type]


def test_each_change_is_noticed_once_and_its_undoing_too(north: psycopg.Connection) -> None:
    frozen_quarters.freeze(north, "north", Q2, frozen_by="owner")
    for run, value in enumerate([60000, 61000, 61000, 60500, 60000, 60000, None]):
        change(north, value)
        frozen_quarters.append_restatements(north, ["north"], run_id=f"run-{run}")
    cause = "Corrected by hand: late invoice."
    presented = Decimal(60000)
    again = "The figure is again what was presented."
    assert noticed(north) == [
        ("mrr", "2026-05", presented, presented, Decimal(61000), Decimal(1000), cause, "run-1"),
        ("mrr", "2026-05", presented, Decimal(61000), Decimal(60500), Decimal(500), cause, "run-3"),
        ("mrr", "2026-05", presented, Decimal(60500), presented, Decimal(0), again, "run-4"),
        ("mrr", "2026-05", presented, presented, None, None, cause, "run-6"),
    ]
    assert [one.amount for one in frozen_quarters.restatements(north, "north", "2026-Q2")] == [1000, 500, 0, None]


def test_without_the_mart_nothing_is_noticed(north: psycopg.Connection) -> None:
    north.execute("drop table marts.fct_restatements")
    assert frozen_quarters.append_restatements(north, ["north"], run_id="run") == 0
