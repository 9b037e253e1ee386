"""How unusual a month is and what comes next, against plain Python: medians, and a line through twelve months."""

import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from statistics import median

import psycopg
import pytest

from tests.dbt_project.compiled import compiled, fill, over
from tests.dbt_project.conftest import FirstBuild, Warehouse

SERIES, MONTHS = 200, 30
FIRST = 2029 * 12
Series = list[Decimal | None]
Row = tuple[object, ...]


def period(place: int) -> str:
    year, month = divmod(FIRST + place, 12)
    return f"{year}-{month + 1:02d}"


def a_series(draw: random.Random) -> Series:
    """Steady, rising, jumping or full of holes, now and then with one wild month."""
    level, slope, noise = draw.randint(0, 5_000), draw.choice([0, 0, 3, -20]), draw.choice([0, 0, 4, 300])
    found: Series = []
    for place in range(draw.randint(1, MONTHS)):
        value = level + slope * place + draw.randint(-noise, noise) + (draw.random() < 0.05) * 9_000
        found.append(None if draw.random() < 0.15 else Decimal(max(value, 0)) / 4)
    return found


def twelve_before(series: Series, place: int) -> list[tuple[int, Decimal]]:
    return [(at, value) for at in range(max(place - 12, 0), place) if (value := series[at]) is not None]


def is_anomaly(series: Series, place: int) -> bool | None:
    value, before = series[place], [amount for _, amount in twelve_before(series, place)]
    if value is None or len(before) < 6:
        return None
    middle = median(before)
    away = [abs(one - middle) for one in before]
    if abs(value - middle) <= Decimal("0.05") * abs(middle):
        return False
    deviation, mean = median(away), Fraction(sum(away)) / len(away)
    if mean == 0:
        return True
    distance = abs(Fraction(value - middle))
    score = (
        distance * Fraction("0.6745") / Fraction(deviation) if deviation else distance / (Fraction("1.253314") * mean)
    )
    return round(score, 4) > Fraction("3.5")


def line(series: Series, place: int) -> Decimal | None:
    """Least squares, in fractions; a count does not fall below 0."""
    points = [(at, Fraction(value)) for at, value in twelve_before(series, place)]
    if len(points) < 6:
        return None
    x, y = (Fraction(sum(one[axis] for one in points)) / len(points) for axis in (0, 1))
    slope = sum((at - x) * (value - y) for at, value in points) / sum((at - x) ** 2 for at, _ in points)
    return Decimal(round(max(y + slope * (place - x), Fraction(0)) * 10_000)).scaleb(-4)


@pytest.fixture(scope="module")
def series() -> dict[str, Series]:
    draw = random.Random(20310630)
    return {f"metric_{number}": a_series(draw) for number in range(SERIES)}


@pytest.fixture(scope="module")
def said(
    empty_warehouse: Warehouse, first_build: FirstBuild, series: dict[str, Series]
) -> Iterator[dict[str, list[Row]]]:
    """What the two models make of the series."""
    assert first_build.results
    statements = compiled(empty_warehouse, "fct_metric_anomalies", "fct_metric_forecasts")
    given = ("fct_metrics_monthly", "dim_metrics")
    monthly = [
        ("msp", "all", period(place), metric, value, "count", None if value is not None else "Not known.", True)
        for metric, values in series.items()
        for place, value in enumerate(values)
    ]
    with psycopg.connect(empty_warehouse.url) as session:
        fill(
            session,
            "fct_metrics_monthly",
            "organization_id text, client_id text, period text, metric text, value numeric, unit text, reason text, "
            "is_complete_period boolean",
            monthly,
        )
        columns = "metric text, unit text, may_be_negative boolean"
        fill(session, "dim_metrics", columns, [(metric, "count", False) for metric in series])
        yield {
            name: session.execute(f"select {wanted} from ({over(statements[name], given)}) as found").fetchall()
            for name, wanted in {
                "fct_metric_anomalies": "metric, period, is_anomaly, reason is not null",
                "fct_metric_forecasts": "metric, period, value, low, high, back_tests, mean_error, reason is not null",
            }.items()
        }
        session.rollback()


def test_a_month_is_unusual_where_plain_medians_say_so(series: dict[str, Series], said: dict[str, list[Row]]) -> None:
    found = {(metric, month): judged for metric, month, judged, _ in said["fct_metric_anomalies"]}
    expected = {
        (metric, period(place)): is_anomaly(values, place)
        for metric, values in series.items()
        for place in range(len(values))
    }
    assert found == expected
    assert sum(one is True for one in expected.values()) > 20
    assert all(explained == (judged is None) for _, _, judged, explained in said["fct_metric_anomalies"])


def test_a_forecast_is_the_line_and_its_range_what_back_tests_kept_to(
    series: dict[str, Series], said: dict[str, list[Row]]
) -> None:
    ranged = 0
    for metric, month, value, low, high, back_tests, mean_error, has_reason in said["fct_metric_forecasts"]:
        values = series[str(metric)]
        place = len(values)
        assert (month, value) == (period(place), line(values, place)), metric
        errors = [
            abs(actual - drawn)
            for at in range(max(place - 12, 0), place)
            if (actual := values[at]) is not None and (drawn := line(values, at)) is not None
        ]
        assert back_tests == len(errors)
        mean = Decimal(round(Fraction(sum(errors, Decimal(0))) / len(errors) * 10_000)).scaleb(-4) if errors else None
        assert mean_error == mean
        if len(errors) < 6 or value is None:
            assert has_reason
            assert len(errors) >= 6 or (low, high) == (None, None)
            continue
        ranged += 1
        assert not has_reason
        usual = sorted(errors)[-(-len(errors) * 4 // 5) - 1]
        assert (low, high) == (max(Decimal(str(value)) - usual, Decimal(0)), Decimal(str(value)) + usual)
    assert ranged > 50
    assert len(said["fct_metric_forecasts"]) == SERIES
