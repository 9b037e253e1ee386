"""The file itself: the same bytes for the same data, text inside its boxes, a template of our own, one that opens."""

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pptx import Presentation

from reports.decks import build_deck
from reports.decks.brand import Brand, brand_of, contrast
from reports.decks.layouts import LAYOUTS
from reports.decks.measure import LINE_HEIGHT, wrapped
from reports.decks.theme import template
from reports.decks.workbook import workbook
from tests.reports import growth_marts, marts, reading
from tests.reports.building import build_decks

BUILD = """
import getpass, locale, os, sys, time, psycopg
from pathlib import Path
from reports.decks.bulk import Commission, Order, build_all, orders_of
getpass.getuser = lambda: os.environ["LOGNAME"]
for name in ("C", "C.UTF-8"):
    locale.setlocale(locale.LC_ALL, name)
    for zone in ("America/Chicago", "Asia/Kolkata"):
        os.environ["TZ"] = zone
        time.tzset()
        def opened():
            return psycopg.connect(sys.argv[1], options=f"-c timezone={zone}")
        with opened() as connection:
            orders = [*orders_of(connection, "fernhill-it", "2026-Q2"), Order("investor")]
            orders += [Order("customer_review", "juniper-dental")]
        for run in range(3):
            folder = Path(sys.argv[2], os.environ["LOGNAME"], name, zone.replace("/", "-"), str(run))
            for done in build_all(orders, Commission("fernhill-it", "2026-Q2", folder), opened):
                built = done.built
                assert built is not None and not done.is_unchanged, done
                print(built.kind, built.client_id, built.sha256, built.snapshot_sha256)
"""
ROOT = Path(__file__).parents[2]


def test_r16_the_same_data_gives_the_same_bytes_run_after_run_in_any_zone_locale_hash_seed_and_for_any_user(
    committing, database_url, tmp_path
):
    """3 runs x 2 time zones x 2 locales x 2 hash seeds with another user each: one SHA-256 a deck and snapshot.

    All kinds of decks, built as a run builds them; only the folder is another each time, or nothing would be drawn.
    """
    marts.whole_organization(committing)
    growth_marts.whole(committing)
    committing.commit()
    lines = []
    for seed, user in (("1", "ada"), ("77", "bob")):
        done = subprocess.run(
            [sys.executable, "-c", BUILD, database_url, str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "LOGNAME": user},
            capture_output=True,
            text=True,
            check=True,
        )
        lines += done.stdout.splitlines()
    decks = len(("company", "juniper-dental", "birch-freight", "orchard-legal", "investor", "customer_review"))
    assert len(lines) == 2 * 2 * 2 * 3 * decks
    assert len(set(lines)) == decks


def test_another_value_gives_other_bytes(warehouse, tmp_path):
    marts.whole_organization(warehouse)
    before = build_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path).sha256
    warehouse.execute("update marts.fct_smartnumbers set value = value + 1 where metric = 'rhem'")
    assert build_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path).sha256 != before


def test_no_part_of_a_deck_carries_a_clock_time(fernhill, tmp_path):
    deck = build_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER, tmp_path)
    package = deck.path.read_bytes()
    for name, content in [("deck", package), *reading.every_byte(package)]:
        if content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}, name
    assert Presentation(str(deck.path)).core_properties.modified.isoformat() == "2026-06-01T00:00:00"


@pytest.mark.parametrize("font", ["Arial", "Calibri"])
def test_every_text_fits_its_box(warehouse, tmp_path, font):
    long_names = {
        "name": "Fernhill Information Technology Services and Consulting of the Upper Valley",
        "settings": {"brand": {"font": font}},
    }
    marts.whole_organization(warehouse, **long_names)
    warehouse.execute("update marts.dim_clients set name = repeat(name || ' International Holding ', 4)")
    warehouse.execute("update marts.fct_smartnumbers set label = label || ' as counted by the service desk'")
    warehouse.execute("update marts.fct_agreements set agreement_name = repeat(agreement_name || ' and more ', 8)")
    built = build_decks(warehouse, marts.ORGANIZATION, marts.QUARTER, tmp_path, force_reason="a long reason " * 12)
    checked = 0
    for deck in built:
        presentation = reading.presentation(deck.path)
        for page in presentation.slides:
            for shape in page.shapes:
                if shape.has_text_frame and shape.text_frame.text:
                    checked += 1
                    assert overflow(shape, font) <= 0.5, f"{deck.path.name}: {shape.name}: {shape.text_frame.text!r}"
                if shape.has_table:
                    assert shape.top + sum(row.height for row in shape.table.rows) <= presentation.slide_height * 0.93
                    for row in shape.table.rows:
                        for cell, column in zip(row.cells, shape.table.columns, strict=True):
                            room = (column.width - cell.margin_left - cell.margin_right) / 12700
                            assert text_height(cell.text_frame, room, font) * 12700 <= row.height, cell.text
    assert checked > 250


