"""``qbr explain``: the receipt of one figure, in plain sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console

from orchestration import explanation, readings
from orchestration.cli.options import OneOrganizationOption, as_period, as_quarter
from orchestration.cli.report import shown
from orchestration.errors import UsageError
from orchestration.explanation import Composition
from orchestration.selection import one_organization
from warehouse.engine import connect

SHOWN_PARTS = 15


def add_to(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A key of docs/metrics.md, such as rhem.")],
    period: Annotated[
        str | None, typer.Option("--period", metavar="YYYY-MM|YYYY-Qn", help="A month or a quarter.")
    ] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", metavar="YYYY-Qn", help="A quarter.")] = None,
    client: Annotated[str, typer.Option("--client", metavar="CLIENT_ID", help="One client instead of all.")] = "all",
    organization: OneOrganizationOption = None,
) -> None:
    """Say what a figure is and why: its parts with their sum, every candidate and version, how unusual it is."""
    if (period is None) == (quarter is None):
        raise typer.BadParameter("give a month with --period 2026-06 or a quarter with --quarter 2026-Q2.")
    asked = str(period or quarter)
    is_quarter = quarter is not None or "Q" in asked
    as_quarter(asked) if is_quarter else as_period(asked)
    chosen = one_organization(organization)
    console = Console()
    with connect() as connection:
        definition = readings.definition(connection, metric)
        tell = _quarter if is_quarter else _month
        for line in tell(connection, chosen.id, definition, asked, client):
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
        *_heading(definition, period, client, row["value"], row["reason"]),
        *_made_of(explanation.of_month(connection, definition, row), definition),
        f"Method:     {row['method'] or 'none'}" + (f" ({row['won_because']})" if row["won_because"] else ""),
        *([f"Basis:      {row['basis']}"] if row["basis"] else []),
        *_candidates(connection, definition, row),
        *_versions(connection, definition, row),
        *_unusual(connection, definition, row),
        *_source(row),
    ]


def _quarter(
    connection: psycopg.Connection[Any], organization_id: str, definition: readings.Row, quarter: str, client: str
) -> list[str]:
    metric = definition["metric"]
    if not definition["is_smartnumber"] or client != "all":
        if not definition["is_monthly"]:
            raise UsageError(f"{metric} describes the whole organization; leave --client out. Nothing was shown.")
        row = readings.quarterly_input(connection, organization_id, metric, quarter, client)
        return [
            *_heading(definition, quarter, client, row["value"], row["reason"]),
            *_made_of(explanation.of_quarter(connection, definition, row), definition),
            *_presented(connection, definition, row),
            *_source(row, model="fct_metrics_quarterly"),
        ]
    row = readings.quarterly_figure(connection, organization_id, metric, quarter)
    inputs = row["inputs"] or {}
    return [
        *_heading(definition, quarter, client, row["value"], row["reason"]),
        *_made_of(explanation.of_smartnumber(definition, row), definition),
        f"Numbers:    {with_numbers(row['formula'], inputs, row['months_present'])}"
        + ("" if row["value"] is None else f" = {shown(row['value'], row['unit'], row['scale'])}"),
        f"Months:     {row['months_present']} of 3" + (", incomplete" if row["is_incomplete"] else ""),
        f"Before:     {shown(row['previous_value'], row['unit'], row['scale'])} in {row['previous_quarter']}",
        *_drivers(connection, row),
        *_presented(connection, definition, row),
        *_source(row, model="fct_smartnumbers"),
    ]


def with_numbers(formula: str, inputs: dict[str, Any], months: int | None) -> str:
    """The formula with every input's value in the place of its name, and the months present in that of `months`."""
    text = re.sub(r"\bmonths\b", str(months or "no months"), formula)
    for name in sorted(inputs, key=len, reverse=True):
        value = inputs[name].get("value")
        text = re.sub(rf"\b{re.escape(name)}\b", "no data" if value is None else f"{Decimal(str(value)):,f}", text)
    return text


def _heading(
    definition: readings.Row, period: str, client: str, value: Decimal | None, reason: str | None
) -> list[str]:
    whose = "" if client == "all" else f" of {client}"
    return [
        f"{definition['label']} ({definition['metric']}){whose}, {period}",
        f"Value:      {shown(value, definition['unit'], definition['scale'])}" + (f": {reason}" if reason else ""),
        f"Formula:    {definition['formula']}",
        f"No value when {definition['null_rule']}",
    ]


