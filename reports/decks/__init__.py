"""Decks: PowerPoint files with native charts, built from views. `bulk.build_all` makes many, `build_deck` one."""

from reports.decks.builder import BuiltDeck, build_deck
from reports.errors import DeckBlocked

__all__ = ["BuiltDeck", "DeckBlocked", "build_deck"]
