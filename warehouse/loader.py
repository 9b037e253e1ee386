"""Loads a stream's pages into its raw table: the one way in.

Batches are committed as they come, each with its resume point and its counts; the watermark moves only when a complete
run closes. Killed anywhere and run again, the table ends the same. One run of a stream of an organization at a time
(advisory lock); should an older one wake up late, its fence refuses it.

The parts: ``raw_batches`` cuts and encodes, ``raw_merging`` merges, ``raw_lanes`` does so twice at once, ``raw_runs``
commits and closes, ``raw_cursors`` knows how far we are, ``raw_deletions`` what is gone, ``raw_log`` what happened.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

import psycopg
from psycopg import errors

from warehouse.errors import LateWriter, StreamBusy, WarehouseError
from warehouse.raw import StreamKey
from warehouse.raw_batches import Batch, PageLike, RecordLike, cut
from warehouse.raw_cursors import (
    Reached,
    ResumePoint,
    WindowLike,
    held_ids,
    open_cursor,
    reached,
    resume_point,
    watermark,
)
from warehouse.raw_deletions import gather_ids
from warehouse.raw_lanes import Lanes
from warehouse.raw_log import CertificateLike, describe, log_failure, open_log
from warehouse.raw_merging import Merged, is_empty, keep_rejections, merge, prepare
from warehouse.raw_runs import LoadResult, Run

__all__ = [
    "LoadResult",
    "Reached",
    "ResumePoint",
    "held_ids",
    "load",
    "load_one",
    "note_failure",
    "reached",
    "resume_point",
    "watermark",
]

BUSY_AFTER_SECONDS = 5.0
"""A killed run's lock goes when its server process notices, which takes a moment."""

ConnectionFactory = Callable[[], psycopg.Connection]


def load(
    connection_factory: ConnectionFactory,
    *,
    organization_id: str,
    source: str,
    stream: str,
    pages: Iterable[PageLike],
    run_id: str,
    as_of: datetime,
    window: WindowLike,
    certificate: Callable[[], CertificateLike],
    snapshot_date: date | None = None,
    id_sweep: Iterable[list[str]] | None = None,
    on_page: Callable[[int], None] | None = None,
    overlap: timedelta = timedelta(0),
    resumes: ResumePoint | None = None,
    version: str = "",
    note: str | None = None,
    family_field: str | None = None,
    busy_after_seconds: float = BUSY_AFTER_SECONDS,
) -> LoadResult:
    """Load a stream's pages; the run is complete when this returns.

    ``certificate`` is asked once the pages are used up; it raises when the read was not whole. A complete set marks
    what it did not meet as deleted, and so does ``id_sweep``, all ids that the source has. ``snapshot_date`` (the
    organization's date) adds the records to the stream's daily history. ``on_page`` hears the records of each page.
    ``overlap`` is taken off the watermark. ``resumes`` says that the pages go on from that resume point; the watermark
    then counts from the interrupted read's start. ``version`` is the vendor's that the pages are in, ``note`` what the
    caller has to say about the run; it is kept with the certificate. ``family_field`` is the
    field of a record that names its parent.

    Raises :class:`StreamBusy` when another run holds the stream, :class:`LateWriter` when a newer one took over, and
    whatever the pages raise, after what was read by then is safe and the log says so.
    """
    key = StreamKey(organization_id, source, stream)
    with _locked(connection_factory, key, busy_after_seconds) as connection:
        fence, read = open_cursor(connection, key, as_of=as_of, resumes=resumes)
        log_id, started_at = open_log(connection, key, run_id=run_id, as_of=as_of, window=window)
        connection.commit()
        run = Run(
            key,
            run_id,
            as_of,
            window,
            snapshot_date,
            fence,
            read,
            log_id,
            version,
            note,
            started_at=started_at,
            resumed_from=resumes.run_id if resumes else None,
            family_field=family_field,
        )
        with _failures_logged(connection_factory, connection, run):
            run.is_first = is_empty(connection, key)
            prepare(connection)
            with Lanes(connection, connection_factory, merge=run.merge, commit=run.commit) as lanes:
                for batch in cut(pages, on_page):
                    lanes.put(batch)
                lanes.drain()
            proof = certificate()
            sweep_begun_at = gather_ids(connection, id_sweep) if id_sweep is not None else None
            return run.close(connection, certificate=proof, sweep_begun_at=sweep_begun_at, overlap=overlap)


