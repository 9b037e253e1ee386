"""The marts' rows behind the investor pack, by month, each with how many records its figures rest on."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from reports.views.query import Row, rows

Behind = tuple[int | None, datetime | None]
"""How many records, and when the newest of them was read."""

_SUBSCRIPTIONS = "mrr_run_rate"
_MEASURED = {
    "mrr_growth_rate": _SUBSCRIPTIONS,
    "uptime_percentage_30d": "uptime_percentage_30d",
    "services_operational": "uptime_percentage_30d",
    "error_rate": "error_rate",
    "api_p95_latency_ms": "error_rate",
}
"""The monthly metric that is made of the same records; it counts them, these marts do not."""


def revenue_by_month(connection: Connection[Any], organization_id: str, months: Sequence[str]) -> dict[str, Row]:
    """Recurring revenue, what moved it and what was kept of it."""
    found = rows(
        connection,
        """
        select period, mrr_run_rate, arr, arpa, paying_clients, opening_mrr, new_mrr, expansion_mrr, reactivation_mrr,
            contraction_mrr, churn_mrr, fx_mrr, net_revenue_retention_12_months, gross_revenue_retention_12_months,
            customer_churn_rate, revenue_churn_rate, mrr_reason, coalesce(movement_reason, ratio_reason) as
            movement_reason, year_reason
        from marts.fct_revenue_monthly
        where organization_id = %(organization_id)s and period = any(%(months)s)
        """,
        {"organization_id": organization_id, "months": list(months)},
    )
    behind = _behind(connection, organization_id, months, [_SUBSCRIPTIONS])
    return {
        row["period"]: {**row, "behind": dict.fromkeys(row, behind.get((_SUBSCRIPTIONS, row["period"]), (None, None)))}
        for row in found
    }


def investor_metrics_by_month(
    connection: Connection[Any], organization_id: str, months: Sequence[str]
) -> dict[str, Row]:
    """Growth and reliability, with `<metric>_why` where one has no value."""
    found = rows(
        connection,
        """
        select period, mrr_growth_rate, uptime_percentage_30d, error_rate, api_p95_latency_ms,
            services_operational::numeric as services_operational, reasons
        from marts.fct_investor_metrics
        where organization_id = %(organization_id)s and period = any(%(months)s)
        """,
        {"organization_id": organization_id, "months": list(months)},
    )
    counted = _behind(connection, organization_id, months, _MEASURED.values())
    return {
        row["period"]: {
            **row,
            **{f"{key}_why": why for key, why in (row["reasons"] or {}).items()},
            "behind": {
                metric: counted.get((counter, row["period"]), (None, None)) for metric, counter in _MEASURED.items()
            },
        }
        for row in found
    }


def _behind(
    connection: Connection[Any], organization_id: str, months: Sequence[str], metrics: Iterable[str]
) -> dict[tuple[str, str], Behind]:
    found = rows(
        connection,
        """
        select metric, period, source_rows, freshest_at from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and client_id = 'all' and metric = any(%(metrics)s)
            and period = any(%(months)s)
        """,
        {"organization_id": organization_id, "months": list(months), "metrics": sorted(set(metrics))},
    )
    return {(row["metric"], row["period"]): (row["source_rows"], row["freshest_at"]) for row in found}
