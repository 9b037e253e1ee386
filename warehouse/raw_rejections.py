"""Rejections that no longer stand: the record fitted later, or a whole read gave it no more."""

from datetime import datetime

import psycopg
from psycopg import sql

from warehouse.raw import StreamKey


def settle_rejections(connection: psycopg.Connection, key: StreamKey, *, whole_since: datetime | None) -> None:
    """Mark what no longer stands; part of a run's closing transaction.

    ``whole_since`` is when a read of everything began that is closing now: it gave again whatever still does not fit.
    """
    connection.execute(
        sql.SQL(
            """
            update raw_meta.rejected_records as rejected set settled_at = clock_timestamp()
            where (organization_id, source, stream) = (%(organization_id)s, %(source)s, %(stream)s)
                and settled_at is null
                and (
                    last_rejected_at < %(whole_since)s
                    or exists (
                        select from {} as kept
                        where kept.organization_id = rejected.organization_id and kept.record_id = rejected.record_id
                            and kept.extracted_at > rejected.last_rejected_at
                    )
                )
            """
        ).format(key.table),
        {**key._asdict(), "whole_since": whole_since},
    )
