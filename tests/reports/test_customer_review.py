"""The review of a dealer's customer: 14 slides, nothing lost, nothing invented, and closed for good."""

import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pptx import Presentation

from reports import sessions
from reports.decks import BuiltDeck, build_deck
from reports.decks.builder import gather_deck
from reports.decks.bulk import Order, orders_of
from reports.decks.records import DeckRecord, SlideRecord
from reports.decks.rendering import render
from reports.decks.snapshots import decode, encode, sha256
from reports.errors import UnknownScope
from reports.sessions import Review
from tests.reports import dealer, reading
from tests.reports import test_deck_validity as validity
from tests.reports.dealer import CLIENT, ORGANIZATION, QUARTER, SPARSE
from tests.reports.test_deck_files import overflow, text_height
from tests.reports.test_deck_validity import BRANDS, folder  # noqa: F401 - a fixture
from warehouse.audit import Actor
from warehouse.periods import Quarter

MANAGER = Actor("person", "r.embers")
LONG = " ".join(f"word{number}" for number in range(420))
SLIDES = ["cover", "agenda", "priorities", "fleet", "health", "service", "costs", "parts_and_rentals", "value",
          "recommendations", "insights", "actions", "questions", "contacts"]  # fmt: skip
FULL: dict[str, Any] = {
    "meeting_date": "2026-07-14",
    "next_meeting": {"date": "2026-10-13", "time": "10:30"},
    "account_manager": {"name": "R. Embers", "email": "r.embers@example.com", "phone": "555 0100"},
    "priorities": [{"title": "Uptime"}, {"title": "Safety", "description": LONG}, {"title": "T" * 255}],
    "recommendations": [
        {"rule": "replace_units", "status": "accepted"},
        {"rule": "operator_training", "status": "declined"},
        {"category": "safety_training", "title": "Mirrors", "description": LONG, "estimated_impact": "one a year"},
        {"category": "optimization", "title": "Charge at night"},
        {"category": "optimization", "title": "Fewer spare trucks"},
    ],
    "actions": [
        {"party": party, "description": f"{party} {number}: " + "promise " * 60, "owner": "A. Person"}
        for party in ("company", "customer")
        for number in range(7)
    ],
    "insights": {"automation": LONG, "electrification": "Lithium is coming."},
}


@pytest.fixture
def reviews(warehouse: psycopg.Connection) -> psycopg.Connection:
    dealer.fill(warehouse)
    warehouse.execute(
        "update app.organizations set settings = jsonb_set(settings, '{brand,review}', "
        """'{"slogan": "Up and running", "company": "Hollowbrook", "parts": "555 0141"}')"""
    )
    return warehouse


def prepared(connection: psycopg.Connection, client: str = CLIENT, **facts: Any) -> sessions.Session:
    session = sessions.new(connection, ORGANIZATION, client, Quarter.parse(QUARTER), MANAGER)
    review = Review.model_validate(
        {"session": session.session_id, "version": 1, "client": client, "quarter": QUARTER, **facts}
    )
    return sessions.save(connection, ORGANIZATION, review, MANAGER).session


def drawn(connection: psycopg.Connection, client: str = CLIENT) -> DeckRecord:
    return render(gather_deck(connection, "customer_review", ORGANIZATION, QUARTER, client_id=client)).record


def built(connection: psycopg.Connection, into: Path, client: str = CLIENT) -> BuiltDeck:
    return build_deck(connection, "customer_review", ORGANIZATION, QUARTER, into, client_id=client)


def slide(record: DeckRecord, name: str) -> SlideRecord:
    return next(page for page in record.slides if page.slide == name)


def words(record: DeckRecord, name: str | None = None) -> str:
    pages = [page for page in record.slides if name in {None, page.slide}]
    texts = [[page.title, *page.texts] for page in pages]
    cells = [cell for page in pages for table in page.tables for row in table.rows for cell in row]
    return "\n".join([*(text for page in texts for text in page), *cells])


def test_all_slides_come_in_the_order_of_the_meeting(reviews: psycopg.Connection) -> None:
    prepared(reviews, **FULL)
    assert list(dict.fromkeys(page.slide for page in drawn(reviews).slides)) == SLIDES
    assert list(dict.fromkeys(page.slide for page in drawn(reviews, SPARSE).slides)) == SLIDES


