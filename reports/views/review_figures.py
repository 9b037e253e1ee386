"""Slides of a dealer's customer review that are figures: fleet, condition, service, costs, parts, rentals, value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from reports.views.figures import Figure, Series
from reports.views.review_rows import Facts, Rows
from reports.views.reviews import rows_of
from reports.views.scope import Scope

AGES = ("0_to_2", "3_to_5", "6_to_8", "9_to_11", "12_and_more", "unknown")
KINDS_OF_CALL = ("planned", "unplanned", "damage", "other")


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many machines, whose they are, and of which kinds, the most frequent first."""

    total: Figure
    ownership: tuple[Figure, ...]
    kinds: tuple[Figure, ...]
    shares: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine that needs attention."""

    name: str
    kind: str
    condition: str
    assessed_on: date | None
    age: Figure
    annual_cost: Figure


@dataclass(frozen=True, slots=True)
class Health:
    """Condition and age of the fleet, and the machines to watch or replace, the worst and oldest first."""

    conditions: tuple[Figure, ...]
    not_assessed: Figure
    average_age: Figure
    attention_cost: Figure
    ages: tuple[Figure, ...]
    machines: tuple[Machine, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """How the quarter's calls went, what they were for, and calls by month."""

    calls: Figure
    completion: Figure
    response: Figure
    first_time: Figure
    shares: tuple[Figure, ...]
    monthly: Series


@dataclass(frozen=True, slots=True)
class Costs:
    """What service cost by kind of order with the number of orders, and over four quarters."""

    total: Figure
    per_machine: Figure
    kinds: tuple[tuple[Figure, Figure], ...]
    trend: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class PartsAndRentals:
    """Parts and rentals side by side."""

    parts_orders: Figure
    parts_spend: Figure
    over_the_counter: Figure
    categories: tuple[Figure, ...]
    active_rentals: Figure
    rental_days: Figure
    rental_spend: Figure
    rental_months: Series


@dataclass(frozen=True, slots=True)
class Value:
    """What the customer got for it, with what it spent; `savings_label` says what savings rest on."""

    savings: Figure
    savings_label: str
    uptime: Figure
    downtime_avoided: Figure
    spend: tuple[Figure, ...]
    total: Figure
    trend: tuple[Series, ...]


def fleet(connection: Connection[Any], scope: Scope) -> Fleet:
    """Machines active on the quarter's last day."""
    found = rows_of(connection, scope)
    total = found.figure("fct_fleet_overview.units")
    unknown = found.figure("fct_fleet_overview.units_ownership_unknown")
    is_told = unknown.value != 0 and total.value is not None  # where nothing is known, the total says why
    ownership = [found.figure(f"fct_fleet_overview.units_{word}") for word in ("owned", "leased", "rented")]
    mix = [(row, _named_kind(row)) for row in found.of("fct_fleet_mix")]
    return Fleet(
        total=total,
        ownership=(*ownership, *([unknown] if is_told else [])),
        kinds=tuple(found.figure("fct_fleet_mix.units", row, of=name) for row, name in mix),
        shares=tuple(found.figure("fct_fleet_mix.share", row, of=name) for row, name in mix),
    )


def health(connection: Connection[Any], scope: Scope) -> Health:
    """By the latest assessment of each machine up to the quarter's last day."""
    found = rows_of(connection, scope)
    ages = [found.figure(f"fct_fleet_health.units_age_{bucket}") for bucket in AGES]
    return Health(
        conditions=tuple(found.figure(f"fct_fleet_health.units_{word}") for word in ("good", "monitor", "replace")),
        not_assessed=found.figure("fct_fleet_health.units_not_assessed"),
        average_age=found.figure("fct_fleet_health.average_age_years"),
        attention_cost=found.figure("fct_fleet_health.attention_annual_cost"),
        ages=tuple(ages[:-1]) + ((ages[-1],) if ages[-1].value != 0 else ()),
        machines=tuple(_machine(found, row) for row in sorted(_attention(found), key=_worst_first)),
    )


def service(connection: Connection[Any], scope: Scope) -> Service:
    """Service orders opened in the quarter."""
    found = rows_of(connection, scope)
    shares = tuple(found.figure(f"fct_service_performance.share_{kind}") for kind in KINDS_OF_CALL)
    return Service(
        calls=found.figure("fct_service_performance.service_calls"),
        completion=found.figure("fct_service_performance.planned_completion_rate"),
        response=found.figure("fct_service_performance.average_response_hours"),
        first_time=found.figure("fct_service_performance.first_time_fix_rate"),
        shares=shares if shares[-1].value != 0 else shares[:-1],
        monthly=_by_month(found, "fct_service_calls_monthly.service_calls"),
    )


