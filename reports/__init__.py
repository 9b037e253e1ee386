"""Marts to people: decks and alerts. Reads marts (and app tables) through ``reports.views`` only."""
