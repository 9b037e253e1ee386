"""Exports as a person or an organization's file asks for them: which files answer, and those by the calendar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from orchestration import elsewhere, turns
from orchestration.errors import QbrError, UsageError
from orchestration.progress import Progress
from orchestration.regular_reports import clear
from orchestration.selection import run_instant
from orchestration.traces import where_the_details_are
from reports.errors import ReportError
from reports.exports import Exported, Selection, export_figures, export_mart
from reports.exports.selection import between, unique, until
from reports.files import waiting
from reports.retention import Cleared
from reports.views.exports import MartRows, marts, places_of_metrics
from warehouse.audit import RUN, record
from warehouse.engine import connect
from warehouse.errors import WarehouseError
from warehouse.organizations import Organization
from warehouse.periods import latest_complete_period, latest_complete_quarter
from warehouse.settings import get_settings

MONTHS, QUARTERS = 13, 5
"""What is exported where no range was asked for: a year and the same month or quarter before it."""


@dataclass(frozen=True, slots=True)
class Regular:
    """What was written of an organization's file, which of it could not be, and what was cleared away before."""

    written: tuple[Exported, ...]
    failed: tuple[str, ...]
    cleared: Cleared


def write_declared(organization: Organization, progress: Progress | None = None) -> Regular:
    """Write every export of the organization's file; one that fails stops no other.

    What is too old is removed first: an export that has not changed for so long is then written again.
    """
    cleared = clear(organization)
    written: list[Exported] = []
    failed: list[str] = []
    # A build that swaps a mart after the moment of reading would leave it empty, and nobody would be told.
    with waiting(place_of(organization)) as waits_in, turns.reading(progress), connect() as connection:
        # Everything is read as of one moment, however many files it takes.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for one in organization.exports:
            asked = Asked(connection, organization, (None, None), None, one.format, waits_in=waits_in)
            for names in _together(one.of, marts(connection)):
                try:
                    with connection.transaction():
                        written += asked.exported(names, every_client=one.every_client, every_mart=False)
                except (ReportError, QbrError, WarehouseError) as error:
                    failed.append(f"{', '.join(names)} as {one.format}: {error}")
                except Exception as error:
                    if connection.closed:
                        raise  # the server went, and with it all that is still to be written
                    kept = where_the_details_are()
                    failed.append(f"{', '.join(names)} as {one.format}: not written ({type(error).__name__}). {kept}")
        if written:
            record(
                connection, organization.id, RUN, "export",
                resource=", ".join(one.path.name for one in written)[:500],
                details={"files": len(written), "rows": sum(one.rows for one in written)},
            )  # fmt: skip
        turns.make_sure()
        for file in written:
            file.place()
        connection.commit()
    return Regular(tuple(written), tuple(failed), cleared)


def place_of(organization: Organization) -> Path:
    """Where the organization's reports and exports lie."""
    return get_settings().var_dir / "reports" / organization.id


def _together(names: Sequence[str], known: Collection[str]) -> list[tuple[str, ...]]:
    """Each mart by itself; metrics share their files."""
    metrics = tuple(name for name in unique(names) if name not in known)
    return [*((name,) for name in unique(names) if name in known), *([metrics] if metrics else [])]


class Asked:
    """One question: of which organization, which time, whose, and as what.

    Its files wait in a folder: whoever asked places them once it is sure that no build came in between.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        organization: Organization,
        bounds: tuple[str | None, str | None],
        client: str | None,
        file_format: str,
        *,
        waits_in: Path,
    ) -> None:
        self.connection, self.organization, self.client = connection, organization, client
        self.file_format, self.waits_in = file_format, waits_in
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
            done.append(
                export_figures(
                    self.connection,
                    self.organization.id,
                    selection,
                    self.file_format,
                    self.folder,
                    waits_in=self.waits_in,
                )
            )
        for mart in unique(wanted):
            rows = MartRows(self.organization.id, mart, self.client, self.first, self.last)
            done.append(export_mart(self.connection, rows, self.file_format, self.folder, waits_in=self.waits_in))
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
