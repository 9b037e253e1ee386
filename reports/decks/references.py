"""Which deck a person means: `2026-Q2`, `2026-Q2:final`, `2026-Q2:built`, `2026-Q2:now`, or a snapshot's file."""

from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks.builder import gather_deck
from reports.decks.finalising import built_document
from reports.decks.snapshots import DeckSnapshot, decode
from reports.errors import UnknownScope
from warehouse.frozen_decks import frozen_snapshot

STATES = ("final", "built", "now")


def snapshot_of(
    connection: Connection[Any], organization_id: str, reference: str, deck: str, client_id: str | None
) -> DeckSnapshot:
    """The deck's snapshot. Without a state it is the finalised one, else the built one, else that of the marts now.

    Raises UnknownScope when there is none, or the reference is none.
    """
    path = Path(reference)
    if path.suffix == ".json":
        if not path.is_file():
            raise UnknownScope(f"There is no snapshot {reference}.")
        return decode(path.read_bytes())
    quarter, _, state = reference.partition(":")
    if state not in {"", *STATES}:
        raise UnknownScope(
            f"{reference!r} names no deck; write YYYY-Qn, YYYY-Qn:final, :built or :now, or a .json file."
        )
    client = client_id or "all"
    document = None
    if state in {"", "final"}:
        document = frozen_snapshot(connection, organization_id, quarter, deck, client)
    if document is None and state in {"", "built"}:
        document = built_document(connection, organization_id, quarter, deck, client)
    if document is not None:
        return decode(document)
    if state in {"final", "built"}:
        raise UnknownScope(f"No {deck} deck of {quarter} was {'finalised' if state == 'final' else 'built'}.")
    return gather_deck(connection, deck, organization_id, quarter, client_id=client_id, force_reason="only to compare")
