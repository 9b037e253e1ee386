"""Exports hold what the screen shows: exact, with reasons, harmless in a spreadsheet, of one organization, and the
same bytes each time."""

import csv
import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import ReportError, UnknownScope
from reports.exports import FORMATS, Selection, export_figures, export_mart
from reports.exports.cells import cell_text, neutralised
from reports.exports.csv_file import write_csv
from reports.exports.parquet_file import write_parquet
from reports.exports.selection import between, until
from reports.exports.table import Column, Table
from reports.exports.workbook import letters, write_workbook
from reports.views.exports import MartRows
from tests.reports import marts

ROOT = Path(__file__).parents[2]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MONTHS = between("2025-08", "2026-02")
ATTACKS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "=cmd|' /C calc'!A0", "\uff1d1+1")
EXPORT = """
import sys, psycopg, pathlib
from reports.exports import FORMATS, Selection, export_figures, export_mart
from reports.views.exports import MartRows
with psycopg.connect(sys.argv[1]) as connection:
    for kind in FORMATS:
        place = pathlib.Path(sys.argv[2])
        chosen = Selection(("seats_managed", "net_profit"), ("2026-05", "2026-06"), None)
        print(export_figures(connection, "fernhill-it", chosen, kind, place).artefact.sha256)
        print(export_mart(connection, MartRows("fernhill-it", "fct_smartnumbers"), kind, place).artefact.sha256)
    connection.rollback()
"""


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheet(path: Path, number: int = 1) -> list[list[tuple[str | None, str]]]:
    """Each row's cells: their type, and their text."""
    with zipfile.ZipFile(path) as package:
        root = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{number}.xml"))
    return [
        [(cell.get("t"), "".join(cell.itertext())) for cell in row.findall(f"{SHEET}c")]
        for row in root.iter(f"{SHEET}row")
    ]


def test_figures_are_those_of_the_slides_with_every_digit_and_as_they_read(fernhill, tmp_path):
    chosen = Selection(("seats_managed", "net_profit"), MONTHS)
    rows = read(export_figures(fernhill, marts.ORGANIZATION, chosen, "csv", tmp_path).path)
    assert [(row["metric"], row["period"]) for row in rows] == [
        (metric, month) for metric in chosen.metrics for month in MONTHS
    ]
    for row in rows:
        value = marts.monthly_value(row["metric"], row["period"])
        assert row["value"] == ("" if value is None else format(value, "f"))
    profit = rows[-1]
    assert (profit["unit"], profit["currency"], profit["source_rows"]) == ("usd", "USD", "12")
    assert profit["shown"] == f"${Decimal(profit['value']).quantize(Decimal(1)):,}"


def test_a_missing_value_is_empty_with_its_reason_in_every_format_and_no_zero(fernhill, tmp_path):
    chosen = Selection(("seats_managed",), ("2025-09",))
    made = {kind: export_figures(fernhill, marts.ORGANIZATION, chosen, kind, tmp_path).path for kind in FORMATS}
    (row,) = read(made["csv"])
    assert (row["value"], row["reason"], row["shown"]) == ("", marts.GAPS["seats_managed", "2025-09"], "No data")
    (typed,) = pq.read_table(made["parquet"]).to_pylist()
    assert typed["value"] is None
    assert typed["reason"] == row["reason"]
    cells = [text for _, text in sheet(made["xlsx"])[1]]
    assert row["reason"] in cells
    assert "0" not in cells


def test_quarters_show_the_smartnumber_of_the_whole_and_sums_of_the_months(fernhill, tmp_path):
    chosen = Selection(("rhem", "net_profit", "reactive_service_pct"), ("2026-Q1", "2026-Q2"))
    rows = read(export_figures(fernhill, marts.ORGANIZATION, chosen, "csv", tmp_path).path)
    found = {(row["metric"], row["period"]): row for row in rows}
    assert found["rhem", "2026-Q2"]["value"] == "0.2424"
    assert found["rhem", "2026-Q2"]["shown"] == "0.242 h"
    assert found["net_profit", "2026-Q1"]["value"] == format(marts.quarterly_value("net_profit", "2026-Q1")[0], "f")
    assert found["reactive_service_pct", "2026-Q2"]["reason"] == marts.NO_TECHNICIANS
    assert {row["is_complete"] for row in rows} == {"true"}


def test_one_client_has_its_own_rows_alone_and_every_client_those_of_all(fernhill, tmp_path):
    one = Selection(("endpoints_managed",), ("2026-06",), "juniper-dental")
    (row,) = read(export_figures(fernhill, marts.ORGANIZATION, one, "csv", tmp_path).path)
    assert row["client"] == "Juniper Dental"
    every = Selection(("endpoints_managed", "net_profit"), ("2026-06",), None)
    rows = read(export_figures(fernhill, marts.ORGANIZATION, every, "csv", tmp_path).path)
    assert {row["client_id"] for row in rows if row["metric"] == "endpoints_managed"} == {"all", *marts.CLIENTS}
    assert [row["client_id"] for row in rows if row["metric"] == "net_profit"] == ["all"]


