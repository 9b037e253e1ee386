"""A CSV file of figures, `period,metric,value,note`: reads it and finds everything that is wrong with it.

The csv module and not pandas, because a complaint must name the line a row began on, also after a note with line
breaks and in a row with a comma too many.
"""

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.metrics import Metric, catalogue
from warehouse.periods import Period, PeriodError

COLUMNS = ("period", "metric", "value", "note")

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# Decimals a person may enter, by unit: head counts come in halves and quarters, devices whole.
_DECIMALS = {"count": 0, "fte": 2, "usd": 2, "hours": 2, "months": 2, "ratio": 4, "fraction": 4, "tickets": 4}
_LARGEST = Decimal(10) ** 14
_BETWEEN = {"nps": (Decimal(-100), Decimal(100))}
_REVENUE = ("nrr", "mrr", "orr", "misc_revenue", "product_sales", "total_revenue")
_RARELY_ZERO = ("reactive_tickets_created", "reactive_tickets_closed", "endpoints_managed", "seats_managed")

Problems = list[tuple[int, str]]


class ManualFileError(WarehouseError):
    """A file of figures cannot be imported; the message has a line for each problem in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that is fit to be written; a value of None clears the figure."""

    line: int
    period: str
    metric: str
    value: Decimal | None
    note: str | None
    warnings: tuple[str, ...] = ()


def read_entries(path: Path, last: Period | None) -> tuple[list[Entry], Problems]:
    """The rows that are fit, and every problem as (line, sentence); raises `ManualFileError` if it is no CSV file."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    entries: list[Entry] = []
    problems: Problems = []
    first_lines: dict[tuple[str, str], int] = {}
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append((line, f"this is not CSV we can read ({error}); what follows was not checked."))
            break
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(path, line, cells)
            continue
        if len(cells) > len(header):
            problems.append((line, f"has {len(cells)} cells for {len(header)} columns; write 1234.50, not 1,234.50."))
            continue
        if len(cells) <= header.index("value"):
            problems.append((line, "has no cell for the value; to clear a figure, leave it empty but keep its comma."))
            continue
        row = dict.fromkeys(COLUMNS, "") | dict(zip(header, (cell.strip() for cell in cells), strict=False))
        entry, found = _entry(line, row, last)
        problems += [(line, problem) for problem in found]
        if entry is None:
            continue
        if (first := first_lines.setdefault((entry.period, entry.metric), line)) != line:
            problems.append((line, f"{entry.metric} of {entry.period} stands on line {first} already."))
        entries.append(entry)
    if header is None:
        raise ManualFileError(f"{path} is empty, so nothing was imported; its first line must be {','.join(COLUMNS)}.")
    return entries, problems


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark in front
    except UnicodeDecodeError as error:
        raise ManualFileError(
            f"{path} is not UTF-8 text, so nothing was imported; save it as 'CSV UTF-8' and import it again."
        ) from error
    except OSError as error:
        raise ManualFileError(
            f"{path} cannot be read ({error.strerror}), so nothing was imported. Give the path of a CSV file."
        ) from error


def _header(path: Path, line: int, cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    if len(set(header)) < len(header) or not {"period", "metric", "value"} <= set(header) <= set(COLUMNS):
        raise ManualFileError(
            f"{path}, line {line}: the first line must name the columns {','.join(COLUMNS)} (note may be left "
            f"out); it is '{','.join(cells)}'."
        )
    return header


def _entry(line: int, row: dict[str, str], last: Period | None) -> tuple[Entry | None, list[str]]:
    problems = []
    try:
        period = Period.parse(row["period"])
        if last is not None and period > last:
            problems.append(f"{period} has not begun yet.")
    except PeriodError as error:
        problems.append(str(error))
    metric = catalogue().get(row["metric"])
    if metric is None or not metric.is_enterable:
        why = "is calculated from others" if metric else "is no metric of the catalogue"
        problems.append(f"'{row['metric']}' {why} and cannot be entered; docs/metrics.md lists those that can.")
    value, problem = (None, None) if metric is None else parsed_value(metric, row["value"])
    if problem:
        problems.append(problem)
    if problems or metric is None:
        return None, problems
    warnings = tuple(f"line {line}: {text}" for text in _doubts(metric, value))
    return Entry(line, row["period"], metric.key, value, row["note"] or None, warnings), []


def parsed_value(metric: Metric, text: str) -> tuple[Decimal | None, str | None]:
    """What somebody typed for a metric, or the sentence that says why it will not do; nothing typed is None."""
    if not text:
        return None, None
    if _NUMBER.fullmatch(text) is None:
        return (
            None,
            f"{metric.key} must be a number such as 1234.50, without signs of currency or thousands; '{text}' is not.",
        )
    value, decimals = Decimal(text), _DECIMALS[metric.unit]
    low, high = _BETWEEN.get(metric.key, (-_LARGEST if metric.may_be_negative else Decimal(0), _LARGEST))
    if value != round(value, decimals):
        allowed = f"at most {decimals} decimals" if decimals else "be a whole number"
        return None, f"{metric.key} must {'have ' if decimals else ''}{allowed}; {text} does not fit."
    if value < low and low == 0:
        return None, f"{metric.key} cannot be negative; it is {text}."
    if not low <= value <= high:
        return None, f"{metric.key} must lie between {low} and {high:f}; it is {text}."
    return value, None


def _doubts(metric: Metric, value: Decimal | None) -> list[str]:
    """What is accepted and yet worth a second look."""
    if value is not None and value < 0 and metric.key in _REVENUE:
        return [f"{metric.key} is negative ({value}); right if credits outweigh the month's revenue."]
    if value == 0 and metric.key in _RARELY_ZERO:
        return [f"{metric.key} is 0; leave the value empty if it is not known."]
    return []
