"""What Dagster shows of decks: where they lie, how much of them filled itself, and the first slide as a picture."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from orchestration.assets.files import Fact, Metadata, metadata_of_files
from orchestration.deck_contents import ORGANIZATION_ITSELF, files_of
from orchestration.quarter_decks import QuarterDecks
from reports.decks import BuiltDeck
from reports.decks.inventory import companions
from reports.paper.pictures import preview
from warehouse.engine import connect

SHA256 = "sha256"
"""By which a deck that Dagster was told of is told from one that lies there now."""


def metadata_of(organization_id: str, done: QuarterDecks) -> Metadata:
    """Of all decks of a quarter: the organization's own, how many of clients, and who has none and why."""
    clients = sum(deck.client_id != ORGANIZATION_ITSELF for deck in done.built)
    why = "\n".join(f"- {one}" for one in done.left_out)
    return {
        "decks of clients": dg.MetadataValue.int(clients),
        "clients without a deck": dg.MetadataValue.int(len(done.left_out)),
        **({"why": dg.MetadataValue.md(why)} if why else {}),
        **metadata_of_own(organization_id, done),
    }


def metadata_of_own(organization_id: str, done: QuarterDecks) -> Metadata:
    """The organization's own decks, each with a link."""
    own = [deck for deck in done.built if deck.client_id == ORGANIZATION_ITSELF]
    found: Metadata = {"decks": dg.MetadataValue.int(len(own))}
    if done.built:
        found["unchanged"] = dg.MetadataValue.int(done.unchanged)
    if done.companions.why_no_pdf:
        found["no PDF"] = dg.MetadataValue.text(done.companions.why_no_pdf)
    return found | (metadata_of_decks(organization_id, own) if own else {})


def metadata_of_decks(organization_id: str, decks: Sequence[BuiltDeck]) -> Metadata:
    """Folder, a table of the files, what is not filled by itself, and the first slide."""
    with connect() as connection:
        beside = companions(connection, organization_id, [deck.sha256 for deck in decks])
    of_deck = {deck: [path for path in beside.get(deck.sha256, ()) if path.stem == deck.path.stem] for deck in decks}
    there = [(deck, path) for deck in decks for path in (deck.path, *of_deck[deck]) if path.is_file()]
    files = [(path, _facts(deck, path)) for deck, path in there]
    picture = next((_picture(path) for path in of_deck[decks[0]] if path.suffix == ".pdf"), "")
    drafts = " ".join(sorted({deck.draft_reason for deck in decks if deck.draft_reason}))
    return {
        **metadata_of_files(files),
        SHA256: dg.MetadataValue.text(files_of(decks)),
        **({"DRAFT": dg.MetadataValue.text(drafts)} if drafts else {}),
        **({"first slide": dg.MetadataValue.md(picture)} if picture else {}),
    }


def _facts(deck: BuiltDeck, path: Path) -> dict[str, Fact]:
    is_deck = path.suffix == ".pptx"
    slides, share = (deck.slides, _share(deck)) if is_deck else (None, None)
    return {"deck": deck.kind, "slides": slides, "filled by itself": share}


def _share(deck: BuiltDeck) -> str | None:
    return None if deck.filled_automatically is None else f"{deck.filled_automatically:.1%}"


def _picture(pdf: Path) -> str:
    if not pdf.is_file():
        return ""
    return f"![{pdf.stem}](data:image/png;base64,{b64encode(preview(pdf)).decode()})"
