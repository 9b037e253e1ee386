"""By which version of the models the warehouse was built: after an upgrade incremental tables are built from scratch.

An incremental model adds to the rows that an earlier version made. New columns stop it, and a changed rule would leave
old rows and new ones side by side. So a build that ended well leaves a fingerprint of the models' code on the schema
``staging``, and a build that finds another one there starts every table anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from orchestration.transformation import PROJECT

SCHEMA = "staging"
PREFIX = "qbr models "


def fingerprint(project: Path = PROJECT) -> str:
    """One word for everything that decides what a row of an incremental table looks like."""
    digest = hashlib.sha256()
    for path in _deciding(project):
        digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def are_outdated(connection: psycopg.Connection) -> bool:
    """Whether another version of the models built what the warehouse holds. An empty warehouse holds nothing."""
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace'), exists (select 1 from pg_class where relnamespace = spaces.oid) "
        "from pg_namespace as spaces where nspname = %s",
        [SCHEMA],
    ).fetchone()
    return row is not None and row[1] and row[0] != PREFIX + fingerprint()


def note(connection: psycopg.Connection) -> None:
    """Remember that this version has built everything."""
    connection.execute(
        sql.SQL("comment on schema {} is {}").format(sql.Identifier(SCHEMA), sql.Literal(PREFIX + fingerprint()))
    )


def _deciding(project: Path) -> Iterator[Path]:
    """Macros, the project's own file, and the models that are incremental: staging, and those that say so."""
    yield project / "dbt_project.yml"
    yield from sorted((project / "macros").rglob("*.sql"))
    for path in sorted((project / "models").rglob("*.sql")):
        if "staging" in path.parts or "'incremental'" in path.read_text():
            yield path
