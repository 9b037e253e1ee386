"""How far each stream has been read: the newest run's fence, the resume point, the watermark, what is covered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from warehouse.errors import LateWriter, StreamBusy
from warehouse.raw import StreamKey

_MOMENTS = ("since", "start", "end")


class WindowLike(Protocol):
    """Which part of a stream a run reads: ``all``, what changed ``since``, or what is dated ``start`` to ``end``."""

    @property
    def kind(self) -> str: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def start(self) -> datetime | None: ...
    @property
    def end(self) -> datetime | None: ...
    @property
    def months(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Read:
    """One pass over a stream; it outlives its run when that is interrupted and another goes on."""

    read_id: int
    as_of: datetime
    """The instant its first run took for now: later changes may be missing from it."""
    begun_at: datetime
    """When it began, by the database's clock."""
    unidentified: int = 0
    """Rejected records without an id so far."""


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where an interrupted run stopped."""

    position: dict[str, Any]
    """What the last committed page said about where to go on."""
    window: dict[str, Any]
    """The window it read, with the names and types of the run's own window object, as ``dataclasses.asdict`` has it."""
    run_id: str
    read: Read
    version: str = ""
    """The vendor's version that the interrupted run asked for: pages of two versions make no whole."""

    @property
    def as_of(self) -> datetime:
        """The instant the interrupted read took for now; a caller may find it too old to go on from."""
        return self.read.as_of


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a stream has been read; all None before its first complete run."""

    watermark: datetime | None = None
    """Up to when changes are loaded, the stream's overlap already taken off."""
    version: str | None = None
    """The vendor's version that what is here was read in."""
    whole_at: datetime | None = None
    """The instant that the last complete read of everything took for now."""


def reached(connection: psycopg.Connection, organization_id: str, source: str, stream: str) -> Reached:
    """How far complete runs have read the stream."""
    row = connection.execute(
        "select watermark, version, whole_at from raw_meta.cursors "
        "where organization_id = %s and source = %s and stream = %s",
        [organization_id, source, stream],
    ).fetchone()
    return Reached(*row) if row else Reached()


def watermark(connection: psycopg.Connection, organization_id: str, source: str, stream: str) -> datetime | None:
    """Up to when changes are loaded, the stream's overlap already taken off; None before the first complete run."""
    return reached(connection, organization_id, source, stream).watermark


def held_ids(connection: psycopg.Connection, organization_id: str, source: str, stream: str) -> list[str]:
    """The ids of the records that are here and not deleted, the one that changed last first."""
    found = connection.execute(
        sql.SQL(
            "select record_id from {} where organization_id = %s and deleted_at is null order by extracted_at desc"
        ).format(StreamKey(organization_id, source, stream).table),
        [organization_id],
    )
    return [record_id for (record_id,) in found]


def resume_point(connection: psycopg.Connection, organization_id: str, source: str, stream: str) -> ResumePoint | None:
    """Where the stream's last run was interrupted; None when it completed or has nowhere to go on from."""
    row = connection.execute(
        "select resume from raw_meta.cursors where organization_id = %s and source = %s and stream = %s",
        [organization_id, source, stream],
    ).fetchone()
    return _resume_point(row[0]) if row and row[0] and row[0]["position"] is not None else None


