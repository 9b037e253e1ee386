"""Where a figure is missing a slide says a sentence for its reader: no `No data` inside one, no name of a table."""

import psycopg
import pytest

from reports.decks.builder import gather_deck
from reports.decks.records import DeckRecord
from reports.decks.rendering import render
from tests.reports import dealer, growth_marts, marts


@pytest.fixture
def business(warehouse: psycopg.Connection) -> psycopg.Connection:
    marts.whole_organization(warehouse)
    growth_marts.whole(warehouse)
    return warehouse


def drawn(connection: psycopg.Connection, organization: str, deck: str, client: str | None = None) -> DeckRecord:
    return render(gather_deck(connection, deck, organization, marts.QUARTER, client_id=client)).record


def slide(record: DeckRecord, name: str) -> str:
    return "\n".join(text for page in record.slides if page.slide == name for text in (page.title, *page.texts))


def test_revenue_is_told_without_the_clients_where_nobody_knows_how_many_pay(business: psycopg.Connection) -> None:
    business.execute("update marts.fct_revenue_monthly set paying_clients = null")
    record = drawn(business, marts.ORGANIZATION, "investor")
    assert "No data paying" not in slide(record, "cover") + slide(record, "overview")
    assert slide(record, "overview").startswith("MRR of $")


def test_a_bridge_without_its_opening_says_why_the_opening_is_missing(business: psycopg.Connection) -> None:
    business.execute("update marts.fct_revenue_monthly set opening_mrr = null, movement_reason = 'Stripe was down.'")
    title = slide(drawn(business, marts.ORGANIZATION, "investor"), "bridge").split("\n")[0]
    assert title == "What moved recurring revenue in Q2 2026 is not known: Stripe was down"


def test_investors_read_no_names_of_tables(business: psycopg.Connection) -> None:
    business.execute(
        "update marts.fct_investor_metrics set uptime_percentage_30d = null, "
        """reasons = '{"uptime_percentage_30d": "No table of an operational database is mapped to health_probes."}'"""
    )
    record = drawn(business, marts.ORGANIZATION, "investor")
    assert "health_probes" not in "".join(slide(record, page.slide) for page in record.slides)
    assert slide(record, "reliability").startswith("Uptime is not known: Nothing that measures it is connected")


def test_kinds_of_machines_without_numbers_are_no_empty_chart(warehouse: psycopg.Connection) -> None:
    dealer.fill(warehouse)
    warehouse.execute("update marts.fct_fleet_mix set units = null where client_id = %s", [dealer.CLIENT])
    record = drawn(warehouse, dealer.ORGANIZATION, "customer_review", dealer.CLIENT)
    [page, *_] = [page for page in record.slides if page.slide == "fleet"]
    assert page.charts == ()
    assert "Machines by kind" in page.texts
    assert "No data" in page.texts
