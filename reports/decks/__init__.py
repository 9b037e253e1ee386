"""Decks: PowerPoint files with native charts, built from views. `build_decks` is the way in."""

from reports.decks.builder import BuiltDeck, build_client_deck, build_company_deck, build_deck, build_decks
from reports.errors import DeckBlocked

__all__ = ["BuiltDeck", "DeckBlocked", "build_client_deck", "build_company_deck", "build_deck", "build_decks"]
