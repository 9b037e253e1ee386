"""The SmartNumbers of a quarter, with colour, both trends and targets, and their course over five quarters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from psycopg import Connection

from reports.views.figures import Figure, Receipt, Series, difference
from reports.views.query import Row, rows
from warehouse.periods import Quarter

_MODEL = "marts.fct_smartnumbers"
_QUARTERS = 5
"""This quarter and the four before it, the same quarter of last year being the first."""


@dataclass(frozen=True, slots=True)
class Target:
    """The bounds an owner set; a bound that is None is open."""

    green_min: Decimal | None
    green_max: Decimal | None
    yellow_min: Decimal | None
    yellow_max: Decimal | None
    red_threshold: Decimal | None

    @property
    def is_set(self) -> bool:
        """True when at least one bound of the green band is given."""
        return self.green_min is not None or self.green_max is not None

    def is_red(self, value: Decimal) -> bool:
        """True when `value` lies outside the good and the tolerable range; a bound that is None is open.

        Without either yellow bound there is no tolerable range.
        """
        is_good = _within(value, self.green_min, self.green_max)
        has_band = self.yellow_min is not None or self.yellow_max is not None
        return self.is_set and not is_good and not (has_band and _within(value, self.yellow_min, self.yellow_max))

    def alarms(self, value: Decimal) -> bool:
        """True when `value` reaches the alarm line, which lies above or below the tolerable range."""
        if self.red_threshold is None:
            return False
        if self.yellow_max is not None and self.red_threshold > self.yellow_max:
            return value >= self.red_threshold
        return value <= self.red_threshold


@dataclass(frozen=True, slots=True)
class SmartNumber:
    """One KPI of one quarter beside the previous quarter and the same quarter of last year."""

    block: str
    formula: str
    better: str
    """``higher``, ``lower``, ``near_one``, or ``band`` where neither end is good by itself."""
    status: str
    """``green``, ``yellow``, ``red``, ``grey`` (no value) or ``neutral`` (no target)."""
    is_incomplete: bool
    target: Target
    change: Figure
    change_fraction: Figure
    last_year_change: Figure
    history: Series
    """Five quarters, this one last."""

    @property
    def figure(self) -> Figure:
        """This quarter's value."""
        return self.history.figures[-1]

    def bound_receipt(self, bound: str) -> Receipt:
        """Where a bound of the target comes from."""
        own = self.figure.receipt
        return Receipt(_MODEL, bound, "recorded", freshest_at=own.freshest_at, note="as set in app.current_thresholds")

    @property
    def previous(self) -> Figure:
        """The quarter before."""
        return self.history.figures[-2]

    @property
    def last_year(self) -> Figure:
        """The same quarter of last year."""
        return self.history.figures[0]


