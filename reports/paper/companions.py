"""What goes out with a deck: its handout and its PDF, noted as finished files that belong to this very deck."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks.builder import BuiltDeck
from reports.decks.rendering import render
from reports.decks.snapshots import decode, sha256
from reports.errors import ReportError
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
    failed: tuple[str, ...] = ()
    """A sentence for each deck that goes without one of them."""
    without: tuple[BuiltDeck, ...] = ()
    """These decks."""
    traces: tuple[str, ...] = ()
    """Where those came from that nobody foresaw, for the operator's log."""


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
    handouts, printed, trouble = list[Path](), list[Printed](), _Trouble()
    missing = [deck for deck in decks if not shelf.has(deck, ".xlsx")]
    for number, deck in enumerate(missing, start=1):
        said(f"handout {number} of {len(missing)}")
        try:
            record = render(decode(_document(deck))).record
            write_handout(record, deck.snapshot_sha256, deck.path.with_suffix(".xlsx"))
        except Exception as error:  # noqa: BLE001 - one that fails stops no other; the sentence is the command's answer
            trouble.add(deck, "handout", error)
            continue
        shelf.note(deck, ".xlsx", "handout")
        handouts.append(deck.path.with_suffix(".xlsx"))
    missing = [deck for deck in decks if pdf and not shelf.has(deck, ".pdf")]
    why_not = None
    for first in range(0, len(missing), AT_ONCE):
        batch = missing[first : first + AT_ONCE]
        said(f"PDF {first + 1} to {first + len(batch)} of {len(missing)}")
        try:
            made = _printed(batch, trouble)
        except PaperUnavailable as error:
            why_not = str(error)
            break
        for deck, one in made:
            if not deck.stands:  # what was printed is perhaps the other run's deck; that run prints it itself
                trouble.add(deck, "PDF", Replaced())
                continue
            shelf.note(deck, ".pdf", "pdf", made_by=one.made_by)
            printed.append(one)
    return Companions(
        handouts=tuple(handouts),
        pdfs=tuple(one.path for one in printed),
        made_by=printed[-1].made_by if printed else None,
        why_no_pdf=why_not,
        failed=tuple(trouble.sentences),
        without=tuple(trouble.decks),
        traces=tuple(trouble.traces),
    )


class Replaced(ReportError):
    """Another run has put another deck in this one's place since."""

    def __str__(self) -> str:
        return "another run has replaced it meanwhile"


def _document(deck: BuiltDeck) -> bytes:
    """The snapshot that this very deck was drawn from."""
    document = deck.snapshot_path.read_bytes()
    if sha256(document) != deck.snapshot_sha256:
        raise Replaced
    return document


@dataclass(slots=True)
class _Trouble:
    """What failed so far: a sentence each, whose deck it was, and where it came from."""

    sentences: list[str] = field(default_factory=list)
    decks: list[BuiltDeck] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)

    def add(self, deck: BuiltDeck, companion: str, error: Exception) -> None:
        self.sentences.append(f"{deck.path.name} has no {companion} ({_cause(error)}); the deck itself is whole.")
        self.decks.append(deck)
        self.traces += _trace(error)


def _printed(batch: Sequence[BuiltDeck], trouble: _Trouble) -> list[tuple[BuiltDeck, Printed]]:
    """The batch at once; where that fails, each by itself, so that only the one at fault goes without."""
    try:
        return list(zip(batch, print_decks([one.path for one in batch]), strict=True))
    except PaperUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if len(batch) == 1:
            trouble.add(batch[0], "PDF", error)
            return []
        return [pair for deck in batch for pair in _printed([deck], trouble)]


def _trace(error: Exception) -> list[str]:
    return [] if isinstance(error, ReportError) else ["".join(traceback.format_exception(error))]


def _cause(error: Exception) -> str:
    if isinstance(error, Replaced):
        return str(error)
    return f"{type(error).__name__}: {error}" if isinstance(error, ReportError) else type(error).__name__


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
            details={
                "deck": deck.path.name,
                "deck_sha256": deck.sha256,
                "draft_reason": deck.draft_reason,
                **details,
            },
        )
