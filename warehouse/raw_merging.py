"""Putting a batch of records into a raw table: COPY, merge, daily history, ids seen; and its rejections beside it.

Everything here happens in the caller's transaction. An unchanged record is not touched, so that what reads
``extracted_at`` sees only what changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import errors, sql

from warehouse.raw import StreamKey
from warehouse.raw_batches import Batch, Misfit, RecordLike, record_hash
from warehouse.raw_copying import ROW_COLUMNS, WAITING_COLUMNS, row_block, waiting_block

# Rows wait here as plain text, in line: checking JSON, taking it apart and compressing it is left to the merge, which
# does so for changed rows only, and that is most of what loading a record costs.
_INCOMING = """
set temp_buffers = '32MB';
set lock_timeout = '60s';
create temporary table if not exists incoming (
    record_id text not null, record text not null, source_updated_at timestamptz, record_hash bytea not null
) with (toast_tuple_target = 8160) on commit delete rows;
alter table incoming alter column record set storage external;
"""

_COPY = f"copy incoming ({WAITING_COLUMNS}) from stdin (format binary)"
_COPY_ROWS = f"copy {{table}} ({ROW_COLUMNS}) from stdin (format binary)"

# A record that was deleted here and is given again by a read lives, however old; a single one, a webhook's, may have
# been under way since before the deletion, so only a mark from after it counts. Otherwise the newer version stays,
# unless a read of everything gives an older one: the vendor put that back, and nobody has brought another since the
# read began. Where no mark tells which is newer, a version that a single record's load brought since this run began
# stays: the page may be older. What changed after that is told by the next read of changes, which begins before this
# run did. A mark that is yet to come tells of a wrong clock, a device's for one, and would keep every later version out
# until its day.
_MERGE = """
with merged as (
    insert into {table} as kept
        (organization_id, record_id, record, source_updated_at, record_hash, first_seen_at, extracted_at, run_id)
    select %(organization_id)s, record_id, record::jsonb, source_updated_at, record_hash,
        statement_timestamp(), statement_timestamp(), %(run_id)s
    from incoming
    where record_hash is distinct from (
        select known.record_hash from {table} as known
        where known.organization_id = %(organization_id)s and known.record_id = incoming.record_id
            and known.deleted_at is null
    )
    on conflict (organization_id, record_id) do update set
        record = excluded.record,
        source_updated_at = excluded.source_updated_at,
        record_hash = excluded.record_hash,
        extracted_at = excluded.extracted_at,
        deleted_at = null,
        run_id = excluded.run_id
    where case
        when kept.deleted_at is not null
            then %(started_at)s::timestamptz is not null or excluded.source_updated_at > kept.deleted_at
        when kept.extracted_at < %(whole_since)s::timestamptz
            then kept.record_hash is distinct from excluded.record_hash
        else
            kept.record_hash is distinct from excluded.record_hash
            and (
                kept.source_updated_at > excluded.source_updated_at
                and kept.source_updated_at < statement_timestamp() + interval '1 day'
            ) is not true
            and (
                kept.source_updated_at is not null and excluded.source_updated_at is not null
                or kept.run_id = excluded.run_id or (kept.extracted_at > %(started_at)s::timestamptz) is not true
            )
    end
    returning first_seen_at = extracted_at as is_new
)
select count(*) filter (where is_new), count(*) filter (where not is_new) from merged
"""

# In the batch these followed a version without a change mark, which had replaced whatever is stored.
_OVERTAKE = """
update {table} as kept set source_updated_at = incoming.source_updated_at
from incoming
where kept.organization_id = %(organization_id)s and kept.record_id = any(%(overtaken)s)
    and incoming.record_id = kept.record_id and kept.source_updated_at > incoming.source_updated_at
"""

# Told by the source itself. What the same feed gives again later lives again.
_MARK_DELETED = """
update {table} as kept set deleted_at = statement_timestamp(), extracted_at = statement_timestamp(), run_id = %(run_id)s
where organization_id = %(organization_id)s and record_id = any(%(deletions)s) and deleted_at is null
"""

# Children that a parent no longer has. What was rejected is held by the vendor all the same.
_MARK_LEFT_OUT = """
update {table} as kept set deleted_at = statement_timestamp(), extracted_at = statement_timestamp(), run_id = %(run_id)s
where organization_id = %(organization_id)s and deleted_at is null and record ->> %(family_field)s = any(%(families)s)
    and record_id <> all(%(rejected)s)
    and not exists (select from incoming where incoming.record_id = kept.record_id)
