"""Writes an export, and notes it among the finished files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg import Connection

from reports.errors import ReportError
from reports.exports.csv_file import write_csv
from reports.exports.figures import figures_table
from reports.exports.parquet_file import write_parquet
from reports.exports.selection import Selection
from reports.exports.table import Column, Kind, Table
from reports.exports.workbook import write_workbook
from reports.files import finished
from reports.formats import utc
from reports.views import exports
from reports.views import organizations as scope
from reports.views.exports import MartRows
from warehouse.artefacts import Artefact, store


def _workbook(table: Table, path: Path) -> int:
    return write_workbook([table], path)[0]


FORMATS: Mapping[str, Callable[[Table, Path], int]] = {
    "csv": write_csv,
    "xlsx": _workbook,
    "parquet": write_parquet,
}

_KINDS: Mapping[str, Kind] = {
    "numeric": "decimal",
    "integer": "integer",
    "bigint": "integer",
    "smallint": "integer",
    "boolean": "boolean",
    "date": "day",
    "timestamp with time zone": "instant",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """An export as it was written."""

    path: Path
    rows: int
    artefact: Artefact
    waits_at: Path | None = None

    def place(self) -> None:
        """Put the file where it was noted to lie."""
        if self.waits_at:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.waits_at.replace(self.path)


def export_figures(
    connection: Connection[Any],
    organization_id: str,
    selection: Selection,
    file_format: str,
    out_dir: Path,
    *,
    waits_in: Path | None = None,
) -> Exported:
    """Figures of metrics as one file under `out_dir`; the caller commits. Raises UnknownScope, ReportError.

    Given `waits_in`, it stays in there until the caller places it.
    """
    table = figures_table(connection, organization_id, selection)
    details = {"metrics": list(selection.metrics), "from": selection.periods[0], "to": selection.periods[-1]}
    return _written(
        connection, organization_id, table,
        name=f"{organization_id}-{selection.name}", file_format=file_format, out_dir=out_dir, waits_in=waits_in,
        client_id=selection.client_id or "all", period=selection.periods[-1], details=details,
    )  # fmt: skip


def export_mart(
    connection: Connection[Any], wanted: MartRows, file_format: str, out_dir: Path, *, waits_in: Path | None = None
) -> Exported:
    """The rows of a mart as one file under `out_dir`, as figures are exported. Raises UnknownScope, ReportError."""
    organization_id = wanted.organization_id
    about = scope.organization(connection, organization_id)
    if wanted.client_id not in {None, "all"}:
        names = exports.client_names(connection, organization_id)
        if wanted.client_id not in names:
            raise ReportError(
                f"{organization_id} has no client {wanted.client_id!r}, so nothing was exported. "
                f"Its clients are: {', '.join(names)}."
            )
    columns = exports.mart_columns(connection, wanted)
    table = Table(
        name=wanted.mart,
        columns=tuple(Column(one.name, _KINDS.get(one.kind, "text"), one.scale) for one in columns),
        rows=exports.mart_rows(connection, wanted, columns),
        about=(
            ("Organization", f"{about.name} ({organization_id})"),
            ("Mart", f"{wanted.mart}; docs/metrics.md says what its columns mean"),
            ("Periods", f"{wanted.first or 'the first'} to {wanted.last or 'the last'}"),
            ("Clients", wanted.client_id or "every row"),
            ("Currency", about.currency),
            ("Time zone of months", about.time_zone),
            ("Data as of", utc(scope.snapshot(connection, organization_id).as_of)),
            ("Missing", "an empty cell is not zero; columns named reason or reasons say why there is no value"),
        ),
    )
    parts = [organization_id, wanted.mart.replace("_", "-"), wanted.first, wanted.last and f"to-{wanted.last}"]
    name = "-".join(part for part in (*parts, wanted.client_id) if part)
    details = {"mart": wanted.mart, "from": wanted.first, "to": wanted.last}
    return _written(
        connection, organization_id, table, name=name, file_format=file_format, out_dir=out_dir, waits_in=waits_in,
        client_id=wanted.client_id or "all", period=wanted.last, details=details,
    )  # fmt: skip


def _written(
    connection: Connection[Any],
    organization_id: str,
    table: Table,
    *,
    name: str,
    file_format: str,
    out_dir: Path,
    waits_in: Path | None,
    client_id: str,
    period: str | None,
    details: Mapping[str, Any],
) -> Exported:
    if file_format not in FORMATS:
        raise ReportError(f"{file_format!r} is no format of an export; choose one of {', '.join(FORMATS)}.")
    path = out_dir / organization_id / "exports" / f"{_safe(name)}.{file_format}"
    waits_at = waits_in / uuid4().hex if waits_in else None
    with finished(waits_at or path) as unfinished:
        rows = FORMATS[file_format](table, unfinished)
    snapshot = scope.snapshot(connection, organization_id)
    artefact = store(
        connection,
        organization_id,
        path,
        kind="export",
        period=period,
        client_id=client_id,
        run_id=snapshot.run_id,
        details={**details, "format": file_format, "rows": rows, "data_as_of": utc(snapshot.as_of)},
        waits_at=waits_at,
    )
    return Exported(path, rows, artefact, waits_at)


def _safe(name: str) -> str:
    """A part of a file's name, never of a path; one that had to be changed stays told apart from others."""
    safe = "".join(mark if mark.isalnum() or mark in "-_." else "-" for mark in name)[:150]
    if safe == name:
        return safe
    return f"{safe[:141]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
