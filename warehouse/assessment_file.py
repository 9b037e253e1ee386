"""A CSV file of looks at machines: the whole of it or nothing, and what is there already is not added again."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import psycopg

from warehouse.audit import Actor
from warehouse.condition_assessments import Assessment, Condition, add_assessment
from warehouse.errors import WarehouseError

REQUIRED = ("equipment", "date", "condition", "assessed_by")
COLUMNS = (*REQUIRED, "age_years", "annual_maintenance_cost", "notes", "reason")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)
_OLDEST = Decimal("999.99")


class AssessmentFileError(WarehouseError):
    """A file of assessments cannot be imported; the message has a line for each problem in it."""


@dataclass(frozen=True, slots=True)
class ImportedAssessments:
    """How many rows were added and how many stood there already; `unknown` are machines that no system has."""

    new: int
    unchanged: int
    unknown: list[str] = field(default_factory=list)


def import_assessments(
    connection: psycopg.Connection, organization_id: str, path: Path, actor: Actor, *, today: date
) -> ImportedAssessments:
    """Add every row that says something new; the caller commits.

    Raises `AssessmentFileError` with every problem of the file, each with its line; nothing is written then.
    """
    rows = read_assessments(path, today)
    with connection.transaction():
        connection.execute(
            "select pg_advisory_xact_lock(hashtext('app.condition_assessments'), hashtext(%s))", [organization_id]
        )
        held = _held(connection, organization_id)
        new = [(seen, reason) for seen, reason in rows if held.get((seen.equipment_id, seen.assessed_on)) != seen]
        for seen, reason in new:
            add_assessment(connection, organization_id, seen, actor, reason=reason)
    known = {
        unit
        for (unit,) in connection.execute(
            "select record_id from raw_opsdb.equipment where organization_id = %s", [organization_id]
        )
    }
    unknown = sorted({seen.equipment_id for seen, _ in rows} - known)
    return ImportedAssessments(len(new), len(rows) - len(new), unknown)


def _held(connection: psycopg.Connection, organization_id: str) -> dict[tuple[str, date], Assessment]:
    """What holds of each machine and day."""
    found = connection.execute(
        "select distinct on (equipment_id, assessed_on) equipment_id, assessed_on, condition, assessed_by, age_years, "
        "annual_maintenance_cost, notes from app.condition_assessments where organization_id = %s "
        "order by equipment_id, assessed_on, recorded_at desc, assessment_id desc",
        [organization_id],
    )
    return {(row[0], row[1]): Assessment(*row) for row in found}


def read_assessments(path: Path, today: date) -> list[tuple[Assessment, str | None]]:
    """Every row with the reason that it gives, if any."""
    lines = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    header: list[str] = []
    found: list[tuple[Assessment, str | None]] = []
    problems: list[str] = []
    first: dict[tuple[str, date], int] = {}
    while True:
        line = lines.line_num + 1
        try:
            cells = [cell.strip() for cell in next(lines)]
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(f"line {line}: this is not CSV we can read ({error}); what follows was not checked.")
            break
        if not any(cells):
            continue
        if not header:
            header = _header(path, cells)
            continue
        if len(cells) > len(header):
            problems.append(f"line {line}: has {len(cells)} cells for {len(header)} columns.")
            continue
        seen, reason, wrong = _row(dict(zip(header, cells, strict=False)), today)
        if seen and (other := first.setdefault((seen.equipment_id, seen.assessed_on), line)) != line:
            wrong.append(f"{seen.equipment_id} on {seen.assessed_on} stands on line {other} already.")
        problems += [f"line {line}: {problem}" for problem in wrong]
        found += [(seen, reason)] if seen else []
    if not header:
        problems.append(f"is empty; its first line must name the columns {','.join(COLUMNS)}.")
    if problems:
        raise AssessmentFileError("\n".join([f"{path}: nothing was imported.", *problems]))
    return found


def _row(row: dict[str, str], today: date) -> tuple[Assessment | None, str | None, list[str]]:
    """One row, or what is wrong with it."""
    problems = [f"{name} is empty." for name in REQUIRED if not row.get(name)]
    condition = row.get("condition", "").lower()
    if condition and condition not in get_args(Condition):
        problems.append(f"condition must be one of {', '.join(get_args(Condition))}; '{row['condition']}' is not.")
    day = None
    if row.get("date"):
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            problems.append(f"date must be a day such as 2026-06-30; '{row['date']}' is not.")
        else:
            if day > today:
                problems.append(f"{day} has not come yet.")
    numbers: dict[str, Decimal | None] = {}
    for name in ("age_years", "annual_maintenance_cost"):
        text = row.get(name, "")
        if text and not _NUMBER.fullmatch(text):
            problems.append(f"{name} must be a number such as 4300.50 with two decimals at most; '{text}' is not.")
        else:
            numbers[name] = Decimal(text) if text else None
    if (numbers.get("age_years") or 0) > _OLDEST:
        problems.append(f"age_years must be at most {_OLDEST}.")
    if problems or day is None:
        return None, None, problems
    seen = Assessment(
        row["equipment"],
        day,
        condition,  # type: ignore[arg-type]  # one of them, as was seen above
        row["assessed_by"],
        numbers["age_years"],
        numbers["annual_maintenance_cost"],
        row.get("notes") or None,
    )
    return seen, row.get("reason") or None, []


def _header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.lower() for cell in cells]
    if len(set(header)) < len(header) or not set(REQUIRED) <= set(header) <= set(COLUMNS):
        raise AssessmentFileError(
            f"{path}: the first line must name the columns {','.join(COLUMNS)} (those after {REQUIRED[-1]} may be left "
            f"out); it is '{','.join(cells)}'. Nothing was imported."
        )
    return header


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark in front
    except UnicodeDecodeError as error:
        raise AssessmentFileError(f"{path} is not UTF-8 text; save it as 'CSV UTF-8'. Nothing was imported.") from error
    except OSError as error:
        raise AssessmentFileError(f"{path} cannot be read ({error.strerror}). Nothing was imported.") from error
