"""Whose turn it is: one builds the models, or any number read them, never both.

dbt makes a mart anew beside the old one and swaps them. Who reads from one state of the warehouse and comes to a mart
that was swapped since finds it empty, without an error. Builders therefore hold a lock of Postgres alone and readers
share it. Postgres lets nobody overtake whoever waits, so that many readers keep no build away.

Take a turn before a transaction that has read a mart is open: a build would wait for it, and it for the build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import psycopg

from orchestration.progress import Progress
from warehouse.engine import connect

BUILD_LOCK = 7_302_542  # any number, as long as every process uses the same
_ALONE, _READING = "alone", "reading"
_held: ContextVar[str | None] = ContextVar("held", default=None)

ANOTHER_BUILDS = "  Another run is building the models or closing a quarter; this goes on when it has finished."
OTHERS_READ = "  Decks, exports, reports or alerts are being read from the models; this goes on when they have been."
ANOTHER_COMES_FIRST = "  Another run waits to build the models and comes first; this goes on when it has finished."


@contextmanager
def sole_builder(progress: Progress | None = None) -> Iterator[Callable[[], None]]:
    """Nobody else builds or reads as long as the block runs; whoever comes second waits. May be nested.

    What it gives is called when nothing more is built: from then on others read as well, and still nobody builds.
    """
    held = _held.get()
    if held == _READING:
        # Not a matter of patience: it would wait for itself, and nobody would see why.
        raise RuntimeError("A build was begun inside of what reads the models; begin it before or after.")
    if held == _ALONE:
        yield lambda: None
        return
    with connect(autocommit=True) as connection:
        if not _is_free(connection, "pg_try_advisory_lock"):
            if progress:
                progress.line(ANOTHER_BUILDS if is_building(connection) else OTHERS_READ)
            connection.execute("select pg_advisory_lock(%s)", [BUILD_LOCK])
        mark = _held.set(_ALONE)

        def let_others_read() -> None:
            # Shared first: in between nobody can build. Who holds a lock is given the weaker one before all who wait.
            connection.execute("select pg_advisory_lock_shared(%s)", [BUILD_LOCK])
            connection.execute("select pg_advisory_unlock(%s)", [BUILD_LOCK])
            _held.set(_READING)

        try:
            yield let_others_read
        finally:
            _held.reset(mark)
            _leave(connection)


@contextmanager
def reading(progress: Progress | None = None) -> Iterator[None]:
    """Nobody builds as long as the block runs, others may read; whoever comes while models are built waits.

    May be nested, also in a build. Processes that are started inside take no turn of their own.
    """
    if _held.get():
        yield
        return
    with connect(autocommit=True) as connection:
        if not _is_free(connection, "pg_try_advisory_lock_shared"):
            if progress:
                progress.line(ANOTHER_BUILDS if is_building(connection) else ANOTHER_COMES_FIRST)
            connection.execute("select pg_advisory_lock_shared(%s)", [BUILD_LOCK])
        mark = _held.set(_READING)
        try:
            yield
        finally:
            _held.reset(mark)
            _leave(connection)


@contextmanager
def reading_if_free() -> Iterator[bool]:
    """Whether nobody builds or waits to; if so, nobody builds as long as the block runs. Never waits."""
    if _held.get():
        yield True
        return
    with connect(autocommit=True) as connection:
        is_free = _is_free(connection, "pg_try_advisory_lock_shared")
        mark = _held.set(_READING if is_free else None)
        try:
            yield is_free
        finally:
            _held.reset(mark)
            _leave(connection)


def is_building(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody holds the lock alone, without taking it."""
    row = connection.execute(
        """
        select exists (
            select from pg_locks
            where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
                and (classid::bigint << 32) | objid::bigint = %s
                and database = (select oid from pg_database where datname = current_database())
        )
        """,
        [BUILD_LOCK],
    ).fetchone()
    return row == (True,)


def _is_free(connection: psycopg.Connection[Any], attempt: str) -> bool:
    return connection.execute(f"select {attempt}(%s)", [BUILD_LOCK]).fetchone() == (True,)


def _leave(connection: psycopg.Connection[Any]) -> None:
    """Give the lock back now: the server notices the end of a connection a little later."""
    with suppress(psycopg.Error):  # lost, and the lock with it
        connection.execute("select pg_advisory_unlock_all()")
