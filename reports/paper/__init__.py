"""Decks on paper: a PDF of every deck, by LibreOffice where it is installed, else drawn from the deck's own shapes."""

from reports.paper.pdf import PaperUnavailable, Printed, print_decks

__all__ = ["PaperUnavailable", "Printed", "print_decks"]
