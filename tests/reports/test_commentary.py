"""Commentaries are computed: their parts add up to the change, every figure is cited, typed words stand beside."""

from decimal import Decimal

import psycopg
import pytest

from reports.decks.builder import gather_deck
from reports.decks.rendering import render
from reports.decks.snapshots import encode
from reports.views.commentary import Commentary
from tests.reports import growth_marts, marts
from warehouse.frozen_decks import write_comment


@pytest.fixture
def business(warehouse: psycopg.Connection) -> psycopg.Connection:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    return warehouse


def commentary(connection, deck="company", client_id=None):
    """The slide as gathered and as drawn."""
    snapshot = gather_deck(connection, deck, marts.ORGANIZATION, marts.QUARTER, client_id=client_id)
    [gathered] = [slide for slide in snapshot.slides if slide.slide == "commentary"]
    [drawn] = [slide for slide in render(snapshot).record.slides if slide.slide == "commentary"]
    return gathered.content(), drawn


def rows_about(drawn, words: str) -> list[tuple[str, ...]]:
    return [row for table in drawn.tables for row in table.rows if row[0].startswith(words)]


@pytest.mark.parametrize(("deck", "client"), [("company", None), ("client", "juniper-dental"), ("investor", None)])
def test_the_parts_add_up_to_the_change_exactly(business, deck, client):
    view, _ = commentary(business, deck, client)
    assert isinstance(view, Commentary)
    split = 0
    for change in view.changes:
        for parts in (change.drivers, change.by_client):
            if parts:
                split += 1
                assert sum(part.value for part in parts) == change.change.value, change.now.metric
    assert split >= 1


def test_it_says_what_changed_by_how_much_what_drove_it_what_was_crossed_and_what_to_decide(business):
    _, drawn = commentary(business)
    assert drawn.title == "4 figures crossed a threshold since Q1 2026"
    [row] = rows_about(drawn, "Reactive hours per endpoint per month (RHEM)")
    changed, driven, step = row
    assert changed == (
        "Reactive hours per endpoint per month (RHEM) rose by 12% on Q1 2026, from 0.216 h to 0.242 h: worse. It was "
        "near its limit and is off target."
    )
    assert driven == (
        "Of +0.027: Hours on reactive tickets +0.033, # of endpoints managed \N{MINUS SIGN}0.006. By client: Juniper "
        "Dental +0.023, Birch Freight +0.005, Orchard & Sons <Legal> \N{MINUS SIGN}0.001."
    )
    assert step == "Decide what brings it back, by when and by whom."


def test_what_moved_recurring_revenue_is_told_to_investors(business):
    _, drawn = commentary(business, "investor")
    [row] = rows_about(drawn, "Closing MRR")
    change = growth_marts.closing(14) - growth_marts.closing(11)
    assert f"Of +${change:,.0f}: " in row[1]
    assert "New +$" in row[1]


def test_a_small_quarter_without_a_crossing_says_so(business):
    business.execute("update marts.fct_smartnumbers set change = 0, change_fraction = 0, status = 'green'")
    _, drawn = commentary(business)
    assert drawn.title == "No figure moved by a tenth or crossed a threshold since Q1 2026"


def test_a_percentage_that_would_puzzle_is_said_as_an_amount(business):
    business.execute(
        "update marts.fct_smartnumbers set value = case quarter when '2026-Q2' then -5183 else 3243 end, "
        "change = -8426, change_fraction = -2.5982 where metric = 'net_mrr_gain' and quarter in ('2026-Q1', '2026-Q2')"
    )
    _, drawn = commentary(business)
    [row] = rows_about(drawn, "Net MRR gain")
    assert row[0].startswith("Net MRR gain fell by $8,426 on Q1 2026, from $3,243 to \N{MINUS SIGN}$5,183")


def test_typed_words_stand_beside_the_computed_ones_and_count_as_typed(business):
    _, before = commentary(business)
    assert before.typed == ()
    words = {"quarter": marts.QUARTER, "deck": "company", "client_id": "all", "written_by": "Ada"}
    write_comment(business, marts.ORGANIZATION, comment="We hired two technicians in June.", **words)
    _, drawn = commentary(business)
    assert drawn.typed == ("We hired two technicians in June.",)
    assert {"We hired two technicians in June.", "Ada"} <= set(drawn.texts)
    assert rows_about(drawn, "Reactive hours per endpoint per month (RHEM)")
    write_comment(business, marts.ORGANIZATION, comment="  ", **words)
    _, after = commentary(business)
    assert after.typed == ()


def test_a_client_is_told_nothing_of_the_others_shares(business):
    snapshot = gather_deck(business, "client", marts.ORGANIZATION, marts.QUARTER, client_id="juniper-dental")
    for word in (b"Birch", b"Orchard", b"rhem", b"net_profit"):
        assert word not in encode(snapshot)
    _, drawn = commentary(business, "client", "juniper-dental")
    [row] = rows_about(drawn, "Reactive time spent")
    assert "number of tickets closed" in row[1]


def test_the_bridge_of_the_investor_pack_adds_up(business):
    snapshot = gather_deck(business, "investor", marts.ORGANIZATION, marts.QUARTER)
    [bridge] = [slide.content() for slide in snapshot.slides if slide.slide == "bridge"]
    for at in range(3):
        moved = sum((series.figures[at].value for series in bridge.parts.values()), Decimal(0))
        assert bridge.opening.figures[at].value + moved == bridge.closing.figures[at].value
