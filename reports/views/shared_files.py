"""Finished files a person may be sent: which there are, whose, of when, and whether they still are what they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.views.files import path_of
from reports.views.query import Row, one, rows
from warehouse.periods import Period


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A finished file as it was noted; `client` is None for the organization as a whole."""

    artefact_id: int
    kind: str
    period: str | None
    client_id: str
    client: str | None
    path: Path
    sha256: str
    bytes: int
    is_frozen: bool
    stored_at: datetime
    details: Mapping[str, Any]
    state: str
    """``current``; ``replaced`` by other content since; ``removed`` because it was kept long enough."""

    @property
    def quarter(self) -> str | None:
        """The quarter its period lies in."""
        if self.period is None or "Q" in self.period:
            return self.period
        return str(Period.parse(self.period).quarter)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def is_draft(self) -> bool:
        """True for a deck that was forced past a failing check."""
        return bool(self.details.get("draft_reason"))


# A file that was frozen as it stood is the same file; one whose content changed is another.
_FILES = """
    select files.artefact_id, files.kind, files.period, files.client_id, clients.name as client, files.uri,
        files.sha256, files.bytes, files.is_frozen or coalesce(now_there.is_frozen, false) as is_frozen,
        files.stored_at, files.details,
        case
            when files.removed_at is not null then 'removed'
            when files.superseded_at is null or now_there.sha256 = files.sha256 then 'current'
            else 'replaced'
        end as state
    from app.artefacts as files
    left join app.artefacts as now_there
        on now_there.organization_id = files.organization_id and now_there.uri = files.uri
        and now_there.superseded_at is null
    left join app.clients as clients
        on clients.organization_id = files.organization_id and clients.client_id = files.client_id
    where files.organization_id = %(organization_id)s
"""


def files_of_link(connection: Connection[Any], organization_id: str, link_id: int) -> tuple[SharedFile, ...]:
    """The files a link names, by quarter (newest first), client and kind."""
    found = rows(
        connection,
        _FILES  # noqa: S608 - a constant of this module
        + """
            and files.artefact_id in (
                select artefact_id from app.share_link_files
                where organization_id = %(organization_id)s and link_id = %(link_id)s
            )
        """,
        {"organization_id": organization_id, "link_id": link_id},
    )
    return _sorted(found)


def finished_files(connection: Connection[Any], organization_id: str) -> tuple[SharedFile, ...]:
    """Every file that now lies at its address and is meant for people."""
    found = rows(
        connection,
        _FILES + " and files.superseded_at is null and files.kind not like '%%\\_snapshot'",
        {"organization_id": organization_id},
    )
    return _sorted(found)


def deck_record(connection: Connection[Any], organization_id: str, sha256: str) -> bytes | None:
    """The record of a finalised deck with that content: its slides and every figure with its receipt."""
    found = one(
        connection,
        """
        select record from app.frozen_decks
        where organization_id = %(organization_id)s and content_sha256 = %(sha256)s
        """,
        {"organization_id": organization_id, "sha256": sha256},
    )
    return bytes(found["record"]) if found else None


def snapshot_path(connection: Connection[Any], organization_id: str, sha256: str) -> Path | None:
    """Where the deck snapshot with that hash lies; None where it lies there no more."""
    found = one(
        connection,
        """
        select uri from app.artefacts
        where organization_id = %(organization_id)s and kind like '%%\\_snapshot' and sha256 = %(sha256)s
            and superseded_at is null
        order by artefact_id desc limit 1
        """,
        {"organization_id": organization_id, "sha256": sha256},
    )
    return path_of(found["uri"]) if found else None


def _sorted(found: Sequence[Row]) -> tuple[SharedFile, ...]:
    files = [SharedFile(path=path_of(row.pop("uri")), **row) for row in found]
    files.sort(key=lambda file: (file.client is not None, (file.client or "").lower(), file.kind, file.name))
    files.sort(key=lambda file: file.quarter or "", reverse=True)
    return tuple(files)