def costs(connection: Connection[Any], scope: Scope) -> Costs:
    """Orders done in the quarter."""
    found = rows_of(connection, scope)
    kinds = [
        (found.figure(f"fct_service_costs.{kind}_cost"), found.figure(f"fct_service_costs.{kind}_orders"))
        for kind in KINDS_OF_CALL
    ]
    return Costs(
        total=found.figure("fct_service_costs.total_spend"),
        per_machine=found.figure("fct_service_costs.cost_per_unit"),
        kinds=tuple(kinds if kinds[-1][1].value != 0 else kinds[:-1]),
        trend=_by_quarter(found, [f"{kind}_cost" for kind in KINDS_OF_CALL]),
    )


def parts_and_rentals(connection: Connection[Any], scope: Scope) -> PartsAndRentals:
    """Parts ordered and machines rented in the quarter."""
    found = rows_of(connection, scope)
    figure = found.figure
    return PartsAndRentals(
        parts_orders=figure("fct_parts_and_rentals.parts_orders"),
        parts_spend=figure("fct_parts_and_rentals.parts_spend"),
        over_the_counter=figure("fct_parts_and_rentals.parts_over_the_counter"),
        categories=tuple(
            figure("fct_parts_categories.spend", row, of=_named(row["category"], row["is_rest"]))
            for row in found.of("fct_parts_categories")
        ),
        active_rentals=figure("fct_parts_and_rentals.active_rentals"),
        rental_days=figure("fct_parts_and_rentals.rental_days"),
        rental_spend=figure("fct_parts_and_rentals.rental_spend"),
        rental_months=_by_month(found, "fct_rental_months.rental_days"),
    )


def value(connection: Connection[Any], scope: Scope) -> Value:
    """What was measured of the quarter; savings only where a rate was agreed."""
    found = rows_of(connection, scope)
    rows = found.of("fct_value_delivered")
    names = ("service_and_labor_spend", "parts_spend", "rental_spend")
    return Value(
        savings=found.figure("fct_value_delivered.estimated_savings"),
        savings_label=str((rows[0].get("estimated_savings_label") if rows else None) or ""),
        uptime=found.figure("fct_value_delivered.uptime"),
        downtime_avoided=found.figure("fct_value_delivered.downtime_hours_avoided"),
        spend=tuple(found.figure(f"fct_value_delivered.{name}") for name in names),
        total=found.figure("fct_value_delivered.total_spend"),
        trend=_by_quarter(found, names),
    )


def _by_month(found: Rows, name: str) -> Series:
    rows = found.of(name.split(".", maxsplit=1)[0])
    figures = tuple(found.figure(name, row, period=row["period"]) for row in rows)
    figures = figures or (found.figure(name),)
    return Series(figures[0].metric, figures[0].label, figures[0].unit, figures)


def _by_quarter(found: Rows, columns: Sequence[str]) -> tuple[Series, ...]:
    rows = found.of("fct_fleet_spend_trends")
    series = []
    for column in columns:
        name = f"fct_fleet_spend_trends.{column}"
        figures = tuple(found.figure(name, row, period=row["trend_quarter"]) for row in rows)
        figures = figures or (found.figure(name),)
        series.append(Series(figures[0].metric, figures[0].label, figures[0].unit, figures))
    return tuple(series)


def _attention(found: Rows) -> list[Facts]:
    return [row for row in found.of("fct_fleet_units") if row["needs_attention"]]


def _worst_first(row: Facts) -> tuple[bool, Any, str]:
    return row["condition"] != "replace", -(row["age_years"] or 0), row["equipment_id"]


def _machine(found: Rows, row: Facts) -> Machine:
    assessed = row["assessed_date"]
    return Machine(
        name=" ".join(part for part in (row["equipment_id"], row["make"], row["model"]) if part),
        kind=_named(row["equipment_type"] or "unknown", is_rest=False),
        condition=row["condition"],
        assessed_on=None if assessed is None else date.fromisoformat(assessed),
        age=found.figure("fct_fleet_units.age_years", row, of=row["equipment_id"]),
        annual_cost=found.figure("fct_fleet_units.annual_maintenance_cost", row, of=row["equipment_id"]),
    )


def _named_kind(row: Facts) -> str:
    return _named(row["equipment_type"], row["is_rest"])


def _named(word: str, is_rest: bool) -> str:
    """A kind or category as people read it; systems write in capitals, and the rest is no kind of its own."""
    if is_rest:
        return "All others"
    if word == "unknown":
        return "Not known"
    return word.capitalize() if word.isupper() or word.islower() else word
