"""What every test can ask for: a Postgres, a database of its own, the simulated vendors."""

import gc
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import extractors
from tests.parsed_project import database_name
from tests.room import folder_for_databases
from tests.sandbox_server import running_sandbox
from warehouse.embedded import EmbeddedPostgres
from warehouse.raw import ensure_raw_tables

# A PDF takes longer than its deck; the tests of them ask for it.
os.environ.setdefault("QBR_PRINTS_PDF", "false")

# Nothing in a test outlives a crash of the machine, so nothing waits for the disk and little is written twice.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
}
ROOT = Path(__file__).parent.parent
SHARED = re.compile(r"def \w+\([^)]*\b(empty_warehouse|first_build|manifest|warehouse)\b")
ORDER = {"truths": 0, "dbt": 1, "tests/test_kill_and_rerun.py": 2}
TEMPLATE = f"qbr_template_{os.getpid()}"
_numbers = itertools.count(1)


def group_of(nodeid: str) -> str:
    """Which tests stay with one worker: those of a file, and all that are held against one warehouse, dear to fill."""
    place = nodeid.partition("::")[0]
    if "/truths/" in place:
        return "truths"
    text = (ROOT / place).read_text(encoding="utf-8") if "/dbt_project/" in place else ""
    return "dbt" if SHARED.search(text) and " = Warehouse(" not in text else place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests that take longest begin, so that nobody waits for them alone at the end."""
    items.sort(key=lambda item: (ORDER.get(group_of(item.nodeid), 3), item.nodeid.count("/")))


def pytest_collection_finish() -> None:
    """The thousands of collected tests stay to the end: no walk for garbage has to pass them."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several workers share groups of tests. xdist's own way to name them fails silently with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server for this session: QBR_TEST_DATABASE_URL, else an embedded one in a temporary folder."""
    if given := os.environ.get("QBR_TEST_DATABASE_URL"):
        yield given
        return
    folder = folder_for_databases()
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
    name = database_name(f"qbr_test_{os.getpid()}_{next(_numbers)}")
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
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def _drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
