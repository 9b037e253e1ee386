"""Decks that were finalised, each with the snapshot it was drawn from; and what people wrote beside the figures."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from warehouse.audit import Actor, record


@dataclass(frozen=True, slots=True)
class FrozenDeck:
    """A finalised deck without its bytes."""

    quarter: str
    deck: str
    client_id: str
    snapshot_sha256: str
    content_sha256: str
    uri: str
    note: str | None
    finalised_by: str
    finalised_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote for a deck."""

    comment: str
    written_by: str
    written_at: datetime


_COLUMNS = "quarter, deck, client_id, snapshot_sha256, content_sha256, uri, note, finalised_by, finalised_at"


def keep(
    connection: psycopg.Connection,
    organization_id: str,
    kept: FrozenDeck,
    *,
    snapshot: bytes,
    content: bytes,
    deck_record: bytes,
) -> None:
    """Add the deck for good; the caller commits. One deck of a quarter and client is finalised once."""
    connection.execute(
        f"insert into app.frozen_decks (organization_id, {_COLUMNS}, snapshot, content, record) "  # noqa: S608 - constants
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            organization_id,
            kept.quarter,
            kept.deck,
            kept.client_id,
            kept.snapshot_sha256,
            kept.content_sha256,
            kept.uri,
            kept.note,
            kept.finalised_by,
            kept.finalised_at,
            snapshot,
            content,
            deck_record,
        ],
    )
    record(
        connection,
        organization_id,
        Actor("person", kept.finalised_by),
        "finalise_deck",
        resource=f"{kept.deck} {kept.quarter} {kept.client_id}",
        reason=kept.note,
        details={"snapshot": kept.snapshot_sha256, "deck": kept.content_sha256},
    )


def frozen_decks(connection: psycopg.Connection, organization_id: str, quarter: str | None = None) -> list[FrozenDeck]:
    """The finalised decks of an organization, or of one quarter."""
    with connection.cursor(row_factory=class_row(FrozenDeck)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from app.frozen_decks "  # noqa: S608 - constants
            "where organization_id = %s and quarter = coalesce(%s, quarter) order by quarter, deck, client_id",
            [organization_id, quarter],
        ).fetchall()


def frozen_deck(
    connection: psycopg.Connection, organization_id: str, quarter: str, deck: str, client_id: str
) -> FrozenDeck | None:
    """The finalised deck, if it was."""
    found = frozen_decks(connection, organization_id, quarter)
    return next((one for one in found if (one.deck, one.client_id) == (deck, client_id)), None)


def frozen_snapshot(
    connection: psycopg.Connection, organization_id: str, quarter: str, deck: str, client_id: str
) -> bytes | None:
    """The snapshot a finalised deck was drawn from."""
    row = connection.execute(
        "select snapshot from app.frozen_decks "
        "where organization_id = %s and quarter = %s and deck = %s and client_id = %s",
        [organization_id, quarter, deck, client_id],
    ).fetchone()
    return None if row is None else bytes(row[0])


def write_comment(
    connection: psycopg.Connection,
    organization_id: str,
    *,
    quarter: str,
    deck: str,
    client_id: str,
    comment: str,
    written_by: str,
) -> None:
    """What stands beside the computed commentary from the next build on; empty takes it back. The caller commits."""
    connection.execute(
        "insert into app.deck_comments (organization_id, quarter, deck, client_id, comment, written_by) "
        "values (%s, %s, %s, %s, %s, %s)",
        [organization_id, quarter, deck, client_id, comment.strip(), written_by],
    )
    record(
        connection,
        organization_id,
        Actor("person", written_by),
        "comment_deck",
        resource=f"{deck} {quarter} {client_id}",
        details={"characters": len(comment.strip())},
    )
