"""The page of receipts: every figure of a deck with where it comes from, and of no other deck."""

import json

import pytest

from portal import receipts
from portal.app import address_of
from reports.decks import build_deck
from reports.decks.rendering import render
from tests.portal.conftest import Installation
from tests.reports import marts
from warehouse.roles import ensure_roles


@pytest.fixture
def deck(installation: Installation) -> tuple[Installation, int, str]:
    """A client's deck as it was built, and a link to it."""
    connection = installation.connection
    marts.create(connection)
    marts.whole_organization(connection)
    connection.commit()
    ensure_roles(connection, [marts.ORGANIZATION])
    build_deck(connection, "client", marts.ORGANIZATION, marts.QUARTER, installation.folder, client_id="juniper-dental")
    connection.commit()
    ((number,),) = connection.execute("select artefact_id from app.artefacts where kind = 'client_deck'").fetchall()

    class File:
        artefact_id = number

    _, address = installation.link(File(), organization=marts.ORGANIZATION)
    return installation, number, address


def test_every_figure_of_a_deck_has_its_receipt_and_no_other_clients_is_there(deck):
    installation, number, address = deck
    assert f"{address}/{number}/receipts" in installation.page.get(address).text
    page = installation.page.get(f"{address}/{number}/receipts")
    assert page.status_code == 200
    value = marts.monthly_value("endpoints_managed", "2026-06", "juniper-dental")
    assert f">{value}<" in page.text
    assert "12 source rows" in page.text
    for other in ("Birch Freight", "birch-freight", "Orchard", "net_profit"):
        assert other not in page.text


def test_a_snapshot_that_is_not_what_it_was_tells_nothing(deck):
    installation, number, address = deck
    (place,) = installation.folder.rglob("snapshots/**/*.json")
    place.write_text(json.dumps(json.loads(place.read_text()) | {"changed": True}))
    answer = installation.page.get(f"{address}/{number}/receipts")
    assert answer.status_code == 404
    assert "receipts are no longer kept" in answer.text


def test_receipts_that_were_drawn_before_wait_for_no_other_drawing(deck, monkeypatch):
    """One slow deck kept everybody from the receipts of all others."""
    installation, number, address = deck
    first = installation.page.get(f"{address}/{number}/receipts")

    class Taken:
        def __enter__(self) -> None:
            raise AssertionError("this would wait until another deck is drawn")

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(receipts, "_ONE_AT_A_TIME", Taken())
    assert installation.page.get(f"{address}/{number}/receipts").text == first.text


def test_an_export_has_no_page_of_receipts(installation: Installation):
    made = installation.file("figures.csv", kind="export")
    _, address = installation.link(made)
    assert "receipts" not in installation.page.get(address).text
    assert installation.page.get(f"{address}/{made.artefact_id}/receipts").status_code == 404


def test_a_deck_is_drawn_once_however_often_its_receipts_are_asked_for(deck, monkeypatch):
    installation, number, address = deck
    drawn = []
    monkeypatch.setattr(receipts, "_drawn", {})
    monkeypatch.setattr(receipts, "render", lambda snapshot: drawn.append(1) or render(snapshot))
    pages = {installation.page.get(f"{address}/{number}/receipts").text for _ in range(3)}
    assert (len(pages), len(drawn)) == (1, 1)


@pytest.mark.parametrize(
    ("told", "noted"),
    [("203.0.113.9", "203.0.113.9"), ("fe80::1%eth0", "fe80::1"), ("unknown", None), ("' or 1=1", None), (None, None)],
)
def test_what_a_proxy_tells_of_a_visitor_is_noted_only_where_it_is_an_address(told, noted):
    assert address_of(told) == noted
