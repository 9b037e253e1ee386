"""A connection to somebody's operational database that can only read, one snapshot at a time."""

import contextlib
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Select, create_engine, event, func, inspect, select
from sqlalchemy import exc as failures
from sqlalchemy.engine import URL, Row
from sqlalchemy.engine.interfaces import ReflectedColumn

from extractors.core.budget import Budget
from extractors.core.database_errors import told
from extractors.core.effort import ReadCancelled, current_effort
from extractors.core.errors import CredentialsRefused, VendorError
from extractors.core.source import Origin

STATEMENT_SECONDS = 300
IDLE_SECONDS = 1800
"""How long the snapshot may wait for whoever loads; then the server ends it, since it keeps old rows from going."""
CONNECT_SECONDS = 10
DRIVERS = {"postgres": "postgresql+psycopg", "sqlserver": "mssql+pymssql"}
# Each is set for the session, not handed over at the start, which a connection pooler in between would refuse.
_POSTGRES_SETTINGS = (
    "set default_transaction_read_only = on",
    f"set statement_timeout = '{STATEMENT_SECONDS}s'",
    f"set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'",
    "set timezone = 'UTC'",
)


class Database:
    """One organization's operational database. Statements are built from mapped names only; none changes anything."""

    def __init__(self, source: Origin, engine: Engine, budget: Budget | None = None) -> None:
        self.source = source
        self._engine = engine
        self._budget = budget

    @property
    def is_sql_server(self) -> bool:
        """Whether a server of the other kind than Postgres answers."""
        return self._engine.dialect.name == "mssql"

    @contextlib.contextmanager
    def snapshot(self, about: str) -> Iterator["Snapshot"]:
        """One read-only transaction: all that is asked in it is answered as of its beginning. Raises `VendorError`."""
        try:
            with self._engine.connect() as connection:
                yield Snapshot(connection, self._count)
        except failures.SQLAlchemyError as error:
            raise told(error, self.source, about) from error

    def described(self, schema: str | None, table: str, about: str) -> list[ReflectedColumn] | None:
        """The columns of a table or view; None where there is none of that name. Raises `VendorError`."""
        try:
            with self._engine.connect() as connection:
                self._count()
                return inspect(connection).get_columns(table, schema=schema)
        except failures.NoSuchTableError:
            return None
        except failures.SQLAlchemyError as error:
            raise told(error, self.source, about) from error

    def names_in(self, schema: str | None, about: str) -> list[str]:
        """The tables and views of a schema, to tell what a mistyped name may have meant."""
        try:
            with self._engine.connect() as connection:
                self._count()
                found = inspect(connection)
                return [*found.get_table_names(schema=schema), *found.get_view_names(schema=schema)]
        except failures.SQLAlchemyError as error:
            raise told(error, self.source, about) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _count(self) -> None:
        effort = current_effort()
        if effort.cancelled.is_set():
            raise ReadCancelled
        if self._budget is not None:
            self._budget.take(self.source.name)
        effort.requests += 1


class Snapshot:
    """What can be asked within one read-only transaction."""

    def __init__(self, connection: Connection, count: Any) -> None:
        self._connection = connection
        self._count = count

    def count(self, rows: Select[Any]) -> int:
        """How many rows a statement would give."""
        self._count()
        return int(self._connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())

    def try_(self, rows: Select[Any]) -> None:
        """Ask for no row at all: the server still checks every name and right."""
        self._count()
        self._connection.execute(rows.limit(0)).close()

    def answers(self) -> None:
        """Ask for nothing but an answer."""
        self._count()
        self._connection.execute(select(1)).close()

    def chunks(self, rows: Select[Any], size: int) -> Iterator[Sequence[Row[Any]]]:
        """The rows, some at a time, from a cursor that the server keeps."""
        self._count()
        with self._connection.execute(rows, execution_options={"yield_per": size}) as result:
            for chunk in result.partitions():
                yield chunk
                self._count()


def open_database(source: Origin, connection: Mapping[str, Any], budget: Budget | None = None) -> Database:
    """Whatever `connection` names, not yet connected; raises CredentialsRefused for what cannot work."""
    check(source, connection)
    try:
        engine = create_engine(
            address(connection),
            poolclass=NullPool,  # each read has its own connection, and leaves none behind at somebody else's server
            hide_parameters=True,
            connect_args=arguments(connection),
            isolation_level="REPEATABLE READ" if connection["kind"] == "postgres" else "SNAPSHOT",
        )
    except ModuleNotFoundError as error:
        raise _refused(
            source,
            "SQL Server is read through pymssql, which is not installed, so nothing was read. In the clone: "
            "uv pip install '.[mssql]'.",
        ) from error
    if connection["kind"] == "postgres":
        event.listen(engine, "connect", _only_reading)
        engine = engine.execution_options(postgresql_readonly=True)
    return Database(source, engine, budget)


def address(connection: Mapping[str, Any]) -> URL:
    """Where the database is, password included: never to be shown."""
    return URL.create(
        DRIVERS[str(connection["kind"])],
        username=str(connection["user"]),
        password=str(connection["password"]),
        host=str(connection["host"]),
        port=int(connection["port"]),
        database=str(connection["database"]),
    )


def arguments(connection: Mapping[str, Any]) -> dict[str, Any]:
    """What the driver is told besides: how long to wait, how to encrypt, that we only read."""
    encrypted = connection["tls"] != "no"
    if connection["kind"] == "sqlserver":
        return {
            "login_timeout": CONNECT_SECONDS,
            "timeout": STATEMENT_SECONDS,
            "appname": "qbr",
            "read_only": True,  # ApplicationIntent=ReadOnly: an availability group sends us to a readable copy
            "encryption": "require" if encrypted else "off",
        }
    verified = {"sslmode": "verify-full", "sslrootcert": connection.get("tls_ca") or "system"}
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "qbr",
        **(verified if encrypted else {"sslmode": "disable"}),
    }


def is_this_machine(host: str) -> bool:
    """Whether nothing that is sent there leaves the machine."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(source: Origin, connection: Mapping[str, Any]) -> None:
    """Raises CredentialsRefused for a connection that lacks something or would send the password in the clear."""
    lacking = [name for name in source.needs if not connection.get(name)]
    if lacking:
        raise _refused(
            source,
            f"The connection to the operational database lacks {', '.join(lacking)}, so nothing was read. "
            f"{source.sign_in_advice}",
        )
    if connection["kind"] not in DRIVERS:
        raise _refused(
            source,
            f"The operational database's kind must be {' or '.join(DRIVERS)}, so nothing was read. "
            f"{source.sign_in_advice}",
        )
    if not str(connection["port"]).isdecimal():
        raise _refused(
            source,
            f"The operational database's port must be a number, so nothing was read. {source.sign_in_advice}",
        )
    if connection["tls"] == "no" and not is_this_machine(str(connection["host"])):
        raise _refused(
            source,
            "The connection to the operational database is not encrypted, so nothing was sent: the password and the "
            "records would travel in the clear. Only a database on this machine itself may do without: answer yes to "
            "TLS in `qbr connect opsdb`, or tunnel to it.",
        )


def _refused(source: Origin, sentence: str) -> VendorError:
    return CredentialsRefused(sentence, vendor=source.label, about="sign-in")


def _only_reading(connection: Any, _record: object) -> None:
    """Make every transaction of a new connection read-only at the server, whoever the user is."""
    before = connection.autocommit
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in _POSTGRES_SETTINGS:
            cursor.execute(setting)
    connection.autocommit = before