def open_cursor(
    connection: psycopg.Connection, key: StreamKey, *, as_of: datetime, resumes: ResumePoint | None
) -> tuple[int, Read]:
    """Take the stream over: the new run's fence, and the read it begins or goes on with.

    Raises :class:`StreamBusy` when the resume point has been used by another run in the meantime.
    """
    row = connection.execute(
        """
        insert into raw_meta.cursors as cursor (organization_id, source, stream, fence) values (%s, %s, %s, 1)
        on conflict (organization_id, source, stream) do update set fence = cursor.fence + 1
        returning fence, resume, nextval('raw_meta.reads'), clock_timestamp()
        """,
        key,
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert or update of one row returns one row
    fence, left, read_id, now = row
    if resumes is not None:
        if left is None or _resume_point(left) != resumes:
            raise StreamBusy(
                f"{key} was taken on by another run while this one prepared to go on with it. Nothing was read or "
                "written. Run again."
            )
        return fence, resumes.read
    if left is not None:
        connection.execute("delete from raw_meta.seen_records where read_id = %s", [left["read_id"]])
        connection.execute(
            "update raw_meta.cursors set resume = null where organization_id = %s and source = %s and stream = %s", key
        )
    return fence, Read(read_id=read_id, as_of=as_of, begun_at=now)


def keep_resume_point(
    cursor: psycopg.Cursor[Any],
    key: StreamKey,
    *,
    fence: int,
    run_id: str,
    window: WindowLike,
    read: Read,
    position: Mapping[str, Any] | None,
    version: str = "",
) -> None:
    """Note where to go on; part of the batch's transaction. Raises :class:`LateWriter` when a newer run took over."""
    resume = {
        "position": position,
        "window": {
            "kind": window.kind,
            "months": list(window.months),
            **{name: moment.isoformat() for name in _MOMENTS if (moment := getattr(window, name))},
        },
        "run_id": run_id,
        "read_id": read.read_id,
        "as_of": read.as_of.isoformat(),
        "begun_at": read.begun_at.isoformat(),
        "unidentified": read.unidentified,
        "version": version,
    }
    cursor.execute(
        """
        update raw_meta.cursors set resume = %s
        where organization_id = %s and source = %s and stream = %s and fence = %s
        """,
        [Jsonb(resume), *key, fence],
    )
    _check_fence(cursor, key)


def close_cursor(
    connection: psycopg.Connection,
    key: StreamKey,
    *,
    fence: int,
    run_id: str,
    window: WindowLike,
    read: Read,
    overlap: timedelta,
    version: str = "",
) -> None:
    """A complete run closes: move the watermark, extend what is covered, forget the resume point.

    A read of everything also notes its instant and the vendor's version. Raises :class:`LateWriter` when a newer run
    took over.
    """
    until = read.as_of
    covers_from, covers_to = {
        "all": (None, until),
        "changes": (window.since, until),
        "dated": (window.start, min(window.end or until, until)),
    }[window.kind]
    row = connection.execute(
        "select covered from raw_meta.cursors where organization_id = %s and source = %s and stream = %s for update",
        key,
    ).fetchone()
    # A read of everything stands by itself here too: what a clock that ran ahead took for covered was not.
    before = row[0] if row and window.kind != "all" else ()
    covered = _joined(before, TimestamptzRange(covers_from, covers_to))
    cursor = connection.execute(
        """
        update raw_meta.cursors set
            -- A month read on its own moves nothing: with a watermark, changes would be all that is asked for next.
            -- A read of everything stands by itself: a watermark from after it was set by a clock that ran ahead.
            watermark = case
                when %(is_whole)s then %(watermark)s
                when %(moves)s then greatest(watermark, %(watermark)s)
                else watermark
            end,
            covered = %(covered)s,
            covers_from = %(covers_from)s,
            version = case when %(is_whole)s then %(version)s else version end,
            whole_at = case when %(is_whole)s then %(until)s else whole_at end,
            resume = null
        where organization_id = %(organization_id)s and source = %(source)s and stream = %(stream)s
            and fence = %(fence)s
        """,
        {
            **key._asdict(),
            "fence": fence,
            "moves": window.kind != "dated",
            "watermark": until - overlap,
            "is_whole": window.kind == "all",
            "version": version,
            "until": until,
            "covered": covered,
            "covers_from": covered[-1].lower if covered else None,
        },
    )
    _check_fence(cursor, key)
    if window.kind != "dated":  # a month read on its own misses what changed since in the records of other months
        connection.execute(
            """
            update raw_meta.cursors
            set completed_at = clock_timestamp(), completed_as_of = %s, completed_run_id = %s
            where organization_id = %s and source = %s and stream = %s
            """,
            [until, run_id, *key],
        )


def _joined(covered: Iterable[TimestamptzRange], added: TimestamptzRange) -> TimestamptzMultirange:
    """Stretches of time with one more; what touches or overlaps becomes one. Half-open; no lower bound: all before."""
    ever = datetime.min.replace(tzinfo=UTC)
    joined: list[tuple[datetime, datetime]] = []
    for lower, upper in sorted((stretch.lower or ever, stretch.upper or ever) for stretch in [*covered, added]):
        if joined and lower <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], upper))
        elif lower < upper:
            joined.append((lower, upper))
    return TimestamptzMultirange(TimestamptzRange(None if lower == ever else lower, upper) for lower, upper in joined)


def _check_fence(cursor: psycopg.Cursor[Any], key: StreamKey) -> None:
    if cursor.rowcount != 1:
        raise LateWriter(
            f"A newer run has taken over {key}, so this one stops and its last batch was not written. Nothing is lost: "
            "the newer run reads the same records."
        )


def _resume_point(left: dict[str, Any]) -> ResumePoint:
    window = left["window"]
    return ResumePoint(
        position=left["position"],
        window={
            "kind": window["kind"],
            **{name: datetime.fromisoformat(window[name]) if name in window else None for name in _MOMENTS},
            "months": tuple(window["months"]),
        },
        run_id=left["run_id"],
        read=Read(
            read_id=left["read_id"],
            as_of=datetime.fromisoformat(left["as_of"]),
            begun_at=datetime.fromisoformat(left["begun_at"]),
            unidentified=left["unidentified"],
        ),
        version=left.get("version", ""),
    )
