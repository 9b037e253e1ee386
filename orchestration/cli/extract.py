"""``qbr extract``: read a source, or some of its streams, without building anything."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from orchestration import demonstration, pipeline
from orchestration.backfill import by_stream, read_months
from orchestration.cli.options import OrganizationOption, PeriodOption, as_period
from orchestration.cli.report import extraction_table, failures, remarks
from orchestration.errors import UsageError
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.mapping import must_be_in_use
from orchestration.progress import complain, on_screen
from orchestration.selection import chosen_organizations, must_have_begun, run_instant
from warehouse.periods import Period, periods_between


def add_to(app: typer.Typer) -> None:
    app.command("extract")(extract)


def extract(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="ninjaone, connectwise, stripe, quickbooks or opsdb.")
    ],
    stream: Annotated[list[str] | None, typer.Argument(metavar="STREAM", help="All of them when left out.")] = None,
    *,
    organization: OrganizationOption = None,
    period: PeriodOption = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM", help="First of several months to read again.")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="YYYY-MM", help="Last of them. Interrupted, the same command goes on."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read everything again, not only what changed: finds what is gone.")
    ] = False,
) -> None:
    """Copy a source's records into the raw tables."""
    months = _months(period, first, last)
    if whole and months:
        raise UsageError(
            "--whole reads everything, --period and --from some months: give one of them. Nothing was done."
        )
    streams = choose(source, stream or ())
    organizations = chosen_organizations(organization)
    must_be_in_use(organizations, streams)
    demonstration.attach_databases(organizations)
    as_of, run_id = run_instant(organizations), pipeline.new_run_id()
    for month in (months[0], months[-1]) if months else ():
        must_have_begun((month,), organizations, as_of, asked=str(month))
    outcomes: list[StreamOutcome] = []
    with on_screen() as screen:
        screen.stage("database")
        pipeline.prepare(organizations)
        for one in organizations:
            screen.stage(f"{one.name}: {source}")
            facts: dict[str, Any] = {"run_id": run_id, "as_of": as_of, "progress": screen}
            if len(months) > 1:
                outcomes += read_months(one, source, streams, months, **facts)
            else:
                period_read = months[0] if months else None
                outcomes += extract_source(one, source, streams, period=period_read, whole=whole, **facts)
        screen.finish()
        together = by_stream(outcomes)
        screen.console.print(extraction_table(together))
        for remark in remarks(together):
            screen.line(remark)
    for sentence in failures(together):
        complain(f"qbr: {sentence}")
    failed = sum(not outcome.is_complete for outcome in outcomes)
    raise typer.Exit(0 if not failed else 2 if failed == len(outcomes) else 1)


def _months(period: str | None, first: str | None, last: str | None) -> list[Period]:
    """The months that were asked for, none for what changed; raises :class:`UsageError` where they make no range."""
    if first is None and last is None:
        one = as_period(period)
        return [one] if one else []
    if period is not None:
        raise UsageError("--period is one month, --from and --to are several: give one of them. Nothing was done.")
    if first is None or last is None:
        raise UsageError("--from and --to belong together: the first and the last month. Nothing was done.")
    months = list(periods_between(as_period(first), as_period(last)))
    if not months:
        raise UsageError(f"{last} lies before {first}, so there is no month to read. Nothing was done.")
    return months
