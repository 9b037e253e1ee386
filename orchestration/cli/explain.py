"""``qbr explain``: the receipt of one figure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from orchestration import readings
from orchestration.cli.options import OneOrganizationOption, as_period, as_quarter
from orchestration.cli.report import shown
from orchestration.errors import UsageError
from orchestration.selection import one_organization
from warehouse.engine import connect


def add_to(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A key of docs/metrics.md, such as rhem.")],
    period: Annotated[str, typer.Option("--period", metavar="YYYY-MM|YYYY-Qn", help="A month or a quarter.")],
    client: Annotated[str, typer.Option("--client", metavar="CLIENT_ID", help="One client instead of all.")] = "all",
    organization: OneOrganizationOption = None,
) -> None:
    """Say where a figure comes from: definition, formula with its numbers, source rows, freshness."""
    is_quarter = "Q" in period
    as_quarter(period) if is_quarter else as_period(period)
    chosen = one_organization(organization)
    console = Console()
    with connect() as connection:
        definition = readings.definition(connection, metric)
        lines = (
            _quarter(connection, chosen.id, definition, period, client)
            if is_quarter
            else _month(connection, chosen.id, definition, period, client)
        )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _month(
    connection: psycopg.Connection[Any], organization_id: str, definition: readings.Row, period: str, client: str
) -> list[str]:
    if not definition["is_monthly"]:
        raise UsageError(
            f"{definition['metric']} is a quarterly SmartNumber; give a quarter such as 2026-Q2. Nothing was shown."
        )
    row = readings.monthly_figure(connection, organization_id, definition["metric"], period, client)
    return [
        *_heading(definition, period, row["value"], row["reason"]),
        f"Method:     {row['method'] or 'none'}" + (f" ({row['won_because']})" if row["won_because"] else ""),
        *([f"Basis:      {row['basis']}"] if row["basis"] else []),
        *_source(row),
    ]


def _quarter(
    connection: psycopg.Connection[Any], organization_id: str, definition: readings.Row, quarter: str, client: str
) -> list[str]:
    if client != "all":
        raise UsageError(
            "SmartNumbers describe the whole organization; leave --client out, or give a month. Nothing was shown."
        )
    metric = definition["metric"]
    if not definition["is_smartnumber"]:
        row = readings.quarterly_input(connection, organization_id, metric, quarter)
        return [
            *_heading(definition, quarter, row["value"], row["reason"]),
            f"Made of:    {row['aggregation']} of the {row['months_present']} months that have a value",
            *_source(row),
        ]
    row = readings.quarterly_figure(connection, organization_id, metric, quarter)
    inputs = row["inputs"] or {}
    return [
        *_heading(definition, quarter, row["value"], row["reason"]),
        f"Numbers:    {with_numbers(row['formula'], inputs, row['months_present'])}"
        + ("" if row["value"] is None else f" = {shown(row['value'], row['unit'], row['scale'])}"),
        f"Months:     {row['months_present']} of 3" + (", incomplete" if row["is_incomplete"] else ""),
        *(f"  {name} = {facts.get('value', 'no data')} {facts.get('unit', '')}" for name, facts in inputs.items()),
        f"Before:     {shown(row['previous_value'], row['unit'], row['scale'])} in {row['previous_quarter']}",
        *_source(row, model="fct_smartnumbers"),
    ]


def with_numbers(formula: str, inputs: dict[str, Any], months: int | None) -> str:
    """The formula with every input's value in the place of its name, and the months present in that of `months`."""
    text = re.sub(r"\bmonths\b", str(months or "no months"), formula)
    for name in sorted(inputs, key=len, reverse=True):
        value = inputs[name].get("value")
        text = re.sub(rf"\b{re.escape(name)}\b", "no data" if value is None else f"{Decimal(str(value)):,f}", text)
    return text


def _heading(definition: readings.Row, period: str, value: Decimal | None, reason: str | None) -> list[str]:
    return [
        f"{definition['label']} ({definition['metric']}), {period}",
        f"Value:      {shown(value, definition['unit'], definition['scale'])}" + (f": {reason}" if reason else ""),
        f"Formula:    {definition['formula']}",
        f"No value when {definition['null_rule']}",
    ]


def _source(row: readings.Row, model: str | None = None) -> list[str]:
    rows = row["source_rows"]
    freshest = row["freshest_at"]
    return [
        f"Model:      {model or row.get('model') or 'fct_metrics_quarterly'}"
        + (f", from {row['source']}" if row.get("source") else ""),
        f"Rows:       {'not counted' if rows is None else f'{rows:,}'}",
        f"Freshness:  {'unknown' if freshest is None else freshest.isoformat(timespec='seconds')}",
    ]
