"""``qbr build``: raw tables to marts."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration import checks, pipeline, turns
from orchestration.checks import blocks
from orchestration.cli.options import OrganizationOption
from orchestration.cli.report import print_checks
from orchestration.progress import on_screen
from orchestration.selection import chosen_organizations, run_instant


def add_to(app: typer.Typer) -> None:
    app.command("build")(build)


def build(
    organization: OrganizationOption = None,
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Build every table from scratch, as by itself after an upgrade."),
    ] = False,
) -> None:
    """Link clients, build and test the models, run the checks. Reads no vendor."""
    organizations = chosen_organizations(organization)
    as_of, run_id = run_instant(organizations), pipeline.new_run_id()
    with on_screen() as screen:
        screen.stage("database")
        pipeline.prepare(organizations)
        for one in organizations:
            pipeline.link_clients(one)
        screen.stage("models and their tests")
        # Nobody reads before the suites of the chosen organizations have run; what the others' have is decision 49's.
        with turns.sole_builder(screen):
            built = pipeline.build_models(
                organizations, run_id=run_id, as_of=as_of, full_refresh=full_refresh, progress=screen
            )
            screen.stage("checks")
            outcomes = [outcome for one in organizations for outcome in checks.run(one, run_id=run_id, built=built)]
        screen.finish()
        print_checks(screen.console, outcomes)
    raise typer.Exit(1 if any(blocks(outcome) for outcome in outcomes) else 0)
