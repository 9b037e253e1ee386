"""Finished files as they were noted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from psycopg import Connection

from reports.files import sha256_of
from reports.views.query import one


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """A file that lies at its address as it was noted."""

    kind: str
    period: str | None
    path: Path
    sha256: str


def current_file(
    connection: Connection[Any], organization_id: str, kind: str, *, quarters_up_to: str
) -> FinishedFile | None:
    """The newest quarter's file of a kind for the whole organization, drafts left out.

    None where there is none, or what lies there is not what was noted: half a deck, or one that somebody has edited.
    """
    found = one(
        connection,
        """
        select kind, period, uri, sha256 from app.artefacts
        where organization_id = %(organization_id)s and kind = %(kind)s and client_id = 'all'
            and superseded_at is null and period <= %(last)s and details ->> 'draft_reason' is null
        order by period desc, is_frozen desc, artefact_id desc limit 1
        """,
        {"organization_id": organization_id, "kind": kind, "last": quarters_up_to},
    )
    if found is None:
        return None
    path = path_of(found["uri"])
    if not path.is_file() or sha256_of(path) != found["sha256"]:
        return None
    return FinishedFile(found["kind"], found["period"], path, found["sha256"])


def path_of(uri: str) -> Path:
    """The path behind a `file:` address."""
    return Path(unquote(urlparse(uri).path))