def _made_of(made: Composition, definition: readings.Row) -> Iterator[str]:
    yield f"Made of:    {made.how}"
    for part in made.parts[:SHOWN_PARTS]:
        yield f"  {shown(part.value, part.unit, part.scale):>16}  {part.label}"
    rest = [part.value for part in made.parts[SHOWN_PARTS:] if part.value is not None]
    if rest:
        of_all = made.parts[0]
        yield f"  {shown(sum(rest, Decimal(0)), of_all.unit, of_all.scale):>16}  {len(rest)} more"
    if made.result is not None:
        yield f"  {shown(made.result, definition['unit'], definition['scale']):>16}  in all"


def _candidates(connection: psycopg.Connection[Any], definition: readings.Row, row: readings.Row) -> Iterator[str]:
    for one in readings.candidates(connection, row):
        mark = "*" if one["is_winner"] else " "
        why = one["reason"] or one["basis"] or ""
        yield (
            f"Candidate: {mark}{one['method']} {shown(one['value'], definition['unit'], definition['scale'])}"
            + (f" from {one['source']}" if one["source"] else "")
            + (f" ({why})" if why else "")
        )


def _versions(connection: psycopg.Connection[Any], definition: readings.Row, row: readings.Row) -> Iterator[str]:
    for one in readings.versions(connection, row):
        yield (
            f"Version:    since {one['changed_at']:%Y-%m-%d %H:%M} UTC "
            f"{shown(one['value'], definition['unit'], definition['scale'])}, {one['method'] or 'none'} "
            f"({one['reason']})"
        )


def _unusual(connection: psycopg.Connection[Any], definition: readings.Row, row: readings.Row) -> Iterator[str]:
    for one in readings.anomaly(connection, row):
        usual = shown(one["median"], definition["unit"], definition["scale"])
        if one["is_anomaly"] is None:
            yield f"Unusual:    cannot be said. {one['reason']}"
        else:
            judged = "yes" if one["is_anomaly"] else "no"
            yield f"Unusual:    {judged}; the median of the {one['months_before']} months before is {usual}"


def _drivers(connection: psycopg.Connection[Any], row: readings.Row) -> Iterator[str]:
    found = readings.drivers(connection, row)
    if row["change"] is None or any(one["contribution"] is None for one in found):
        yield from {f"Change:     cannot be told apart. {one['reason']}" for one in found if one["reason"]}
        return
    yield f"Change:     {_signed(row['change'], row['unit'], row['scale'])}, of which"
    for one in found:
        scale = 2 if one["unit"] in {"usd", "hours"} else 4
        before, now = (shown(one[name], one["unit"], scale) for name in ("previous_amount", "amount"))
        part = _signed(one["contribution"], row["unit"], row["scale"])
        yield f"  {part:>16}  {one['driver']}, from {before} to {now}"
    for place, one in enumerate(readings.client_drivers(connection, row)):
        part = _signed(one["contribution"], row["unit"], row["scale"])
        effect = {"rate": "its own rate", "mix": "its share of the whole"}[one["effect"]]
        yield ("By client:  the largest parts\n" if not place else "") + f"  {part:>16}  {one['client_id']}, {effect}"


def _presented(connection: psycopg.Connection[Any], definition: readings.Row, row: readings.Row) -> Iterator[str]:
    for one in readings.restated(connection, row):
        yield (
            f"Presented:  {shown(one['presented_value'], definition['unit'], definition['scale'])} when the quarter "
            f"was frozen by {one['frozen_by']} on {one['frozen_at']:%Y-%m-%d}. {one['cause']}"
        )


def _signed(value: Decimal, unit: str, scale: int) -> str:
    return ("+" if value > 0 else "") + shown(value, unit, scale)


def _source(row: readings.Row, model: str | None = None) -> list[str]:
    rows = row["source_rows"]
    freshest = row["freshest_at"]
    return [
        f"Model:      {model or row.get('model') or 'none'}" + (f", from {row['source']}" if row.get("source") else ""),
        f"Rows:       {'not counted' if rows is None else f'{rows:,}'}",
        f"Freshness:  {'unknown' if freshest is None else freshest.isoformat(timespec='seconds')}",
    ]
