"""A run of a stream: what it knows, and the transactions it is made of. The order of things is the loader's."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

import psycopg

from warehouse.raw import StreamKey
from warehouse.raw_batches import Batch
from warehouse.raw_cursors import Read, WindowLike, close_cursor, keep_resume_point
from warehouse.raw_deletions import apply_sweep, forget_seen, mark_gone_that_day, mark_unseen
from warehouse.raw_log import CertificateLike, Counts, close_log, log_counts
from warehouse.raw_merging import Merged, keep_rejections, merge
from warehouse.raw_rejections import settle_rejections


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a complete run did. ``records`` = new + changed + unchanged; rejected come on top."""

    log_id: int
    pages: int
    records: int
    new: int
    changed: int
    unchanged: int
    deleted: int
    rejected: int
    seconds: float
    note: str | None
    """Why everything was read, and what the run could not do although it is complete; None for nothing."""
    certificate: Mapping[str, Any]
    """The source's certificate, with what was found gone and how: as it is kept in the log."""


@dataclass
class Run:
    """A run of a stream that is under way, and the transactions it is made of."""

    key: StreamKey
    run_id: str
    as_of: datetime
    window: WindowLike
    snapshot_date: date | None
    fence: int
    read: Read
    log_id: int
    version: str = ""
    note: str | None = None
    """What there is to say about the run from its beginning."""
    is_first: bool = False
    """Whether the stream held nothing of this organization when the run began."""
    started_at: datetime | None = None
    """When it began, by the database's clock."""
    resumed_from: str | None = None
    """The interrupted run that this one goes on from."""
    family_field: str | None = None
    counts: Counts = field(default_factory=Counts)
    began: float = field(default_factory=monotonic)

    @property
    def notes_seen(self) -> bool:
        """Whether the ids met are noted: only a read of everything can show what is gone."""
        return self.window.kind == "all"

    @property
    def noting_id(self) -> int | None:
        """Under which number the ids met are noted; None when they are not."""
        return self.read.read_id if self.notes_seen else None

    def merge(self, connection: psycopg.Connection, batch: Batch) -> Merged:
        return merge(
            connection,
            self.key,
            batch,
            run_id=self.run_id,
            snapshot_date=self.snapshot_date,
            read_id=self.noting_id,
            is_first=self.is_first,
            family_field=self.family_field,
            started_at=self.started_at,
            whole_since=self.read.begun_at if self.window.kind == "all" else None,
        )

    def commit(self, connection: psycopg.Connection, batch: Batch, merged: Merged) -> None:
        """Close a batch's transaction, with its resume point and the counts so far."""
        counts = replace(
            self.counts,
            pages=self.counts.pages + batch.pages,
            records=self.counts.records + batch.seen,
            new=self.counts.new + merged.new,
            changed=self.counts.changed + merged.changed,
            deleted=self.counts.deleted + merged.deleted,
            rejected=self.counts.rejected + len(batch.rejections),
            requests=self.counts.requests + batch.requests,
            bytes=self.counts.bytes + batch.bytes,
        )
        unidentified = sum(rejection.record_id is None for rejection in batch.rejections)
        read = replace(self.read, unidentified=self.read.unidentified + unidentified)
        cursor = connection.cursor()
        # Should the server crash, the last batches go and their resume points with them; closing waits for the disk.
        cursor.execute("set local synchronous_commit = off")
        keep_resume_point(
            cursor,
            self.key,
            fence=self.fence,
            run_id=self.run_id,
            window=self.window,
            read=read,
            position=batch.resume,
            version=self.version,
        )
        keep_rejections(cursor, self.key, batch, run_id=self.run_id, read_id=self.noting_id)
        log_counts(cursor, self.log_id, counts)
        connection.commit()
        self.counts, self.read = counts, read

    def close(
        self,
        connection: psycopg.Connection,
        *,
        certificate: CertificateLike,
        sweep_begun_at: datetime | None,
        overlap: timedelta,
    ) -> LoadResult:
        """Everything that makes the run complete, in one transaction."""
        note = self.note
        deleted = self.counts.deleted
        found_by = "feed" if certificate.deletions_told else "not looked for"
        if certificate.is_complete_set:
            if not self.notes_seen:
                raise ValueError(f"A read of {self.key} with window {self.window.kind!r} cannot be the complete set.")
            if self.read.unidentified:
                cannot_tell = (
                    f"{self.read.unidentified} rejected records have no readable id, so records that are gone could "
                    "not be told from these and none was marked deleted."
                )
                note = f"{note} {cannot_tell}" if note else cannot_tell
            else:
                found_by = "complete set"
                deleted += mark_unseen(
                    connection,
                    self.key,
                    run_id=self.run_id,
                    read_id=self.read.read_id,
                    begun_at=self.read.begun_at,
                )
        if sweep_begun_at is not None:
            found_by = "id sweep"
            deleted += apply_sweep(connection, self.key, run_id=self.run_id, begun_at=sweep_begun_at)
        if self.snapshot_date is not None:
            mark_gone_that_day(connection, self.key, run_id=self.run_id, snapshot_date=self.snapshot_date)
        settle_rejections(connection, self.key, whole_since=self.read.begun_at if self.window.kind == "all" else None)
        if self.notes_seen:
            forget_seen(connection, self.read.read_id)
        counts = replace(self.counts, deleted=deleted, requests=certificate.requests)
        close_cursor(
            connection,
            self.key,
            fence=self.fence,
            run_id=self.run_id,
            window=self.window,
            read=self.read,
            # A vendor whose clock lags marks with an earlier hour what changes after this read.
            overlap=overlap + timedelta(seconds=certificate.clock_behind),
            version=self.version,
        )
        seconds = monotonic() - self.began
        proof = {
            **asdict(certificate),
            "deletions": found_by,
            "deleted": deleted,
            "resumed_from": self.resumed_from,
            "note": note,
        }
        close_log(connection, self.log_id, counts, seconds=seconds, certificate=certificate, proof=proof)
        connection.commit()
        return LoadResult(
            log_id=self.log_id,
            pages=counts.pages,
            records=counts.records,
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
            deleted=deleted,
            rejected=counts.rejected,
            seconds=seconds,
            note=note,
            certificate=proof,
        )
