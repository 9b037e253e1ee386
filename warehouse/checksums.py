"""Checksums of tables: whether two ways of loading ended the same.

Run ids and the times of runs differ between any two runs, so they are left out.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql

RUN_FACTS = frozenset(
    {
        "run_id", "completed_run_id", "log_id", "rejected_id", "first_seen_at", "extracted_at", "freshest_at",
        "last_completed_at", "started_at", "finished_at", "completed_at", "rejected_at", "linked_at", "checked_at",
        "created_at", "entered_at", "updated_at", "fence", "seconds",
    }
)  # fmt: skip
"""Columns that say when or by which run a row was written, and nothing about the business."""


class Checksum(NamedTuple):
    """What a table holds, in two figures that do not depend on the order of its rows."""

    rows: int
    digest: str


def table_checksums(
    connection: psycopg.Connection,
    schemas: Iterable[str] | None = None,
    *,
    leaving_out: Collection[str] = RUN_FACTS,
    skipping: Collection[str] = ("raw_meta.extraction_log",),
) -> dict[str, Checksum]:
    """The checksum of every table, as ``schema.table``, of the schemas (default: all ``raw_*``).

    ``leaving_out`` names columns, ``skipping`` tables: the log has a row for every attempt.
    """
    found = connection.execute(
        """
        select schemaname, tablename from pg_tables
        where case when %(schemas)s::text[] is null then schemaname like 'raw\\_%%'
            else schemaname = any(%(schemas)s) end
        order by 1, 2
        """,
        {"schemas": list(schemas) if schemas is not None else None},
    ).fetchall()
    return {
        f"{schema}.{table}": _checksum(connection, sql.Identifier(schema, table), leaving_out)
        for schema, table in found
        if f"{schema}.{table}" not in skipping
    }


def _checksum(connection: psycopg.Connection, table: sql.Identifier, leaving_out: Collection[str]) -> Checksum:
    # The sum of each row's hash needs no sorting, so a large table costs one scan and no memory.
    row = connection.execute(
        sql.SQL(
            """
            select count(*), coalesce(sum(('x' || left(digest, 16))::bit(64)::bigint::numeric), 0)::text
            from (select md5((to_jsonb(each) - %s::text[])::text) as digest from {} as each) as digests
            """
        ).format(table),
        [sorted(leaving_out)],
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without grouping returns one row
    return Checksum(rows=row[0], digest=row[1])
