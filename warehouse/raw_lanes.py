"""Two connections that copy and merge batches side by side, and commit them in the order in which they were read.

Postgres spends about a tenth of a millisecond on each record, so one connection would keep one core busy while the
vendor's next page waits. Resume points only make sense in order, hence the wait before each commit. Two batches that
hold the same record are not worked on at the same time: each would wait for the other for ever.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

import psycopg

from warehouse.raw_batches import Batch
from warehouse.raw_merging import Merged, prepare

LANES = 2


class _Task(NamedTuple):
    record_ids: frozenset[str]
    done: Future[None]


class Lanes:
    """Works on up to ``LANES`` batches at once; leaving the ``with`` block waits for those that were begun.

    ``merge`` is called side by side, ``commit`` in order. The first lane is a connection that is lent, the others are
    opened when there is more than one batch.
    """

    def __init__(
        self,
        lent: psycopg.Connection,
        connection_factory: Callable[[], psycopg.Connection],
        *,
        merge: Callable[[psycopg.Connection, Batch], Merged],
        commit: Callable[[psycopg.Connection, Batch, Merged], None],
    ) -> None:
        self._connection_factory = connection_factory
        self._merge = merge
        self._commit = commit
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="load")
        self._idle: SimpleQueue[psycopg.Connection] = SimpleQueue()
        self._idle.put(lent)
        self._opened: list[psycopg.Connection] = []
        self._under_way: deque[_Task] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown()  # what was read before an error is still committed
        for task in self._under_way:
            second = task.done.exception()
            if error is not None and second is not None and second is not error:
                error.add_note(f"What had been read before that was not loaded either: {second}")
        for connection in self._opened:
            connection.close()

    def put(self, batch: Batch) -> None:
        """Hand over a batch; waits for a free lane. Raises what went wrong with an earlier batch."""
        record_ids = batch.record_ids
        while self._under_way and (
            len(self._under_way) >= LANES or any(not record_ids.isdisjoint(task.record_ids) for task in self._under_way)
        ):
            self._under_way.popleft().done.result()
        before = self._under_way[-1].done if self._under_way else None
        self._under_way.append(_Task(record_ids, self._pool.submit(self._work, batch, before)))

    def drain(self) -> None:
        """Wait until everything handed over is committed. Raises what went wrong."""
        while self._under_way:
            self._under_way.popleft().done.result()

    def _work(self, batch: Batch, before: Future[None] | None) -> None:
        connection = self._connection()
        try:
            merged = self._merge(connection, batch)
            if before is not None:
                before.result()
            self._commit(connection, batch, merged)
        finally:
            if not connection.closed:
                connection.rollback()  # nothing is left to undo after a commit
            self._idle.put(connection)

    def _connection(self) -> psycopg.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            connection = self._connection_factory()
            self._opened.append(connection)
            connection.autocommit = False
            prepare(connection)
            return connection
