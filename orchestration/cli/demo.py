"""``qbr demo``: the whole pipeline on the made-up business, and on a made-up dealer in machines."""

from __future__ import annotations

import typer

from orchestration import demonstration, pipeline
from orchestration.cli.report import print_run
from orchestration.dagster_processes import write_instance
from orchestration.progress import on_screen
from orchestration.selection import one_organization, run_instant
from warehouse.settings import get_settings

OF_DEALER = f"--organization {demonstration.DEALER}"


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo() -> None:
    """From nothing to SmartNumbers, decks and alerts, on embedded Postgres and simulated vendors.

    A second run reuses everything that is there. The database and the sandbox keep running; `qbr down` stops them.
    """
    organization, dealer = one_organization(demonstration.ORGANIZATION), one_organization(demonstration.DEALER)
    run_id = pipeline.new_run_id()
    with on_screen() as screen:
        screen.stage("database")
        pipeline.prepare([organization, dealer])
        write_instance(get_settings().var_dir)
        screen.stage("sandbox")
        sandbox = demonstration.attach(organization)
        screen.stage("figures kept by hand")
        demonstration.import_figures(organization, sandbox)
        screen.stage("device readings at the month ends")
        demonstration.read_history(organization, sandbox, run_id=run_id, progress=screen)
        screen.stage("the dealer's own database")
        demonstration.attach_databases([dealer])
        done = pipeline.run([organization, dealer], as_of=run_instant([organization]), progress=screen, run_id=run_id)
        screen.finish()
        print_run(screen.console, done)
        screen.line("")
        screen.line("Open Dagster's UI:  make up        (ctrl-C stops it)")
        screen.line("Explain a figure:   .venv/bin/qbr explain rhem --period 2026-Q2")
        screen.line(f"The dealer's fleet: .venv/bin/qbr explain fleet_average_age --period 2026-Q2 {OF_DEALER}")
        screen.line(f"Prepare a review:   .venv/bin/qbr session new marrowby-foods --quarter 2026-Q2 {OF_DEALER}")
        screen.line("Stop everything:    .venv/bin/qbr down")
    raise typer.Exit(done.exit_code)
