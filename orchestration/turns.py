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
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import psycopg

from orchestration.errors import TurnLost
from orchestration.progress import Progress
from warehouse.engine import connect

BUILD_LOCK = 7_302_542  # any number, as long as every process uses the same
NAMED_AT_MOST = 3

ANOTHER_BUILDS = "  Another run is building the models or closing a quarter; this goes on when it has finished."
OTHERS_READ = "  Decks, exports, reports or alerts are being read from the models; this goes on when they have been."
ANOTHER_COMES_FIRST = "  Another run waits to build the models and comes first; this goes on when it has finished."

_HOLDERS = """
    select pid from pg_locks
    where locktype = 'advisory' and granted and (classid::bigint << 32) | objid::bigint = %(lock)s
        and database = (select oid from pg_database where datname = current_database())
"""


@dataclass(slots=True)
class _Turn:
    """The lock, as long as its connection lives."""

    connection: psycopg.Connection[Any]
    is_alone: bool

    def let_others_read(self) -> None:
        """Give the stronger lock for the weaker one."""
        # Shared first: in between nobody can build. Who holds a lock is given the weaker one before all who wait.
        try:
            self.connection.execute("select pg_advisory_lock_shared(%s)", [BUILD_LOCK])
            was_held = self.connection.execute("select pg_advisory_unlock(%s)", [BUILD_LOCK]).fetchone() == (True,)
        except psycopg.Error as error:
            raise self._lost() from error
        if not was_held:
            raise self._lost()
        self.is_alone = False

    def make_sure(self) -> None:
        """Raise TurnLost unless it was held all the time."""
        asked = f"select exists ({_HOLDERS} and pid = pg_backend_pid())"
        try:
            is_held = self.connection.execute(asked, {"lock": BUILD_LOCK}).fetchone() == (True,)
        except psycopg.Error as error:
            raise self._lost() from error
        if not is_held:
            raise self._lost()

    def leave(self) -> None:
        """Give the lock back now: the server notices the end of a connection a little later."""
        with suppress(psycopg.Error):  # lost, and the lock with it
            self.connection.execute("select pg_advisory_unlock_all()")

    def _lost(self) -> TurnLost:
        what, may_be = (
            ("others away was lost while models were built or figures kept", "others may have read or built in between")
            if self.is_alone
            else ("builds away was lost while the models were read", "what was made may be empty or mix two builds")
        )
        return TurnLost(
            f"The lock that keeps {what} (its connection to Postgres ended), so {may_be}. Run it once more; "
            "docs/troubleshooting.md, 'The lock was lost', says why connections end."
        )


_held: ContextVar[_Turn | None] = ContextVar("held", default=None)


@contextmanager
def sole_builder(progress: Progress | None = None) -> Iterator[Callable[[], None]]:
    """Nobody else builds or reads as long as the block runs; whoever comes second waits. May be nested.

    What it gives is called when nothing more is built: from then on others read as well, and still nobody builds.
    Raises TurnLost after a block that went well while the lock was lost.
    """
    held = _held.get()
    if held and not held.is_alone:
        # Not a matter of patience: it would wait for itself, and nobody would see why.
        raise RuntimeError("A build was begun inside of what reads the models; begin it before or after.")
    if held:
        yield lambda: None
        return
    with connect(autocommit=True) as connection:
        if not _is_free(connection, "pg_try_advisory_lock"):
            _say(connection, progress, OTHERS_READ)
            connection.execute("select pg_advisory_lock(%s)", [BUILD_LOCK])
        with _inside(_Turn(connection, is_alone=True)) as turn:
            yield turn.let_others_read


@contextmanager
def reading(progress: Progress | None = None) -> Iterator[None]:
    """Nobody builds as long as the block runs, others may read; whoever comes while models are built waits.

    May be nested, also in a build. Processes that are started inside take no turn of their own. Raises TurnLost after a
    block that went well while the lock was lost; what commits in it calls `make_sure` before.
    """
    if _held.get():
        yield
        return
    with connect(autocommit=True) as connection:
        if not _is_free(connection, "pg_try_advisory_lock_shared"):
            _say(connection, progress, ANOTHER_COMES_FIRST)
            connection.execute("select pg_advisory_lock_shared(%s)", [BUILD_LOCK])
        with _inside(_Turn(connection, is_alone=False)):
            yield


@contextmanager
def reading_if_free() -> Iterator[bool]:
    """Whether nobody builds or waits to; if so, nobody builds as long as the block runs. Never waits."""
    if _held.get():
        yield True
        return
    with connect(autocommit=True) as connection:
        if not _is_free(connection, "pg_try_advisory_lock_shared"):
            yield False
            return
        with _inside(_Turn(connection, is_alone=False)):
            yield True


def make_sure() -> None:
    """Raise TurnLost where the lock was lost since; for whoever is about to commit what was read under it."""
    if held := _held.get():
        held.make_sure()


def is_building(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody holds the lock alone, without taking it."""
    asked = f"select exists ({_HOLDERS} and mode = 'ExclusiveLock')"
    return connection.execute(asked, {"lock": BUILD_LOCK}).fetchone() == (True,)


def holders(connection: psycopg.Connection[Any]) -> list[str]:
    """Who holds the lock, those that took it first before the others: which command, where, since when."""
    asked = f"select application_name, pid, state_change from pg_stat_activity where pid in ({_HOLDERS})"  # noqa: S608
    found = connection.execute(f"{asked} order by state_change, pid", {"lock": BUILD_LOCK}).fetchall()
    return [
        f"{name or 'somebody'} (process {pid} of Postgres)"
        # Not told of other users. A connection that only holds a lock did nothing since it got it.
        + (f" since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else "")
        for name, pid, since in found
    ]


@contextmanager
def _inside(turn: _Turn) -> Iterator[_Turn]:
    mark = _held.set(turn)
    try:
        yield turn
        turn.make_sure()
    finally:
        _held.reset(mark)
        turn.leave()


def _is_free(connection: psycopg.Connection[Any], attempt: str) -> bool:
    return connection.execute(f"select {attempt}(%s)", [BUILD_LOCK]).fetchone() == (True,)


def _say(connection: psycopg.Connection[Any], progress: Progress | None, otherwise: str) -> None:
    """For whom it waits: the kind of work, and who does it, so that one that hangs can be found."""
    if not progress:
        return
    named, said = holders(connection), ANOTHER_BUILDS if is_building(connection) else otherwise
    if named:
        more = len(named) - NAMED_AT_MOST
        said += f" Held by {'; '.join(named[:NAMED_AT_MOST])}{f' and {more} more' if more > 0 else ''}. If one hangs: "
        said += "docs/troubleshooting.md, 'Another run is under way'."
    progress.line(said)
