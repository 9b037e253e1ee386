"""A client without a deck is told of: in what a run prints, and among the metadata of the decks in Dagster."""

from orchestration.assets.deck_metadata import metadata_of
from orchestration.cli.report import without_decks
from orchestration.quarter_decks import QuarterDecks

WHY = ["Dark Ltd: NinjaOne was not read", "Idle Ltd: nothing but zeros"]


def test_a_run_prints_who_got_no_deck_and_why() -> None:
    assert without_decks(QuarterDecks(left_out=WHY)) == [
        "No deck for 2 clients, which have nothing to show:",
        *(f"  {one}" for one in WHY),
    ]
    assert without_decks(QuarterDecks(left_out=WHY[:1]))[0] == "No deck for 1 client, which has nothing to show:"
    assert without_decks(QuarterDecks()) == []


def test_dagster_shows_how_many_and_why() -> None:
    metadata = metadata_of("fernhill-it", QuarterDecks(left_out=WHY))
    assert metadata["clients without a deck"].value == 2
    assert metadata["why"].value == "- Dark Ltd: NinjaOne was not read\n- Idle Ltd: nothing but zeros"
    assert metadata_of("fernhill-it", QuarterDecks())["clients without a deck"].value == 0
