"""Ranges of months that are being read again: which months of a stream are done, so that an interrupted one goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from warehouse.raw import StreamKey

GONE_ON_WITH_FOR = timedelta(days=7)
"""An interrupted range that was begun longer ago is begun again."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """A range of months of one stream; `done` months were read to their ends by an earlier, interrupted run."""

    key: StreamKey
    first: str
    last: str
    done: frozenset[str]
    begun_at: datetime

    @property
    def place(self) -> list[str]:
        """Where it is kept."""
        return [*self.key, self.first, self.last]


def take_up(connection: psycopg.Connection, key: StreamKey, *, first: str, last: str, version: str) -> Backfill:
    """Begin a range, or go on with one that was interrupted; commits.

    Months that were read in another version of the vendor are read again, and all of them when the range was begun more
    than a week ago: what they held then may have changed since.
    """
    connection.execute(
        "delete from raw_meta.backfills where organization_id = %s and source = %s and stream = %s"
        " and begun_at < clock_timestamp() - %s",
        [*key, GONE_ON_WITH_FOR],
    )
    row = connection.execute(
        """
        insert into raw_meta.backfills as kept (organization_id, source, stream, first_month, last_month, version)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (organization_id, source, stream, first_month, last_month) do update set
            months_done = case when kept.version = excluded.version then kept.months_done else '{}' end,
            begun_at = case when kept.version = excluded.version then kept.begun_at else excluded.begun_at end,
            version = excluded.version
        returning months_done, begun_at
        """,
        [*key, first, last, version],
    ).fetchone()
    connection.commit()
    assert row is not None  # noqa: S101 - an insert or update of one row returns one row
    return Backfill(key, first, last, frozenset(row[0]), row[1])


def month_done(connection: psycopg.Connection, backfill: Backfill, month: str) -> None:
    """Note that a month was read to its end; commits."""
    connection.execute(
        """
        update raw_meta.backfills set months_done = array_append(months_done, %s)
        where organization_id = %s and source = %s and stream = %s and first_month = %s and last_month = %s
            and not %s = any(months_done)
        """,
        [month, *backfill.place, month],
    )
    connection.commit()


def forget(connection: psycopg.Connection, backfill: Backfill) -> None:
    """The range is complete; commits. Asked for again, it is read again."""
    connection.execute(
        "delete from raw_meta.backfills where organization_id = %s and source = %s and stream = %s"
        " and first_month = %s and last_month = %s",
        backfill.place,
    )
    connection.commit()
