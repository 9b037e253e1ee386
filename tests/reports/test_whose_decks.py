"""A deck is of one client or of the whole organization, never of both: the owner's pages are no client's to read."""

from pathlib import Path

import psycopg
import pytest

from reports.decks.builder import build_deck, deck_path, snapshot_path
from reports.decks.declarations import decks, declaration
from reports.decks.snapshots import decode
from reports.errors import UnknownScope
from tests.reports import marts

PLACE = (marts.ORGANIZATION, marts.QUARTER)


@pytest.mark.parametrize("deck", decks())
def test_no_deck_is_built_for_somebody_who_is_not_meant(
    fernhill: psycopg.Connection, tmp_path: Path, deck: str
) -> None:
    client = None if declaration(deck).is_of_a_client else "juniper-dental"
    with pytest.raises(UnknownScope) as refused:
        build_deck(fernhill, deck, *PLACE, tmp_path, client_id=client)
    assert "Nothing was written" in str(refused.value)
    assert "--client" in str(refused.value)
    assert not list(tmp_path.rglob("*"))


def test_there_are_decks_of_both_sorts() -> None:
    assert {deck: declaration(deck).is_of_a_client for deck in decks()} == {
        "client": True,
        "company": False,
        "customer_review": True,
        "investor": False,
    }


def test_clients_named_like_another_deck_or_like_a_final_one_keep_files_of_their_own(warehouse, tmp_path):
    names = ("company", "investor", "juniper-dental-final", "juniper-dental-customer_review", "clients", "snapshots")
    marts.whole_organization(warehouse)
    for name in names:
        row = {"organization_id": marts.ORGANIZATION, "client_id": name, "name": name, "is_excluded": False}
        marts.insert(warehouse, "marts.dim_clients", [row])
    built = [build_deck(warehouse, deck, *PLACE, tmp_path) for deck in ("company", "investor")]
    for deck in ("client", "customer_review"):
        built += [build_deck(warehouse, deck, *PLACE, tmp_path, client_id=name) for name in (*names, "juniper-dental")]
    files = {one.path for one in built} | {one.snapshot_path for one in built}
    finals = {
        path(tmp_path, decode(one.snapshot_path.read_bytes()), is_final=True)
        for one in built
        for path in (deck_path, snapshot_path)
    }
    assert len(files | finals) == 4 * len(built)
    assert all(one.stands for one in built)
