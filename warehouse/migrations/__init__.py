"""Alembic migrations of schema `app`: the tables that people's decisions live in, and that dbt must never drop.

`versions/` holds the revisions, one subject each. Raw tables are not here: `warehouse/raw.py` makes those from the
streams that are declared.
"""

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from warehouse.engine import plain, refusal
from warehouse.errors import PostgresUnavailable
from warehouse.roles import ensure_roles

SCHEMA = "app"
# Any number will do as long as every process uses the same: two processes that start together take turns.
_LOCK = 7_302_541


def upgrade(url: str, revision: str = "head") -> list[str]:
    """Bring schema `app` up to `revision` and make the roles with their rights; safe to run at every start.

    Raises :class:`PostgresUnavailable` for a server that refuses us, or a user that may not make the tables.
    Returns what the operator should know, one sentence each: empty unless a role could not be made.
    """
    _run(url, command.upgrade, revision)
    with psycopg.connect(plain(url)) as connection:
        return ensure_roles(connection) if revision == "head" else []


def downgrade(url: str, revision: str) -> None:
    """Take schema `app` back to `revision`; `base` removes every table in it. Rows of removed tables are lost."""
    _run(url, command.downgrade, revision)


def current_revision(url: str) -> str | None:
    """The revision the database stands at; None before the first `upgrade`."""
    with _connect(url) as connection:
        return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def head_revision() -> str:
    """The newest revision this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("warehouse/migrations/versions holds no revision.")
    return head


def _run(url: str, step: Any, revision: str) -> None:
    with _connect(url) as connection, connection.begin():
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        try:
            step(config, revision)
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise
            raise PostgresUnavailable(
                f"The database user may not make the tables of qbr ({error.orig.diag.message_primary}), so nothing was "
                "written. Let the user create schemas there: grant create on database DATABASE to USER."
            ) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def _connect(url: str) -> Connection:
    address = plain(url).replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        return create_engine(address, poolclass=NullPool).connect()
    except OperationalError as error:
        raise refusal(url, error.orig or error) from error
