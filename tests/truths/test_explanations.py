"""Every figure of the demonstration's businesses is explained by parts that add up to it."""

from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import psycopg
import pytest

from tests.explained import (
    definitions,
    figures,
    flaws,
    months_that_differ,
    quarters_that_differ,
    smartnumbers_that_differ,
    told,
)
from tests.three_businesses import SEEDS, Warehouse

Chosen = Callable[[dict[str, Any]], bool]


@pytest.fixture(scope="module")
def session(warehouse: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse.url) as connection:
        yield connection


def much(row: dict[str, Any]) -> bool:
    """All of one business, and of the others the newest quarters: each row is asked for by itself, and that is slow."""
    return bool(row["organization_id"] == "seed-7" or row["quarter"] >= "2026-Q1")


def some(row: dict[str, Any]) -> bool:
    """Of those every sixth, a different one for each metric, client and month."""
    key = [str(row[name]) for name in ("organization_id", "client_id", "quarter", "metric")]
    return much(row) and crc32(" ".join([*key, str(row.get("period"))]).encode()) % 6 == 0


@pytest.mark.parametrize("chosen", [some, pytest.param(much, marks=pytest.mark.soak)])
def test_the_parts_of_every_monthly_figure_add_up_to_it(session: psycopg.Connection[Any], chosen: Chosen) -> None:
    wrong, kinds = months_that_differ(session, chosen)
    assert wrong == []
    assert {"entry", "formula", "accounts", "clients", "records"} <= set(kinds), kinds
    assert kinds.total() > 1000


@pytest.mark.parametrize("chosen", [some, pytest.param(much, marks=pytest.mark.soak)])
def test_the_parts_of_every_quarter_add_up_to_it(session: psycopg.Connection[Any], chosen: Chosen) -> None:
    assert quarters_that_differ(session, chosen) == []


def test_the_formula_of_every_smartnumber_comes_to_it(session: psycopg.Connection[Any]) -> None:
    wrong, valued = smartnumbers_that_differ(session)
    assert wrong == []
    assert valued > 100


def test_what_drove_every_change_adds_up_to_it(session: psycopg.Connection[Any]) -> None:
    found = session.execute(
        "select change, sum(contribution) from marts.fct_smartnumber_drivers where contribution is not null "
        "group by organization_id, quarter, metric, change"
    ).fetchall()
    assert len(found) > 100
    assert [one for one in found if one[0] != one[1]] == []


@pytest.mark.parametrize(
    "told_whole", [{"seed-7"}, pytest.param({f"seed-{seed}" for seed in SEEDS}, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("mart", ["fct_metrics_monthly", "fct_metrics_quarterly", "fct_smartnumbers"])
def test_every_metric_of_some_months_is_told_in_plain_language(
    session: psycopg.Connection[Any], mart: str, told_whole: set[str]
) -> None:
    """Each metric, for the company, for what belongs to no client, and for two clients.

    Of the newest two quarters; where businesses run by the rules of one that is told whole, of the first of the two.
    """
    known = definitions(session)
    found = figures(session, mart)
    newest = sorted({row["quarter"] for row in found})[-2:]
    clients = {"all", "unassigned", *sorted({row.get("client_id", "all") for row in found})[:3]}
    wrong = {}
    asked = [
        row
        for row in found
        if row["quarter"] in (newest if row["organization_id"] in told_whole else newest[:1])
        and row.get("client_id", "all") in clients
    ]
    for row in asked:
        if problems := flaws(told(session, mart, row, known[row["metric"]]), row["value"]):
            wrong[row["organization_id"], row.get("client_id"), row["quarter"], row["metric"]] = problems
    assert wrong == {}
    assert len({row["metric"] for row in asked}) > 20
