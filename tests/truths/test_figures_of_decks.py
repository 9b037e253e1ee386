"""Any figure of any deck leads back to the marts: its receipt resolves, and the value found there is the one shown."""

import hashlib
import random
from collections import Counter

import psycopg
import pytest

from reports.decks.records import DeckRecord, Field
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from tests.found_again import NotFound
from tests.found_again import Warehouse as Marts
from tests.three_businesses import Warehouse

KINDS = ("company", "client", "customer_review", "investor")
DRAWN = 500
WITHOUT_A_TIME = {
    "app.check_results", "marts.dim_clients", "marts.fct_agreements", "marts.fct_missing_inputs",
    "marts.fct_source_freshness", "marts.fct_unmapped_accounts",
}  # fmt: skip
"""Models that keep no instant of their own: what stands there is as of the line above the receipts."""


@pytest.fixture(scope="module")
def records(warehouse: Warehouse) -> dict[str, list[DeckRecord]]:
    """What every deck of the run says, by kind; each is the record of the very file that was written."""
    found: dict[str, list[DeckRecord]] = {kind: [] for kind in KINDS}
    for each in warehouse.report.organizations:
        for deck in each.decks.built:
            rendered = render(decode(deck.snapshot_path.read_bytes()))
            assert hashlib.sha256(rendered.content).hexdigest() == deck.sha256
            found[deck.kind].append(rendered.record)
    return found


def drawn(records: dict[str, list[DeckRecord]]) -> list[tuple[DeckRecord, str, Field]]:
    """A figure of a slide of a deck of each kind in turn, each time whichever comes."""
    dice, found = random.Random(20261122), []
    for number in range(DRAWN):
        record = dice.choice(records[KINDS[number % len(KINDS)]])
        slide = dice.choice([one for one in record.slides if one.fields])
        found.append((record, slide.slide, dice.choice(slide.fields)))
    return found


def flaw(marts: Marts, record: DeckRecord, field: Field) -> str | None:
    """What is wrong with a figure's receipt: no definition, no model, no freshness, or another value."""
    figure, receipt = field.figure, field.figure.receipt
    wants_a_time = figure.value is not None and receipt.model not in WITHOUT_A_TIME
    is_counted = (receipt.note or "").startswith(("rows counted", "clients counted"))
    said = {
        "nobody says what it is": not marts.definition(figure),
        f"there is no {receipt.model}": not marts.model_exists(figure),
        "no value and no reason": figure.value is None and not figure.reason,
        "nobody says how fresh it is": wants_a_time and receipt.freshest_at is None and not is_counted,
    }
    if wrong := [words for words, is_so in said.items() if is_so]:
        return "; ".join(wrong)
    try:
        found = marts.value(figure)
    except NotFound as error:
        return str(error)
    return None if found == figure.value else f"{figure.value} on the slide, {found} in the marts"


def test_every_kind_of_deck_was_built(records: dict[str, list[DeckRecord]]) -> None:
    assert {kind: bool(found) for kind, found in records.items()} == dict.fromkeys(KINDS, True)


def test_500_figures_of_random_slides_are_found_again_by_their_receipts(
    warehouse: Warehouse, records: dict[str, list[DeckRecord]]
) -> None:
    wrong, models = [], Counter[str]()
    with psycopg.connect(warehouse.url, options="-c timezone=UTC") as connection:
        for record, slide, field in drawn(records):
            models[field.figure.receipt.model] += 1
            marts = Marts(connection, record.organization_id, record.quarter)
            if said := flaw(marts, record, field):
                wrong.append((record.deck, record.client_id, slide, field.figure.metric, field.figure.period, said))
    assert wrong == []
    assert sum(models.values()) == DRAWN
    assert len(models) > 15, models


def test_a_figure_that_is_not_what_the_marts_say_is_noticed(
    warehouse: Warehouse, records: dict[str, list[DeckRecord]]
) -> None:
    """The way back tells a wrong value: one mart row is changed, and every figure that rests on it is another."""
    record = records["company"][0]
    resting = [field for slide in record.slides for field in slide.fields
               if field.figure.metric.split(".")[0] == "rhem" and field.figure.value is not None]  # fmt: skip
    with psycopg.connect(warehouse.url, options="-c timezone=UTC") as connection:
        connection.execute(
            "update marts.fct_smartnumbers set value = value + 1, change = change + 1 where metric = 'rhem' "
            "and organization_id = %s", [record.organization_id],
        )  # fmt: skip
        marts = Marts(connection, record.organization_id, record.quarter)
        noticed = [field for field in resting if flaw(marts, record, field)]
        connection.rollback()
    assert {field.figure.metric for field in noticed} >= {"rhem", "rhem.change", "rhem.change_on_last_year"}
