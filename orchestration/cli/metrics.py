"""``qbr metrics``: the SmartNumbers of a quarter, for people or machines."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from orchestration import readings
from orchestration.cli.options import OneOrganizationOption, QuarterOption, as_quarter
from orchestration.cli.report import smartnumbers_table
from orchestration.progress import wide_console
from orchestration.selection import one_organization, run_instant
from warehouse.engine import connect
from warehouse.periods import latest_complete_quarter


def add_to(app: typer.Typer) -> None:
    app.command("metrics")(metrics)


def metrics(
    organization: OneOrganizationOption = None,
    quarter: QuarterOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine instead of a table.")] = False,
) -> None:
    """Show the SmartNumbers of a quarter; the latest complete one when none is named."""
    chosen = one_organization(organization)
    named = as_quarter(quarter)
    shown = str(named or latest_complete_quarter(run_instant([chosen]), chosen.time_zone))
    with connect() as connection:
        rows = readings.smartnumbers(connection, chosen.id, shown)
    if as_json:
        typer.echo(json.dumps(readings.as_json(chosen.id, shown, rows), default=readings.plain, indent=2))
        return
    console = wide_console()
    console.print(smartnumbers_table(chosen.name, shown, rows))
    for row in rows:
        if row["value"] is None:
            console.print(f"{row['label']}: no data, {row['reason']}", markup=False, highlight=False, soft_wrap=True)
