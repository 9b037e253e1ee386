"""Checksums of tables: whether two ways of loading ended the same.

Run ids and the times of runs differ between any two runs; of them only counts whether they are there.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql

RUN_FACTS = frozenset(
    {
        "run_id", "completed_run_id", "log_id", "rejected_id", "alert_id", "fence", "seconds", "first_seen_at",
        "last_seen_at", "extracted_at", "ticket_extracted_at", "time_extracted_at", "deleted_at", "freshest_at",
        "started_at", "finished_at", "completed_at", "last_completed_at", "rejected_at", "linked_at", "checked_at",
        "created_at", "entered_at", "updated_at",
    }
)  # fmt: skip
"""Columns that say when or by which run a row was written, and nothing about the business."""


ATTEMPTS = tuple(
    f"raw_meta.{table}"
    for table in ("extraction_log", "request_counts", "request_buckets", "profiled_streams", "field_profiles")
)
"""Tables that tell of every attempt, and of what was looked at after it: killed ones leave their trace in them."""


class Checksum(NamedTuple):
    """What a table holds, in two figures that do not depend on the order of its rows."""

    rows: int
    digest: str


def table_checksums(
    connection: psycopg.Connection,
    schemas: Iterable[str] | None = None,
    *,
    run_facts: Collection[str] = RUN_FACTS,
    skipping: Collection[str] = ATTEMPTS,
) -> dict[str, Checksum]:
    """The checksum of every table, as ``schema.table``, of the schemas (default: all ``raw_*``).

    ``run_facts`` names the columns of which only their presence counts, ``skipping`` the tables left out: those that
    tell of every attempt.
    """
    tables = connection.execute(
        """
        select schemaname, tablename, array_agg(attname::text order by attnum)
        from pg_tables join pg_attribute on attrelid = format('%%I.%%I', schemaname, tablename)::regclass
        where attnum > 0 and not attisdropped
            and (schemaname = any(%(schemas)s) or %(schemas)s::text[] is null and schemaname like 'raw\\_%%')
        group by 1, 2
        """,
        {"schemas": list(schemas) if schemas is not None else None},
    ).fetchall()
    return {
        f"{schema}.{table}": _checksum(connection, sql.Identifier(schema, table), columns, run_facts)
        for schema, table, columns in sorted(tables)
        if f"{schema}.{table}" not in skipping
    }


def _checksum(
    connection: psycopg.Connection, table: sql.Identifier, columns: Iterable[str], run_facts: Collection[str]
) -> Checksum:
    facts = sql.SQL(", ").join(
        sql.SQL("{} is null" if column in run_facts else "{}").format(sql.Identifier(column)) for column in columns
    )
    # The sum of each row's hash needs no sorting, so a large table costs one scan and no memory.
    row = connection.execute(
        sql.SQL(
            """
            select count(*), coalesce(sum(('x' || left(digest, 16))::bit(64)::bigint::numeric), 0)::text
            from (select md5(row({facts})::text) as digest from {table}) as digests
            """
        ).format(facts=facts, table=table)
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without grouping returns one row
    return Checksum(rows=row[0], digest=row[1])
