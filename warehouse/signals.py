"""The newest reading of what is no metric of a period: whether a probe got an answer, how many invoices a day made."""

from datetime import datetime
from decimal import Decimal

import psycopg


def tell(
    connection: psycopg.Connection, organization_id: str, signal: str, value: Decimal | int | None, at: datetime
) -> None:
    """Note what `signal` was at the instant `at`; an older reading than the one there is changes nothing."""
    connection.execute(
        """
        insert into app.signals as kept (organization_id, signal, value, observed_at) values (%s, %s, %s, %s)
        on conflict (organization_id, signal) do update
        set value = excluded.value, observed_at = excluded.observed_at where kept.observed_at <= excluded.observed_at
        """,
        [organization_id, signal, value, at],
    )
