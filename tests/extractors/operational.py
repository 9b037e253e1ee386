"""Small operational databases for tests, each with a reader that may only look."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from extractors import stream
from extractors.core.reading import open_source
from extractors.core.records import Page, Record, Rejection
from extractors.core.session import Session
from extractors.core.table_stream import TableMapping, TableStream
from extractors.core.window import Window

NOW = datetime(2026, 7, 6, 14, 0, tzinfo=UTC)
PASSWORD = "made-up-and-never-shown"
_numbers = itertools.count(1)


@dataclass
class Operational:
    """A database, its owner's address for writing, and what a reader signs in with."""

    owner: str
    facts: dict[str, Any]
    reader: str
    used: dict[str, Any] = field(default_factory=dict)

    def run(self, statements: str, *values: Any) -> None:
        """Change something as the owner would."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(statements, values or None)

    def fill(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        with psycopg.connect(self.owner) as connection, connection.cursor() as cursor:
            for row in rows:
                cursor.execute(f"insert into {table} values ({', '.join(['%s'] * len(row))})", row)

    def open(self, as_of: datetime = NOW, time_zone: str = "America/Chicago", **changes: Any) -> Session:
        return open_source("opsdb", {**self.facts, **changes}, as_of=as_of, time_zone=time_zone)


@contextmanager
def operational_database(server: str) -> Iterator[Operational]:
    """A new empty database and a role that may only read what it is granted."""
    name = f"ops_{os.getpid()}_{next(_numbers)}"
    reader = f"reader_{name}"
    facts = psycopg.conninfo.conninfo_to_dict(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("create role {} login password {}").format(sql.Identifier(reader), sql.Literal(PASSWORD))
        )
    owner = psycopg.conninfo.make_conninfo(server, dbname=name)
    try:
        yield Operational(
            owner,
            {
                "kind": "postgres",
                "host": facts["host"],
                "port": str(facts["port"]),
                "database": name,
                "user": reader,
                "password": PASSWORD,
                "tls": "no",
            },
            reader,
        )
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(reader)))


def mapped(
    name: str,
    table: str,
    columns: Mapping[str, str],
    where: Mapping[str, tuple[Any, ...]] | None = None,
    time_zone: str | None = None,
) -> TableStream:
    one = stream("opsdb", name)
    assert isinstance(one, TableStream)
    return one.mapped(TableMapping(table, columns, where or {}, time_zone))


def read(
    session: Session, one: TableStream, window: Window | None = None, resume: Any = None
) -> tuple[list[Record], list[Rejection], list[Page], Any]:
    """Everything a read gives, and its certificate."""
    with session.read(one, window or Window("all"), resume) as reading:
        pages = list(reading)
        certificate = reading.certificate
    records = [record for page in pages for record in page.records]
    return records, [piece for page in pages for piece in page.rejections], pages, certificate


def told(record: Record | Rejection) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(record.body)
    return answer
