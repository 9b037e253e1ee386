"""Runs that meet: nobody gets a handout or PDF of another deck, and what could not be finalised leaves nothing."""

from pathlib import Path

import psycopg
import pytest

from reports.decks import BuiltDeck, build_deck, finalising
from reports.decks.finalising import FinaliseRefused, finalise
from reports.paper import companions, pdf
from reports.paper.companions import accompany
from reports.paper.pdf import Printed
from tests.reports import marts
from warehouse.frozen_decks import write_comment

PLACE = (marts.ORGANIZATION, marts.QUARTER)
NOW = marts.AS_OF


@pytest.fixture
def deck(fernhill: psycopg.Connection, tmp_path: Path) -> BuiltDeck:
    return build_deck(fernhill, "company", *PLACE, tmp_path)


def replaced(connection: psycopg.Connection, folder: Path) -> BuiltDeck:
    connection.execute("update marts.fct_smartnumbers set value = value + 1 where value is not null")
    return build_deck(connection, "company", *PLACE, folder)


def test_no_handout_is_made_from_the_snapshot_of_another_run(
    fernhill: psycopg.Connection, deck: BuiltDeck, tmp_path: Path
) -> None:
    replaced(fernhill, tmp_path)
    made = accompany(fernhill, *PLACE, [deck], pdf=False)
    assert made.handouts == ()
    assert made.failed == (
        f"{deck.path.name} has no handout (another run has replaced it meanwhile); the deck itself is whole.",
    )
    assert not deck.path.with_suffix(".xlsx").exists()


def test_a_pdf_of_a_deck_that_was_replaced_while_it_was_printed_is_not_taken_for_its_own(
    fernhill: psycopg.Connection, deck: BuiltDeck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prints(paths: list[Path]) -> list[Printed]:
        replaced(fernhill, tmp_path)
        return [pdf._put(path, b"%PDF of the other", "LibreOffice") for path in paths]

    monkeypatch.setattr(companions, "print_decks", prints)
    made = accompany(fernhill, *PLACE, [deck])
    assert made.pdfs == ()
    assert "another run has replaced it meanwhile" in made.failed[-1]
    assert fernhill.execute("select count(*) from app.artefacts where kind = 'company_pdf'").fetchone() == (0,)


def test_unfinished_files_of_two_kinds_have_two_names(fernhill: psycopg.Connection, deck: BuiltDeck) -> None:
    accompany(fernhill, *PLACE, [deck], pdf=False)
    assert [path.name for path in deck.path.parent.iterdir() if path.name.endswith(".part")] == []
    written = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.paper.handout.write_workbook", lambda _, path: written.append(path) or path.touch())
        deck.path.with_suffix(".xlsx").unlink()
        accompany(fernhill, *PLACE, [deck], pdf=False)
    assert written[0].name.startswith(f".{deck.path.stem}.xlsx.")


def closed(connection: psycopg.Connection, folder: Path, deck: str = "company") -> finalising.FinalisedDeck:
    return finalise(connection, deck, *PLACE, folder, finalised_by="ada", now=NOW)


@pytest.fixture
def tying(fernhill: psycopg.Connection) -> psycopg.Connection:
    """The organization without a failing tie."""
    fernhill.execute("delete from marts.fct_profit_and_loss_ties")
    marts.insert(fernhill, "marts.dim_organizations", [{"organization_id": marts.ORGANIZATION, "as_of": marts.AS_OF}])
    return fernhill


def test_a_final_file_is_gone_again_where_it_could_not_be_noted(
    tying: psycopg.Connection, deck: BuiltDeck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the server went away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finalising, "store", breaks)
        with pytest.raises(psycopg.OperationalError), tying.transaction():
            closed(tying, tmp_path)
    assert [path.name for path in tmp_path.rglob("*-final*")] == []
    done = closed(tying, tmp_path)
    assert done.path.stat().st_mode & 0o222 == 0
    done.withdraw()
    assert [path.name for path in tmp_path.rglob("*-final*")] == []


def test_words_typed_since_the_deck_was_built_hinder_finalising(
    tying: psycopg.Connection, deck: BuiltDeck, tmp_path: Path
) -> None:
    def typed(comment: str) -> None:
        write_comment(
            tying, marts.ORGANIZATION, quarter=marts.QUARTER, deck="company", client_id="all", comment=comment,
            written_by="ada",
        )  # fmt: skip

    typed("We hire two.")
    with pytest.raises(FinaliseRefused, match=r"no longer says what was typed for it \(slide commentary\)"):
        closed(tying, tmp_path)
    build_deck(tying, "company", *PLACE, tmp_path)
    typed("We hire three.")
    with pytest.raises(FinaliseRefused, match="slide commentary"):
        closed(tying, tmp_path)
    build_deck(tying, "company", *PLACE, tmp_path)
    assert closed(tying, tmp_path).path.is_file()
