"""A deck is declared, gathered into a snapshot, and drawn from the snapshot alone."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from reports.decks.builder import gather_deck
from reports.decks.declarations import DeclarationWrong, decks, declaration, read
from reports.decks.records import decode_record, encode_record
from reports.decks.rendering import render
from reports.decks.snapshots import SCHEMA, SnapshotUnreadable, decode, encode, sha256
from tests.reports import marts

LINE = "{slide: fleet, kicker: Fleet, view: company.fleet, renderer: fleet}"


def declared(folder: Path, *lines: str) -> Path:
    path = folder / "trial.yml"
    path.write_text(
        "deck: trial\ntitle: Trial\naudience: owner\nslides:\n" + "".join(f"  - {line}\n" for line in lines)
    )
    return path


@pytest.fixture
def company(fernhill: psycopg.Connection):
    return gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)


def test_every_declared_deck_names_views_and_renderers_that_exist():
    for name in decks():
        assert declaration(name).deck == name


def test_a_snapshot_is_drawn_alike_before_and_after_it_was_written_down(company):
    document = encode(company)
    assert encode(decode(document)) == document
    assert render(decode(document)).content == render(company).content


def test_a_snapshot_keeps_every_decimal(fernhill):
    fernhill.execute("update marts.fct_metrics_monthly set value = 61250.2500000001 where metric = 'mrr'")
    slides = {
        slide.slide: slide for slide in gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER).slides
    }
    assert slides["revenue"].content().monthly["mrr"].values[-1] == Decimal("61250.2500000001")


def test_a_snapshot_of_another_schema_is_not_drawn(company):
    document = encode(company).replace(f'"schema":{SCHEMA}'.encode(), b'"schema":99', 1)
    with pytest.raises(SnapshotUnreadable, match="schema 99"):
        decode(document)
    with pytest.raises(SnapshotUnreadable, match="no deck snapshot"):
        decode(b"[]")


def test_the_snapshot_is_the_same_whatever_zone_the_session_speaks(fernhill, company):
    fernhill.execute("set local time zone 'Asia/Kolkata'")
    again = gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)
    assert sha256(encode(again)) == sha256(encode(company))


def test_nothing_can_be_written_while_a_deck_is_gathered(fernhill_url, monkeypatch):
    """A view that writes would change what the next slide shows."""

    def writes(connection, scope):
        connection.execute("delete from marts.fct_smartnumbers")

    monkeypatch.setattr("reports.decks.gathering.view_of", lambda _: writes)
    with psycopg.connect(fernhill_url) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        gather_deck(connection, "company", marts.ORGANIZATION, marts.QUARTER)


def test_the_record_tells_each_slides_title_words_tables_charts_and_figures(company):
    record = render(company).record
    assert decode_record(encode_record(record)) == record
    slides = {slide.slide: slide for slide in record.slides}
    assert [slide.number for slide in record.slides] == list(range(1, 14))
    assert slides["fleet"].kicker == "Endpoints and seats"
    assert slides["fleet"].tables[0].rows[-1][0] == "Whole organization"
    assert dict(slides["fleet"].charts[0].series)["Endpoints"][-1] == marts.monthly_value(
        "endpoints_managed", "2026-06"
    )
    assert {field.figure.metric for field in slides["fleet"].fields} >= {"endpoints_managed", "seats_managed"}
    assert slides["decisions"].actions[0].startswith("Reactive hours per endpoint per month (RHEM) is 0.242 h")


def test_a_figure_without_a_value_and_one_that_was_typed_are_not_filled_automatically(fernhill, company):
    share = render(company).record.filled_automatically
    assert Decimal("0.95") <= share < 1
    fernhill.execute("update marts.fct_metrics_monthly set method = 'manual' where metric = 'net_profit'")
    typed = render(gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)).record
    assert typed.filled_automatically < share


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{slide: fleet, view: company.boats, renderer: fleet}", "no boats in reports.views.company"),
        ("{slide: fleet, view: company.fleet, renderer: boats}", "no render_boats in reports.decks.slides.boats"),
        ("{slide: fleet, view: company.fleet, with: {colour: red}, renderer: fleet}", "takes no 'colour'"),
        ("{slide: fleet, view: company.fleet, renderer: fleet, when: sunny}", "`when` is 'sunny'"),
        ("{slide: fleet, view: company.fleet, renderer: fleet, missing: hide}", "`missing` is 'hide'"),
        ("{slide: fleet, view: company.fleet, renderer: fleet, size: 3}", "'size' is no key"),
        ("{slide: fleet, renderer: fleet}", "'view' is missing"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_with_its_slide(tmp_path, line, words):
    with pytest.raises(DeclarationWrong, match=words):
        read(declared(tmp_path, line))


def test_two_slides_of_one_name_are_refused(tmp_path):
    with pytest.raises(DeclarationWrong, match="stands twice"):
        read(declared(tmp_path, LINE, LINE))


def test_a_slide_is_left_out_for_its_audience_its_condition_or_for_want_of_data_and_the_snapshot_says_so(
    warehouse, tmp_path, monkeypatch
):
    marts.organization(warehouse)
    marts.periods(warehouse)
    path = declared(
        tmp_path,
        LINE,
        "{slide: secret, view: company.fleet, renderer: fleet, audience: board}",
        "{slide: cards, view: company.fleet, renderer: fleet, when: 'source:stripe'}",
        "{slide: running, view: company.fleet, renderer: fleet, when: incomplete_quarter}",
        "{slide: empty, view: company.fleet, renderer: fleet, missing: leave_out}",
    )
    monkeypatch.setattr("reports.decks.builder.declaration", lambda _: read(path))
    snapshot = gather_deck(warehouse, "trial", marts.ORGANIZATION, marts.QUARTER)
    assert [slide.slide for slide in snapshot.slides] == ["fleet"]
    assert {left.slide: left.reason for left in snapshot.left_out} == {
        "secret": "it is for board",
        "cards": "stripe is not connected",
        "running": "the quarter is over",
        "empty": "there is nothing to show",
    }


def test_the_words_above_a_slide_follow_the_brands_wording(warehouse):
    words = {"company": {"title": "Quartalsbericht", "fleet": "Geräte"}}
    marts.whole_organization(warehouse, settings={"brand": {"wording": words}})
    record = render(gather_deck(warehouse, "company", marts.ORGANIZATION, marts.QUARTER)).record
    assert record.title == "Quartalsbericht"
    assert "Geräte" in {slide.kicker for slide in record.slides}
