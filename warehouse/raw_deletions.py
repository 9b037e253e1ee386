"""Records that a source no longer has: marked, never removed.

Two ways show it: a read of the complete set, in which they did not appear, and a sweep over the ids alone.
"""

from collections.abc import Iterable
from datetime import date, datetime

import psycopg
from psycopg import sql

from warehouse.raw import StreamKey

# What was merged while the ids were being read (by a single record's load) may be too new to be among them.
_MARK_UNSEEN = """
update {table} as kept set deleted_at = statement_timestamp(), extracted_at = statement_timestamp(), run_id = %(run_id)s
where organization_id = %(organization_id)s and deleted_at is null and extracted_at < %(begun_at)s
    and not exists (select from {ids} as seen where seen.record_id = kept.record_id {condition})
"""

# Freshly written ids have no statistics yet, so the planner takes them for few and would compare each with each.
_COMPARE_AS_SETS = "set local enable_nestloop = off"

# The day's history is its last reading: what went after an earlier reading of that day is not part of it.
_MARK_GONE_THAT_DAY = """
update {daily} as kept set deleted_at = statement_timestamp(), extracted_at = statement_timestamp(), run_id = %(run_id)s
where organization_id = %(organization_id)s and snapshot_date = %(snapshot_date)s and deleted_at is null
    and exists (
        select from {table} as known
        where known.organization_id = kept.organization_id and known.record_id = kept.record_id
            and known.deleted_at is not null
    )
"""

_REVIVE = """
update {table} as kept set deleted_at = null, extracted_at = statement_timestamp(), run_id = %(run_id)s
where organization_id = %(organization_id)s and deleted_at is not null
    and exists (select from swept_ids as swept where swept.record_id = kept.record_id)
"""


def mark_unseen(
    connection: psycopg.Connection, key: StreamKey, *, run_id: str, read_id: int, begun_at: datetime
) -> int:
    """Mark what a complete read did not meet; returns how many records that was. Part of the closing transaction."""
    connection.execute(_COMPARE_AS_SETS)
    return connection.execute(
        sql.SQL(_MARK_UNSEEN).format(
            table=key.table,
            ids=sql.Identifier("raw_meta", "seen_records"),
            condition=sql.SQL("and seen.read_id = %(read_id)s"),
        ),
        {**key._asdict(), "run_id": run_id, "read_id": read_id, "begun_at": begun_at},
    ).rowcount


def mark_gone_that_day(connection: psycopg.Connection, key: StreamKey, *, run_id: str, snapshot_date: date) -> None:
    """Mark in a day's history what is marked in the stream by now. Part of the closing transaction."""
    connection.execute(
        sql.SQL(_MARK_GONE_THAT_DAY).format(table=key.table, daily=key.daily_table),
        {**key._asdict(), "run_id": run_id, "snapshot_date": snapshot_date},
    )


def forget_seen(connection: psycopg.Connection, read_id: int) -> None:
    """Drop the ids that a read had noted."""
    connection.execute("delete from raw_meta.seen_records where read_id = %s", [read_id])


def gather_ids(connection: psycopg.Connection, ids: Iterable[list[str]]) -> datetime:
    """Take in a sweep's ids as they come, outside of any long transaction; returns when it began, by the database."""
    connection.execute("create temporary table swept_ids (record_id text not null) on commit preserve rows")
    row = connection.execute("select clock_timestamp()").fetchone()
    connection.commit()
    assert row is not None  # noqa: S101 - a select of one value returns one row
    begun_at: datetime = row[0]
    for some in ids:
        connection.execute("insert into swept_ids select unnest(%s::text[])", [some])
        connection.commit()
    return begun_at


def apply_sweep(connection: psycopg.Connection, key: StreamKey, *, run_id: str, begun_at: datetime) -> int:
    """Mark what a sweep did not meet, and unmark what it did; returns how many records are newly gone.

    Part of the closing transaction.
    """
    facts = {**key._asdict(), "run_id": run_id, "begun_at": begun_at}
    connection.execute(_COMPARE_AS_SETS)
    marked = connection.execute(
        sql.SQL(_MARK_UNSEEN).format(table=key.table, ids=sql.Identifier("swept_ids"), condition=sql.SQL("")), facts
    )
    connection.execute(sql.SQL(_REVIVE).format(table=key.table), facts)
    return marked.rowcount
