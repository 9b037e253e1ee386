"""CSV as RFC 4180 has it. A missing value is nothing at all between two commas, an empty text is two quotes."""

from collections.abc import Iterable
from pathlib import Path

from reports.exports.cells import cell_text
from reports.exports.table import Table


def write_csv(table: Table, path: Path) -> int:
    """Write the table to `path`; how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_line([column.name for column in table.columns]))
        for row in table.rows:
            file.write(_line(row))
            count += 1
    return count


def _line(values: Iterable[object]) -> str:
    cells = ["" if value is None else _quoted(cell_text(value)) for value in values]
    return ",".join(cells) + "\r\n"


def _quoted(text: str) -> str:
    needs_quotes = not text or text != text.strip() or any(mark in text for mark in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text
