"""A deck is of one client or of the whole organization, never of both: the owner's pages are no client's to read."""

from pathlib import Path

import psycopg
import pytest

from reports.decks.builder import build_deck
from reports.decks.declarations import decks, declaration
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
