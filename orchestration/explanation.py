"""What a figure is made of: parts that add up to it, found in the marts, with the way they are put together.

A figure that was typed is its entry; a calculated one its formula; one of the books its accounts; a count of the whole
organization its clients, of one client its records.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg

from orchestration import formulas
from orchestration.readings import Row, rows

ENTERED = ("corrected", "manual", "imported")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that went into a figure."""

    label: str
    value: Decimal | None
    unit: str
    scale: int = 2


@dataclass(frozen=True, slots=True)
class Composition:
    """How a figure came about: a sentence, its parts, and what they come to; None where nothing adds up."""

    kind: str
    how: str
    parts: tuple[Part, ...]
    result: Decimal | None


def of_month(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    """The parts of one row of ``fct_metrics_monthly``."""
    if row["value"] is None:
        return Composition("none", "There is nothing to add up.", (), None)
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
    months = rows(
        connection,
        """
        select period, value from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and client_id = %(client_id)s and metric = %(metric)s
            and quarter = %(quarter)s and is_complete_period
        order by period
        """,
        row,
    )
    parts = tuple(Part(month["period"], month["value"], row["unit"], definition["scale"]) for month in months)
    known = [part.value for part in parts if part.value is not None]
    if not known:
        return Composition("none", "There is nothing to add up.", parts, None)
    if row["aggregation"] == "average":
        mean = Fraction(sum(known, Decimal(0))) / len(known)
        return Composition(
            "average", f"The average of the {len(known)} months that have a value:", parts, _rounded(mean, 4)
        )
    if row["aggregation"] == "last":
        return Composition("last", "What stands at the end, the latest month that has a value:", parts, known[-1])
    return Composition("sum", f"The sum of the {len(known)} months that have a value:", parts, sum(known, Decimal(0)))


def _quotient_of_quarter(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    """A quotient of the quarter's own sums and averages, over the months that hold every part."""
    names = formulas.named(definition["formula"])
    found = rows(
        connection,
        """
        select metric, unit, scale, aggregation, array_agg(value order by period) as months
        from marts.fct_metrics_monthly inner join marts.dim_metrics using (metric, unit)
        where organization_id = %(organization_id)s and client_id = %(client_id)s and quarter = %(quarter)s
            and metric = any(%(names)s) and is_complete_period
        group by metric, unit, scale, aggregation
        """,
        {**row, "names": names},
    )
    whole = [at for at, values in enumerate(zip(*(one["months"] for one in found), strict=True)) if None not in values]
    if row["value"] is None or len(found) < len(names) or not whole:
        return Composition("none", "There is nothing to put together.", (), None)
    totals = {one["metric"]: sum((Fraction(one["months"][at]) for at in whole), Fraction(0)) for one in found}
    values = {
        one["metric"]: totals[one["metric"]] / (len(whole) if one["aggregation"] == "average" else 1) for one in found
    }
    parts = tuple(
        Part(one["metric"], _rounded(values[one["metric"]], one["scale"]), one["unit"], one["scale"])
        for one in sorted(found, key=lambda one: names.index(one["metric"]))
    )
    come_to = formulas.computed(definition["formula"], values)
    result = None if come_to is None else _rounded(come_to, definition["scale"])
    return Composition("formula", f"{definition['formula']}, over {len(whole)} of 3 months:", parts, result)


def of_smartnumber(definition: Row, row: Row) -> Composition:
    """The parts of one row of ``fct_smartnumbers``: its inputs over the months used."""
    inputs = row["inputs"] or {}
    parts = tuple(
        Part(
            name,
            _decimal(facts.get("value")),
            facts.get("unit") or "",
            2 if facts.get("unit") in {"usd", "hours"} else 4,
        )
        for name, facts in inputs.items()
    )
    if row["value"] is None:
        return Composition("none", "There is nothing to put together.", parts, None)
    values = {part.label: Fraction(part.value) for part in parts if part.value is not None}
    names = formulas.named(row["formula"])
    if set(names) <= {*values, formulas.MONTHS} and names:
        come_to = formulas.computed(row["formula"], {**values, formulas.MONTHS: Fraction(row["months_present"])})
    else:  # the sum of its one input
        come_to = next(iter(values.values())) if len(values) == 1 else None
    result = None if come_to is None else _rounded(come_to, definition["scale"])
    return Composition("formula", f"{row['formula']}, over {row['months_present']} of 3 months:", parts, result)


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
    parts = tuple(
        Part(
            f"{row['method']} by {one['entered_by']} on {one['entered_at']:%Y-%m-%d}"
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
    names = formulas.named(definition["formula"])
    if not names:
        return None
    found = rows(
        connection,
        """
        select metric, label, value, unit, scale from marts.fct_metrics_monthly
        inner join marts.dim_metrics using (metric, label, unit)
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = any(%(names)s)
        """,
        {**row, "names": names},
    )
    known = {one["metric"]: one for one in found}
    parts = tuple(
        Part(name, known[name]["value"], known[name]["unit"], known[name]["scale"]) for name in names if name in known
    )
    # Only misc_revenue may be missing from a total that has a value; it adds nothing then.
    values = {part.label: Fraction(part.value or 0) for part in parts}
    come_to = formulas.computed(definition["formula"], values)
    if come_to is None:
        return None
    return Composition("formula", f"{definition['formula']}:", parts, _rounded(come_to, definition["scale"]))


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
        select account_name, sum(amount) as amount from marts.fct_profit_and_loss
        where organization_id = %(organization_id)s and period = %(period)s and basis = %(basis)s
            and ({conditions.get(row["metric"], "metric = %(metric)s")})
        group by account_name order by account_name
        """,  # noqa: S608 - the conditions above
        row,
    )
    parts = tuple(Part(one["account_name"], one["amount"], row["unit"], definition["scale"]) for one in found)
    total = sum((part.value for part in parts if part.value is not None), Decimal(0))
    if total != row["value"]:
        return None
    how = (
        f"Postings of the month, {row['basis']} basis, by account:"
        if parts
        else "The month has no postings on its accounts."
    )
    return Composition("accounts", how, parts, total)


def _clients(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition | None:
    found = rows(
        connection,
        """
        select client_id, value from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and client_id <> 'all' and period = %(period)s
            and metric = %(metric)s and value <> 0
        order by value desc, client_id
        """,
        row,
    )
    parts = tuple(Part(one["client_id"], one["value"], row["unit"], definition["scale"]) for one in found)
    total = sum((part.value for part in parts if part.value is not None), Decimal(0))
    if total != row["value"] or not parts:
        return None
    return Composition("clients", f"The sum of its {len(parts)} clients:", parts, total)


def _records(connection: psycopg.Connection[Any], definition: Row, row: Row) -> Composition:
    if row["metric"] == "reactive_time_spent":
        found = rows(
            connection,
            """
            select coalesce(ticket_id, 'no ticket') as ticket_id, sum(hours) as hours from marts.fct_time_entries
            where organization_id = %(organization_id)s and client_id = %(client_id)s and entered_period = %(period)s
                and is_reactive
            group by 1 order by 2 desc, 1
            """,
            row,
        )
        parts = tuple(Part(f"ticket {one['ticket_id']}", one["hours"], row["unit"], 2) for one in found)
        total = sum((part.value for part in parts if part.value is not None), Decimal(0))
        return Composition("records", "Hours entered, by ticket:", parts, total)
    if row["unit"] == "count" and row["value"] == row["source_rows"]:
        part = Part(f"records of {row['model']}, each of which counts one", Decimal(row["source_rows"]), "count", 0)
        return Composition("records", "A count of records:", (part,), part.value)
    part = Part(f"{row['model']}, from {row['source_rows']:,} records", row["value"], row["unit"], definition["scale"])
    return Composition("model", f"{definition['formula']}:", (part,), part.value)


def _rounded(value: Fraction, scale: int) -> Decimal:
    """Half to even, exactly: `round` of a fraction does just that."""
    return Decimal(round(value * 10**scale)).scaleb(-scale)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
