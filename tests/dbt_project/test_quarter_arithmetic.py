"""Quarters with missing months, zero divisors and half employees: the models against the oracle, on random quarters."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_project import quarter_oracle
from tests.dbt_project.compiled import compiled, fill, over
from tests.dbt_project.conftest import FirstBuild, Warehouse

MODELS = ("int_smartnumbers_calculated", "fct_metrics_quarterly", "fct_smartnumbers", "fct_smartnumber_drivers")
GIVEN = ("dim_periods", "dim_organizations", "int_metrics_resolved", "fct_metrics_monthly")
STEPS = ("int_smartnumbers_calculated", "fct_smartnumbers", "current_thresholds")
RESOLVED = (
    "organization_id text, client_id text, period text, metric text, value numeric, method text, reason text, "
    "source text, model text, source_rows bigint, freshest_at timestamptz"
)
MONTHLY = (
    "organization_id text, client_id text, period text, quarter text, metric text, value numeric, unit text, "
    "reason text, source_rows bigint, freshest_at timestamptz, is_complete_period boolean"
)
FRACTIONS = {"employees", "technical_employees"}
SIGNED = {"nrr", "mrr", "orr", "net_profit", "total_revenue"}
MONTHS = ("2031-04", "2031-05", "2031-06")


@pytest.fixture(scope="module")
def statements(empty_warehouse: Warehouse, first_build: FirstBuild) -> dict[str, str]:
    assert first_build.results
    return compiled(empty_warehouse, *MODELS)


@pytest.fixture(scope="module")
def session(empty_warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_warehouse.url) as connection:
        yield connection
        connection.rollback()


def amount(metric: str) -> st.SearchStrategy[Decimal]:
    if metric in FRACTIONS:
        return st.integers(0, 80).map(lambda halves: Decimal(halves) / 2)
    cents = st.integers(-5_000_000 if metric in SIGNED else 0, 9_000_000).map(lambda cents: Decimal(cents) / 100)
    return st.one_of(st.just(Decimal(0)), cents, st.integers(0, 700).map(Decimal))


month = st.fixed_dictionaries({name: st.none() | amount(name) for name in quarter_oracle.INPUTS})
quarter = st.tuples(st.lists(month, min_size=3, max_size=3), st.integers(0, 3))
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def publish(session: psycopg.Connection, organizations: dict[str, dict[str, tuple[dict[str, Any], bool]]]) -> None:
    """Lay every organization's months out as the models read them: values by metric, and whether the month is over."""
    quarters = {"04": "Q2", "05": "Q2", "06": "Q2", "07": "Q3", "08": "Q3", "09": "Q3"}
    periods, resolved, monthly = [], [], []
    for organization, months in organizations.items():
        for period, (values, is_complete) in months.items():
            in_quarter = f"{period[:5]}{quarters[period[5:]]}"
            periods.append((organization, in_quarter, period, is_complete))
            for metric, value in values.items():
                reason = "It is missing." if value is None else None
                method = None if value is None else "manual"
                resolved.append((organization, "all", period, metric, value, method, reason, "x", "x", 1, None))
                monthly.append(
                    (organization, "all", period, in_quarter, metric, value, "x", reason, 1, None, is_complete)
                )
    fill(session, "dim_periods", "organization_id text, quarter text, period text, is_complete boolean", periods)
    fill(
        session,
        "dim_organizations",
        "organization_id text, working_hours_per_month numeric",
        [(one, 167) for one in organizations],
    )
    fill(session, "int_metrics_resolved", RESOLVED, resolved)
    fill(session, "fct_metrics_monthly", MONTHLY, monthly)


@SOME
@given(drawn=quarter)
def test_a_quarter_is_computed_over_the_months_that_hold_every_input(
    drawn: tuple[list[dict[str, Decimal | None]], int], statements: dict[str, str], session: psycopg.Connection
) -> None:
    months, complete = drawn
    publish(session, {"msp": {name: (months[at], at < complete) for at, name in enumerate(MONTHS)}})
    found = session.execute(
        f"select metric, value, months_present, reason from ({over(statements[MODELS[0]], GIVEN)}) as smartnumbers"  # type: ignore[arg-type]
    ).fetchall()
    assert {metric: (value, present) for metric, value, present, _ in found} == {
        metric: quarter_oracle.smartnumber(metric, months[:complete]) for metric in quarter_oracle.FORMULAS
    }
    assert [metric for metric, value, _, reason in found if (value is None) != bool(reason)] == []


@SOME
@given(drawn=quarter)
def test_a_monthly_metric_becomes_a_quarter_by_its_own_rule(
    drawn: tuple[list[dict[str, Decimal | None]], int], statements: dict[str, str], session: psycopg.Connection
) -> None:
    months, complete = drawn
    publish(session, {"msp": {name: (months[at], at < complete) for at, name in enumerate(MONTHS)}})
    found = session.execute(
        "select metric, aggregation, value, months_present "
        f"from ({over(statements['fct_metrics_quarterly'], GIVEN)}) as quarters"  # type: ignore[arg-type]
    ).fetchall()
    assert {metric for metric, *_ in found} == set(quarter_oracle.INPUTS)
    for metric, aggregation, value, present in found:
        values = [one[metric] for one in months[:complete]]
        assert value == quarter_oracle.aggregate(aggregation, values), metric
        assert present == sum(one is not None for one in values)


def test_the_parts_of_ten_thousand_random_changes_add_up_to_each(
    statements: dict[str, str], session: psycopg.Connection
) -> None:
    """Two quarters of 500 organizations, a month in ten without a value: the drivers' sum is the published change."""
    draw = random.Random(20310630)
    publish(
        session,
        {
            f"msp-{number}": {
                f"2031-{at:02d}": ({name: a_value(draw, name) for name in quarter_oracle.INPUTS}, True)
                for at in range(4, 10)
            }
            for number in range(500)
        },
    )
    thresholds = "green_min numeric, green_max numeric, yellow_min numeric, yellow_max numeric, red_threshold numeric"
    fill(session, "current_thresholds", f"organization_id text, metric text, {thresholds}", [])
    for model in ("int_smartnumbers_calculated", "fct_smartnumbers"):
        session.execute(f"drop table if exists pg_temp.{model}")  # type: ignore[arg-type]
        statement = f"create temporary table {model} as {over(statements[model], (*GIVEN, *STEPS))}"
        session.execute(statement)  # type: ignore[arg-type]
        session.execute(f"analyze pg_temp.{model}")  # type: ignore[arg-type]
    found = session.execute(
        f"""
        select metric, change, sum(contribution), count(*) - count(contribution), max(reason)
        from ({over(statements["fct_smartnumber_drivers"], (*GIVEN, *STEPS))}) as drivers
        where quarter = '2031-Q3'
        group by organization_id, metric, change
        """  # type: ignore[arg-type]
    ).fetchall()
    assert len(found) == 500 * len(quarter_oracle.FORMULAS)
    whole = [(change, parts) for _, change, parts, missing, _ in found if not missing]
    assert len(whole) > 5_000
    assert [one for one in whole if one[0] != one[1]] == []
    assert [metric for metric, _, _, missing, reason in found if missing and not reason] == []


def a_value(draw: random.Random, metric: str) -> Decimal | None:
    if draw.random() < 0.1:
        return None
    if metric in FRACTIONS:
        return Decimal(draw.randint(1, 80)) / 2
    return Decimal(draw.randint(-500_000 if metric in SIGNED else 0, 9_000_000)) / 100
