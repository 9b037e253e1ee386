"""With complete sources at least 95 of 100 fields of each deck are filled, and nobody had to fill them in."""

from decimal import Decimal

import psycopg
import pytest

from reports.decks.builder import gather_deck
from reports.decks.records import DeckRecord
from reports.decks.rendering import render
from reports.views.investor import CASH
from tests.reports import dealer, growth_marts, marts

LEAST = Decimal("0.95")


def drawn(connection: psycopg.Connection, organization_id: str, deck: str, client: str | None = None) -> DeckRecord:
    return render(gather_deck(connection, deck, organization_id, marts.QUARTER, client_id=client)).record


@pytest.mark.parametrize(
    ("deck", "client"), [("company", None), ("client", "birch-freight"), ("client", "orchard-legal")]
)
def test_a_service_providers_decks_fill_themselves(
    warehouse: psycopg.Connection, deck: str, client: str | None
) -> None:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    share = drawn(warehouse, marts.ORGANIZATION, deck, client).filled_automatically
    assert share is not None
    assert share >= LEAST


def test_a_customer_review_fills_itself(warehouse: psycopg.Connection) -> None:
    dealer.fill(warehouse)
    share = drawn(warehouse, dealer.ORGANIZATION, "customer_review", dealer.CLIENT).filled_automatically
    assert share is not None
    assert share >= LEAST


def test_an_investor_pack_fills_itself_but_for_the_cash_that_finance_enters(warehouse: psycopg.Connection) -> None:
    """Probes and what finance enters are given; no source tells of cash, so its three figures are never automatic."""
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    fields = drawn(warehouse, marts.ORGANIZATION, "investor").fields
    assert Decimal(sum(field.is_filled for field in fields)) / len(fields) >= LEAST
    by_hand = {field.figure.metric for field in fields if field.is_filled and not field.is_automatic}
    assert by_hand <= set(CASH)
    from_sources = [field for field in fields if field.figure.metric not in by_hand]
    assert len(from_sources) > 200
    assert Decimal(sum(field.is_automatic for field in from_sources)) / len(from_sources) >= LEAST


def test_half_of_the_sources_are_not_enough(warehouse: psycopg.Connection) -> None:
    marts.whole_organization(warehouse)
    warehouse.execute(
        "update marts.fct_metrics_monthly set value = null, reason = 'not read' where period >= '2026-01'"
    )
    share = drawn(warehouse, marts.ORGANIZATION, "client", "birch-freight").filled_automatically
    assert share is not None
    assert share < LEAST
