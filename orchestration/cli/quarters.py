"""``qbr quarter``: close a quarter as it was presented, and see what has changed in it since."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from orchestration import pipeline, readings, turns, wording
from orchestration.cli.options import OneOrganizationOption, QuarterOption, as_quarter
from orchestration.cli.report import shown
from orchestration.progress import on_screen
from orchestration.selection import one_organization
from warehouse import frozen_quarters
from warehouse.engine import connect


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Keep a quarter as it was presented, and see what changed since.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("freeze")(freeze)
    group.command("list")(frozen)
    group.command("restatements")(restatements)
    app.add_typer(group, name="quarter")


def freeze(
    quarter: Annotated[str, typer.Argument(metavar="YYYY-Qn", help="A quarter that is over.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What it was presented for.")] = None,
    organization: OneOrganizationOption = None,
) -> None:
    """Keep every figure of a quarter as it is now; later changes are listed as restatements."""
    named, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with on_screen() as screen, turns.sole_builder(screen), connect() as connection:
        kept = frozen_quarters.freeze(connection, chosen.id, named, frozen_by=getpass.getuser(), note=note)
        turns.make_sure()
    typer.echo(
        f"{named} of {chosen.name} is frozen with {kept:,} figures. "
        f"`qbr quarter restatements --quarter {named}` will say what changes in it."
    )


def frozen(organization: OneOrganizationOption = None) -> None:
    """List the frozen quarters, with who froze them and when."""
    chosen = one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = frozen_quarters.frozen(connection, chosen.id)
    for one in found:
        typer.echo(
            f"{one.quarter}: frozen by {one.frozen_by} on {one.frozen_at:%Y-%m-%d %H:%M} UTC"
            + (f", {one.note}" if one.note else "")
        )
    if not found:
        typer.echo(f"No quarter of {chosen.id} is frozen.")


def restatements(quarter: QuarterOption = None, organization: OneOrganizationOption = None) -> None:
    """List what has changed in frozen quarters since: metric, amount and cause."""
    named, chosen = as_quarter(quarter), one_organization(organization)
    pipeline.prepare([chosen])
    with connect() as connection:
        found = frozen_quarters.restatements(connection, chosen.id, str(named) if named else None)
        definitions = {one.metric: readings.definition(connection, one.metric) for one in found}
        labels = readings.labels(connection) if found else {}
    for one in found:
        unit, scale = definitions[one.metric]["unit"], definitions[one.metric]["scale"]
        client = "" if one.client_id == "all" else f" for {one.client_id}"
        amount = "" if one.amount is None else f" ({'+' if one.amount > 0 else ''}{shown(one.amount, unit, scale)})"
        was, now = shown(one.presented_value, unit, scale), shown(one.value, unit, scale)
        typer.echo(
            f"{one.quarter}: {definitions[one.metric]['label']} of {one.period}{client} was presented as {was} and is "
            f"{now}{amount}. {wording.in_words(one.cause, labels)}"
        )
    if not found:
        typer.echo(
            f"Nothing has changed in the frozen quarters of {chosen.id}."
            if not named
            else f"Nothing has changed in {named}."
        )
