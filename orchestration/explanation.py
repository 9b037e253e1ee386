"""What a figure is made of: parts that add up to it, found in the marts, with the way they are put together.

A figure that was typed is its entry; a calculated one its formula; one of the books its accounts; a count of the whole
organization its clients, of one client its records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg

from orchestration import formulas, ingredients, wording
from orchestration.readings import Row, rows

ENTERED = ("corrected", "manual", "imported")
THINGS = {"fct_tickets": "reactive tickets", "fct_device_months": "devices", "fct_agreements": "agreements in force"}
ROUNDING = "rounding: the amounts above are rounded one by one"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that went into a figure."""

    label: str
    value: Decimal | None
    unit: str
    scale: int = 2


@dataclass(frozen=True, slots=True)
class Composition:
    """How a figure came about: a sentence, its parts, and what they come to; None where nothing adds up.

    ``numbers`` is the formula with the parts' values in it.
    """

    kind: str
    how: str
    parts: tuple[Part, ...]
    result: Decimal | None
    numbers: str | None = None


NOTHING = Composition("none", "", (), None)

_MONTHS = """
    select period, value from marts.fct_metrics_monthly
    where organization_id = %(organization_id)s and client_id = %(client_id)s and metric = %(metric)s
        and quarter = %(quarter)s and is_complete_period
    order by period
    """


