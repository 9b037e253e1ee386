"""What each client did to a SmartNumber, by its own rate and by its share: 10,000 random changes, told exactly."""

import json
import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest

from tests.dbt_project.compiled import compiled, fill, over
from tests.dbt_project.conftest import FirstBuild, Warehouse

MODEL = "fct_smartnumber_client_drivers"
SPLITS = {
    "total_close_pct": ("reactive_tickets_closed", "reactive_tickets_created"),
    "tickets_per_endpoint_per_month": ("reactive_tickets_created", "endpoints_managed"),
    "rhem": ("reactive_time_spent", "endpoints_managed"),
    "avg_resolution_time": ("reactive_time_spent", "reactive_tickets_closed"),
}
METRICS = sorted({name for pair in SPLITS.values() for name in pair})
QUARTERS = {"2031-Q1": ("2031-01", "2031-02", "2031-03"), "2031-Q2": ("2031-04", "2031-05", "2031-06")}
ORGANIZATIONS = 3_200
UNIT = Fraction(1, 10_000)
Business = dict[tuple[str, str, str], Decimal]
"""Values by client, month and metric; a client without a row has none in that month."""


def a_business(draw: random.Random) -> Business:
    """One to four clients, some of whom come, go, or have no endpoints."""
    found: Business = {}
    for client in ("acorn", "birch", "cedar", "unassigned")[: draw.randint(1, 4)]:
        for months in QUARTERS.values():
            if draw.random() < 0.15:
                continue  # not a client in this quarter
            for month in months:
                for metric in METRICS:
                    is_none = client == "unassigned" and metric == "endpoints_managed"
                    value = 0 if is_none or draw.random() < 0.1 else draw.randint(1, 9_999)
                    found[client, month, metric] = Decimal(value) / (100 if metric == "reactive_time_spent" else 1)
    return found


def whole(business: Business, quarter: str, metric: str, client: str | None = None) -> Fraction:
    return sum(
        (
            Fraction(value)
            for (of, month, name), value in business.items()
            if name == metric and month in QUARTERS[quarter] and client in (None, of)
        ),
        Fraction(0),
    )


def published(business: Business, quarter: str, metric: str) -> Decimal | None:
    dividend, divisor = (whole(business, quarter, name) for name in SPLITS[metric])
    return None if divisor == 0 else Decimal(round(dividend / divisor / UNIT)).scaleb(-4)


def inputs(business: Business, quarter: str, metric: str) -> str:
    """What `fct_smartnumbers` keeps of a figure: its halves by month."""
    by_month: dict[str, dict[str, float]] = {name: dict.fromkeys(QUARTERS[quarter], 0.0) for name in SPLITS[metric]}
    for (_, month, name), value in business.items():
        if name in by_month and month in by_month[name]:
            by_month[name][month] = round(by_month[name][month] + float(value), 2)
    return json.dumps({name: {"by_month": months} for name, months in by_month.items()})


@pytest.fixture(scope="module")
def businesses() -> dict[str, Business]:
    draw = random.Random(20310630)
    return {f"msp-{number}": a_business(draw) for number in range(ORGANIZATIONS)}


@pytest.fixture(scope="module")
def contributions(
    empty_warehouse: Warehouse, first_build: FirstBuild, businesses: dict[str, Business]
) -> dict[tuple[str, str], dict[tuple[str, str], Decimal]]:
    """What the model says of every change, by organization and metric: contributions by client and effect."""
    assert first_build.results
    statement = over(compiled(empty_warehouse, MODEL)[MODEL], ("fct_smartnumbers", "fct_metrics_monthly"))
    smartnumbers: list[tuple[object, ...]] = []
    monthly: list[tuple[object, ...]] = []
    for organization, business in businesses.items():
        for (client, month, metric), value in business.items():
            monthly.append((organization, client, month, metric, value))
        for metric in SPLITS:
            before, now = (published(business, quarter, metric) for quarter in QUARTERS)
            change = None if before is None or now is None else now - before
            held = [inputs(business, quarter, metric) for quarter in QUARTERS]
            smartnumbers.append((organization, "2031-Q1", metric, 4, None, None, before, None, held[0]))
            smartnumbers.append((organization, "2031-Q2", metric, 4, "2031-Q1", before, now, change, held[1]))
    with psycopg.connect(empty_warehouse.url) as session:
        fill(
            session,
            "fct_smartnumbers",
            "organization_id text, quarter text, metric text, scale integer, previous_quarter text, "
            "previous_value numeric, value numeric, change numeric, inputs jsonb",
            smartnumbers,
        )
        columns = "organization_id text, client_id text, period text, metric text, value numeric"
        fill(session, "fct_metrics_monthly", columns, monthly)
        found: dict[tuple[str, str], dict[tuple[str, str], Decimal]] = defaultdict(dict)
        for organization, metric, client, effect, contribution in session.execute(
            f"select organization_id, metric, client_id, effect, contribution from ({statement}) as drivers"
        ):
            found[organization, metric][client, effect] = contribution
        session.rollback()
    return found


def test_the_parts_of_ten_thousand_changes_add_up_to_each(
    businesses: dict[str, Business], contributions: dict[tuple[str, str], dict[tuple[str, str], Decimal]]
) -> None:
    told = 0
    for organization, business in businesses.items():
        for metric in SPLITS:
            before, now = (published(business, quarter, metric) for quarter in QUARTERS)
            parts = contributions.get((organization, metric), {})
            if before is None or now is None:
                assert parts == {}
                continue
            told += 1
            assert sum(parts.values(), Decimal(0)) == now - before, (organization, metric)
    assert told >= 10_000


def test_each_part_is_the_clients_own_but_for_rounding(
    businesses: dict[str, Business], contributions: dict[tuple[str, str], dict[tuple[str, str], Decimal]]
) -> None:
    """A client's rate counts with its share of now, its share with its rate of then; in plain fractions."""
    for organization, business in list(businesses.items())[:500]:
        for metric, (dividend, divisor) in SPLITS.items():
            if None in (published(business, quarter, metric) for quarter in QUARTERS):
                continue
            for client in {of for of, _, _ in business}:
                (was, out_of), (now, over_now) = (
                    (whole(business, quarter, dividend, client), whole(business, quarter, divisor, client))
                    for quarter in QUARTERS
                )
                wholes = [whole(business, quarter, divisor) for quarter in QUARTERS]
                part = now / wholes[1] - was / wholes[0]
                rate = (now / over_now - was / out_of) * over_now / wholes[1] if over_now and out_of else Fraction(0)
                for effect, expected in {"rate": rate, "mix": part - rate}.items():
                    said = Fraction(contributions[organization, metric].get((client, effect), Decimal(0)))
                    assert abs(said - expected) <= UNIT, (organization, metric, client, effect)
