"""Connections to the warehouse, whichever Postgres it is.

With ``QBR_DATABASE_URL`` set that server is used; otherwise the embedded one, started when it is first needed.
"""

import os
import re
import socket
import sys
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import psycopg
import sqlalchemy

from warehouse import embedded
from warehouse.errors import PostgresUnavailable, SettingsUnusable
from warehouse.settings import get_settings

# Seconds and tries. Whoever vanished holds a lock for a minute, not for the two hours of most systems; and what lies
# between takes no connection for dead that only holds a lock.
_IDLE, _INTERVAL, _COUNT = 30, 10, 3
_OPTIONS = (
    f"-c timezone=UTC -c tcp_keepalives_idle={_IDLE} -c tcp_keepalives_interval={_INTERVAL} "
    f"-c tcp_keepalives_count={_COUNT}"
)


def database_url() -> str:
    """The warehouse's address as libpq reads it (``postgresql://...``), its server running.

    Raises :class:`PostgresUnavailable` when the embedded server cannot be started, :class:`SettingsUnusable` when the
    configured address is none.
    """
    configured = get_settings().database_url
    return _checked(plain(configured.get_secret_value())) if configured else embedded.start()


def connect(url: str | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection to the warehouse (or to ``url``), in UTC; close it, or use it in a ``with``.

    Raises :class:`PostgresUnavailable`, which names the server but never the password.
    """
    address = plain(url) if url else database_url()
    try:
        return psycopg.connect(
            address, autocommit=autocommit, connect_timeout=10, application_name=_ourselves(), options=_OPTIONS,
            keepalives=1, keepalives_idle=_IDLE, keepalives_interval=_INTERVAL, keepalives_count=_COUNT,
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise refusal(address, error) from error


def refusal(address: str, error: Exception) -> PostgresUnavailable:
    """What to tell of a connection that did not come about: the server and the cause, never the password."""
    where = psycopg.conninfo.conninfo_to_dict(plain(address))
    cause = re.sub(r"^.*\bfailed: |^FATAL:\s+", "", str(error).strip().split("\n", 1)[0]).removeprefix("FATAL:").strip()
    return PostgresUnavailable(
        f"Postgres at {where.get('host', 'the default socket')}:{where.get('port', 5432)}, database "
        f"{where.get('dbname', 'by default')}, refused the connection ({cause}), so nothing more was read or written. "
        "Check that it runs and that QBR_DATABASE_URL is right; docs/troubleshooting.md, 'The database', says how."
    )


def is_unreachable(error: Exception) -> bool:
    """Whether the server is gone, rather than something wrong with what was asked of it."""
    if isinstance(error, psycopg.OperationalError):
        return (error.sqlstate or "08").startswith(("08", "57P"))
    return isinstance(error, PostgresUnavailable | psycopg.InterfaceError)


def engine() -> sqlalchemy.Engine:
    """SQLAlchemy's engine for the warehouse, over psycopg 3; one for each address."""
    return _engine(database_url())


def plain(url: str) -> str:
    """A Postgres address without SQLAlchemy's driver name."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql://{rest}" if separator and scheme.startswith("postgres") else url


def _ourselves() -> str:
    """What others are told of whoever holds a lock: the command's name without what was typed after it, and where."""
    called = Path(sys.argv[0])
    program = called.parent.name if called.stem == "__main__" else called.stem
    words = ["qbr", *takewhile(str.isalpha, sys.argv[1:3])] if program == "qbr" else [f"qbr in {program}"]
    return f"{' '.join(words)}, process {os.getpid()} on {socket.gethostname()}"[:63]  # the server keeps no more


def _checked(url: str) -> str:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise SettingsUnusable(
            "QBR_DATABASE_URL is not an address of a Postgres database, so nothing was done. Write it as "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE; signs such as @ or / in the password must be "
            "percent-encoded."
        ) from None  # the library's own words would quote the password
    return url


@lru_cache(maxsize=4)
def _engine(url: str) -> sqlalchemy.Engine:
    address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    return sqlalchemy.create_engine(address, pool_pre_ping=True, connect_args={"options": "-c timezone=UTC"})