"""

_DAILY = """
insert into {daily} as kept
    (organization_id, record_id, snapshot_date, record, record_hash, extracted_at, run_id)
select organization_id, record_id, %(snapshot_date)s, known.record, known.record_hash, statement_timestamp(), %(run_id)s
from {table} as known join incoming using (record_id)
where organization_id = %(organization_id)s
on conflict (organization_id, snapshot_date, record_id) do update set
    record = excluded.record,
    record_hash = excluded.record_hash,
    extracted_at = excluded.extracted_at,
    deleted_at = null,
    run_id = excluded.run_id
where kept.record_hash is distinct from excluded.record_hash or kept.deleted_at is not null
"""

_REJECT = """
insert into raw_meta.rejected_records
    (organization_id, source, stream, run_id, record_id, body, body_hash, reason)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict on constraint rejected_records_once do update set
    run_id = excluded.run_id, last_rejected_at = clock_timestamp(), settled_at = null
"""


# Broken syntax, characters and numbers that jsonb does not know; too large; too deep.
_REFUSALS = (errors.DataError, errors.ProgramLimitExceeded, errors.StatementTooComplex)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a batch did to the table."""

    new: int
    changed: int
    deleted: int = 0


def prepare(connection: psycopg.Connection) -> None:
    """Give the connection the temporary table that batches wait in; once for each connection.

    From then on a lock that somebody else holds on a raw table for a minute ends in an error.
    """
    connection.execute(_INCOMING)
    connection.commit()


def merge(
    connection: psycopg.Connection,
    key: StreamKey,
    batch: Batch,
    *,
    run_id: str,
    snapshot_date: date | None = None,
    read_id: int | None = None,
    is_first: bool = False,
    family_field: str | None = None,
    started_at: datetime | None = None,
    whole_since: datetime | None = None,
) -> Merged:
    """Copy and merge a batch; records that Postgres cannot keep become rejections of the batch.

    Starts the transaction and leaves it open. With ``snapshot_date`` the records also become that day's history;
    with ``read_id`` their ids are noted as seen. ``is_first`` says that nothing the batch holds is expected to be
    there already: it is copied straight into the table, and merged only if something is. ``family_field``
    names a record's parent, for batches that hold all children of some. ``started_at`` is the run's beginning: what
    others have brought since is not taken for older than the batch; None for a single record that no run brought.
    ``whole_since``: when the read of everything began that the batch belongs to, None for other reads.
    """
    if is_first and snapshot_date is None and _copy_rows(connection, key, batch, run_id=run_id):
        return Merged(new=len(batch.records), changed=0)
    facts = {**key._asdict(), "run_id": run_id, "snapshot_date": snapshot_date}
    facts |= {"started_at": started_at, "whole_since": whole_since}
    tables = {"table": key.table, "daily": key.daily_table}
    cursor = connection.cursor()
    try:
        new, changed = _copy_and_merge(cursor, batch, facts, tables)
    except _REFUSALS:
        connection.rollback()
        batch.reject(list(_misfits(connection, list(batch.records.values()))))
        connection.commit()
        new, changed = _copy_and_merge(cursor, batch, facts, tables)
    if snapshot_date is not None:
        cursor.execute(sql.SQL(_DAILY).format(**tables), facts, prepare=False)
    # What this read has written is newer than its beginning and never taken for gone; only the rest must be noted.
    if read_id is not None and new + changed < len(batch.records):
        cursor.execute("insert into raw_meta.seen_records select %s, record_id from incoming", [read_id])
    deleted = 0
    if batch.deletions:
        gone = {**facts, "deletions": sorted(batch.deletions)}
        deleted = cursor.execute(sql.SQL(_MARK_DELETED).format(**tables), gone).rowcount
    if batch.families:
        deleted += _mark_left_out(cursor, batch, {**facts, "family_field": family_field}, tables)
    return Merged(new=new, changed=changed, deleted=deleted)


