"""Metrics that are no rows of the spine but columns of a mart of their own: fleets, users of an application, service.

What each means stands beside the column in the dbt project (``config: {meta: {metric: ...}}``), as for the reference.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg

from orchestration import formulas, wording
from orchestration.errors import UsageError
from orchestration.explanation import Composition, Part
from orchestration.metric_reference import Entry, Project
from orchestration.readings import Row, rows
from warehouse.periods import Quarter

KINDS = ("equipment_type", "category", "stage", "board_name", "rule", "equipment_id", "environment")
"""Columns that say which of several rows of a month one is."""

TIMES = ("activity_date", "bucket_type", "bucket_date", "period", "quarter", "year")
"""Columns that say which time a row is of."""

SCALES = {"count": 0, "usd": 2, "hours": 2, "days": 0, "years": 1, "fraction": 4}


def find(metric: str) -> Entry | None:
    """The metric as the reference has it; None where no mart carries it."""
    return next((one for one in Project().entries() if one.key == metric and "." in one.place), None)


def figures(
    connection: psycopg.Connection[Any], entry: Entry, organization_id: str, asked: str, client_id: str
) -> list[Row]:
    """The rows that hold it for the month or quarter, each with ``value``, ``reason`` and a ``label``.

    Raises :class:`UsageError` where there is none.
    """
    mart, column = entry.place.split(".")
    present = {
        str(one["column_name"])
        for one in rows(
            connection,
            "select column_name from information_schema.columns where table_schema = 'marts' and table_name = %(mart)s",
            {"mart": mart},
        )
    }
    facts = {"organization_id": organization_id, "client_id": client_id, "asked": asked}
    found = rows(
        connection,
        f"select * from marts.{mart} where organization_id = %(organization_id)s and {_when(entry, present, asked)}",  # noqa: S608 - names of the project's own marts
        facts | {"months": _months(asked), "year": int(asked[:4])},
    )
    scopes = {one.get("client_id") for one in found}
    if "client_id" in present and (client_id != "all" or "all" in scopes):
        found = [one for one in found if one["client_id"] == client_id]
    if not found:
        whose = "" if client_id == "all" else f" for the client {client_id!r}"
        raise UsageError(f"The marts hold no {entry.key} of {asked}{whose} in {organization_id}. Nothing was shown.")
    is_long = "Q" in asked
    for one in found:
        one["value"] = _number(one[column])
        one["why"] = None if one["value"] is not None else _reason(one, column) or f"{entry.null_rule}."
        one["label"] = _label(one, is_long=is_long)
    return sorted(
        found,
        key=lambda one: (
            one.get("position") or 0,
            str(one.get("bucket_date") or one.get("period") or ""),
            one["label"],
        ),
    )


def composed(connection: psycopg.Connection[Any], entry: Entry, row: Row) -> Composition:
    """What one figure is made of: its formula over columns of the same row, its clients, or what its source has."""
    mart, column = entry.place.split(".")
    scale = SCALES.get(entry.unit, 4)
    if row["value"] is None:
        return Composition("none", "", (), None)
    names = formulas.named(entry.formula)
    amounts = {name: _number(row[name]) for name in names if name in row}
    known = {name: value for name, value in amounts.items() if value is not None}
    come_to = formulas.computed(entry.formula, {name: Fraction(value) for name, value in known.items()})
    if (
        names
        and len(known) == len(names)
        and come_to is not None
        and round(come_to, scale) == round(row["value"], scale)
    ):
        parts = tuple(Part(wording.in_words(name, {}), value, *_written(value)) for name, value in known.items())
        numbers = wording.with_numbers(entry.formula, known)
        return Composition("formula", "", parts, round(row["value"], scale), numbers)
    if row.get("client_id") == "all" and entry.unit in {"count", "usd", "days"}:
        clients = rows(
            connection,
            f"""
            select coalesce(clients.name, figures.client_id) as label, figures.client_id, sum(figures.{column}) as value
            from marts.{mart} as figures left join marts.dim_clients as clients using (organization_id, client_id)
            where organization_id = %(organization_id)s and figures.client_id <> 'all' and {_same(row)}
            group by 1, 2 having sum(figures.{column}) <> 0 order by 3 desc, 1
            """,  # noqa: S608 - names of the project's own marts
            row,
        )
        if clients and sum((one["value"] for one in clients), Decimal(0)) == row["value"]:
            parts = tuple(
                Part(
                    wording.UNASSIGNED if one["client_id"] == "unassigned" else one["label"],
                    Decimal(one["value"]),
                    entry.unit,
                    scale,
                )
                for one in clients
            )
            return Composition("clients", "By client:", parts, row["value"])
    where = wording.SOURCES.get(entry.source, "the source")
    return Composition("model", "", (Part(f"as {where} has it", row["value"], entry.unit, scale),), row["value"])


def _when(entry: Entry, present: set[str], asked: str) -> str:
    is_quarter = "Q" in asked
    if "bucket_type" in present:  # days and weeks stand beside their months
        return "bucket_type = 'monthly' and to_char(bucket_date, 'YYYY-MM') = any(%(months)s)"
    if "activity_date" in present:
        return "to_char(activity_date, 'YYYY-MM') = any(%(months)s)"
    if "quarter" in present and (is_quarter or "period" not in present):
        if not is_quarter:
            raise UsageError(f"{entry.key} is a figure of quarters; give one such as 2026-Q2. Nothing was shown.")
        return "quarter = %(asked)s"
    return "period = any(%(months)s)" if "period" in present else "year = %(year)s"


def _months(asked: str) -> list[str]:
    return [str(one) for one in Quarter.parse(asked).periods] if "Q" in asked else [asked]


def _same(row: Row) -> str:
    """The rows of the same time and kind, of whichever client."""
    keys = [name for name in (*TIMES, *KINDS) if row.get(name) is not None]
    return " and ".join(f"figures.{name} = %({name})s" for name in keys)


def _label(row: Row, *, is_long: bool) -> str:
    told = [str(row[name]).replace("_", " ") for name in KINDS if row.get(name) is not None]
    if row.get("activity_date") is not None:
        told.insert(0, f"{row['activity_date']:%Y-%m-%d}")
    elif is_long and row.get("bucket_date") is not None:
        told.insert(0, wording.month_of(f"{row['bucket_date']:%Y-%m}"))
    elif is_long and row.get("period") is not None:
        told.insert(0, wording.month_of(row["period"]))
    return ", ".join(told)


def _reason(row: Row, column: str) -> str | None:
    """The sentence that the row keeps of why the column is empty."""
    reasons = row.get("reasons") or {}
    if reasons.get(column):
        return str(reasons[column])
    stem = column.split("_", maxsplit=1)[0]
    names = [
        f"{column}_reason",
        *(name for name in row if name.endswith("_reason") and name.startswith(stem)),
        "reason",
    ]
    return next((str(row[name]) for name in names if row.get(name)), None)


def _written(value: Decimal) -> tuple[str, int]:
    """Unit and decimals in which a part of a formula is written: whole numbers as counts."""
    return ("count", 0) if value == value.to_integral_value() else ("", 2)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return Decimal(int(value))
    return Decimal(value) if isinstance(value, int | Decimal) else None
