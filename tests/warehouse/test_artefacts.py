import hashlib
from pathlib import Path

import psycopg
import pytest

from warehouse.artefacts import ArtefactFrozen, store


def test_a_file_is_noted_with_what_it_was(connection: psycopg.Connection, tmp_path: Path):
    deck = tmp_path / "2026-Q2.pptx"
    deck.write_bytes(b"slides")
    artefact = store(connection, "northwind-it", deck, kind="company_deck", period="2026-Q2", run_id="run-1")
    assert artefact.uri == deck.resolve().as_uri()
    assert artefact.bytes == 6
    assert artefact.sha256 == hashlib.sha256(b"slides").hexdigest()
    assert (artefact.period, artefact.client_id, artefact.is_frozen) == ("2026-Q2", "all", False)


def test_the_same_content_again_changes_nothing(connection: psycopg.Connection, tmp_path: Path):
    deck = tmp_path / "deck.pptx"
    deck.write_bytes(b"slides")
    assert store(connection, "northwind-it", deck, kind="deck") == store(connection, "northwind-it", deck, kind="deck")


def test_new_content_supersedes_and_the_old_row_stays(connection: psycopg.Connection, tmp_path: Path):
    deck = tmp_path / "deck.pptx"
    for content in (b"first", b"second"):
        deck.write_bytes(content)
        store(connection, "northwind-it", deck, kind="deck")
    rows = connection.execute("select bytes, superseded_at is null from app.artefacts order by artefact_id").fetchall()
    assert rows == [(5, False), (6, True)]


def test_a_frozen_file_is_not_replaced(connection: psycopg.Connection, tmp_path: Path):
    deck = tmp_path / "deck.pptx"
    deck.write_bytes(b"final")
    store(connection, "northwind-it", deck, kind="deck")
    assert store(connection, "northwind-it", deck, kind="deck", is_frozen=True).is_frozen
    deck.write_bytes(b"afterthought")
    with pytest.raises(ArtefactFrozen, match=r"deck\.pptx was finalised"):
        store(connection, "northwind-it", deck, kind="deck")
