"""The extraction log: one row per run of a stream, whatever came of it."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

import psycopg
from psycopg.types.json import Jsonb

from warehouse.raw import StreamKey
from warehouse.raw_cursors import WindowLike


class CertificateLike(Protocol):
    """A source's word on how complete a read was; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    @property
    def vendor_count(self) -> int | None: ...
    @property
    def is_complete_set(self) -> bool: ...
    @property
    def deletions_told(self) -> bool: ...
    @property
    def requests(self) -> int: ...
    @property
    def retries(self) -> int: ...
    @property
    def rate_limit_waits(self) -> int: ...
    @property
    def clock_behind(self) -> float: ...


@dataclasses.dataclass(slots=True)
class Counts:
    """What a run has done so far, as committed. ``records`` = new + changed + unchanged; rejected come on top."""

    pages: int = 0
    records: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    rejected: int = 0
    requests: int = 0
    bytes: int = 0

    @property
    def unchanged(self) -> int:
        return self.records - self.new - self.changed


def open_log(
    connection: psycopg.Connection, key: StreamKey, *, run_id: str, as_of: datetime, window: WindowLike
) -> tuple[int, datetime]:
    """Begin a run's row; returns its id and its beginning by the database's clock.

    A row that a killed run left open is closed as superseded.
    """
    connection.execute(
        """
        update raw_meta.extraction_log
        set outcome = 'superseded', finished_at = clock_timestamp(),
            error = 'The run ended without a word, killed or cut off; a later run took over.'
        where organization_id = %s and source = %s and stream = %s and outcome = 'running'
        """,
        key,
    )
    row = connection.execute(
        """
        insert into raw_meta.extraction_log
            (run_id, organization_id, source, stream, window_kind, window_from, window_to, as_of)
        values (%s, %s, %s, %s, %s, %s, %s, %s) returning log_id, started_at
        """,
        [run_id, *key, window.kind, window.since or window.start, window.end, as_of],
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert of one row returns one row
    log_id, started_at = row
    return log_id, started_at


def log_counts(cursor: psycopg.Cursor[Any], log_id: int, counts: Counts) -> None:
    """Bring the row up to date; part of a batch's transaction."""
    cursor.execute(
        """
        update raw_meta.extraction_log set
            pages = %(pages)s, records = %(records)s, records_new = %(new)s, records_changed = %(changed)s,
            records_unchanged = %(unchanged)s, records_deleted = %(deleted)s, records_rejected = %(rejected)s,
            requests = %(requests)s, bytes = %(bytes)s
        where log_id = %(log_id)s
        """,
        {**dataclasses.asdict(counts), "unchanged": counts.unchanged, "log_id": log_id},
    )


def close_log(
    connection: psycopg.Connection,
    log_id: int,
    counts: Counts,
    *,
    seconds: float,
    certificate: CertificateLike,
    proof: Mapping[str, Any],
) -> None:
    """Close a complete run's row; part of the closing transaction.

    ``proof`` is the source's certificate with what this side adds: how deletions were found, and what there is to note.
    """
    log_counts(connection.cursor(), log_id, counts)
    connection.execute(
        """
        update raw_meta.extraction_log set
            outcome = 'complete', finished_at = clock_timestamp(), seconds = %s, certificate = %s, vendor_count = %s,
            requests = %s, retries = %s, rate_limit_waits = %s
        where log_id = %s
        """,
        [
            _seconds(seconds),
            Jsonb(dict(proof)),
            certificate.vendor_count,
            certificate.requests,
            certificate.retries,
            certificate.rate_limit_waits,
            log_id,
        ],
    )


def log_failure(
    connection: psycopg.Connection, log_id: int, *, outcome: str, seconds: float, error: BaseException
) -> None:
    """Close a run's row as failed or superseded, unless a later run has closed it already."""
    connection.execute(
        """
        update raw_meta.extraction_log
        set outcome = %s, finished_at = clock_timestamp(), seconds = %s, error = %s
        where log_id = %s and outcome = 'running'
        """,
        [outcome, _seconds(seconds), describe(error), log_id],
    )


def describe(error: BaseException) -> str:
    """An error as a sentence: its own words, or its kind where it has none."""
    return str(error).strip() or f"The run was ended by {type(error).__name__}."


def _seconds(seconds: float) -> Decimal:
    return Decimal(seconds).quantize(Decimal("0.001"))
