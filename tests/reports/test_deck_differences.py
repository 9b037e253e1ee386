"""Two decks, or a deck and what the marts say now, are compared by number, word and action."""

from decimal import Decimal

import pytest

from reports.decks.builder import gather_deck
from reports.decks.comparison import compare
from reports.decks.references import snapshot_of
from reports.decks.rendering import render
from reports.errors import UnknownScope
from tests.reports import marts
from tests.reports.final import finalised


def test_a_difference_names_numbers_words_and_actions(business, tmp_path):
    done = finalised(business, tmp_path)
    old = render(snapshot_of(business, marts.ORGANIZATION, f"{marts.QUARTER}:final", "company", None)).record
    assert compare(
        old, render(snapshot_of(business, marts.ORGANIZATION, str(done.snapshot_path), "company", None)).record
    ).is_empty
    business.execute("update marts.fct_smartnumbers set value = 0.3 where metric = 'rhem' and quarter = '2026-Q2'")
    new = render(snapshot_of(business, marts.ORGANIZATION, f"{marts.QUARTER}:now", "company", None)).record
    found = compare(old, new)
    [number] = [one for one in found.numbers if one.slide == "operations" and one.label.endswith("(RHEM)")]
    assert (number.old, number.new, number.new_shown) == (Decimal("0.2424"), Decimal("0.3"), "0.300 h")
    said = [(one.is_new, one.text[:49]) for one in found.actions if one.slide == "decisions"]
    assert said == [
        (False, "Reactive hours per endpoint per month (RHEM) is 0"),
        (True, "Reactive hours per endpoint per month (RHEM) is 0"),
    ]
    assert any(one.slide == "operations" and one.is_new for one in found.words)


def test_two_quarters_are_compared_by_how_far_each_figure_lies_from_its_own_quarter(business):
    decks = [gather_deck(business, "company", marts.ORGANIZATION, quarter) for quarter in ("2026-Q1", "2026-Q2")]
    found = compare(*(render(snapshot).record for snapshot in decks))
    pairs = {(one.old_period, one.new_period) for one in found.numbers if one.slide == "leverage"}
    assert ("2026-Q1", "2026-Q2") in pairs
    assert all(
        one.old_period is None or one.new_period is None or one.old_period < one.new_period
        for one in found.numbers
        if one.slide == "leverage"
    )


@pytest.mark.parametrize("reference", ["2026-Q2:final", "2026-Q2:built", "2026-Q2:old", "nowhere.json"])
def test_a_reference_to_no_deck_says_so(business, reference):
    with pytest.raises(UnknownScope):
        snapshot_of(business, marts.ORGANIZATION, reference, "company", None)
