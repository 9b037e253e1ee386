"""``qbr extract``: read a source, or some of its streams, without building anything."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration import demonstration, pipeline
from orchestration.cli.options import OrganizationOption, PeriodOption, as_period
from orchestration.cli.report import extraction_table, failures, remarks
from orchestration.errors import UsageError
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.mapping import must_be_in_use
from orchestration.progress import complain, on_screen
from orchestration.selection import chosen_organizations, must_have_begun, run_instant


def add_to(app: typer.Typer) -> None:
    app.command("extract")(extract)


def extract(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="ninjaone, connectwise, stripe, quickbooks or opsdb.")
    ],
    stream: Annotated[list[str] | None, typer.Argument(metavar="STREAM", help="All of them when left out.")] = None,
    organization: OrganizationOption = None,
    period: PeriodOption = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read everything again, not only what changed: finds what is gone.")
    ] = False,
) -> None:
    """Copy a source's records into the raw tables."""
    if whole and period:
        raise UsageError("--whole reads everything, --period one month: give one of them. Nothing was done.")
    streams = choose(source, stream or ())
    month = as_period(period)
    organizations = chosen_organizations(organization)
    must_be_in_use(organizations, streams)
    demonstration.attach_databases(organizations)
    as_of, run_id = run_instant(organizations), pipeline.new_run_id()
    if month:
        must_have_begun((month,), organizations, as_of, asked=str(month))
    outcomes: list[StreamOutcome] = []
    with on_screen() as screen:
        screen.stage("database")
        pipeline.prepare(organizations)
        for one in organizations:
            screen.stage(f"{one.name}: {source}")
            outcomes += extract_source(
                one, source, streams, run_id=run_id, as_of=as_of, progress=screen, period=month, whole=whole
            )
        screen.finish()
        screen.console.print(extraction_table(outcomes))
        for remark in remarks(outcomes):
            screen.line(remark)
    for sentence in failures(outcomes):
        complain(f"qbr: {sentence}")
    failed = sum(not outcome.is_complete for outcome in outcomes)
    raise typer.Exit(0 if not failed else 2 if failed == len(outcomes) else 1)
