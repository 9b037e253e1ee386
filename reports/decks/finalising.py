"""A deck is finalised once: what was built and looked at is kept for good, with its snapshot, and never overwritten."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks.builder import deck_path, gather_deck, snapshot_path
from reports.decks.comparison import compare
from reports.decks.records import DeckRecord, SlideRecord, encode_record
from reports.decks.rendering import render
from reports.decks.snapshots import DeckSnapshot, decode, sha256
from reports.errors import ReportError
from reports.files import finished
from reports.views.files import path_of
from reports.views.query import rows
from warehouse import frozen_decks, frozen_quarters
from warehouse.artefacts import store
from warehouse.frozen_decks import FrozenDeck
from warehouse.periods import Quarter

_ABOUT_THE_READING = {"marts.fct_source_freshness", "app.check_results"}
"""What every run counts anew: it says nothing about the quarter."""


class FinaliseRefused(ReportError):
    """A deck that cannot be finalised; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FinalisedDeck:
    """A deck that is kept for good, and where its files lie."""

    frozen: FrozenDeck
    path: Path
    snapshot_path: Path
    companions: tuple[Path, ...] = ()
    """Its PDF and its handout, where they were made of this very deck."""

    @property
    def lacking(self) -> tuple[str, ...]:
        """Which of the two were not, and so are not kept."""
        kept = {place.suffix for place in self.companions}
        return tuple(name for suffix, name in ((".pdf", "PDF"), (".xlsx", "handout")) if suffix not in kept)

    def withdraw(self) -> None:
        """Take the files back: what noted them could not be committed."""
        for place in (self.path, self.snapshot_path, *self.companions):
            place.unlink(missing_ok=True)


def finalise(
    connection: Connection[Any],
    deck: str,
    organization_id: str,
    quarter: str,
    out_dir: Path,
    *,
    finalised_by: str,
    now: datetime,
    client_id: str | None = None,
    note: str | None = None,
) -> FinalisedDeck:
    """Keep the deck that was built last, its snapshot and its quarter's figures.

    The caller commits, or else withdraws what is returned. Raises FinaliseRefused for a deck that was not built, is a
    DRAFT, was finalised before or whose figures or typed words have changed since it was built; DeckBlocked while the
    gate is shut.
    """
    client = client_id or "all"
    name = f"the {deck} deck of {quarter}" + (f" for {client}" if client_id else "")
    connection.execute("select pg_advisory_xact_lock(hashtext('app.frozen_decks'), hashtext(%s))", [organization_id])
    if before := frozen_decks.frozen_deck(connection, organization_id, quarter, deck, client):
        raise FinaliseRefused(
            f"{_upper(name)} was finalised by {before.finalised_by} on {before.finalised_at:%Y-%m-%d} and stays as it "
            "was. What changed since stands on the next quarter's deck."
        )
    document = built_document(connection, organization_id, quarter, deck, client)
    if document is None:
        raise FinaliseRefused(
            f"{_upper(name)} was not built, so there is nothing to finalise. Build it and look at it."
        )
    snapshot = decode(document)
    if snapshot.draft_reason is not None:
        raise FinaliseRefused(
            f"{_upper(name)} is a DRAFT ({snapshot.draft_reason}). Mend the cause and build it without --force."
        )
    if not snapshot.quarter.is_complete:
        raise FinaliseRefused(
            f"{_upper(name)} was built before the quarter was over. Build it again, then finalise it."
        )
    rendered = render(snapshot)
    present = gather_deck(connection, deck, organization_id, quarter, client_id=client_id)
    now_said = render(present).record
    compared = compare(rendered.record, now_said)
    changed = [one for one in compared.numbers if one.model not in _ABOUT_THE_READING]
    if changed or compared.slides_gone or compared.slides_new:
        first = [f"{one.label} of {one.new_period or one.old_period}" for one in changed[:3]]
        raise FinaliseRefused(
            f"{_upper(name)} no longer says what the marts say"
            + (f" ({', '.join(first)})" if first else "")
            + ". Build it again, look at it, then finalise it."
        )
    if (slide := _retyped(rendered.record, now_said)) is not None:
        raise FinaliseRefused(
            f"{_upper(name)} no longer says what was typed for it (slide {slide}). Build it again, look at it, then "
            "finalise it."
        )
    if not any(one.quarter == quarter for one in frozen_quarters.frozen(connection, organization_id)):
        frozen_quarters.freeze(
            connection, organization_id, Quarter.parse(quarter), frozen_by=finalised_by, note=f"finalised {name}"
        )
    return _kept(
        connection,
        _Drawn(snapshot, document, rendered.content, encode_record(rendered.record)),
        out_dir,
        finalised_by=finalised_by,
        now=now,
        note=note,
    )