def test_no_row_of_another_organization_is_exported(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    marts.organization(warehouse, "other-it", alias=2)
    marts.metrics(warehouse, "other-it")
    warehouse.execute("update marts.fct_metrics_monthly set value = 4242.42 where organization_id = 'other-it'")
    chosen = Selection(("net_profit",), MONTHS)
    made = [
        export_figures(warehouse, marts.ORGANIZATION, chosen, "csv", tmp_path).path,
        export_mart(warehouse, MartRows(marts.ORGANIZATION, "fct_metrics_monthly"), "csv", tmp_path).path,
    ]
    for path in made:
        assert {row["organization_id"] for row in read(path)} == {marts.ORGANIZATION}
        assert "4242.42" not in path.read_text()


def test_a_mart_keeps_its_types_and_is_cut_by_its_months(fernhill, tmp_path):
    wanted = MartRows(marts.ORGANIZATION, "fct_metrics_monthly", "all", "2026-01", "2026-06")
    made = export_mart(fernhill, wanted, "parquet", tmp_path)
    table = pq.read_table(made.path)
    assert made.rows == 6 * len(marts.MONTHLY) == table.num_rows
    assert str(table.schema.field("value").type) == "decimal128(38, 2)"
    assert str(table.schema.field("freshest_at").type) == "timestamp[us, tz=UTC]"
    for row in table.to_pylist():
        value = marts.monthly_value(row["metric"], row["period"])
        assert row["value"] == value


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("no_such_metric", "2026-06", "all"), "hold no metric 'no_such_metric'"),
        (("rhem", "2026-06", "all"), "is a figure of quarters"),
        (("net_profit", "2026-06", "nobody"), "has no client 'nobody'"),
    ],
)
def test_what_cannot_be_exported_is_said(fernhill, tmp_path, call, told):
    metric, period, client = call
    with pytest.raises(UnknownScope, match=told):
        export_figures(fernhill, marts.ORGANIZATION, Selection((metric,), (period,), client), "csv", tmp_path)
    assert not list(tmp_path.rglob("*.*"))


def test_a_mart_that_cannot_be_cut_so_says_so(fernhill, tmp_path):
    for wanted, told in (
        (MartRows(marts.ORGANIZATION, "pg_authid"), "There is no mart 'pg_authid'"),
        (MartRows(marts.ORGANIZATION, "fct_smartnumbers", "birch-freight"), "does not tell clients apart"),
        (MartRows(marts.ORGANIZATION, "fct_smartnumbers", None, "2026-01"), "has no months to choose from"),
    ):
        with pytest.raises(ReportError, match=told):
            export_mart(fernhill, wanted, "csv", tmp_path)


