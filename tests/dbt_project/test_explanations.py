"""Every figure of the marts is explained by parts that add up to it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import psycopg
import pytest

from orchestration import elsewhere, formulas
from orchestration.cli.explain import tell_column
from orchestration.errors import UsageError
from orchestration.metric_reference import Project
from tests.dbt_project.conftest import Warehouse
from tests.explained import (
    definitions,
    differs,
    figures,
    flaws,
    months_that_differ,
    quarters_that_differ,
    smartnumbers_that_differ,
    told,
)
from warehouse.organizations import Organization


@pytest.fixture(scope="module")
def session(warehouse: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse.url) as connection:
        yield connection


def test_the_parts_of_every_monthly_figure_add_up_to_it(session: psycopg.Connection[Any]) -> None:
    wrong, kinds = months_that_differ(session)
    assert wrong == []
    assert {"clients", "records", "none"} <= set(kinds)


def test_the_parts_of_every_quarter_add_up_to_it(session: psycopg.Connection[Any]) -> None:
    assert quarters_that_differ(session) == []


def test_the_formula_of_every_smartnumber_comes_to_it(session: psycopg.Connection[Any]) -> None:
    wrong, valued = smartnumbers_that_differ(session)
    assert wrong == []
    assert valued > 0


@pytest.mark.parametrize("mart", ["fct_metrics_monthly", "fct_metrics_quarterly", "fct_smartnumbers"])
def test_every_figure_is_told_in_plain_language(session: psycopg.Connection[Any], mart: str) -> None:
    """Every metric, every month and quarter, the whole company, each client and what belongs to none."""
    known = definitions(session)
    found = figures(session, mart)
    wrong = {}
    for row in found:
        if problems := flaws(told(session, mart, row, known[row["metric"]]), row["value"]):
            wrong[row["organization_id"], row.get("client_id"), row["quarter"], row["metric"]] = problems
    assert wrong == {}
    assert len(found) > 40


def test_every_metric_can_be_asked_for(session: psycopg.Connection[Any]) -> None:
    """None is left out of the marts, so `qbr explain` has an answer for each."""
    of_months = {row["metric"] for row in figures(session, "fct_metrics_monthly")}
    of_quarters = {row["metric"] for row in figures(session, "fct_smartnumbers")}
    for metric, definition in definitions(session).items():
        assert metric in (of_months if definition["is_monthly"] else of_quarters), metric


def test_metrics_of_other_marts_are_told_as_well(session: psycopg.Connection[Any]) -> None:
    """Of the whole company, of what belongs to no client and of a client, wherever the marts hold them."""
    organization = Organization(id="north", name="North", time_zone="America/Chicago")
    answered, wrong = set(), {}
    for entry in [one for one in Project().entries() if "." in one.place]:
        for asked, client in product(("2026-02", "2026-Q1", "2025-12"), ("all", "unassigned", "acorn-bakery")):
            try:
                lines = list(tell_column(session, organization, entry, asked, client))
            except UsageError:
                continue
            found = elsewhere.figures(session, entry, "north", asked, client)
            values = [one["value"] for one in found]
            answered.add(entry.key)
            if problems := flaws(lines, next((value for value in values if value is not None), None)):
                wrong[entry.key, asked, client] = problems
            if len(found) == 1:
                made = elsewhere.composed(session, entry, found[0])
                if differs(made, values[0], elsewhere.SCALES.get(entry.unit, 4)):
                    wrong[entry.key, asked, client] = [str(made)]
    assert wrong == {}
    assert len(answered) > 20, answered


def test_a_figure_that_lacks_another_names_what_is_missing_at_the_root(session: psycopg.Connection[Any]) -> None:
    """Net profit lacks expenses, those lack what the owner takes; what to do is about that."""
    known = definitions(session)
    row = next(
        row
        for row in figures(session, "fct_metrics_monthly")
        if row["metric"] == "net_profit" and row["client_id"] == "all" and row["value"] is None
    )
    lines = told(session, "fct_metrics_monthly", row, known["net_profit"])
    assert any(line.strip().startswith("Owner compensation: Nobody has entered") for line in lines), lines
    assert any("Enter it: a CSV file" in line for line in lines), lines
    assert any("Read it: `qbr run" in line for line in lines), lines


def test_a_formula_is_read_as_people_write_it() -> None:
    values = {"closed": Fraction(624), "technical": Fraction(6), "months": Fraction(3)}
    assert formulas.named("closed / average technical / months") == ["closed", "technical", "months"]
    assert formulas.computed("closed / average technical / months", values) == Fraction(104, 3)
    assert formulas.computed("(closed + 6) x 12 / months; a remark", values) == 2520
    assert formulas.computed("closed / (technical - 6)", values) is None
    assert formulas.computed("closed / nothing", values) is None
    assert formulas.named("Postings of the month on the accounts mapped to nrr") == []
    assert formulas.named("Entered by finance") == []


def test_nothing_but_arithmetic_is_ever_computed() -> None:
    assert formulas.parsed("__import__('os').getcwd()") is None
    assert formulas.parsed("closed ** 9") is None
    assert formulas.parsed("[closed]") is None