def test_no_text_is_smaller_than_eleven_points(fernhill, tmp_path):
    for deck in build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path):
        for name, content in reading.every_byte(deck.path.read_bytes()):
            if re.match(r"ppt/(slides|charts)/[a-z]+\d+\.xml", name):
                assert all(int(size) >= 1100 for size in re.findall(rb'\bsz="(\d+)"', content)), name


def test_shapes_of_a_slide_do_not_leave_it(fernhill, tmp_path):
    for deck in build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path):
        presentation = reading.presentation(deck.path)
        for page in presentation.slides:
            for shape in page.shapes:
                assert shape.left >= 0
                assert shape.top >= 0
                assert shape.left + shape.width <= presentation.slide_width
                assert shape.top + shape.height <= presentation.slide_height


def test_the_template_is_the_brands_and_nothing_of_a_stock_look_is_left():
    brand = Brand("Second Brand", primary="F2B705", accent="8A2B0E", body_font="Georgia")
    presentation = Presentation(io.BytesIO(template(brand)))
    assert [layout.name for layout in presentation.slide_layouts] == list(LAYOUTS)
    for layout in presentation.slide_layouts:
        assert [place.name for place in layout.placeholders] == [place.name for place in LAYOUTS[layout.name]]
    parts = dict(reading.every_byte(template(brand)))
    assert b"F2B705" in parts["ppt/theme/theme1.xml"]
    assert b'typeface="Georgia"' in parts["ppt/theme/theme1.xml"]
    assert not any("thumbnail" in name or "printerSettings" in name for name in parts)


def test_text_on_a_light_brand_is_dark_and_colours_of_charts_stand_out_from_white():
    brand = brand_of("Light", {"primary_color": "#F2B705", "accent_color": "#FFD966"})
    assert brand.on_primary == brand.text
    theme = dict(reading.every_byte(template(brand)))["ppt/theme/theme1.xml"].decode()
    slots = dict(re.findall(r'<a:(accent\d)><a:srgbClr val="([0-9A-F]{6})"', theme))
    assert contrast(slots["accent1"], "FFFFFF") >= 4.5
    assert contrast(slots["accent2"], "FFFFFF") >= 3
    assert all(contrast(slots[slot], "FFFFFF") >= 4.5 for slot in ("accent4", "accent5", "accent6"))


def test_a_colour_that_is_none_is_refused_with_its_key():
    with pytest.raises(ValueError, match=r"brand.primary_color is 'blue'"):
        brand_of("Fernhill IT", {"primary_color": "blue"})


def test_a_workbook_keeps_every_decimal_and_leaves_a_gap_empty():
    blob = workbook(["Jan", "Feb"], [("Cost & more", [Decimal("0.10"), None])], "#,##0.00")
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<c r="B2" s="1"><v>0.10</v></c>' in sheet
    assert "B3" not in sheet
    assert "Cost &amp; more" in sheet
    ElementTree.fromstring(sheet)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_every_deck_opens_in_libreoffice(fernhill, tmp_path):
    built = build_decks(fernhill, marts.ORGANIZATION, marts.QUARTER, tmp_path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [
            "soffice",
            "--headless",
            profile,
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            *(str(deck.path) for deck in built),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    for deck in built:
        assert (tmp_path / deck.path.with_suffix(".pdf").name).stat().st_size > 10_000


def overflow(shape, font: str) -> float:
    """By how many points the shape's text is taller than its box; places of a layout have no margins."""
    frame = shape.text_frame
    sides, ends = (0, 0) if shape.is_placeholder else (2 * frame.margin_left, 2 * frame.margin_top)
    is_heading = shape.is_placeholder and shape.name in {"Title", "Kicker", "Owner"}
    room, tall = (shape.width - sides) / 12700, (shape.height - ends) / 12700
    return text_height(frame, room, font, bold=is_heading) - tall


def text_height(frame, room: float, font: str, *, bold: bool = False) -> float:
    """Height in points of a text frame whose runs all carry their size."""
    total = 0.0
    for paragraph in frame.paragraphs:
        if not paragraph.runs:
            continue
        sizes = [run.font.size.pt for run in paragraph.runs]
        text = "".join(run.text for run in paragraph.runs)
        is_bold = bold or any(run.font.bold for run in paragraph.runs)
        lines = wrapped(text, max(sizes), room, bold=is_bold, font=font)
        before = paragraph.space_before.pt if paragraph.space_before is not None else 0
        total += len(lines) * max(sizes) * LINE_HEIGHT + before
    return total
