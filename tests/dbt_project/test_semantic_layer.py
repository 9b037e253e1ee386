"""The semantic layer says the same as the SmartNumbers: each metric, computed from its own lines, is the oracle's."""

import random
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import psycopg

from orchestration import formulas
from tests.dbt_project import quarter_oracle
from tests.dbt_project.conftest import FirstBuild, Warehouse
from tests.dbt_project.test_quarter_arithmetic import MONTHS, publish

NOT_A_SMARTNUMBER = {"service_revenue"}


def measures(manifest: Any) -> dict[str, Any]:
    return {one.name: one for model in manifest.semantic_models.values() for one in model.measures}


def metrics(manifest: Any) -> dict[str, Any]:
    return {one.name: one for one in manifest.metrics.values()}


def test_the_main_metrics_have_a_time_spine_and_a_measure(manifest: Any) -> None:
    spines = [node for node in manifest.nodes.values() if getattr(node, "time_spine", None)]
    assert [node.name for node in spines] == ["dim_days"]
    simple = [one for one in metrics(manifest).values() if one.type.value == "simple"]
    assert len(simple) > 20
    assert {one.type_params.measure.name for one in simple} <= set(measures(manifest))


def test_every_composed_metric_is_the_smartnumber_of_its_name(
    manifest: Any, empty_warehouse: Warehouse, first_build: FirstBuild
) -> None:
    assert first_build.results
    draw = random.Random(7)
    months = [{name: Decimal(draw.randint(1, 900_000)) / 4 for name in quarter_oracle.INPUTS} for _ in MONTHS]
    known, measured = metrics(manifest), measures(manifest)
    composed = {name for name, one in known.items() if one.type.value != "simple"} - NOT_A_SMARTNUMBER
    assert len(composed) > 10
    with psycopg.connect(empty_warehouse.url) as session:
        publish(session, {"msp": {name: (months[at], True) for at, name in enumerate(MONTHS)}})
        for name in composed:
            expected, _ = quarter_oracle.smartnumber(name, months)
            assert expected is not None
            found = computed(session, known, measured, name)
            exact = Decimal(found.numerator) / Decimal(found.denominator)
            assert exact.quantize(expected, ROUND_HALF_EVEN) == expected, name
        session.rollback()


def computed(session: psycopg.Connection, known: dict[str, Any], measured: dict[str, Any], name: str) -> Fraction:
    """A metric from the expressions that the semantic layer holds."""
    parts = known[name].type_params
    if known[name].type.value == "simple":
        measure = measured[parts.measure.name]
        function = {"sum": "sum", "average": "avg"}[measure.agg.value]
        row = session.execute(f"select {function}({measure.expr}) from pg_temp.fct_metrics_monthly").fetchone()
        return Fraction(row[0] if row else 0)
    if known[name].type.value == "ratio":
        text, names = (
            f"{parts.numerator.name} / {parts.denominator.name}",
            [parts.numerator.name, parts.denominator.name],
        )
    else:
        text, names = parts.expr, [one.name for one in parts.metrics]
    found = formulas.computed(text, {part: computed(session, known, measured, part) for part in names})
    assert found is not None
    return found
