"""R17: every deck, in two brands, with full and with half-missing data, is a file whose every part can be relied on.

Charts say the same three times (cache, workbook, snapshot), text fits, nothing overlaps or leaves the slide, pictures
and charts have words, colours can be told apart, and what the file refers to is in it.
"""

import io
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from pptx import Presentation
from pptx.util import Emu, Inches

from reports.decks.brand import Brand, contrast
from reports.decks.builder import gather_deck
from reports.decks.layouts import LAYOUTS
from reports.decks.rendering import RenderedDeck, render
from reports.decks.snapshots import decode, encode
from reports.decks.templates import TemplateUnusable, open_template
from reports.decks.theme import template
from tests.reports import growth_marts, marts, reading
from tests.reports.test_deck_files import overflow

DECKS = (("company", None), ("client", "juniper-dental"), ("investor", None))
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def own_template(width: float = 13.333) -> bytes:
    """A second brand's .pptx: other colours and fonts, titles further in and narrower."""
    brand = Brand(
        "Second", primary="5B2A86", accent="B3541E", text="241C2E", heading_font="Georgia", body_font="Verdana"
    )
    presentation = Presentation(io.BytesIO(template(brand)))
    presentation.slide_width = Inches(width)
    for layout in presentation.slide_layouts:
        for place in layout.placeholders:
            if layout.name != "Cover" and place.name in {"Title", "Kicker"}:
                place.left, place.width = place.left + Inches(0.4), place.width - Inches(0.8)
    written = io.BytesIO()
    presentation.save(written)
    return written.getvalue()


def logo() -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.new("RGB", (240, 80), "#5B2A86").save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """The folder of configuration, with a logo and a template."""
    (tmp_path / "brands").mkdir()
    (tmp_path / "brands" / "logo.png").write_bytes(logo())
    (tmp_path / "brands" / "second.pptx").write_bytes(own_template())
    monkeypatch.setenv("QBR_CONFIG_DIR", str(tmp_path))
    from warehouse.settings import get_settings

    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


BRANDS = {
    "own look with a logo, on A4": {
        "brand": {"logo": "brands/logo.png", "paper": "a4", "primary_color": "#F2B705", "accent_color": "#FFD966"}
    },
    "a template of the brand's own": {"brand": {"template": "brands/second.pptx"}},
}


def halve(connection: psycopg.Connection) -> None:
    """Every other metric loses its values, the sources but one their reads, the books everything."""
    for table in ("fct_metrics_monthly", "fct_metrics_quarterly", "fct_smartnumbers"):
        connection.execute(
            f"update marts.{table} set value = null, reason = 'nobody told us why this is not known' "
            "where length(metric) % 2 = 0"
        )
    connection.execute("update marts.fct_revenue_monthly set mrr_run_rate = null, mrr_reason = 'Stripe was not read.'")
    connection.execute("update marts.fct_investor_metrics set uptime_percentage_30d = null")
    connection.execute("delete from marts.fct_agreements")
    connection.execute("update marts.fct_source_freshness set last_completed_at = null where source <> 'connectwise'")


@pytest.fixture(params=[(name, full) for name in BRANDS for full in (True, False)], ids=str)
def drawn(request, warehouse, folder) -> list[RenderedDeck]:
    """The three decks of an organization in one of the brands, with full or half-missing data."""
    name, is_full = request.param
    marts.whole_organization(warehouse, settings=BRANDS[name])
    growth_marts.whole(warehouse)
    if not is_full:
        halve(warehouse)
    snapshots = [
        gather_deck(
            warehouse, deck, marts.ORGANIZATION, marts.QUARTER, client_id=client, force_reason="a long reason " * 9
        )
        for deck, client in DECKS
    ]
    return [render(decode(encode(snapshot))) for snapshot in snapshots]


def test_r17_every_deck_can_be_relied_on(drawn):
    for deck in drawn:
        presentation = Presentation(io.BytesIO(deck.content))
        assert len(presentation.slides) == len(deck.record.slides)
        for page, said in zip(presentation.slides, deck.record.slides, strict=True):
            where = f"{deck.record.deck}, slide {said.number}"
            charts_say_the_same(page, said, where)
            pictures_have_words(page, where)
            text_fits(page, open_fonts(presentation), where)
            nothing_overlaps(page, presentation, where)
            colours_can_be_read(page, theme_of(presentation), where)
            assert not re.search(r"\[[A-Za-z#. ]+\]", " ".join(reading.texts(page))), where
        every_part_is_there(deck.content)


def charts_say_the_same(page, said, where) -> None:
    charts = reading.charts(page)
    assert len(charts) == len(said.charts), where
    for chart, recorded in zip(charts, said.charts, strict=True):
        assert chart.cache == chart.workbook == {name: list(values) for name, values in recorded.series}, where
        assert tuple(chart.categories) == recorded.categories
        assert "General" not in chart.formats


def pictures_have_words(page, where) -> None:
    for shape in page.shapes:
        if shape.has_chart or shape.has_table or shape.shape_type == 13:
            assert (shape.element.xpath(".//p:cNvPr")[0].get("descr") or "").strip(), f"{where}: {shape.name}"
    for source in (page.slide_layout, page.slide_layout.slide_master):
        for picture in source.element.iter("{http://schemas.openxmlformats.org/presentationml/2006/main}pic"):
            assert picture.xpath(".//p:cNvPr")[0].get("descr"), where


def text_fits(page, font, where) -> None:
    for shape in page.shapes:
        if shape.has_text_frame and shape.text_frame.text:
            assert overflow(shape, font) <= 0.5, f"{where}: {shape.name}: {shape.text_frame.text!r}"