def test_a_client_whose_id_is_a_path_writes_no_file_elsewhere(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    name = "../../../etc/cron.d/x"
    marts.insert(
        warehouse, "marts.dim_clients", [{"organization_id": marts.ORGANIZATION, "client_id": name, "name": "Odd"}]
    )
    made = export_figures(
        warehouse, marts.ORGANIZATION, Selection(("net_profit",), ("2026-06",), name), "csv", tmp_path
    )
    assert made.path.parent == tmp_path / marts.ORGANIZATION / "exports"
    assert [row["value"] for row in read(made.path)] == [""]


@pytest.mark.parametrize("text", ATTACKS)
def test_text_that_would_be_calculated_is_neutralised_in_csv_and_xlsx(tmp_path, text):
    table = Table("t", (Column("note"), Column("value", "decimal", 2)), [(text, Decimal("-12.50"))])
    write_csv(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        _, (note, value) = csv.reader(file)
    assert note == "'" + text
    assert value == "-12.50"
    write_workbook([table], tmp_path / "t.xlsx")
    written = "'" + text.replace("\r", "\n")  # XML has one way to end a line
    assert sheet(tmp_path / "t.xlsx")[1] == [("inlineStr", written), (None, "-12.50")]
    assert b"<f>" not in zipfile.ZipFile(tmp_path / "t.xlsx").read("xl/worksheets/sheet1.xml")


@given(st.text())
def test_no_text_becomes_a_formula_and_no_other_text_changes(text):
    shown = neutralised(text)
    assert shown in {text, "'" + text}
    if shown == text:
        is_number = text.strip().lstrip("+-").replace(".", "", 1).replace("e", "").replace("E", "")
        assert not text.lstrip(" ").startswith(("=", "@", "\t", "\r", "\n")) or is_number == ""


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_numbers_keep_their_sign_and_digits(value):
    assert Decimal(cell_text(value)) == value
    assert not cell_text(value).startswith("'")
    assert neutralised(format(value, "f")) == format(value, "f")


def test_every_kind_of_value_comes_back_as_it_was(tmp_path):
    columns = (
        Column("text"), Column("integer", "integer"), Column("decimal", "decimal", 20), Column("is_so", "boolean"),
        Column("day", "day"), Column("at", "instant"),
    )  # fmt: skip
    exact = Decimal("12345678901234567890.12345678901234567890")
    row = (
        'a "b", c\r\n\x00<&>',
        9007199254740993,
        exact,
        False,
        date(2026, 2, 28),
        datetime(2026, 7, 6, 14, tzinfo=UTC),
    )
    table = Table("t", columns, [row, [None] * 6, ("", 0, Decimal(0), True, date(1970, 1, 1), None)])
    write_parquet(table, tmp_path / "t.parquet")
    assert tuple(pq.read_table(tmp_path / "t.parquet").to_pylist()[0].values()) == row
    write_csv(table, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_bytes().decode().split("\r\n")
    assert lines[3:5] == [",,,,,", '"",0,0,true,1970-01-01,']
    assert f"9007199254740993,{exact:f},false,2026-02-28,2026-07-06T14:00:00Z" in lines[2]
    write_workbook([table], tmp_path / "t.xlsx")
    assert sheet(tmp_path / "t.xlsx")[1][1:] == [
        ("inlineStr", "9007199254740993"), (None, f"{exact:f}"), ("b", "0"), (None, "46081"),
        ("inlineStr", "2026-07-06T14:00:00Z"),
    ]  # fmt: skip
    assert sheet(tmp_path / "t.xlsx")[2] == []


def test_the_same_question_gives_the_same_bytes_in_another_process_zone_and_hash_seed(fernhill_url, tmp_path):
    def hashes(number: int, **environment: str) -> str:
        command = [sys.executable, "-c", EXPORT, fernhill_url, str(tmp_path / str(number))]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
        )
        return done.stdout

    first = hashes(1, TZ="America/Chicago", PYTHONHASHSEED="1", LC_ALL="C", PGTZ="America/Chicago")
    second = hashes(2, TZ="Asia/Kolkata", PYTHONHASHSEED="77", LC_ALL="C.UTF-8", PGTZ="Asia/Kolkata")
    assert first == second
    assert len(set(first.split())) == 6


def test_an_export_is_noted_among_the_finished_files_with_what_it_holds(fernhill, tmp_path):
    made = export_figures(fernhill, marts.ORGANIZATION, Selection(("net_profit",), MONTHS), "xlsx", tmp_path)
    kind, period, details = fernhill.execute(
        "select kind, period, details from app.artefacts where artefact_id = %s", [made.artefact.artefact_id]
    ).fetchone()
    assert (kind, period) == ("export", "2026-02")
    assert details["metrics"] == ["net_profit"]
    assert details["rows"] == len(MONTHS) == made.rows
    about = dict(tuple(text for _, text in row) for row in sheet(made.path, 2))
    assert about["Missing"].startswith("an empty value is not zero")


def test_ranges_and_letters():
    assert between("2025-11", "2026-01") == ("2025-11", "2025-12", "2026-01")
    assert between("2025-Q4", "2026-Q1") == ("2025-Q4", "2026-Q1")
    assert until("2026-Q1", 5)[0] == "2025-Q1"
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_a_half_written_file_is_not_left_behind(fernhill, tmp_path, monkeypatch):
    def breaks(table, path):
        path.write_text("half")
        raise psycopg.OperationalError("gone")

    monkeypatch.setitem(FORMATS, "csv", breaks)
    with pytest.raises(psycopg.OperationalError):
        export_figures(fernhill, marts.ORGANIZATION, Selection(("net_profit",), MONTHS), "csv", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_two_selections_whose_names_are_cleaned_or_cut_alike_keep_a_file_each(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    paths = set()
    for client in ("a/b", "a:b", "a-b", "x" * 200 + "1", "x" * 200 + "2"):
        row = {"organization_id": marts.ORGANIZATION, "client_id": client, "name": client, "is_excluded": False}
        marts.insert(warehouse, "marts.dim_clients", [row])
        chosen = Selection(("seats_managed",), MONTHS, client)
        paths.add(export_figures(warehouse, marts.ORGANIZATION, chosen, "csv", tmp_path).path)
    assert len(paths) == 5
    assert all(len(path.name) <= 160 for path in paths)


def test_a_mart_that_does_not_say_whose_its_rows_are_is_not_exported(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    warehouse.execute("create table marts.fct_everything (client_id text, amount numeric)")
    with pytest.raises(UnknownScope, match="does not say whose its rows are"):
        export_mart(warehouse, MartRows(marts.ORGANIZATION, "fct_everything"), "csv", tmp_path)
    assert export_mart(warehouse, MartRows(marts.ORGANIZATION, "dim_metrics"), "csv", tmp_path).path.is_file()
