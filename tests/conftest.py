"""What every test can ask for: a Postgres, a database of its own, the simulated vendors."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import extractors
from tests.sandbox_server import running_sandbox
from warehouse.embedded import EmbeddedPostgres
from warehouse.raw import ensure_raw_tables

# Nothing in a test outlives a crash of the machine, so nothing waits for the disk.
QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB"}
HERE = Path(__file__).parent
TEMPLATE = f"qbr_template_{os.getpid()}"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several workers share the tests, a file stays whole and the tests of the whole product begin.

    They take longest, so they must not be what everybody waits for at the end. Files that are held against one
    warehouse, dear to fill, stay with one worker too.
    """
    places = {item: item.path.relative_to(HERE) for item in items}
    filled = {places[item] for item in items if "empty_warehouse" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (places[item].parts[0] != "truths", len(places[item].parts)))
    for item in items:
        place = places[item]
        group = "truths" if place.parts[0] == "truths" else "dbt" if place in filled else str(place)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server for this session: QBR_TEST_DATABASE_URL, else an embedded one in a temporary folder."""
    if given := os.environ.get("QBR_TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="qbr-tests-"))
    folder.chmod(0o755)  # as root the server is another user, who must be able to walk in
    server = EmbeddedPostgres(folder, 0, QUICK)
    try:
        yield server.start()
    finally:
        server.remove()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(postgres: str) -> Iterator[str]:
    """The name of a database with every table and no rows, which each test's database is copied from."""
    from warehouse.migrations import upgrade  # brings Alembic and SQLAlchemy, which most tests can do without

    _create(postgres, TEMPLATE)
    url = _address(postgres, TEMPLATE)
    with psycopg.connect(url) as connection:
        ensure_raw_tables(connection, declared_streams())
    upgrade(url)
    yield TEMPLATE
    _drop(postgres, TEMPLATE)


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """The address of a database of this test's own: every table, no rows."""
    with a_database(postgres, template) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres: str, template: str) -> Iterator[str]:
    """A database that the tests of one file share, for what is dear to fill."""
    with a_database(postgres, template) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to this test's database; what is not committed is gone afterwards."""
    with psycopg.connect(database_url, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of the simulated vendors, seed 7, in a process of their own."""
    with running_sandbox() as address:
        yield address


@contextmanager
def a_database(postgres: str, template: str) -> Iterator[str]:
    """The address of a new database, which goes when the block ends."""
    name = f"qbr_test_{os.getpid()}_{next(_numbers)}"
    _create(postgres, name, template)
    yield _address(postgres, name)
    _drop(postgres, name)


def declared_streams() -> list[tuple[str, str, bool]]:
    """Source, name and daily history of every stream that the extractors declare."""
    return [
        (source, stream.name, stream.keeps_daily_history)
        for source, streams in extractors.STREAMS.items()
        for stream in streams
    ]


def _address(url: str, database: str) -> str:
    """The same server, another database."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(
        **{"password": "", **parts, "dbname": database}
    )


def _create(url: str, name: str, template: str = "template0") -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def _drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