def built_document(
    connection: Connection[Any], organization_id: str, quarter: str, deck: str, client_id: str
) -> bytes | None:
    """The snapshot of the deck that was built last, if its file is still there and what it was."""
    row = connection.execute(
        """
        select uri, sha256 from app.artefacts
        where organization_id = %s and period = %s and kind = %s and client_id = %s and superseded_at is null
            and not is_frozen
        order by artefact_id desc limit 1
        """,
        [organization_id, quarter, f"{deck}_snapshot", client_id],
    ).fetchone()
    if row is None:
        return None
    path = path_of(row[0])
    document = path.read_bytes() if path.is_file() else None
    return document if document is not None and sha256(document) == row[1] else None


@dataclass(frozen=True, slots=True)
class _Drawn:
    snapshot: DeckSnapshot
    document: bytes
    content: bytes
    record: bytes


def _kept(
    connection: Connection[Any], drawn: _Drawn, out_dir: Path, *, finalised_by: str, now: datetime, note: str | None
) -> FinalisedDeck:
    snapshot, document, content = drawn.snapshot, drawn.document, drawn.content
    organization_id, quarter = snapshot.owner.organization_id, snapshot.quarter.quarter
    path = deck_path(out_dir, snapshot, is_final=True)
    beside = snapshot_path(out_dir, snapshot, is_final=True)
    others = tuple(
        (path.with_suffix(suffix), data, kind)
        for suffix, data, kind in _companions(connection, snapshot, sha256(content))
    )
    files = (
        (path, content, f"{snapshot.deck}_deck"),
        (beside, document, f"{snapshot.deck}_snapshot"),
        *others,
    )
    for place, data, _ in files:
        _must_not_be_kept(connection, organization_id, place, data)
    of_deck = {place: {"deck": path.name, "deck_sha256": sha256(content)} for place, _, _ in others}
    frozen = FrozenDeck(
        quarter, snapshot.deck, snapshot.client_id, sha256(document), sha256(content), path.resolve().as_uri(), note,
        finalised_by, now,
    )  # fmt: skip
    frozen_decks.keep(connection, organization_id, frozen, snapshot=document, content=content, deck_record=drawn.record)
    done = FinalisedDeck(frozen, path, beside, tuple(place for place, _, _ in others))
    try:
        for place, data, kind in files:
            with finished(place) as unfinished:
                unfinished.write_bytes(data)
                unfinished.chmod(0o444)
            store(
                connection,
                organization_id,
                place,
                kind=kind,
                period=quarter,
                client_id=snapshot.client_id,
                is_frozen=True,
                run_id=snapshot.state.run_id,
                details={"snapshot": sha256(document), "finalised_by": finalised_by, **of_deck.get(place, {})},
            )
    except BaseException:
        done.withdraw()
        raise
    return done


def _companions(connection: Connection[Any], snapshot: DeckSnapshot, deck_sha256: str) -> list[tuple[str, bytes, str]]:
    """PDF and handout of the deck with that content, as they were made: suffix, content, kind; no others are kept."""
    found = rows(
        connection,
        """
        select uri, kind, sha256 from app.artefacts
        where organization_id = %(organization_id)s and period = %(quarter)s and client_id = %(client_id)s
            and kind = any(%(kinds)s) and superseded_at is null and not is_frozen
            and details ->> 'deck_sha256' = %(deck_sha256)s
        order by kind
        """,
        {
            "organization_id": snapshot.owner.organization_id,
            "quarter": snapshot.quarter.quarter,
            "client_id": snapshot.client_id,
            "kinds": [f"{snapshot.deck}_{kind}" for kind in ("handout", "pdf")],
            "deck_sha256": deck_sha256,
        },
    )
    there = [(path, row) for row in found if (path := path_of(row["uri"])).is_file()]
    read = [(path.suffix, path.read_bytes(), row) for path, row in there]
    return [(suffix, data, row["kind"]) for suffix, data, row in read if sha256(data) == row["sha256"]]


def _retyped(built: DeckRecord, present: DeckRecord) -> str | None:
    """The first slide on which a person has written something else since; None where all stands as it was typed."""
    was, now = ([_written_by_people(record, page) for page in record.slides] for record in (built, present))
    pairs = zip_longest(was, now, fillvalue=("", ()))
    return next((before[0] or after[0] for before, after in pairs if before != after), None)


def _written_by_people(record: DeckRecord, page: SlideRecord) -> tuple[str, tuple[object, ...]]:
    """Of a customer review everything but the cover comes from its session; of other decks where words were typed."""
    is_typed = bool(page.typed) or (record.deck == "customer_review" and page.slide != "cover")
    return page.slide, (page.texts, page.tables, page.typed, page.actions) if is_typed else ()


def _must_not_be_kept(connection: Connection[Any], organization_id: str, place: Path, data: bytes) -> None:
    """A file that was noted as frozen is not touched, whatever the tables of decks say."""
    row = connection.execute(
        "select sha256 from app.artefacts "
        "where organization_id = %s and uri = %s and superseded_at is null and is_frozen",
        [organization_id, place.resolve().as_uri()],
    ).fetchone()
    if row is not None and row[0] != sha256(data):
        raise FinaliseRefused(f"{place} was finalised with other content and stays as it is; nothing was written.")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