@pytest.mark.parametrize("state", ["full", "sparse", "no session", "nothing at all"])
def test_no_token_is_left_and_no_text_leaves_its_box(reviews: psycopg.Connection, tmp_path: Path, state: str) -> None:
    client = SPARSE if state == "sparse" else CLIENT
    if state in {"full", "sparse"}:
        prepared(reviews, client, **({} if state == "sparse" else FULL))
    if state == "nothing at all":
        for mart in dealer.known():
            reviews.execute(f"delete from marts.{mart}")  # type: ignore[arg-type]
    deck = built(reviews, tmp_path, client)
    for page in reading.presentation(deck.path).slides:
        said = "\n".join(reading.texts(page))
        assert re.findall(r"\[[^\]]*\]|INSERT|##|\bNone\b(?! of)|Decimal|\bnan\b", said) == []
        assert "…" not in said
        for shape in page.shapes:
            if shape.has_text_frame and shape.text_frame.text and not shape.is_placeholder:
                assert overflow(shape, "Arial") <= 0.5, (said[:80], shape.name, shape.text_frame.text)
            if shape.has_table:
                for row in shape.table.rows:
                    for cell, column in zip(row.cells, shape.table.columns, strict=True):
                        room = (column.width - cell.margin_left - cell.margin_right) / 12700
                        assert text_height(cell.text_frame, room, "Arial") * 12700 <= row.height, cell.text
                        assert not cell.text.endswith("…"), cell.text
            assert shape.left >= 0
            assert shape.left + shape.width <= 12192000
            assert shape.top + shape.height <= 6858000


@pytest.mark.parametrize("client", [CLIENT, SPARSE])
@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.usefixtures("folder")
def test_r17_a_review_can_be_relied_on_in_two_brands(reviews: psycopg.Connection, brand: str, client: str) -> None:
    reviews.execute("update app.organizations set settings = %s", [json.dumps(BRANDS[brand])])
    prepared(reviews, client, **(FULL if client == CLIENT else {}))
    snapshot = gather_deck(
        reviews, "customer_review", ORGANIZATION, QUARTER, client_id=client, force_reason="a long reason " * 9
    )
    deck = render(decode(encode(snapshot)))
    presentation = Presentation(io.BytesIO(deck.content))
    for page, said in zip(presentation.slides, deck.record.slides, strict=True):
        where = f"{said.slide}, slide {said.number}"
        validity.charts_say_the_same(page, said, where)
        validity.pictures_have_words(page, where)
        validity.text_fits(page, validity.open_fonts(presentation), where)
        validity.nothing_overlaps(page, presentation, where)
        validity.colours_can_be_read(page, validity.theme_of(presentation), where)
    validity.every_part_is_there(deck.content)


def test_nothing_that_was_written_is_lost(reviews: psycopg.Connection) -> None:
    prepared(reviews, **FULL)
    record = drawn(reviews)
    for name in ("priorities", "recommendations", "insights"):
        found = re.findall(r"word\d+", words(record, name))
        assert found == LONG.split(), name
    for party in ("company", "customer"):
        for number in range(7):
            assert words(record, "actions").count(f"{party} {number}: ") == 1
    assert sum(page.slide == "actions" for page in record.slides) > 1
    assert len(set(re.findall(r"U\d{5}", words(record, "health")))) == 21
    assert "T" * 255 in words(record, "priorities").replace("\n", "")
    kinds = [cell for page in record.slides if page.slide == "fleet" for row in page.tables[0].rows for cell in row[:1]]
    assert [kind.lower() for kind in kinds] == [kind.lower() for kind in dealer.KINDS] + ["all others"]


def test_what_was_declined_is_not_shown_and_the_amount_of_a_rule_has_its_receipt(reviews: psycopg.Connection) -> None:
    prepared(reviews, **FULL)
    record = drawn(reviews)
    assert "Train the operators" not in words(record)
    assert "Charge at night" in words(record, "recommendations")
    fields = {field.figure.metric: field for page in record.slides for field in page.fields}
    impact = fields["recommendation_impact.replace_units"]
    assert (impact.figure.value, impact.figure.receipt.model) == (Decimal(25200), "marts.fct_recommendations")


def test_what_is_not_known_says_so_and_is_no_zero(reviews: psycopg.Connection) -> None:
    prepared(reviews, SPARSE)
    record = drawn(reviews, SPARSE)
    assert slide(record, "service").title == "How service went is not known for this quarter"
    assert words(record, "service").count("No data") == 6
    assert dealer.NOT_READ.format("service orders").rstrip(".") in words(record, "costs")
    assert not re.search(
        r"\b0\b|\$0|0%|0\.0", words(record, "service") + words(record, "costs") + words(record, "value")
    )
    assert "NEXT QBR: date not entered" in words(record, "actions")
    assert words(record, "contacts").count("Not entered") == 5
    assert slide(record, "fleet").title == "You run 3 machines, all your own"


