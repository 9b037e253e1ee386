"""``qbr import``: figures that no vendor knows."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration import pipeline
from orchestration.cli.options import OneOrganizationOption
from orchestration.selection import one_organization, run_instant
from orchestration.windows import local_date
from warehouse.assessment_file import import_assessments
from warehouse.audit import Actor
from warehouse.engine import connect
from warehouse.manual_metrics import import_manual


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Bring in figures that no vendor knows.", no_args_is_help=True, rich_markup_mode=None)
    group.command("manual")(manual)
    group.command("assessments")(assessments)
    app.add_typer(group, name="import")


def manual(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with the columns period,metric,value,note.")],
    organization: OneOrganizationOption = None,
    method: Annotated[
        Literal["manual", "imported"],
        typer.Option("--method", help="manual: typed in by a person; imported: history from an older system."),
    ] = "manual",
) -> None:
    """Import monthly figures: the whole file or nothing. The same file again changes nothing."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        result = import_manual(
            connection, chosen.id, file, method=method, entered_by=getpass.getuser(), as_of=run_instant([chosen])
        )
    typer.echo(
        f"{file.name}: {result.new} figures new, {result.changed} changed, {result.cleared} cleared, "
        f"{result.unchanged} as before. Next: `qbr run`, or `qbr build` without reading vendors."
    )
    for warning in result.warnings:
        typer.echo(f"  {warning}")


def assessments(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with the columns equipment,date,condition,assessed_by and, where known, "
            "age_years,annual_maintenance_cost,notes,reason.",
        ),
    ],
    organization: OneOrganizationOption = None,
) -> None:
    """Import looks at machines: the whole file or nothing. What is there already is not added again."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        today = local_date(chosen, run_instant([chosen]))
        result = import_assessments(connection, chosen.id, file, Actor("person", getpass.getuser()), today=today)
    typer.echo(f"{file.name}: {result.new} assessments added, {result.unchanged} as before. Next: `qbr build`.")
    if result.unknown:
        typer.echo(
            f"  No machine of these ids has been read ({', '.join(result.unknown)}); they count once it is: "
            "`qbr extract opsdb`."
        )
