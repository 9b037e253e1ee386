"""Puts the made-up tables on a Postgres server, each firm's with a role that may read them and do nothing else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from sandbox.credentials import Credentials
from sandbox.opsdb import dealer, product
from sandbox.opsdb.dealer import make_assessments, make_customers, make_machines, make_rentals
from sandbox.opsdb.kept import Kept
from sandbox.opsdb.product import make_tenants, make_users
from sandbox.opsdb.usage import make_doings, make_leads, make_probes, make_requests
from sandbox.opsdb.workshop import make_ledger, make_workshop

ORGANIZATIONS = {"demo-saas": product.SCHEMA, "demo-dealer": dealer.SCHEMA}
"""Whose tables lie in which schema."""
_EDITION = 1
"""Raised when the same seed gives other tables than before, so that kept ones are made anew."""
_LOCK = 7_302_561


class OperationalDatabases:
    """The databases of one sandbox: made when first asked for, and shown as of the sandbox's clock."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._credentials = Credentials(seed)
        self._places: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def provide(self, server: str, database: str, now: datetime) -> dict[str, dict[str, str]]:
        """Have the tables on that server, and say how each organization signs in to its own.

        `server` is the address of a user who may create databases and roles. Raises `psycopg.Error`.
        """
        with self._lock:
            with _turn(server, database) as connection:
                self._ensure(connection, server, database)
            if (server, database) not in self._places:
                self._places.append((server, database))
        self.show(now)
        return self._facts(server, database)

    def show(self, now: datetime) -> None:
        """Show everything as it stood at that instant; databases that are gone meanwhile are forgotten."""
        for place in list(self._places):
            try:
                with psycopg.connect(_address(*place)) as connection:
                    connection.execute("update kept.clock set now = %s", [now])
            except psycopg.OperationalError:
                self._places.remove(place)

    def _ensure(self, connection: psycopg.Connection, server: str, database: str) -> None:
        there = connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone()
        if there and self._is_ours(server, database):
            return
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(database)))
        for organization in ORGANIZATIONS:
            role, password = self._role(organization, database)
            if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
            )
        with psycopg.connect(_address(server, database)) as inside:
            self._fill(inside, database)

    def _is_ours(self, server: str, database: str) -> bool:
        try:
            with psycopg.connect(_address(server, database)) as connection:
                made = connection.execute("select seed, edition from kept.made").fetchone()
        except psycopg.errors.UndefinedTable:
            return False  # a fill that was killed
        return made == (self._seed, _EDITION)

    def _fill(self, connection: psycopg.Connection, database: str) -> None:
        connection.execute("create schema kept")
        connection.execute("create table kept.clock (now timestamptz not null)")
        connection.execute("insert into kept.clock values ('-infinity')")
        for organization, schema in ORGANIZATIONS.items():
            role = sql.Identifier(self._role(organization, database)[0])
            name = sql.Identifier(schema)
            connection.execute(sql.SQL("create schema {}").format(name))
            connection.execute(sql.SQL("grant usage on schema {} to {}").format(name, role))
        for table in tables(self._seed):
            _keep(connection, table)
            connection.execute(_VIEW.format(**_names(table)))
        for organization, schema in ORGANIZATIONS.items():
            role = sql.Identifier(self._role(organization, database)[0])
            connection.execute(
                sql.SQL("grant select on all tables in schema {} to {}").format(sql.Identifier(schema), role)
            )
        connection.execute("create table kept.made (seed integer not null, edition integer not null)")
        connection.execute("insert into kept.made values (%s, %s)", [self._seed, _EDITION])
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")

    def _role(self, organization: str, database: str) -> tuple[str, str]:
        role = f"{database}_{organization.removeprefix('demo-')}"
        return role, f"sandbox-not-a-secret-{self._credentials.made(f'database role {role}')}"

    def _facts(self, server: str, database: str) -> dict[str, dict[str, str]]:
        there = psycopg.conninfo.conninfo_to_dict(server)
        found = {}
        for organization in ORGANIZATIONS:
            role, password = self._role(organization, database)
            found[organization] = {
                "kind": "postgres",
                "host": str(there.get("host", "localhost")),
                "port": str(there.get("port", 5432)),
                "database": database,
                "user": role,
                "password": password,
                "tls": "no",
            }
        return found


def tables(seed: int) -> Iterator[Kept]:
    """Every table of both firms, drawn from the seed."""
    accounts, tenants = make_tenants(seed)
    members, users = make_users(seed, tenants)
    yield from (accounts, members, *make_doings(seed, users))
    yield from (make_requests(seed, tenants), make_probes(seed), make_leads(seed, tenants))
    machines, fleet = make_machines(seed)
    rentals, rented = make_rentals(seed, fleet)
    shop = make_workshop(seed, fleet)
    yield from (make_customers(seed), machines, rentals, shop.orders, shop.parts, make_assessments(seed, fleet))
    yield make_ledger(seed, [*shop.sales, *rented])


_VIEW = sql.SQL(
    """
    create view {view} as
    select {columns} from {table}
    where shown_from <= (select now from kept.clock)
        and (shown_until is null or shown_until > (select now from kept.clock))
    """
)


def _names(table: Kept) -> dict[str, Any]:
    return {
        "view": sql.Identifier(table.schema, table.name),
        "table": sql.Identifier("kept", f"{table.schema}.{table.name}"),
        "columns": sql.SQL(", ").join(sql.Identifier(name) for name in table.columns),
    }


def _keep(connection: psycopg.Connection, table: Kept) -> None:
    kept = {**table.columns, "shown_from": "timestamptz not null", "shown_until": "timestamptz"}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in kept.items()
    )
    name = _names(table)["table"]
    connection.execute(sql.SQL("create table {} ({})").format(name, columns))
    with connection.cursor() as cursor, cursor.copy(sql.SQL("copy {} from stdin").format(name)) as copy:
        for row in table.rows:
            copy.write_row(row)
    key = sql.Identifier(next(iter(table.columns)))
    connection.execute(sql.SQL("create index on {} ({})").format(name, key))


@contextmanager
def _turn(server: str, database: str) -> Iterator[psycopg.Connection]:
    """A connection for making databases; two sandboxes on one server take turns."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s, hashtext(%s))", [_LOCK, database])
        yield connection


def _address(server: str, database: str) -> str:
    return psycopg.conninfo.make_conninfo(server, dbname=database)
