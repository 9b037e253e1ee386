"""Finished files: decks, exports, snapshots. The file lies where its maker put it; here stands what it was."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from warehouse.errors import WarehouseError


class ArtefactFrozen(WarehouseError):
    """A file that was frozen lies at this address, and may not be replaced."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file as it was written; `period` is a month or quarter, `client_id` is `all` for the whole organization."""

    artefact_id: int
    kind: str
    period: str | None
    client_id: str
    uri: str
    sha256: str
    bytes: int
    is_frozen: bool


_COLUMNS = "artefact_id, kind, period, client_id, uri, sha256, bytes, is_frozen"


def refuse_frozen(connection: psycopg.Connection, organization_id: str, path: Path, sha256: str) -> None:
    """To be asked before content is written to `path`. Raises `ArtefactFrozen` when other content was frozen there."""
    frozen = connection.execute(
        "select from app.artefacts "
        "where organization_id = %s and uri = %s and superseded_at is null and is_frozen and sha256 <> %s",
        [organization_id, path.resolve().as_uri(), sha256],
    ).fetchone()
    if frozen is not None:
        raise _frozen(path)


def store(
    connection: psycopg.Connection,
    organization_id: str,
    path: Path,
    *,
    kind: str,
    period: str | None = None,
    client_id: str = "all",
    is_frozen: bool = False,
    run_id: str | None = None,
    details: Mapping[str, Any] | None = None,
    waits_at: Path | None = None,
) -> Artefact:
    """Note a finished file under its `file:` address; the caller commits, and places one that still waits elsewhere.

    The same content again changes nothing, new content supersedes what was noted there before. Raises
    `ArtefactFrozen` when that was frozen, `FileNotFoundError` when there is no file.
    """
    content = waits_at or path
    uri, size = path.resolve().as_uri(), content.stat().st_size
    sha256 = hashlib.sha256(content.read_bytes()).hexdigest()
    with connection.transaction(), connection.cursor(row_factory=class_row(Artefact)) as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [organization_id, uri])
        current = cursor.execute(
            f"select {_COLUMNS} from app.artefacts "  # noqa: S608 - a constant of this module
            "where organization_id = %s and uri = %s and superseded_at is null",
            [organization_id, uri],
        ).fetchone()
        if current and current.sha256 == sha256 and (current.is_frozen or not is_frozen):
            return current
        if current and current.is_frozen:
            raise _frozen(path)
        cursor.execute(
            "update app.artefacts set superseded_at = clock_timestamp() "
            "where organization_id = %s and uri = %s and superseded_at is null",
            [organization_id, uri],
        )
        stored = cursor.execute(
            "insert into app.artefacts "  # noqa: S608 - a constant of this module
            "(organization_id, kind, period, client_id, uri, sha256, bytes, is_frozen, run_id, details) "
            f"values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
            [
                organization_id,
                kind,
                period,
                client_id,
                uri,
                sha256,
                size,
                is_frozen,
                run_id,
                Jsonb(dict(details or {})),
            ],
        ).fetchone()
    if stored is None:
        raise WarehouseError(f"Postgres did not return the row of {path.name}.")
    return stored


def _frozen(path: Path) -> ArtefactFrozen:
    return ArtefactFrozen(
        f"{path.name} was finalised and is frozen, so the new version was not stored. Write it under another name."
    )