def _copy_rows(connection: psycopg.Connection, key: StreamKey, batch: Batch, *, run_id: str) -> bool:
    """Copy a batch of new records straight into the table; False, with nothing written, when that does not go.

    It does not where a record is there already or does not fit. Faster by a third than merging, which writes twice.
    """
    if batch.deletions or batch.families:
        return False
    cursor = connection.cursor()
    row = cursor.execute("select statement_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a select of one value returns one row
    block = row_block(batch.records.values(), organization_id=key.organization_id, run_id=run_id, extracted_at=row[0])
    try:
        with cursor.copy(sql.SQL(_COPY_ROWS).format(table=key.table)) as copy:
            copy.write(block)
    except (errors.UniqueViolation, *_REFUSALS):
        connection.rollback()
        return False
    return True


def is_empty(connection: psycopg.Connection, key: StreamKey) -> bool:
    """Whether the stream holds nothing of the organization, deleted records included."""
    query = sql.SQL("select not exists (select from {} where organization_id = %s)").format(key.table)
    return connection.execute(query, [key.organization_id]).fetchone() == (True,)


def _mark_left_out(
    cursor: psycopg.Cursor[Any], batch: Batch, facts: Mapping[str, Any], tables: Mapping[str, sql.Identifier]
) -> int:
    """How many records were left out where all of their parent's children were given."""
    if facts["family_field"] is None:
        raise ValueError(f"{facts['source']}.{facts['stream']} does not say which field names a record's parent")
    rejected = [misfit.record_id for misfit in batch.rejections]
    if None in rejected:
        return 0  # which of the children that is, nobody can tell: the next read of everything will
    told = {**facts, "families": sorted(batch.families), "rejected": rejected}
    return cursor.execute(sql.SQL(_MARK_LEFT_OUT).format(**tables), told, prepare=False).rowcount


def _copy_and_merge(
    cursor: psycopg.Cursor[Any], batch: Batch, facts: Mapping[str, Any], tables: Mapping[str, sql.Identifier]
) -> tuple[int, int]:
    """How many records are new, and how many changed."""
    # A table without statistics looks small enough to scan: a batch would then cost as much as the table is long.
    cursor.execute("set local enable_seqscan = off")
    with cursor.copy(_COPY) as copy:
        copy.write(waiting_block(batch.records.values()))
    if batch.overtaken:
        cursor.execute(sql.SQL(_OVERTAKE).format(**tables), {**facts, "overtaken": sorted(batch.overtaken)})
    row = cursor.execute(sql.SQL(_MERGE).format(**tables), facts, prepare=False).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without grouping returns one row
    return row[0], row[1]


def _misfits(connection: psycopg.Connection, records: Sequence[RecordLike]) -> Iterator[Misfit]:
    """The records that Postgres refuses as JSON (``\\u0000``, half a surrogate, broken syntax), found by halving."""
    reason = _refusal(connection, records)
    if reason is None:
        return
    if len(records) == 1:
        yield Misfit(records[0].body, reason, records[0].record_id)
        return
    middle = len(records) // 2
    yield from _misfits(connection, records[:middle])
    yield from _misfits(connection, records[middle:])


def _refusal(connection: psycopg.Connection, records: Sequence[RecordLike]) -> str | None:
    try:
        bodies = [record.body.decode() for record in records]
    except UnicodeDecodeError as error:
        return f"The record is not UTF-8: {error.reason} at byte {error.start}."
    if any("\0" in body for body in bodies):
        return "The record holds a NUL character, which Postgres cannot store."
    try:
        with connection.transaction():
            connection.execute("select count(body::jsonb) from unnest(%s::text[]) as body", [bodies])
    except _REFUSALS as error:
        said = f"{error.diag.message_primary} {error.diag.message_detail or ''}".strip()
        return f"Postgres cannot store the record as JSON: {said}"
    return None


def keep_rejections(
    cursor: psycopg.Cursor[Any], key: StreamKey, batch: Batch, *, run_id: str, read_id: int | None = None
) -> None:
    """Keep what did not fit, each once. Its id counts as seen: the vendor still has the record.

    Not part of :func:`merge`: two batches that are merged side by side may hold the same misfit, and the later one
    must not get hold of it first.
    """
    if not batch.rejections:
        return
    cursor.executemany(
        _REJECT,
        [
            [*key, run_id, each.record_id, each.readable_body, record_hash(each.body), each.readable_reason]
            for each in batch.rejections
        ],
    )
    identified = [each.record_id for each in batch.rejections if each.record_id is not None]
    if read_id is not None and identified:
        cursor.execute("insert into raw_meta.seen_records select %s, unnest(%s::text[])", [read_id, identified])
