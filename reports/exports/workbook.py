"""XLSX: one sheet a table and one that tells about them, written part by part and byte for byte the same.

Written directly rather than through a library, so that decimals keep every digit and no clock time gets in. Format:
ECMA-376 part 1, SpreadsheetML.
"""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

from reports.decks.xmltext import attribute, content
from reports.errors import ReportError
from reports.exports.cells import cell_text, plain_text
from reports.exports.table import Table

MOST_ROWS = 1_048_575
"""What a sheet holds below its header."""
_LONGEST_TEXT = 32_767
_DIGITS_KEPT = 15
"""A spreadsheet calculates with so many digits; a longer whole number is an id and goes as text."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can hold
_FIRST_DAY = date(1899, 12, 30)  # day 0 of a spreadsheet, its false leap day of 1900 included

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_HEADER, _DAY, _WRAPPED = 1, 2, 3
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Arial"/></font>'
    '<font><b/><sz val="11"/><name val="Arial"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE6ECF2"/><bgColor indexed="64"/></patternFill></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" '
    'wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def write_workbook(tables: Sequence[Table], path: Path) -> list[int]:
    """Write a sheet a table and a last one about them all; how many rows each table has.

    Raises ReportError when a table has more rows than a sheet.
    """
    names = _sheet_names([*(table.name for table in tables), "About"])
    with zipfile.ZipFile(path, "w") as package:
        for name, text in _fixed_parts(names).items():
            package.writestr(_entry(name), text)
        counts = [_write_sheet(package, number, table) for number, table in enumerate(tables, start=1)]
        _write_about(package, len(names), tables, counts)
    return counts


def _write_sheet(package: zipfile.ZipFile, number: int, table: Table) -> int:
    count = 0
    with package.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as sheet:
        _say(sheet, _opening([_width(column.name, column.kind) for column in table.columns], freeze=True))
        _say(sheet, _row(1, [column.name for column in table.columns], _HEADER))
        for count, row in enumerate(table.rows, start=1):
            if count > MOST_ROWS:
                raise ReportError(
                    f"{table.name} has more rows than a sheet of a workbook can hold ({MOST_ROWS:,}), so nothing was "
                    "written. Take CSV or Parquet, or fewer months with --from and --to."
                )
            _say(sheet, _row(count + 1, row))
        last = f"{letters(len(table.columns) - 1)}{count + 1}"
        _say(sheet, f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>')
    return count


def _write_about(package: zipfile.ZipFile, number: int, tables: Sequence[Table], counts: Sequence[int]) -> None:
    lines: list[tuple[str, str]] = []
    for table, count in zip(tables, counts, strict=True):
        lines += [("Table", table.name), ("Rows", str(count)), *table.about]
    with package.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as sheet:
        _say(sheet, _opening([24, 100], freeze=False))
        for at, (name, text) in enumerate(lines, start=1):
            _say(sheet, _row(at, [name, text], _WRAPPED))
        _say(sheet, "</sheetData></worksheet>")


def _row(number: int, values: Iterable[object], style: int = 0) -> str:
    """A row; what is missing has no cell at all."""
    cells = (_cell(f"{letters(at)}{number}", value, style) for at, value in enumerate(values) if value is not None)
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, value: object, style: int) -> str:
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int) and len(str(abs(value))) > _DIGITS_KEPT:
        value = str(value)
    if isinstance(value, int | Decimal):
        return f'<c r="{place}"><v>{plain_text(value)}</v></c>'
    if isinstance(value, date) and not isinstance(value, datetime):
        return f'<c r="{place}" s="{_DAY}"><v>{(value - _FIRST_DAY).days}</v></c>'
    text = cell_text(value)
    if len(text) > _LONGEST_TEXT:
        text = text[: _LONGEST_TEXT - 60] + " ... (cut here; CSV and Parquet have it whole)"
    styled = f' s="{style}"' if style else ""
    return f'<c r="{place}" t="inlineStr"{styled}><is><t xml:space="preserve">{content(text)}</t></is></c>'


def _opening(widths: Sequence[int], *, freeze: bool) -> str:
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if freeze else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


def _width(name: str, kind: str) -> int:
    wide = {"reason": 48, "shown": 16, "label": 32, "client": 28, "note": 48, "message": 60, "instant": 22}
    return max(wide.get(name, wide.get(kind, 12)), min(len(name) + 3, 40))


def letters(column: int) -> str:
    """The column's letters, 0 being A and 26 AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _sheet_names(wanted: Sequence[str]) -> list[str]:
    """Names as a workbook allows them: at most 31 characters, none of []:*?/\\, each once."""
    found: list[str] = []
    for name in wanted:
        clean = "".join(" " if mark in "[]:*?/\\'" else mark for mark in name).strip()[:31] or "Sheet"
        number = 2
        while clean.lower() in {one.lower() for one in found}:
            clean = f"{clean[:28]} {number}"
            number += 1
        found.append(clean)
    return found


def _fixed_parts(names: Sequence[str]) -> dict[str, str]:
    numbered = list(enumerate(names, start=1))
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for at, _ in numbered
    )
    sheets = "".join(f'<sheet name={attribute(name)} sheetId="{at}" r:id="rId{at}"/>' for at, name in numbered)
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at, _ in numbered
    )
    return {
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>{overrides}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
        ),
    }


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # else the operating system is written down
    return entry


def _say(sheet: IO[bytes], text: str) -> None:
    sheet.write(text.encode())
