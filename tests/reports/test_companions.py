"""Beside each deck lie its handout, with every figure and its receipt, and its PDF; both belong to this very deck."""

import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest

from reports.decks import BuiltDeck
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from reports.paper import companions, pdf
from reports.paper.companions import accompany
from tests.reports import marts
from tests.reports.building import build_decks

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def decks(fernhill: psycopg.Connection, tmp_path: Path) -> list[BuiltDeck]:
    return build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path)[:2]


def sheet(path: Path, number: int) -> list[dict[str, str]]:
    """Rows by the names of the first; what is missing has no cell."""
    with zipfile.ZipFile(path) as package:
        rows = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{number}.xml")).findall(f".//{S}row")
    read = [
        {cell.attrib["r"].rstrip("0123456789"): "".join(cell.itertext()) for cell in row.findall(f"{S}c")}
        for row in rows
    ]
    names = read[0]
    return [{names[column]: text for column, text in row.items()} for row in read[1:]]


def test_the_handout_has_every_figure_of_the_deck_with_its_receipt(
    fernhill: psycopg.Connection, decks: list[BuiltDeck]
) -> None:
    made = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    assert made.handouts == tuple(deck.path.with_suffix(".xlsx") for deck in decks)
    for deck in decks:
        record = render(decode(deck.snapshot_path.read_bytes())).record
        rows = sheet(deck.path.with_suffix(".xlsx"), 1)
        wanted = [(slide.number, field) for slide in record.slides for field in slide.fields]
        assert len(rows) == len(wanted) > 20
        for row, (number, field) in zip(rows, wanted, strict=True):
            figure = field.figure
            assert int(row["slide_number"]) == number
            assert (row["metric"], row["period"], row["model"]) == (
                figure.metric,
                figure.period,
                figure.receipt.model,
            )
            assert (Decimal(row["value"]) if "value" in row else None) == figure.value
            assert row.get("reason", "") == (figure.reason or "")


def test_a_figure_without_a_value_is_an_empty_cell_with_its_reason(
    fernhill: psycopg.Connection, decks: list[BuiltDeck]
) -> None:
    accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    missing = [row for row in sheet(decks[0].path.with_suffix(".xlsx"), 1) if "value" not in row]
    assert missing
    assert all(row["reason"] for row in missing)


def test_the_same_deck_has_the_same_handout_and_is_not_written_twice(
    fernhill: psycopg.Connection, decks: list[BuiltDeck]
) -> None:
    accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    before = [deck.path.with_suffix(".xlsx").read_bytes() for deck in decks]
    assert accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False).handouts == ()
    decks[0].path.with_suffix(".xlsx").unlink()
    again = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    assert again.handouts == (decks[0].path.with_suffix(".xlsx"),)
    assert [deck.path.with_suffix(".xlsx").read_bytes() for deck in decks] == before


def test_companions_are_noted_with_the_deck_they_belong_to(
    fernhill: psycopg.Connection, decks: list[BuiltDeck]
) -> None:
    accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    noted = fernhill.execute(
        "select kind, client_id, details ->> 'deck_sha256' from app.artefacts where kind like '%_handout' order by kind"
    ).fetchall()
    assert noted == [
        ("client_handout", decks[1].client_id, decks[1].sha256),
        ("company_handout", "all", decks[0].sha256),
    ]


def test_a_deck_that_changed_gets_new_companions(fernhill: psycopg.Connection, decks: list[BuiltDeck]) -> None:
    accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    fernhill.execute("update marts.fct_smartnumbers set value = value + 1 where value is not null")
    changed = build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, decks[0].path.parents[2])[:1]
    assert changed[0].sha256 != decks[0].sha256
    made = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, changed, pdf=False)
    assert made.handouts == (decks[0].path.with_suffix(".xlsx"),)


def test_without_a_printer_the_handouts_are_there_and_the_reason_is_told(
    fernhill: psycopg.Connection, decks: list[BuiltDeck], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "installed", lambda: None)
    monkeypatch.setattr(pdf, "_weasyprint_lacks", lambda: "WeasyPrint does not find Pango")
    made = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks)
    assert len(made.handouts) == 2
    assert made.pdfs == ()
    assert "LibreOffice is not installed, and WeasyPrint does not find Pango" in str(made.why_no_pdf)


def test_many_decks_are_printed_a_batch_at_a_time(
    fernhill: psycopg.Connection, decks: list[BuiltDeck], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(companions, "AT_ONCE", 1)
    made = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, said=heard.append)
    if made.why_no_pdf is not None:
        pytest.skip(made.why_no_pdf)
    assert made.pdfs == tuple(deck.path.with_suffix(".pdf") for deck in decks)
    assert heard[-2:] == ["PDF 1 to 1 of 2", "PDF 2 to 2 of 2"]
    assert accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks).pdfs == ()


def test_where_a_handout_failed_that_nobody_foresaw_is_kept_for_the_operator(
    fernhill: psycopg.Connection, decks: list[BuiltDeck], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("a cell too many")

    monkeypatch.setattr(companions, "write_handout", broken)
    made = accompany(fernhill, marts.ORGANIZATION, marts.QUARTER, decks, pdf=False)
    assert len(made.failed) == len(made.traces) == 2
    assert "a cell too many" not in made.failed[0]
    assert "in broken" in made.traces[0]
    assert made.traces[0].endswith("ValueError: a cell too many\n")
