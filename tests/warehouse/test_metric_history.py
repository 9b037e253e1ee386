"""A published figure that changes leaves what it was before."""

from decimal import Decimal

import psycopg
import pytest

from warehouse.metric_history import append_changes

MART = """
create schema if not exists marts;
create table marts.fct_metrics_monthly (
    organization_id text, client_id text, period text, metric text, value numeric, method text, reason text,
    won_because text, is_complete_period boolean
)
"""


@pytest.fixture
def mart(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(MART)
    return connection


def publish(connection: psycopg.Connection, value: str | None, method: str | None, **other: object) -> None:
    row = {"organization": "north", "period": "2026-06", "complete": True, "value": value, "method": method, **other}
    connection.execute(
        "delete from marts.fct_metrics_monthly where organization_id = %(organization)s and period = %(period)s", row
    )
    connection.execute(
        "insert into marts.fct_metrics_monthly values (%(organization)s, 'all', %(period)s, 'nrr', %(value)s, "
        "%(method)s, null, 'the books say so', %(complete)s)",
        row,
    )


def history(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select organization_id, previous_value, value, previous_method, method, run_id from app.metric_history "
        "order by metric_history_id"
    ).fetchall()


def test_the_first_publication_is_kept_and_a_second_look_adds_nothing(mart: psycopg.Connection) -> None:
    publish(mart, "8000", "accounting")
    assert append_changes(mart, ["north"], run_id="one") == 1
    assert append_changes(mart, ["north"], run_id="two") == 0
    assert history(mart) == [("north", None, Decimal(8000), None, "accounting", "one")]


def test_a_changed_winner_says_what_it_was_before(mart: psycopg.Connection) -> None:
    publish(mart, "8000", "accounting")
    append_changes(mart, ["north"], run_id="one")
    publish(mart, "7500", "corrected")
    assert append_changes(mart, ["north"], run_id="two") == 1
    assert history(mart)[-1] == ("north", Decimal(8000), Decimal(7500), "accounting", "corrected", "two")


def test_a_value_that_is_lost_is_a_change_too(mart: psycopg.Connection) -> None:
    publish(mart, "8000", "accounting")
    append_changes(mart, ["north"], run_id="one")
    publish(mart, None, None)
    assert append_changes(mart, ["north"], run_id="two") == 1
    assert history(mart)[-1] == ("north", Decimal(8000), None, "accounting", None, "two")


def test_a_running_month_and_another_organization_are_left_alone(mart: psycopg.Connection) -> None:
    publish(mart, "100", "accounting", period="2026-07", complete=False)
    publish(mart, "100", "accounting", organization="south")
    assert append_changes(mart, ["north"], run_id="one") == 0