def test_charts_hold_the_marts_values_in_cache_and_workbook_alike(reviews: psycopg.Connection, tmp_path: Path) -> None:
    prepared(reviews, **FULL)
    found = {
        chart.title: chart
        for page in reading.presentation(built(reviews, tmp_path).path).slides
        for chart in reading.charts(page)
    }
    known = dealer.known()
    assert {
        "Machines by kind", "Machines by kind, continued", "Machines by age", "Service calls by month",
        "What calls were for, share of the quarter's calls", "Service cost by quarter", "Parts spend by category",
        "Rental days by month", "Spend by quarter",
    } == set(found)  # fmt: skip
    for chart in found.values():
        assert chart.cache == chart.workbook
    assert list(found["Service calls by month"].cache.values()) == [
        [Decimal(row["service_calls"]) for row in known["fct_service_calls_monthly"]]
    ]
    assert found["Spend by quarter"].cache["Rentals"] == [
        row["rental_spend"] for row in known["fct_fleet_spend_trends"]
    ]


def test_a_finalised_review_is_drawn_alike_when_the_marts_have_changed(reviews: psycopg.Connection) -> None:
    session = prepared(reviews, **FULL)
    sessions.finalise(reviews, ORGANIZATION, session.session_id, MANAGER)
    before = drawn(reviews)
    reviews.execute("update marts.fct_service_costs set total_spend = 1")
    reviews.execute("update marts.fct_fleet_health set units_replace = 0")
    after = drawn(reviews)
    assert after == before
    assert "as kept with QBR-2026-Q2-acorn-freight" in str(slide(after, "costs").fields[0].figure.receipt.note)


def test_a_review_tells_of_its_own_customer_alone(reviews: psycopg.Connection, tmp_path: Path) -> None:
    prepared(reviews, SPARSE, priorities=[{"title": "XOTHERX"}], notes="XNOTESX")
    prepared(reviews, notes="XNOTESX")
    reviews.execute("update marts.fct_parts_categories set category = 'XCATX' where client_id = %s", [SPARSE])
    content = built(reviews, tmp_path).path.read_bytes()
    for _, part in reading.every_byte(content):
        for marker in (b"XOTHERX", b"XNOTESX", b"XCATX", b"Birch Cold Store", b"birch-cold-store"):
            assert marker not in part


def test_the_same_review_gives_the_same_snapshot_and_the_dealers_words(reviews: psycopg.Connection) -> None:
    prepared(reviews, **FULL)
    snapshots = [
        encode(gather_deck(reviews, "customer_review", ORGANIZATION, QUARTER, client_id=CLIENT)) for _ in range(2)
    ]
    assert sha256(snapshots[0]) == sha256(snapshots[1])
    record = drawn(reviews)
    assert "Up and running" in words(record, "cover")
    assert "Hollowbrook" in words(record, "actions")
    assert "NEXT QBR: Oct 13, 2026 at 10:30 AM" in words(record, "actions")
    assert "555 0141" in words(record, "contacts")


def test_a_customer_review_needs_a_customer(reviews: psycopg.Connection) -> None:
    with pytest.raises(UnknownScope, match="is of one client"):
        gather_deck(reviews, "customer_review", ORGANIZATION, QUARTER)


def test_a_dealers_quarter_orders_one_review_for_each_customer_with_machines(reviews: psycopg.Connection) -> None:
    assert orders_of(reviews, ORGANIZATION, QUARTER) == [
        Order("customer_review", CLIENT),
        Order("customer_review", SPARSE),
    ]
    reviews.execute("update marts.fct_fleet_overview set units = 0 where client_id = %s", [SPARSE])
    assert orders_of(reviews, ORGANIZATION, QUARTER) == [Order("customer_review", CLIENT)]


def test_nothing_is_called_the_most_while_something_is_not_known(reviews: psycopg.Connection) -> None:
    assert "Tires came first, with $6,000." in words(drawn(reviews), "parts_and_rentals")
    assert "The busiest month of the year was Jun 2026: 66 days." in words(drawn(reviews), "parts_and_rentals")
    reviews.execute("update marts.fct_parts_categories set spend = null, reason = 'No amount.' where position = 5")
    reviews.execute(
        "update marts.fct_rental_months set rental_days = null, reason = 'Not read.' where period = '2026-02'"
    )
    said = words(drawn(reviews), "parts_and_rentals")
    assert "Tires came first, with $6,000, as far as it is known." in said
    assert "busiest" not in said
