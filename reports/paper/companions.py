"""What goes out with a deck: its handout and its PDF, noted as finished files that belong to this very deck."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks.builder import BuiltDeck
from reports.decks.rendering import render
from reports.decks.snapshots import decode
from reports.paper.handout import write_handout
from reports.paper.pdf import PaperUnavailable, Printed, print_decks
from reports.views.query import rows
from warehouse.artefacts import store

AT_ONCE = 20
"""Decks that one LibreOffice prints: what it wins by not starting again is won by then."""


@dataclass(frozen=True, slots=True)
class Companions:
    """What was made: paths of handouts and PDFs, by which program, and why there is no PDF."""

    handouts: tuple[Path, ...]
    pdfs: tuple[Path, ...]
    made_by: str | None = None
    why_no_pdf: str | None = None


def accompany(
    connection: Connection[Any],
    organization_id: str,
    quarter: str,
    decks: Sequence[BuiltDeck],
    *,
    pdf: bool = True,
    said: Callable[[str], None] = lambda _: None,
) -> Companions:
    """Handout and PDF of every deck that has none of its own yet; the caller commits. `said` hears how far it is."""
    shelf = _Shelf(connection, organization_id, quarter)
    handouts = [deck for deck in decks if not shelf.has(deck, ".xlsx")]
    for number, deck in enumerate(handouts, start=1):
        said(f"handout {number} of {len(handouts)}")
        record = render(decode(deck.snapshot_path.read_bytes())).record
        write_handout(record, deck.snapshot_sha256, deck.path.with_suffix(".xlsx"))
        shelf.note(deck, ".xlsx", "handout")
    wanted, printed = [deck for deck in decks if pdf and not shelf.has(deck, ".pdf")], list[Printed]()
    why_not = None
    for first in range(0, len(wanted), AT_ONCE):
        batch = wanted[first : first + AT_ONCE]
        said(f"PDF {first + 1} to {first + len(batch)} of {len(wanted)}")
        try:
            printed += print_decks([one.path for one in batch])
        except PaperUnavailable as error:
            why_not = str(error)
            break
        for deck, one in zip(batch, printed[-len(batch) :], strict=True):
            shelf.note(deck, ".pdf", "pdf", made_by=one.made_by)
    return Companions(
        handouts=tuple(deck.path.with_suffix(".xlsx") for deck in handouts),
        pdfs=tuple(one.path for one in printed),
        made_by=printed[-1].made_by if printed else None,
        why_no_pdf=why_not,
    )


class _Shelf:
    """The companions of one quarter's decks, as they are noted."""

    def __init__(self, connection: Connection[Any], organization_id: str, quarter: str) -> None:
        self._connection, self._organization_id, self._quarter = connection, organization_id, quarter
        found = rows(
            connection,
            """
            select uri, details ->> 'deck_sha256' as deck_sha256 from app.artefacts
            where organization_id = %(organization_id)s and period = %(quarter)s and superseded_at is null
                and details ? 'deck_sha256'
            """,
            {"organization_id": organization_id, "quarter": quarter},
        )
        self._decks = {row["uri"]: row["deck_sha256"] for row in found}

    def has(self, deck: BuiltDeck, suffix: str) -> bool:
        """Whether the deck as it is now has its companion."""
        path = deck.path.with_suffix(suffix)
        return self._decks.get(path.resolve().as_uri()) == deck.sha256 and path.is_file()

    def note(self, deck: BuiltDeck, suffix: str, kind: str, **details: str) -> None:
        """The companion was written."""
        store(
            self._connection,
            self._organization_id,
            deck.path.with_suffix(suffix),
            kind=f"{deck.kind}_{kind}",
            period=self._quarter,
            client_id=deck.client_id,
            details={"deck": deck.path.name, "deck_sha256": deck.sha256, **details},
        )
