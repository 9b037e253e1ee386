"""``qbr export``: figures and marts as CSV, XLSX or Parquet."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from orchestration import elsewhere
from orchestration.cli.options import OneOrganizationOption, as_period, as_quarter
from orchestration.cli.report import near
from orchestration.errors import UsageError
from orchestration.progress import on_screen
from orchestration.selection import one_organization, run_instant
from reports.exports import FORMATS, Exported, Selection, export_figures, export_mart
from reports.exports.selection import between, unique, until
from reports.views.exports import MartRows, marts, places_of_metrics
from warehouse.audit import Actor, record
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.periods import latest_complete_period, latest_complete_quarter
from warehouse.settings import get_settings

MONTHS, QUARTERS = 13, 5
"""What is exported where no range was asked for: a year and the same month or quarter before it."""


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
    with on_screen() as screen, connect() as connection:
        # Everything is read as of one moment, however many files it takes.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        asked = _Asked(connection, chosen, bounds, client, file_format)
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
        screen.finish()
        for one in done:
            screen.line(f"{near(one.path)}: {one.rows:,} rows")


class _Asked:
    """One question of a person: of which organization, which time, whose, and as what."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        organization: Organization,
        bounds: tuple[str | None, str | None],
        client: str | None,
        file_format: str,
    ) -> None:
        self.connection, self.organization, self.client, self.file_format = (
            connection,
            organization,
            client,
            file_format,
        )
        self.first, self.last = bounds
        self.folder: Path = get_settings().var_dir / "reports"

    def exported(self, names: tuple[str, ...], *, every_client: bool, every_mart: bool) -> list[Exported]:
        """The files that answer it."""
        known = marts(self.connection)
        wanted = [name for name in names if name in known] + (list(known) if every_mart else [])
        places = places_of_metrics(self.connection, self.organization.id)
        metrics = []
        for name in names:
            if name in known:
                continue
            if name not in places and (entry := elsewhere.find(name)):
                wanted.append(entry.place.split(".")[0])
            else:
                metrics.append(name)
        if every_client and not metrics:
            raise UsageError("--every-client is for metrics; a mart has the rows of every client. Nothing was done.")
        scope = None if every_client else self.client or "all"
        done = []
        for quarterly, group in self._groups(metrics, places).items():
            selection = Selection(tuple(group), self._periods(is_quarterly=quarterly), scope)
            done.append(export_figures(self.connection, self.organization.id, selection, self.file_format, self.folder))
        for mart in unique(wanted):
            rows = MartRows(self.organization.id, mart, self.client, self.first, self.last)
            done.append(export_mart(self.connection, rows, self.file_format, self.folder))
        return done

    def _groups(self, metrics: list[str], places: dict[str, tuple[bool, bool]]) -> dict[bool, list[str]]:
        """Metrics to export by months and by quarters: as the range says, else each by what it is kept by."""
        groups: dict[bool, list[str]] = {}
        for metric in metrics:
            is_monthly = places.get(metric, (True, False))[0]
            named = self.first or self.last
            groups.setdefault("Q" in named if named else not is_monthly, []).append(metric)
        return groups

    def _periods(self, *, is_quarterly: bool) -> tuple[str, ...]:
        as_of, zone = run_instant([self.organization]), self.organization.time_zone
        newest = latest_complete_quarter(as_of, zone) if is_quarterly else latest_complete_period(as_of, zone)
        last = self.last or max(str(newest), self.first or "")
        return between(self.first, last) if self.first else until(last, QUARTERS if is_quarterly else MONTHS)


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
