"""Step two of a deck: a snapshot becomes a presentation and its record. No connection, no clock."""

from dataclasses import dataclass

from reports.decks.brand import brand_of
from reports.decks.deck import Deck
from reports.decks.declarations import renderer_of
from reports.decks.records import DeckRecord
from reports.decks.snapshots import DeckSnapshot
from reports.formats import Formats


@dataclass(frozen=True, slots=True)
class RenderedDeck:
    """The .pptx, and what it says."""

    content: bytes
    record: DeckRecord


def render(snapshot: DeckSnapshot) -> RenderedDeck:
    """Draw the deck; the same snapshot gives the same bytes."""
    owner = snapshot.owner
    deck = Deck(
        brand=brand_of(owner.name, snapshot.brand, logo=snapshot.files.logo, template=snapshot.files.template),
        formats=Formats(owner.locale, owner.currency, owner.time_zone),
        snapshot=snapshot,
    )
    for slide in snapshot.slides:
        deck.begin(slide.slide, slide.kicker)
        renderer_of(slide.renderer)(deck, slide.content())
    return RenderedDeck(deck.save(), deck.record())
