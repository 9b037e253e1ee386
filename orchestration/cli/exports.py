"""``qbr export``: figures and marts as CSV, XLSX or Parquet."""

from __future__ import annotations

import getpass
from typing import Annotated

import psycopg
import typer

from orchestration import turns
from orchestration.cli.options import OneOrganizationOption, as_period, as_quarter
from orchestration.cli.report import near
from orchestration.errors import UsageError
from orchestration.exports import Asked, place_of
from orchestration.progress import on_screen
from orchestration.selection import one_organization
from reports.exports import FORMATS
from reports.exports.selection import unique
from reports.files import waiting
from warehouse.audit import Actor, record
from warehouse.engine import connect


def add_to(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="METRIC...", help="Keys of docs/metrics.md such as rhem, or marts such as fct_tickets."),
    ] = None,
    *,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM|YYYY-Qn", help="First month or quarter.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM|YYYY-Qn", help="Last one, included.")] = None,
    client: Annotated[str | None, typer.Option("--client", metavar="CLIENT_ID", help="Only this client's.")] = None,
    every_client: Annotated[
        bool, typer.Option("--every-client", help="The organization as a whole and each of its clients.")
    ] = False,
    every_mart: Annotated[bool, typer.Option("--every-mart", help="All marts, a file each.")] = False,
    file_format: Annotated[str, typer.Option("--format", metavar="csv|xlsx|parquet", help="Kind of file.")] = "csv",
    organization: OneOrganizationOption = None,
) -> None:
    """Write figures or whole marts to files under var/reports, the same values as on the slides.

    Without a range: the last 13 months, of figures of quarters the last five. What is missing stays empty and has its
    reason beside it.
    """
    if file_format not in FORMATS:
        raise UsageError(f"{file_format!r} is no format; choose one of {', '.join(FORMATS)}. Nothing was done.")
    if client is not None and every_client:
        raise UsageError("Give --client or --every-client, not both. Nothing was done.")
    if not names and not every_mart:
        raise UsageError("Name at least one metric or mart, or give --every-mart. Nothing was done.")
    chosen = one_organization(organization)
    bounds = _bounds(first, last)
    with (
        on_screen() as screen,
        waiting(place_of(chosen)) as waits_in,
        turns.reading(screen),
        connect() as connection,
    ):
        # Everything is read as of one moment, however many files it takes.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        asked = Asked(connection, chosen, bounds, client, file_format, waits_in=waits_in)
        screen.stage(f"{chosen.name}: export")
        done = asked.exported(unique(names or []), every_client=every_client, every_mart=every_mart)
        record(
            connection,
            chosen.id,
            Actor("person", getpass.getuser()),
            "export",
            resource=", ".join(one.path.name for one in done)[:500],
            details={"files": len(done), "rows": sum(one.rows for one in done)},
        )
        turns.make_sure()
        for one in done:
            one.place()
        screen.finish()
        for one in done:
            screen.line(f"{near(one.path)}: {one.rows:,} rows")


def _bounds(first: str | None, last: str | None) -> tuple[str | None, str | None]:
    """The range that was typed; raises :class:`UsageError` where it is none."""
    for text in (first, last):
        if text is not None:
            as_quarter(text) if "Q" in text else as_period(text)
    if first and last and ("Q" in first) != ("Q" in last):
        raise UsageError("--from and --to are both months or both quarters. Nothing was done.")
    if first and last and first > last:
        raise UsageError(f"{first} is after {last}; give --from the earlier one. Nothing was done.")
    return first, last
