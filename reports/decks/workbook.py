"""The workbook embedded under a chart: one sheet of plain cells, byte for byte the same for the same data.

PowerPoint opens it for "Edit Data". It is written directly rather than through a library because a deck holds many and
each must carry the mart's exact decimals and no clock time. Format: ECMA-376 part 1, SpreadsheetML.
"""

from collections.abc import Sequence
from decimal import Decimal

from reports.decks.pack import packed
from reports.decks.xmltext import attribute, content

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_FIXED_PARTS = {
    "[Content_Types].xml": (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPES}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
}


def workbook(
    categories: Sequence[str],
    columns: Sequence[tuple[str, Sequence[Decimal | None]]],
    number_format: str | Sequence[str],
) -> bytes:
    """An .xlsx with `categories` in column A and one named column a series; a missing value is an empty cell.

    `number_format` is Excel's, one for all series or one for each.
    """
    given = [number_format] * len(columns) if isinstance(number_format, str) else list(number_format)
    formats = list(dict.fromkeys(given))
    header = [_text("A1", ""), *(_text(f"{letter(at)}1", name) for at, (name, _) in enumerate(columns, start=1))]
    lines = [_row(1, header)]
    for number, category in enumerate(categories, start=2):
        cells = [_text(f"A{number}", category)]
        for at, (_, values) in enumerate(columns, start=1):
            value = values[number - 2]
            if value is not None:
                style = formats.index(given[at - 1]) + 1
                cells.append(f'<c r="{letter(at)}{number}" s="{style}"><v>{value:f}</v></c>')
        lines.append(_row(number, cells))
    parts = {
        **_FIXED_PARTS,
        "xl/styles.xml": _styles(formats),
        "xl/worksheets/sheet1.xml": (
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><cols><col min="1" max="{len(columns) + 1}" width="18" '
            f'customWidth="1"/></cols><sheetData>{"".join(lines)}</sheetData></worksheet>'
        ),
    }
    return packed(parts)


def letter(column: int) -> str:
    """The column's letter, 0 being A; charts here have fewer than 26 columns."""
    if not 0 <= column < 26:
        raise ValueError(f"A chart of {column} series is more than a reader can tell apart.")
    return chr(ord("A") + column)


def _row(number: int, cells: Sequence[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{content(text)}</t></is></c>'


def _styles(formats: Sequence[str]) -> str:
    kinds = "".join(f'<numFmt numFmtId="{164 + at}" formatCode={attribute(one)}/>' for at, one in enumerate(formats))
    cells = "".join(
        f'<xf numFmtId="{164 + at}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for at in range(len(formats))
    )
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(formats)}">{kinds}</numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Arial"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats) + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        f"{cells}</cellXfs>"
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
