"""Turning point, labor efficiency, gross margin and cash reserve, in exact fractions that are rounded once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from sandbox.truth.monthly import monthly_inputs
from sandbox.truth.months import complete_months, quarter_of
from sandbox.world.entities import World

MONTHS_IN_YEAR = 12
Figures = Mapping[str, Decimal | None]
SERVICE = ("nrr", "mrr")
COSTS = ("employee_expense", "owner_comp", "other_expenses")
ALL_COSTS = (*COSTS, "owner_comp_taxes")
MARGIN = ("total_revenue", "product_cogs")


@dataclass(frozen=True)
class Ratio:
    """What is divided by what; ``averaged`` says that the divisor is a head count."""

    scale: int
    inputs: tuple[str, ...]
    above: Callable[[Mapping[str, Fraction]], Fraction]
    below: tuple[str, ...]
    averaged: bool = False


def _service(sums: Mapping[str, Fraction]) -> Fraction:
    return sums["nrr"] + sums["mrr"]


def _margin(sums: Mapping[str, Fraction]) -> Fraction:
    return sums["total_revenue"] - sums["product_cogs"]


RATIOS = {
    "msp_turning_point": Ratio(4, SERVICE, _service, COSTS),
    "msp_turning_point_full": Ratio(4, SERVICE, _service, ALL_COSTS),
    "labor_efficiency_ratio": Ratio(4, MARGIN, _margin, ("employee_expense", "owner_comp")),
    "gross_margin_pct": Ratio(4, MARGIN, _margin, ("total_revenue",)),
    "gross_margin_per_employee": Ratio(2, MARGIN, _margin, ("employees",), averaged=True),
}


def business_months(world: World, now: datetime) -> dict[str, dict[str, Decimal | None]]:
    """The figures of every complete month; None where a part was never given."""
    inputs = monthly_inputs(world, now)
    reserves = {row.period: row.value for row in world.manual_rows if row.metric == "cash_reserve"}
    found = {}
    for period in complete_months(world, now):
        figures: dict[str, Decimal | None] = {name: _divided(ratio, [inputs[period]]) for name, ratio in RATIOS.items()}
        figures["msp_dollar_difference"] = _difference(inputs[period])
        figures["cash_reserve_months"] = _reserve(inputs, period, reserves.get(period))
        found[period] = figures
    return found


def business_quarters(world: World, now: datetime) -> dict[str, dict[str, Decimal | None]]:
    """The figures of every quarter with a complete month."""
    inputs, months = monthly_inputs(world, now), business_months(world, now)
    periods = complete_months(world, now)
    found = {}
    for quarter in dict.fromkeys(map(quarter_of, periods)):
        own = [period for period in periods if quarter_of(period) == quarter]
        figures: dict[str, Decimal | None] = {
            name: _divided(ratio, [inputs[period] for period in own]) for name, ratio in RATIOS.items()
        }
        differences = [value for period in own if (value := months[period]["msp_dollar_difference"]) is not None]
        figures["msp_dollar_difference"] = sum(differences, Decimal(0)) if differences else None
        reserves = [value for period in own if (value := months[period]["cash_reserve_months"]) is not None]
        figures["cash_reserve_months"] = reserves[-1] if reserves else None
        found[quarter] = figures
    return found


def _divided(ratio: Ratio, months: Sequence[Figures]) -> Decimal | None:
    needed = (*ratio.inputs, *ratio.below)
    whole = [month for month in months if all(month.get(name) is not None for name in needed)]
    sums = {name: sum((Fraction(month[name] or 0) for month in whole), Fraction(0)) for name in needed}
    below = sum((sums[name] for name in ratio.below), Fraction(0))
    if not whole or below == 0:
        return None
    return rounded(ratio.above(sums) / below * (len(whole) if ratio.averaged else 1), ratio.scale)


def _difference(month: Figures) -> Decimal | None:
    values = [month.get(name) for name in (*SERVICE, *ALL_COSTS)]
    if any(value is None for value in values):
        return None
    gained, spent = _sum(values[: len(SERVICE)]), _sum(values[len(SERVICE) :])
    return gained - spent


def _reserve(inputs: Mapping[str, Figures], period: str, reserve: Decimal | None) -> Decimal | None:
    year = str(int(period[:4]) - 1)
    expenses = [month.get("total_expenses") for other, month in inputs.items() if other[:4] == year]
    known = [value for value in expenses if value is not None]
    if reserve is None or len(known) < MONTHS_IN_YEAR or not _sum(known):
        return None
    return rounded(Fraction(reserve) * MONTHS_IN_YEAR / Fraction(_sum(known)), 2)


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def rounded(value: Fraction, scale: int) -> Decimal:
    """Half to even, exactly."""
    return Decimal(round(value * 10**scale)).scaleb(-scale).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN)
