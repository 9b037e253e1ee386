"""Thousands of random rentals, machines and orders, some of them unread: the marts against oracles in plain Python."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.types.json import Jsonb

from orchestration.transformation import build
from tests.conftest import a_database
from tests.installation import installed

ORGANIZATION = "dealer"
ZONE = ZoneInfo("America/Chicago")
FIRST, TODAY = date(2023, 1, 1), date(2026, 5, 10)
QUARTERS = [f"{year}-Q{place}" for year in range(2023, 2027) for place in range(1, 5)][:14]
UNREAD = {"2025-Q1", "2025-Q4"}
"""Quarters in whose course the orders were not read for a while; what was done since may have been written then."""
COLUMNS = {"columns": {"id": "A", "ended_on": "B"}}
Rows = dict[str, list[dict[str, Any]]]


def day_in(chance: random.Random, first: date, last: date) -> date:
    """Any day of the stretch; one in four begins or ends a month, where mistakes are made."""
    day = first + timedelta(days=chance.randrange((last - first).days + 1))
    turn = chance.randrange(8)
    if turn == 0:
        day = day.replace(day=1)
    elif turn == 1:
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(max(day, first), last)


def draw() -> Rows:
    """The dealer's records; a seed keeps a failure repeatable."""
    chance = random.Random(20260706)
    rentals, machines, orders = [], [], []
    for number in range(2000):
        out = day_in(chance, date(2022, 6, 1), TODAY)
        back = None if chance.random() < 0.1 else day_in(chance, out, date(2026, 12, 31))
        rentals.append({
            "id": f"R{number}", "customer_id": "1", "started_on": str(out), "ended_on": back and str(back),
            "daily_rate": chance.choice((None, 45.5, 120)), "status": chance.choice("OOOV"),
            "billed_amount": chance.choice((None, chance.randrange(1, 10**6) / 100)),
        })  # fmt: skip
    for number in range(1500):
        bought = day_in(chance, date(2008, 1, 1), date(2026, 8, 1)) if chance.random() < 0.95 else None
        if number < 40:  # born on 29 February, or on a quarter's last day some years before
            bought = date(2012, 2, 29) if number % 2 else date(2026 - number // 4, 3, 31)
        gone = day_in(chance, bought or FIRST, date(2026, 12, 31)) if chance.random() < 0.3 else None
        machines.append({
            "id": f"U{number}", "customer_id": "1", "acquired_on": bought and str(bought),
            "retired_on": gone and str(gone),
        })  # fmt: skip
    for number in range(3000):
        opened = datetime.combine(day_in(chance, FIRST, TODAY - timedelta(days=1)), time(0, tzinfo=ZONE))
        opened += timedelta(minutes=chance.choice((0, 1, 23 * 60 + 59, chance.randrange(1440))))
        done = opened + timedelta(hours=chance.randrange(1, 900)) if chance.random() < 0.8 else None
        done = done if done and done.date() < TODAY else None
        orders.append({
            "id": f"O{number}", "customer_id": "1", "order_type": chance.choice(("PM", "repair", "damage", "??")),
            "status": "open", "opened_at": opened.astimezone(UTC).isoformat(),
            "completed_at": done and done.astimezone(UTC).isoformat(),
            "total_amount": chance.choice((None, *(chance.randrange(10**6) / 100 for _ in range(5)))),
        })  # fmt: skip
    return {"rentals": rentals, "equipment": machines, "service_orders": orders}


@dataclass(frozen=True)
class Filled:
    """The warehouse, and what went into it."""

    url: str
    records: Rows

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def filled(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    records = draw()
    with a_database(postgres, template) as url, installed(url, tmp_path_factory.mktemp("var"), builds=True):
        with psycopg.connect(url) as connection:
            _load(connection, records)
        results = build(url, select=["+fct_rental_months", "+fct_parts_and_rentals", "+fct_fleet_health",
                                     "+fct_fleet_units", "+fct_fleet_spend_trends",
                                     "+fct_service_calls_monthly"])  # fmt: skip
        assert [one.unique_id for one in results if one.is_failed] == []
        yield Filled(url, records)


def _load(connection: psycopg.Connection, records: Rows) -> None:
    tables = dict.fromkeys(("rentals", "equipment", "service_orders"), COLUMNS)
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, currency, locale, history_start, "
        "as_of, settings, config_hash) values (%s, 1, 'Dealer', %s, 'USD', 'en_US', '2023-01', %s, %s, '')",
        [ORGANIZATION, ZONE.key, datetime.combine(TODAY, time(12), ZONE),
         Jsonb({"sources": {"opsdb": {"tables": tables}}})],
    )  # fmt: skip
    codes = {"planned_order_types": "pm", "repair_order_types": "repair", "damage_order_types": "damage",
             "void_statuses": "v"}  # fmt: skip
    for position, (name, code) in enumerate(codes.items()):
        connection.execute(
            "insert into app.rule_values (organization_id, rule, value, position) values (%s, %s, %s, %s)",
            [ORGANIZATION, f"fleet_{name}", code, position],
        )
    known = "{(,2026-05-10T17:00:00Z)}"
    unread = "{[2025-03-31T05:00:00Z,2025-04-01T05:00:00Z), [2025-10-06T05:00:00Z,2025-10-13T05:00:00Z)}"
    for stream, rows in records.items():
        connection.execute(
            "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
            "values (%s, 'opsdb', %s, %s::tstzmultirange - %s::tstzmultirange, now(), '2026-05-10T17:00:00Z')",
            [ORGANIZATION, stream, known, unread if stream == "service_orders" else "{}"],
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into raw_opsdb.{stream} (organization_id, record_id, record, record_hash, first_seen_at, "
                "extracted_at, run_id) values (%s, %s, %s, '', now(), now(), 'run')",
                [(ORGANIZATION, row["id"], Jsonb(row)) for row in rows],
            )


def bounds(quarter: str) -> tuple[date, date]:
    """First and last day."""
    year, month = int(quarter[:4]), 3 * int(quarter[-1]) - 2
    return date(year, month, 1), (date(year, month, 1) + timedelta(days=95)).replace(day=1) - timedelta(days=1)


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def days_of(rental: dict[str, Any]) -> list[date]:
    """Every single day on which it ran and that has come."""
    out = date.fromisoformat(rental["started_on"])
    back = min(date.fromisoformat(rental["ended_on"]), TODAY) if rental["ended_on"] else TODAY
    return [out + timedelta(days=number) for number in range((back - out).days + 1)]


def a_day_costs(rental: dict[str, Any]) -> Fraction | None:
    if rental["ended_on"] and rental["billed_amount"] is not None:
        whole = date.fromisoformat(rental["ended_on"]) - date.fromisoformat(rental["started_on"])
        return Fraction(str(rental["billed_amount"])) / (whole.days + 1)
    return None if rental["daily_rate"] is None else Fraction(str(rental["daily_rate"]))


def test_rental_days_and_spend_are_those_of_counting_day_by_day(filled: Filled) -> None:
    running: Counter[str] = Counter()
    days: Counter[str] = Counter()
    spend: dict[str, Fraction] = defaultdict(Fraction)
    for rental in filled.records["rentals"]:
        if rental["status"] == "V":
            continue
        price, ran = a_day_costs(rental) or 0, [day for day in days_of(rental) if day >= FIRST]
        counted = Counter(f"{day:%Y-%m}" for day in ran) + Counter(map(quarter_of, ran))
        for name, number in counted.items():
            running[name] += 1
            days[name] += number
            spend[name] += price * number
    found = filled.rows(
        "select period, active_rentals, rental_days, rental_spend from marts.fct_rental_months "
        "where client_id = 'all' union all "
        "select quarter, active_rentals, rental_days, rental_spend from marts.fct_parts_and_rentals "
        "where client_id = 'all'"
    )
    assert len(found) == 41 + 14
    for name, active, told, cost in found:
        assert (name, active, told) == (name, running[name], days[name])
        assert cost == Decimal(round(spend[name] * 100)).scaleb(-2), name


def years_between(bought: date, day: date) -> int:
    """Birthdays passed, one by one; 29 February is kept on the 28th."""
    years = 0
    while True:
        year = bought.year + years + 1
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if date(year, bought.month, 28 if (bought.month, bought.day) == (2, 29) and not leap else bought.day) > day:
            return years
        years += 1


def test_every_machine_has_the_age_of_its_birthdays_and_stands_in_that_bucket(filled: Filled) -> None:
    machines = {row["id"]: row for row in filled.records["equipment"]}
    found = filled.rows("select quarter, equipment_id, age_years, age_bucket from marts.fct_fleet_units")
    there = set()
    for quarter in QUARTERS:
        day = min(bounds(quarter)[1], TODAY)
        there |= {
            (quarter, name)
            for name, row in machines.items()
            if not (row["acquired_on"] and date.fromisoformat(row["acquired_on"]) > day)
            and not (row["retired_on"] and date.fromisoformat(row["retired_on"]) <= day)
        }
    assert {(quarter, name) for quarter, name, *_ in found} == there
    for quarter, name, age, bucket in found:
        bought = machines[name]["acquired_on"]
        if bought is None:
            assert (age, bucket) == (None, "unknown")
            continue
        years = years_between(date.fromisoformat(bought), min(bounds(quarter)[1], TODAY))
        low = years // 3 * 3
        assert bucket == ("12+" if years >= 12 else f"{low}-{low + 2}"), (quarter, name)
        assert years <= age <= years + 1, (quarter, name)


def test_the_health_of_a_quarter_is_the_sum_of_its_machines(filled: Filled) -> None:
    ages: dict[str, list[Decimal | None]] = defaultdict(list)
    for quarter, age in filled.rows("select quarter, age_years from intermediate.int_fleet_units_assessed"):
        ages[quarter].append(age)
    found = filled.rows(
        "select quarter, units, units_age_0_to_2 + units_age_3_to_5 + units_age_6_to_8 + units_age_9_to_11 "
        "+ units_age_12_and_more, units_age_unknown, average_age_years "
        "from marts.fct_fleet_health where client_id = 'all'"
    )
    assert len(found) == len(QUARTERS)
    for quarter, units, aged, unknown, mean in found:
        known = [age for age in ages[quarter] if age is not None]
        assert (units, aged, unknown) == (len(ages[quarter]), len(known), len(ages[quarter]) - len(known))
        assert mean == (sum(known) / len(known)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def test_calls_that_were_not_read_leave_their_quarter_unknown_and_its_costs_with_all_later_ones(filled: Filled) -> None:
    spend: dict[str, Decimal] = defaultdict(Decimal)
    calls: dict[str, int] = defaultdict(int)
    for order in filled.records["service_orders"]:
        opened = datetime.fromisoformat(order["opened_at"]).astimezone(ZONE)
        calls[f"{opened:%Y-%m}"] += 1
        if order["completed_at"] and order["total_amount"] is not None:
            done = datetime.fromisoformat(order["completed_at"]).astimezone(ZONE).date()
            spend[quarter_of(done)] += Decimal(str(order["total_amount"]))
    costs = dict(filled.rows("select quarter, total_spend from marts.fct_service_costs where client_id = 'all'"))
    assert costs == {quarter: spend[quarter] if quarter < min(UNREAD) else None for quarter in QUARTERS}
    assert sum(cost is not None for cost in costs.values()) == 8
    months = filled.rows(
        "select period, quarter, service_calls, reason from marts.fct_service_calls_monthly where client_id = 'all'"
    )
    assert len(months) == 41
    for period, quarter, told, reason in months:
        assert told == (None if quarter in UNREAD else calls[period])
        assert (reason is None) == (quarter not in UNREAD)


def test_a_trend_shows_the_same_spend_in_each_of_its_four_places(filled: Filled) -> None:
    costs = dict(filled.rows("select quarter, total_spend from marts.fct_service_costs where client_id = 'all'"))
    found = filled.rows(
        "select quarter, position, trend_quarter, label, service_spend from marts.fct_fleet_spend_trends "
        "where client_id = 'all'"
    )
    assert len(found) == 4 * len(QUARTERS)
    earlier = [f"2022-Q{place}" for place in range(1, 5)]
    for quarter, position, told, label, spend in found:
        assert told == [*earlier, *QUARTERS][QUARTERS.index(quarter) + position]
        assert label == f"Q{told[-1]} {told[:4]}"
        assert spend == costs.get(told)
