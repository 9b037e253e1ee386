"""Each deck has a PDF that says the same, whichever program there is to print it."""

import os
import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import psycopg
import pytest

from reports.decks import BuiltDeck
from reports.paper import PaperUnavailable, office, pdf, print_decks
from reports.paper.pages import html, shown
from tests.reports import marts, reading
from tests.reports.building import build_decks


def can_weasyprint() -> bool:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True


needs_pango = pytest.mark.skipif(not can_weasyprint(), reason="WeasyPrint does not find Pango on this machine")
needs_office = pytest.mark.skipif(office.installed() is None, reason="LibreOffice is not installed on this machine")


@pytest.fixture
def decks(fernhill: psycopg.Connection, tmp_path: Path) -> list[BuiltDeck]:
    return build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path / "decks")[:2]


def words(text: str) -> str:
    """Without white space, which lines break at will."""
    return re.sub(r"\s|\u200b", "", text)


def read(page: str) -> str:
    """What a reader of the page reads."""
    return words(unescape(re.sub(r"<[^>]*>", "", page)))


def test_every_word_of_every_slide_stands_on_its_page(decks: list[BuiltDeck]) -> None:
    for deck in decks:
        slides = list(reading.presentation(deck.path).slides)
        pages = html(deck.path.read_bytes()).split("<section")[1:]
        assert len(pages) == len(slides)
        for page, slide in zip(pages, slides, strict=True):
            printed = read("<section" + page)
            for text in reading.texts(slide):
                assert words(text) in printed, text


def test_every_chart_is_drawn_with_a_mark_for_every_value_and_none_for_a_gap(decks: list[BuiltDeck]) -> None:
    seen = 0
    for deck in decks:
        pages = html(deck.path.read_bytes()).split("<section")[1:]
        for page, slide in zip(pages, reading.presentation(deck.path).slides, strict=True):
            charts = list(reading.charts(slide))
            pictures = re.findall(r"<svg xmlns.*?</svg>", page)
            assert len(pictures) == len(charts)
            for picture, chart in zip(pictures, charts, strict=True):
                values = sum(value is not None for series in chart.cache.values() for value in series)
                keys = len(chart.cache) if len(chart.cache) > 1 else 0
                assert picture.count("<circle") + picture.count("<rect") - keys == values, chart.title
                assert words(chart.title) in read(picture)
                seen += 1
    assert seen > 3


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("0.125", "0%", "12%"),
        ("0.125", "0.0%", "12.5%"),
        ("1234567.5", '"$"#,##0', "$1,234,568"),
        ("1234.5", '#,##0.00" €"', "1,234.50 €"),
        ("-3", "#,##0", "-3"),
    ],
)
def test_values_are_written_as_the_deck_writes_them(value: str, code: str, text: str) -> None:
    assert shown(Decimal(value), code) == text


@needs_pango
def test_without_libreoffice_weasyprint_prints_a_page_a_slide(decks: list[BuiltDeck]) -> None:
    import weasyprint

    made = print_decks([deck.path for deck in decks], office=False)
    assert {one.made_by for one in made} == {"WeasyPrint"}
    for one, deck in zip(made, decks, strict=True):
        assert one.path == deck.path.with_suffix(".pdf")
        assert one.path.read_bytes().startswith(b"%PDF-")
        assert len(weasyprint.HTML(string=html(deck.path.read_bytes())).render().pages) == deck.slides


@needs_pango
def test_the_same_deck_gives_the_same_pdf(decks: list[BuiltDeck]) -> None:
    first, second = (print_decks([decks[0].path], office=False)[0].sha256 for _ in range(2))
    assert first == second


@needs_office
def test_libreoffice_prints_several_decks_at_once(decks: list[BuiltDeck]) -> None:
    made = print_decks([deck.path for deck in decks])
    assert [(one.made_by, one.path) for one in made] == [
        ("LibreOffice", deck.path.with_suffix(".pdf")) for deck in decks
    ]
    assert all(one.path.read_bytes().startswith(b"%PDF-") for one in made)


@needs_pango
def test_a_libreoffice_that_fails_is_no_reason_to_go_without(
    decks: list[BuiltDeck], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "soffice"
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 77\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert [one.made_by for one in print_decks([decks[0].path])] == ["WeasyPrint"]


def test_without_any_printer_the_reasons_are_told_and_the_deck_stays(
    decks: list[BuiltDeck], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda _: None)  # as on a machine without it
    with pytest.raises(PaperUnavailable) as refused:
        print_decks([decks[0].path], office=False)
    assert "LibreOffice is not installed, and WeasyPrint is not installed" in str(refused.value)
    assert decks[0].path.is_file()
    assert not decks[0].path.with_suffix(".pdf").exists()


def test_nothing_to_print_prints_nothing() -> None:
    assert print_decks([]) == []