def of_month(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    """The parts of one row of ``fct_metrics_monthly``."""
    if row["value"] is None:
        return NOTHING
    if row["method"] in ENTERED:
        return _entry(connection, definition, row)
    if row["method"] == "calculated" and (found := _formula_of_month(connection, definition, row)):
        return found
    if row["method"] == "accounting" and (found := _accounts(connection, definition, row)):
        return found
    if row["client_id"] == "all" and (found := _clients(connection, definition, row)):
        return found
    return _records(connection, definition, row)


def of_quarter(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    """The parts of one row of ``fct_metrics_quarterly``: its months."""
    if row["aggregation"] == "recomputed":
        return _quotient_of_quarter(connection, definition, row)
    months = rows(connection, _MONTHS, row)
    parts = tuple(
        Part(wording.month_of(month["period"]), month["value"], row["unit"], definition["scale"]) for month in months
    )
    known = [part.value for part in parts if part.value is not None]
    if row["aggregation"] == "none" or not known:
        return Composition("none", "", parts, None)
    if row["aggregation"] == "average":
        mean = Fraction(sum(known, Decimal(0))) / len(known)
        return Composition("average", _months("The average of", len(known)), parts, _rounded(mean, 4))
    if row["aggregation"] == "last":
        return Composition("last", "What stands at the end, the latest month that has a value:", parts, known[-1])
    return Composition("sum", _months("The sum of", len(known)), parts, sum(known, Decimal(0)))


def _months(what: str, count: int) -> str:
    return f"{what} the {count} months that have a value:" if count > 1 else "The one month that has a value:"


def _quotient_of_quarter(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    """A quotient of the quarter's own sums and averages, over the months that hold every part."""
    if row["value"] is None:
        return NOTHING
    months = rows(connection, _MONTHS, row)
    made = NOTHING
    for formula, mart in ingredients.of_quarter(row["metric"], definition["formula"]):
        held = [ingredients.of(connection, {**row, "period": month["period"]}, formula, mart) for month in months]
        made = _divided(connection, definition, row, formula, held)
        if made.result == row["value"]:
            return made
    return made


def _divided(
    connection: psycopg.Connection[Any], definition: Row, row: Row, formula: str, held: Sequence[ingredients.Amounts]
) -> Composition:
    """The formula over the months that hold all it names."""
    names = [name for name in formulas.named(formula) if name != formulas.MONTHS]
    whole = [one for one in held if len(one) == len(names) and all(part.value is not None for part in one.values())]
    if not names or not whole:
        return NOTHING
    found = rows(connection, "select metric from marts.dim_metrics where aggregation = 'average'", {})
    averaged = {one["metric"] for one in found}
    totals = {name: sum((Fraction(month[name].value or 0) for month in whole), Fraction(0)) for name in names}
    values = {name: totals[name] / (len(whole) if name in averaged else 1) for name in names}
    parts = [
        Part(
            wording.label_of(one.label) + (", on average" if name in averaged else ", in all"),
            _rounded(values[name], max(one.scale, 2)),
            one.unit,
            one.scale,
        )
        for name, one in whole[0].items()
    ]
    numbers = wording.with_numbers(formula, {name: _rounded(values[name], 4) for name in names}, len(whole))
    counted = {**values, formulas.MONTHS: Fraction(len(whole))}
    come_to = formulas.computed(formula, counted)
    if come_to is None:
        return NOTHING
    result = _rounded(come_to, definition["scale"])
    rounding = _rounding(formula, counted, whole[0], definition["scale"]) * len(whole)
    if result != row["value"] and abs(Fraction(row["value"]) - come_to) <= rounding:
        parts.append(Part(ROUNDING, row["value"] - result, row["unit"], definition["scale"]))
        result = row["value"]
    return Composition("formula", f"Over {len(whole)} of the quarter's 3 months:", tuple(parts), result, numbers)


def of_smartnumber(definition: Row, row: Row) -> Composition:
    """The parts of one row of ``fct_smartnumbers``: its inputs over the months used."""
    inputs = row["inputs"] or {}
    parts = tuple(
        Part(
            wording.label_of(facts.get("label") or name)
            + {"sum": ", in all", "average": ", on average"}.get(facts.get("aggregation") or "", ""),
            _decimal(facts.get("value")),
            facts.get("unit") or "",
            2 if facts.get("unit") in {"usd", "hours"} else 4,
        )
        for name, facts in inputs.items()
    )
    if row["value"] is None:
        return Composition("none", "", parts, None)
    known = {name: part.value for name, part in zip(inputs, parts, strict=True) if part.value is not None}
    values = {name: Fraction(value) for name, value in known.items()}
    names = formulas.named(row["formula"])
    numbers = None
    if set(names) <= {*values, formulas.MONTHS} and names:
        come_to = formulas.computed(row["formula"], {**values, formulas.MONTHS: Fraction(row["months_present"])})
        numbers = wording.with_numbers(row["formula"], known, row["months_present"])
    else:  # the sum of its one input
        come_to = next(iter(values.values())) if len(values) == 1 else None
    result = None if come_to is None else _rounded(come_to, definition["scale"])
    return Composition("formula", f"Over {row['months_present']} of the quarter's 3 months:", parts, result, numbers)


def _entry(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    found = rows(
        connection,
        """
        select value, entered_by, entered_at, note from app.manual_metrics
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = %(metric)s and method = %(method)s and superseded_at is null
        """,
        row,
    )
    done = {"corrected": "corrected", "manual": "entered", "imported": "imported"}[row["method"]]
    parts = tuple(
        Part(
            f"{done} by {one['entered_by']} on {one['entered_at']:%Y-%m-%d}"
            + (f": {one['note']}" if one["note"] else ""),
            one["value"],
            row["unit"],
            definition["scale"],
        )
        for one in found
    )
    total = sum((part.value for part in parts if part.value is not None), Decimal(0))
    return Composition("entry", "A person gave it:", parts, total if parts else None)


def _formula_of_month(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition | None:
    recipes: list[tuple[str, str | None]] = [(definition["formula"], None)]
    if row["metric"] in ingredients.RECIPES:
        kept_in, recipe = ingredients.RECIPES[row["metric"]]
        recipes.insert(0, (recipe, kept_in))
    for formula, mart in recipes:
        amounts = ingredients.of(connection, row, formula, mart)
        if found := _put_together(row, definition, formula, amounts):
            return found
    return None


def _put_together(
    row: Row, definition: Row, formula: str, amounts: Mapping[str, ingredients.Ingredient]
) -> Composition | None:
    """The figure by a formula; None where the amounts do not come to it.

    Amounts are kept rounded and figures worked out from exact ones, so a difference as large as the rounding of the
    amounts can make is a part by itself.
    """
    # Only misc_revenue may be missing from a total that has a value; it adds nothing then.
    values = {name: Fraction(one.value or 0) for name, one in amounts.items()}
    come_to = formulas.computed(formula, values)
    if come_to is None or not values:
        return None
    parts = [Part(wording.label_of(one.label), one.value, one.unit, one.scale) for one in amounts.values()]
    result = _rounded(come_to, definition["scale"])
    if result != row["value"]:
        if abs(Fraction(row["value"]) - come_to) > _rounding(formula, values, amounts, definition["scale"]):
            return None
        parts.append(Part(ROUNDING, row["value"] - result, row["unit"], definition["scale"]))
    numbers = wording.with_numbers(formula, {name: one.value for name, one in amounts.items()})
    return Composition("formula", "", tuple(parts), row["value"], numbers)


def _rounding(
    formula: str, values: Mapping[str, Fraction], amounts: Mapping[str, ingredients.Ingredient], scale: int
) -> Fraction:
    """By how much the rounding of the amounts can move what the formula comes to."""
    exact = formulas.computed(formula, values) or Fraction(0)
    moved = Fraction(1, 2 * 10**scale)
    for name, value in values.items():
        is_exact = name not in amounts or amounts[name].unit == "count"
        half = Fraction(0) if is_exact else Fraction(1, 2 * 10 ** amounts[name].scale)
        ends = [formulas.computed(formula, {**values, name: value + step}) for step in (half, -half)]
        moved += max((abs(end - exact) for end in ends if end is not None), default=Fraction(0))
    return moved


def _accounts(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition | None:
    conditions = {
        "total_income": "(report_group = 'Income' and metric is distinct from 'misc_revenue') "
        "or metric in ('nrr', 'mrr', 'orr', 'product_sales')",
        "total_expenses_qb": "(report_group in ('Expenses', 'OtherExpenses') "
        "and metric is distinct from 'product_cogs') "
        "or metric in ('payroll_total', 'other_expenses', 'uncategorized_expenses')",
    }
    found = rows(
        connection,
        f"""
        select account_name as label, sum(amount) as value from marts.fct_profit_and_loss
        where organization_id = %(organization_id)s and period = %(period)s and basis = %(basis)s
            and ({conditions.get(row["metric"], "metric = %(metric)s")})
        group by account_name order by account_name
        """,  # noqa: S608 - the conditions above
        row,
    )
    how = f"By account of the books, {row['basis'].lower()} basis:" if found else "Nothing was posted on its accounts."
    return _summed("accounts", how, found, definition, row)


def _clients(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition | None:
    found = rows(
        connection,
        """
        select client_id, coalesce(clients.name, client_id) as label, figures.value
        from marts.fct_metrics_monthly as figures
        left join marts.dim_clients as clients using (organization_id, client_id)
        where organization_id = %(organization_id)s and client_id <> 'all' and period = %(period)s
            and metric = %(metric)s and figures.value <> 0
        order by figures.value desc, client_id
        """,
        row,
    )
    for one in found:
        one["label"] = wording.UNASSIGNED if one["client_id"] == "unassigned" else one["label"]
    return _summed("clients", "By client:", found, definition, row) if found else None


def _records(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    statements = {
        "reactive_time_spent": """
            select coalesce('ticket ' || ticket_id, 'no ticket') as label, sum(hours) as value
            from marts.fct_time_entries
            where organization_id = %(organization_id)s and client_id = %(client_id)s and entered_period = %(period)s
                and is_reactive
            group by 1 order by 2 desc, 1
            """,
        "mrr_run_rate": """
            select concat(product_name, ' x ', trim_scale(quantity)) as label, mrr as value
            from marts.fct_subscription_item_months
            where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
                and mrr <> 0
            order by mrr desc, subscription_item_id
            """,
        "ar_over_90_usd": """
            select coalesce(clients.name, client_id) as label, open_invoices_usd as value
            from marts.fct_aged_receivables left join marts.dim_clients as clients using (organization_id, client_id)
            where organization_id = %(organization_id)s and period = %(period)s and bucket = 'over_90'
                and open_invoices > 0
            order by 2 desc, 1
            """,
    }
    how = {
        "reactive_time_spent": "Hours entered, by ticket:",
        "mrr_run_rate": "By item of the client's subscriptions, a month:",
        "ar_over_90_usd": "By client:",
    }
    if row["metric"] in statements:
        found = rows(connection, statements[row["metric"]], row)
        if summed := _summed("records", how[row["metric"]] if found else "There is none.", found, definition, row):
            return summed
    where = wording.SOURCES.get(row["source"], "the marts")
    if row["unit"] == "count" and row["value"] == row["source_rows"]:
        things = THINGS.get(row["model"], f"records of {where}")
        part = Part(f"{things}, each of which counts one", row["value"], "count", 0)
        return Composition("records", "", (part,), part.value)
    part = Part(f"as {where} has it", row["value"], row["unit"], definition["scale"])
    return Composition("model", "", (part,), part.value)


def _summed(kind: str, how: str, found: Sequence[Row], definition: Row, row: Row) -> Composition | None:
    """The figure as a sum; None where the amounts do not come to it, but for what rounding each of them makes."""
    scale = definition["scale"]
    parts = [Part(one["label"], _rounded(Fraction(one["value"]), scale), row["unit"], scale) for one in found]
    difference = row["value"] - sum((part.value for part in parts if part.value is not None), Decimal(0))
    is_rounded = row["metric"] == "mrr_run_rate"  # of an exchange rate or a year's price; other amounts are exact
    if abs(difference) > (Decimal(len(parts) + 1).scaleb(-scale) / 2 if is_rounded else 0):
        return None
    if difference:
        parts.append(Part(ROUNDING, difference, row["unit"], scale))
    return Composition(kind, how, tuple(parts), row["value"])


def _rounded(value: Fraction, scale: int) -> Decimal:
    """Half to even, exactly: `round` of a fraction does just that."""
    return Decimal(round(value * 10**scale)).scaleb(-scale)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
