"""Which decks there are: built and finalised, with what is known of each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.views.files import path_of
from reports.views.query import rows


@dataclass(frozen=True, slots=True)
class ListedDeck:
    """A deck's file as it was noted."""

    quarter: str
    deck: str
    client_id: str
    path: Path
    sha256: str
    slides: int | None
    filled_automatically: str | None
    draft_reason: str | None
    is_final: bool
    written_at: datetime
    companions: tuple[Path, ...]
    """Its PDF and its handout, where they are of this very deck."""


def listed(connection: Connection[Any], organization_id: str, quarter: str | None = None) -> tuple[ListedDeck, ...]:
    """Every deck that stands at its place now, newest quarter first; finalised ones after the working file."""
    found = rows(
        connection,
        """
        select period, kind, client_id, uri, sha256, is_frozen, details, stored_at from app.artefacts
        where organization_id = %(organization_id)s and superseded_at is null and kind like %(kinds)s
            and period is not null and period = coalesce(%(quarter)s, period)
        order by period desc, kind = 'company_deck' desc, kind, client_id, is_frozen
        """,
        {"organization_id": organization_id, "quarter": quarter, "kinds": "%\\_deck"},
    )
    beside = companions(connection, organization_id, [row["sha256"] for row in found])
    return tuple(
        ListedDeck(
            quarter=row["period"],
            deck=row["kind"].removesuffix("_deck"),
            client_id=row["client_id"],
            path=path_of(row["uri"]),
            sha256=row["sha256"],
            slides=row["details"].get("slides"),
            filled_automatically=row["details"].get("filled_automatically"),
            draft_reason=row["details"].get("draft_reason"),
            is_final=row["is_frozen"],
            written_at=row["stored_at"],
            companions=tuple(one for one in beside.get(row["sha256"], ()) if one.stem == path_of(row["uri"]).stem),
        )
        for row in found
    )


def companions(
    connection: Connection[Any], organization_id: str, deck_hashes: Collection[str]
) -> dict[str, tuple[Path, ...]]:
    """PDFs and handouts by the hash of the deck that they were made of; those of an earlier deck are not."""
    found = rows(
        connection,
        """
        select uri, details ->> 'deck_sha256' as deck_sha256 from app.artefacts
        where organization_id = %(organization_id)s and superseded_at is null
            and details ->> 'deck_sha256' = any(%(deck_hashes)s)
        order by uri
        """,
        {"organization_id": organization_id, "deck_hashes": list(deck_hashes)},
    )
    beside: dict[str, tuple[Path, ...]] = {}
    for row in found:
        beside[row["deck_sha256"]] = (*beside.get(row["deck_sha256"], ()), path_of(row["uri"]))
    return beside
