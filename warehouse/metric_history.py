"""The history of published monthly values: what a figure was before it became what it is."""

from collections.abc import Sequence
from typing import Any

import psycopg


def append_changes(connection: psycopg.Connection[Any], organization_ids: Sequence[str], *, run_id: str) -> int:
    """Add a row for every complete month's value that differs from the last one written; how many. The caller commits.

    A value's first publication is a row too, without a previous value. Run again over the same marts, it adds nothing.
    """
    return connection.execute(
        """
        with last as (
            select distinct on (client_id, period, metric, organization_id)
                organization_id, client_id, period, metric, value, method
            from app.metric_history
            where organization_id = any(%(organizations)s)
            order by client_id, period, metric, organization_id, metric_history_id desc
        )
        insert into app.metric_history (
            organization_id, client_id, period, metric, previous_value, previous_method, value, method, reason, run_id
        )
        select now.organization_id, now.client_id, now.period, now.metric, last.value, last.method, now.value,
            now.method, coalesce(now.reason, now.won_because), %(run_id)s
        from marts.fct_metrics_monthly as now
        left join last
            on last.organization_id = now.organization_id and last.client_id = now.client_id
            and last.period = now.period and last.metric = now.metric
        where now.organization_id = any(%(organizations)s) and now.is_complete_period
            and (now.value is distinct from last.value or now.method is distinct from last.method)
        """,
        {"organizations": list(organization_ids), "run_id": run_id},
    ).rowcount
