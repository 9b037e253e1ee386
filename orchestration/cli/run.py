"""``qbr run``: the main job."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration import pipeline
from orchestration.cli.options import OrganizationOption, PeriodOption, QuarterOption, as_period, as_quarter
from orchestration.cli.report import print_run
from orchestration.errors import UsageError
from orchestration.extraction import choose
from orchestration.progress import on_screen
from orchestration.selection import chosen_organizations, must_have_begun, run_instant


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    organization: OrganizationOption = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="SOURCE", help="Only this source; may be given more than once."),
    ] = None,
    period: PeriodOption = None,
    quarter: QuarterOption = None,
) -> None:
    """Extract, build, check, render decks and raise alerts.

    Without a period it reads what changed since the last run. With one it reads the records dated in that month
    (or in the quarter's three months) again, and the decks show that quarter.
    """
    if period and quarter:
        raise UsageError("Give --period or --quarter, not both. Nothing was done.")
    month, whole_quarter = as_period(period), as_quarter(quarter)
    for name in source or []:
        choose(name)
    organizations = chosen_organizations(organization)
    as_of = run_instant(organizations)
    if months := whole_quarter.periods if whole_quarter else (month,) if month else ():
        must_have_begun(months, organizations, as_of, asked=str(period or quarter))
    with on_screen() as screen:
        done = pipeline.run(
            organizations,
            as_of=as_of,
            progress=screen,
            sources=source,
            period=month,
            quarter=whole_quarter,
        )
        screen.finish()
        print_run(screen.console, done)
    raise typer.Exit(done.exit_code)