def smartnumbers(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[SmartNumber, ...]:
    """The 18 SmartNumbers of `quarter` in the catalogue's order; one without a value keeps its place with a reason."""
    last = Quarter.parse(quarter)
    quarters = [str(last - back) for back in range(_QUARTERS - 1, -1, -1)]
    found = rows(
        connection,
        """
        select quarter, metric, block, position, label, unit, scale, formula, value, reason, status, months_present,
            is_incomplete, change, change_fraction, better, green_min, green_max, yellow_min, yellow_max,
            red_threshold, inputs::text as inputs, source_rows, freshest_at
        from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and quarter = any(%(quarters)s) and is_headline
        order by position, metric
        """,
        {"organization_id": organization_id, "quarters": quarters},
    )
    by_key = {(row["metric"], row["quarter"]): row for row in found}
    return tuple(_smartnumber(row, quarters, by_key) for row in found if row["quarter"] == quarter)


def numbers_over(
    connection: Connection[Any], organization_id: str, metrics: Sequence[str], quarters: Sequence[str]
) -> dict[str, Series]:
    """One series a SmartNumber over `quarters`; those the marts do not hold at all are left out."""
    found = rows(
        connection,
        """
        select quarter, metric, label, unit, scale, formula, value, reason, months_present, inputs::text as inputs,
            source_rows, freshest_at
        from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and metric = any(%(metrics)s)
        order by metric, quarter
        """,
        {"organization_id": organization_id, "metrics": list(metrics)},
    )
    by_key = {(row["metric"], row["quarter"]): row for row in found}
    newest = {row["metric"]: row for row in found}
    return {
        metric: Series(
            metric,
            row["label"],
            row["unit"],
            tuple(_figure(by_key.get((metric, quarter)) or {**row, **_gap(quarter)}) for quarter in quarters),
        )
        for metric, row in newest.items()
    }


def _within(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _smartnumber(row: Row, quarters: list[str], by_key: Mapping[tuple[str, str], Row]) -> SmartNumber:
    metric = row["metric"]
    figures = tuple(_figure(by_key.get((metric, quarter)) or {**row, **_gap(quarter)}) for quarter in quarters)
    figure, previous, last_year = figures[-1], figures[-2], figures[0]
    return SmartNumber(
        block=row["block"],
        formula=row["formula"],
        better=row["better"],
        status=row["status"],
        is_incomplete=row["is_incomplete"],
        target=Target(row["green_min"], row["green_max"], row["yellow_min"], row["yellow_max"], row["red_threshold"]),
        change=_derived(figure, previous, row["change"], "change", figure.unit),
        change_fraction=_derived(figure, previous, row["change_fraction"], "change_fraction", "fraction"),
        # Quarters of unequal length are not set beside each other, whatever the formula.
        last_year_change=difference(f"{metric}.change_on_last_year", f"{row['label']}, change", figure, last_year),
        history=Series(metric, row["label"], row["unit"], figures),
    )


def _figure(row: Row) -> Figure:
    return Figure(
        metric=row["metric"],
        label=row["label"],
        period=row["quarter"],
        value=row["value"],
        unit=row["unit"],
        reason=row["reason"],
        scale=row["scale"],
        months=row["months_present"],
        is_sum=True,
        receipt=Receipt(
            model=_MODEL,
            column="value",
            source_rows=row["source_rows"],
            freshest_at=row["freshest_at"],
            note=f"{row['formula']}, with {_inputs(row['inputs'])}",
        ),
    )


def _derived(figure: Figure, previous: Figure, value: Decimal | None, suffix: str, unit: str) -> Figure:
    """What the mart itself computed from two quarters."""
    return Figure(
        metric=f"{figure.metric}.{suffix}",
        label=f"{figure.label}, change",
        period=figure.period,
        value=value,
        unit=unit,
        scale=figure.scale,
        reason=None if value is not None else "the two quarters cannot be compared",
        receipt=Receipt(
            model=_MODEL,
            column=suffix,
            source_rows=figure.receipt.source_rows,
            freshest_at=figure.receipt.freshest_at,
            note=f"{figure.period} {figure.value} against {previous.period} {previous.value}",
        ),
    )


def has_smartnumbers(connection: Connection[Any], organization_id: str, quarter: str) -> bool:
    """Whether any of the quarter has a value: a dealer or an application has none, unless somebody typed its inputs."""
    found = rows(
        connection,
        """
        select 1 from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and quarter = %(quarter)s and is_headline and value is not null
        limit 1
        """,
        {"organization_id": organization_id, "quarter": quarter},
    )
    return bool(found)


def _inputs(inputs: str | None) -> str:
    """The formula's inputs as stored: name and value of each, averages at four decimals."""
    stored = json.loads(inputs, parse_float=Decimal, parse_int=Decimal) if inputs else {}
    parts = []
    for name in sorted(stored):
        value = stored[name].get("value") if isinstance(stored[name], dict) else stored[name]
        parts.append(f"{name} {'no data' if value is None else _short(value)}")
    return ", ".join(parts) or "no inputs recorded"


def _short(value: Decimal) -> str:
    shortened = value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return format(value if value == shortened else shortened, "f")


def _gap(quarter: str) -> Row:
    return {
        "quarter": quarter,
        "value": None,
        "reason": f"{quarter} lies outside the organization's history",
        "inputs": None,
        "source_rows": None,
        "freshest_at": None,
        "months_present": None,
    }
