"""Databases with marts filled by hand, made once and rolled back after each test."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.reports import marts
from tests.reports.final import books


@pytest.fixture(scope="session")
def empty_url(postgres: str, template: str) -> Iterator[str]:
    """A database with marts but no rows, for the session; nothing may be committed to it."""
    yield from _database(postgres, template, f"qbr_reports_empty_{os.getpid()}", filled=False)


@pytest.fixture(scope="session")
def fernhill_url(postgres: str, template: str) -> Iterator[str]:
    """A database with one organization, complete but for the gaps planted in it; nothing may be committed to it."""
    yield from _database(postgres, template, f"qbr_reports_fernhill_{os.getpid()}", filled=True)


@pytest.fixture
def warehouse(empty_url: str) -> Iterator[psycopg.Connection]:
    """Marts without rows; what the test writes is rolled back."""
    with psycopg.connect(empty_url, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def fernhill(fernhill_url: str) -> Iterator[psycopg.Connection]:
    """Marts with the organization; what the test writes is rolled back."""
    with psycopg.connect(fernhill_url, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def business(warehouse: psycopg.Connection) -> psycopg.Connection:
    """The organization with its books, all of which tie."""
    marts.whole_organization(warehouse)
    marts.insert(warehouse, "marts.dim_organizations", [{"organization_id": marts.ORGANIZATION, "as_of": marts.AS_OF}])
    books(warehouse, "61250.25")
    return warehouse


@pytest.fixture
def committing(connection: psycopg.Connection) -> psycopg.Connection:
    """Marts of this test's own, for code that commits."""
    marts.create(connection)
    connection.commit()
    return connection


def _database(postgres: str, template: str, name: str, *, filled: bool) -> Iterator[str]:
    address = psycopg.conninfo.make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
    with psycopg.connect(address, options="-c timezone=UTC") as connection:
        marts.create(connection)
        if filled:
            marts.whole_organization(connection)
    yield address
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