def load_one(
    connection: psycopg.Connection, *, organization_id: str, source: str, stream: str, record: RecordLike, run_id: str
) -> Merged:
    """Merge a single record (a webhook's) without waiting for a run of the stream; commits it.

    An older version than the one that is there changes nothing, nor does one from before the record's deletion. It
    moves no watermark and leaves no log row. Raises ``ValueError`` when the connection is in the middle of something.
    """
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        raise ValueError("load_one needs a connection without an open transaction, since it commits its own.")
    batch = Batch()
    batch.add(_SinglePage((record,)))
    prepare(connection)
    key = StreamKey(organization_id, source, stream)
    merged = merge(connection, key, batch, run_id=run_id)
    keep_rejections(connection.cursor(), key, batch, run_id=run_id)
    connection.commit()
    return merged


def note_failure(
    connection: psycopg.Connection,
    *,
    organization_id: str,
    source: str,
    stream: str,
    run_id: str,
    as_of: datetime,
    error: str,
) -> None:
    """Log a run that failed before its first page, such as at the sign-in; commits."""
    connection.execute(
        """
        insert into raw_meta.extraction_log
            (run_id, organization_id, source, stream, window_kind, as_of, finished_at, outcome, seconds, error)
        values (%s, %s, %s, %s, 'none', %s, clock_timestamp(), 'failed', 0, %s)
        """,
        [run_id, organization_id, source, stream, as_of, error],
    )
    connection.commit()


@dataclass(frozen=True, slots=True)
class _SinglePage:
    records: tuple[RecordLike]
    rejections: tuple[()] = ()
    resume: None = None
    requests: int = 0
    bytes: int = 0
    deletions: tuple[()] = ()
    families: tuple[()] = ()


@contextmanager
def _locked(
    connection_factory: ConnectionFactory, key: StreamKey, busy_after_seconds: float
) -> Iterator[psycopg.Connection]:
    """A connection that holds the stream's lock for as long as it lives."""
    with connection_factory() as connection:
        connection.autocommit = False  # a batch and its resume point are one transaction, whatever the factory's habit
        try:
            connection.execute(
                "select set_config('lock_timeout', %s, false)", [f"{max(1, int(busy_after_seconds * 1000))}ms"]
            )
            connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", ["/".join(key)])
        except errors.LockNotAvailable as error:
            connection.rollback()
            raise StreamBusy(
                f"Another run of {key} is under way, so this one did nothing. Wait for it, or end it, and run again."
            ) from error
        connection.commit()
        yield connection


@contextmanager
def _failures_logged(connection_factory: ConnectionFactory, connection: psycopg.Connection, run: Run) -> Iterator[None]:
    """Whatever ends a run early is written to its log row; a database's error becomes one of the warehouse's."""
    try:
        yield
    except BaseException as error:
        told = error
        if isinstance(error, psycopg.Error):
            told = WarehouseError(
                f"Loading {run.key} stopped: {describe(error)} What was committed stays; when the cause is mended, run "
                "again."
            )
        outcome = "superseded" if isinstance(error, LateWriter) else "failed"
        try:
            if not connection.closed:
                connection.rollback()  # it may hold the log row
            with connection_factory() as fresh:  # the run's own connection may be what broke
                log_failure(fresh, run.log_id, outcome=outcome, seconds=monotonic() - run.began, error=told)
        except (psycopg.Error, WarehouseError) as second:
            told.add_note(f"The extraction log could not be told: {second}")
        if told is error:
            raise
        raise told from error