def nothing_overlaps(page, presentation, where) -> None:
    """What carries text or data stands clear of what else does; panels and edges lie behind and carry nothing."""
    solid = [
        shape
        for shape in page.shapes
        if shape.has_chart or shape.has_table or (shape.has_text_frame and shape.text_frame.text.strip())
    ]
    for shape in solid:
        assert shape.left >= 0, where
        assert shape.top >= 0, where
        assert shape.left + shape.width <= presentation.slide_width + 10, f"{where}: {shape.name}"
        assert shape.top + shape.height <= presentation.slide_height + 10, f"{where}: {shape.name}"
    for one, other in combinations(solid, 2):
        wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
        high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
        clear = wide <= Inches(0.02) or high <= Inches(0.02)
        assert clear, f"{where}: {one.name} and {other.name} overlap by {Emu(wide).inches:.2f} x {Emu(high).inches:.2f}"


def colours_can_be_read(page, theme, where) -> None:
    """Every run of text against white, and against the panel it may stand on: 4.5 to 1 (WCAG AA)."""
    for run in page.shapes.element.iter(f"{A}rPr"):
        for fill in run.findall(f"{A}solidFill/{A}schemeClr"):
            slot = {"tx1": "dk1", "tx2": "dk2", "bg1": "lt1", "bg2": "lt2"}.get(fill.get("val"), fill.get("val"))
            behind = theme["folHlink"] if slot == "lt1" else theme["lt1"]
            assert contrast(theme[slot], behind) >= 4.5, f"{where}: {slot} #{theme[slot]} on #{behind}"


def every_part_is_there(package: bytes) -> None:
    """Shape ids are unique, XML is XML, every relation and content type leads somewhere."""
    parts = dict(reading.every_byte(package))
    types = parts["[Content_Types].xml"].decode()
    for name, content in parts.items():
        if "!" in name or not name.endswith((".xml", ".rels")):
            continue
        root = ElementTree.fromstring(content)
        if re.match(r"ppt/slides/slide\d+\.xml", name):
            ids = re.findall(rb'<p:cNvPr id="(\d+)"', content)
            assert len(ids) == len(set(ids)), name
        folder, _, file = name.rpartition("/")
        relations = parts.get(f"{folder}/_rels/{file}.rels")
        known = set(re.findall(r'Id="([^"]+)"', relations.decode())) if relations else set()
        asked = {value for element in root.iter() for key, value in element.attrib.items() if key.startswith(R)}
        assert asked <= known, f"{name} asks for {asked - known}"
        assert (
            f'PartName="/{name}"' in types or name.endswith(".rels") or f'Extension="{name.rsplit(".")[-1]}"' in types
        )


def theme_of(presentation) -> dict[str, str]:
    part = next(
        relation.target_part
        for relation in presentation.slide_master.part.rels.values()
        if relation.reltype.endswith("/theme")
    )
    scheme = ElementTree.fromstring(part.blob).find(f".//{A}clrScheme")
    return {slot.tag.removeprefix(A): slot[0].get("lastClr") or slot[0].get("val") for slot in scheme}


def open_fonts(presentation) -> str:
    part = next(
        relation.target_part
        for relation in presentation.slide_master.part.rels.values()
        if relation.reltype.endswith("/theme")
    )
    return ElementTree.fromstring(part.blob).find(f".//{A}minorFont/{A}latin").get("typeface")


def test_a_brand_with_a_template_of_its_own_is_drawn_on_it(warehouse, folder):
    marts.whole_organization(warehouse, settings=BRANDS["a template of the brand's own"])
    snapshot = gather_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER)
    presentation = Presentation(io.BytesIO(render(snapshot).content))
    title = next(shape for shape in presentation.slides[1].shapes if shape.name == "Title")
    assert Emu(title.left).inches == pytest.approx(1.0, abs=0.01)
    assert theme_of(presentation)["folHlink"] == "5B2A86"


def test_paper_gives_slides_its_shape_and_the_content_more_room(warehouse, folder):
    marts.whole_organization(warehouse, settings={"brand": {"paper": "letter"}})
    presentation = Presentation(
        io.BytesIO(render(gather_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER)).content)
    )
    assert presentation.slide_width / presentation.slide_height == pytest.approx(11 / 8.5, abs=0.001)
    table = next(shape for shape in presentation.slides[9].shapes if shape.has_chart)
    assert Emu(table.height).inches > 7


def test_a_logo_that_is_not_there_is_named(warehouse, folder):
    from reports.errors import ReportError

    marts.whole_organization(warehouse, settings={"brand": {"logo": "brands/gone.png"}})
    with pytest.raises(ReportError, match=r"brand.logo of fernhill-it is brands/gone.png, and there is no file"):
        gather_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER)


def test_a_template_that_lacks_something_is_refused_with_every_problem():
    presentation = Presentation(io.BytesIO(template(Brand("Pale", accent="1F7A8C"))))
    layout = next(layout for layout in presentation.slide_layouts if layout.name == "Chart and Table")
    for place in list(layout.placeholders):
        if place.name == "Table":
            place.element.getparent().remove(place.element)
    written = io.BytesIO()
    presentation.save(written)
    with pytest.raises(TemplateUnusable, match=r"layout 'Chart and Table' has no place 'Table'"):
        open_template(Brand("Pale", template=written.getvalue()))
    with pytest.raises(TemplateUnusable, match=r"no \.pptx that can be opened"):
        open_template(Brand("Pale", template=b"not a file"))


def test_the_written_template_can_be_used_as_it_is():
    opened = open_template(Brand("Same", template=template(Brand("Same"))))
    for name, places in LAYOUTS.items():
        assert [place.name for place in opened.sheet.layouts[name]] == [place.name for place in places]
