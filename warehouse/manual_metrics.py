"""Figures that people enter or import: whole file or nothing, history kept, the same file again changes nothing."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import psycopg

from warehouse.audit import Actor, record
from warehouse.errors import WarehouseError
from warehouse.manual_file import Entry, ManualFileError, read_entries
from warehouse.metrics import catalogue
from warehouse.periods import Period

__all__ = ["ImportResult", "ManualFileError", "import_manual"]

Method = Literal["manual", "imported"]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many rows of the file were new, replaced an earlier figure, cleared one, or said nothing new."""

    import_id: str
    new: int
    changed: int
    cleared: int
    unchanged: int
    warnings: list[str] = field(default_factory=list)

    @property
    def written(self) -> int:
        """Rows that changed something."""
        return self.new + self.changed + self.cleared


def import_manual(
    connection: psycopg.Connection,
    organization_id: str,
    csv_path: Path,
    method: Method,
    entered_by: str,
    *,
    as_of: datetime | None = None,
) -> ImportResult:
    """Take a CSV file with the columns `period,metric,value,note`; the caller commits.

    An empty value clears the figure, which is not 0. Raises `ManualFileError` with every problem of the file, each with
    its line; nothing is written then. With `as_of`, months that had not begun by then are refused.
    """
    with connection.transaction():
        zone = _time_zone(connection, organization_id)
        last = Period.containing(as_of, zone) if as_of else None
        entries, problems = read_entries(csv_path, last)
        if method == "manual":
            problems += _protected(connection, organization_id, entries)
        if problems:
            listed = [f"{csv_path}, line {line}: {problem}" for line, problem in sorted(problems)]
            raise ManualFileError("\n".join([*listed, f"Nothing of {csv_path} was imported."]))
        result = _write(connection, organization_id, csv_path, entries, method=method, entered_by=entered_by)
        if result.written:
            record(
                connection,
                organization_id,
                Actor("person", entered_by),
                "import_manual",
                resource=csv_path.name,
                details={
                    "import_id": result.import_id,
                    "method": method,
                    "new": result.new,
                    "changed": result.changed,
                    "cleared": result.cleared,
                    "unchanged": result.unchanged,
                },
            )
    return result


def _time_zone(connection: psycopg.Connection, organization_id: str) -> str:
    row = connection.execute(
        "select time_zone from app.organizations where organization_id = %s", [organization_id]
    ).fetchone()
    if row is None:
        raise WarehouseError(
            f"There is no organization '{organization_id}', so nothing was imported. `qbr init {organization_id} "
            "--name NAME` makes one; the first `qbr run` brings it into the database."
        )
    return str(row[0])


def _protected(connection: psycopg.Connection, organization_id: str, entries: list[Entry]) -> list[tuple[int, str]]:
    """Device counts that were really counted may not be typed over; a correction is a method of its own."""
    protected = [entry for entry in entries if catalogue()[entry.metric].is_protected and entry.value is not None]
    collected = _collected_periods(connection, organization_id) if protected else set()
    advice = "leave the row out, or import it with --method imported, which never wins over a collected value."
    return [
        (entry.line, f"{entry.metric} of {entry.period} was collected and cannot be entered by hand; {advice}")
        for entry in protected
        if entry.period in collected
    ]


def _collected_periods(connection: psycopg.Connection, organization_id: str) -> set[str]:
    """The months whose device count rests on a reading; which month a reading counts for is a setting."""
    present = connection.execute("select to_regclass('raw_ninjaone.devices_daily')").fetchone()
    if present is None or present[0] is None:
        return set()
    readings = connection.execute(
        "select distinct to_char(snapshot_date, 'YYYY-MM') from raw_ninjaone.devices_daily where organization_id = %s",
        [organization_id],
    ).fetchall()
    setting = connection.execute(
        "select value from app.settings where organization_id = %s and setting = 'device_snapshot'", [organization_id]
    ).fetchone()
    shift = 1 if setting is not None and setting[0] == "previous_month" else 0
    return {str(Period.parse(period) + shift) for (period,) in readings}


def _write(
    connection: psycopg.Connection,
    organization_id: str,
    csv_path: Path,
    entries: list[Entry],
    *,
    method: Method,
    entered_by: str,
) -> ImportResult:
    import_id = hashlib.sha256(csv_path.read_bytes()).hexdigest()[:16]
    # Two imports at once take turns, so that neither trips over the other's current row.
    connection.execute("select pg_advisory_xact_lock(hashtext('app.manual_metrics'), hashtext(%s))", [organization_id])
    rows = connection.execute(
        """
        select period, metric, value, note from app.manual_metrics
        where organization_id = %s and client_id = 'all' and method = %s and superseded_at is null
        """,
        [organization_id, method],
    )
    current: dict[tuple[str, str], tuple[Decimal | None, str | None]] = {(p, m): (v, n) for p, m, v, n in rows}
    counts = {"new": 0, "changed": 0, "cleared": 0, "unchanged": 0}
    for entry in entries:
        key = (entry.period, entry.metric)
        if current.get(key) == (entry.value, entry.note):
            counts["unchanged"] += 1
            continue
        counts["new" if key not in current else "cleared" if entry.value is None else "changed"] += 1
        connection.execute(
            """
            update app.manual_metrics set superseded_at = clock_timestamp()
            where organization_id = %s and client_id = 'all' and period = %s and metric = %s and method = %s
                and superseded_at is null
            """,
            [organization_id, *key, method],
        )
        connection.execute(
            """
            insert into app.manual_metrics (
                organization_id, period, metric, method, value, note, import_id, entered_by
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [organization_id, *key, method, entry.value, entry.note, import_id, entered_by],
        )
    return ImportResult(import_id=import_id, warnings=[w for entry in entries for w in entry.warnings], **counts)
