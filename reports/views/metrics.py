"""Monthly and quarterly metrics, each value with its receipt. A period without a row is a gap with a reason."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from reports.views.figures import Figure, Receipt, Series
from reports.views.query import Row, rows

_MONTHLY = "marts.fct_metrics_monthly"
_QUARTERLY = "marts.fct_metrics_quarterly"


def monthly(
    connection: Connection[Any],
    organization_id: str,
    metrics: Sequence[str],
    periods: Sequence[str],
    client_id: str = "all",
) -> dict[str, Series]:
    """One series a metric over `periods`, of the whole organization or of one client."""
    found = rows(
        connection,
        """
        select metric, label, client_id, period, value, unit, method, basis, reason, source, model, source_rows,
            freshest_at, won_because
        from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and client_id = %(client_id)s
            and metric = any(%(metrics)s) and period = any(%(periods)s)
        """,
        {
            "organization_id": organization_id,
            "client_id": client_id,
            "metrics": list(metrics),
            "periods": list(periods),
        },
    )
    return _series(found, metrics, periods, client_id, _monthly_figure)


def clients_with_values(connection: Connection[Any], organization_id: str, periods: Sequence[str]) -> tuple[str, ...]:
    """Ids of the clients with anything to review in `periods`, by name: a value other than zero, and not excluded."""
    found = rows(
        connection,
        """
        select clients.client_id
        from marts.dim_clients as clients
        where clients.organization_id = %(organization_id)s and clients.is_excluded is not true
            and clients.client_id <> 'unassigned'
            and exists (
                select from marts.fct_metrics_monthly as metrics
                where metrics.organization_id = clients.organization_id and metrics.client_id = clients.client_id
                    and metrics.period = any(%(periods)s) and metrics.value <> 0
            )
        order by lower(clients.name), clients.client_id
        """,
        {"organization_id": organization_id, "periods": list(periods)},
    )
    return tuple(row["client_id"] for row in found)


def clients_without_values(
    connection: Connection[Any], organization_id: str, periods: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Names of the clients with nothing to review in `periods`, by name, each with why."""
    found = rows(
        connection,
        """
        select clients.name, found.figures, found.known, found.reason
        from marts.dim_clients as clients
        cross join lateral (
            select count(*) as figures, count(metrics.value) as known,
                count(*) filter (where metrics.value <> 0) as told,
                mode() within group (order by metrics.reason) filter (where metrics.value is null) as reason
            from marts.fct_metrics_monthly as metrics
            where metrics.organization_id = clients.organization_id and metrics.client_id = clients.client_id
                and metrics.period = any(%(periods)s)
        ) as found
        where clients.organization_id = %(organization_id)s and clients.is_excluded is not true
            and clients.client_id <> 'unassigned' and found.told = 0
        order by lower(clients.name), clients.client_id
        """,
        {"organization_id": organization_id, "periods": list(periods)},
    )
    return tuple((row["name"], _why_nothing(row)) for row in found)


def _why_nothing(row: Row) -> str:
    if not row["figures"]:
        return "no system tells of devices, tickets or hours"
    if not row["known"]:
        return str(row["reason"] or "no figure has a value").rstrip(".")
    return "nothing but zeros" + (f", and not all is known: {row['reason'].rstrip('.')}" if row["reason"] else "")


def quarterly(
    connection: Connection[Any],
    organization_id: str,
    metrics: Sequence[str],
    quarters: Sequence[str],
    client_id: str = "all",
) -> dict[str, Series]:
    """One series a metric over `quarters`: sums or averages of the months that have a value."""
    found = rows(
        connection,
        """
        select quarterly.metric, definitions.label, quarterly.client_id, quarterly.quarter as period, quarterly.value,
            quarterly.unit, quarterly.aggregation, quarterly.months_present, quarterly.months_expected,
            quarterly.reason, quarterly.source_rows, quarterly.freshest_at,
            (
                select max(monthly.method) from marts.fct_metrics_monthly as monthly
                where monthly.organization_id = quarterly.organization_id and monthly.quarter = quarterly.quarter
                    and monthly.metric = quarterly.metric and monthly.client_id = quarterly.client_id
                    and monthly.method in ('corrected', 'manual', 'imported')
            ) as typed
        from marts.fct_metrics_quarterly as quarterly
        left join marts.dim_metrics as definitions on definitions.metric = quarterly.metric
        where quarterly.organization_id = %(organization_id)s and quarterly.client_id = %(client_id)s
            and quarterly.metric = any(%(metrics)s) and quarterly.quarter = any(%(quarters)s)
        """,
        {
            "organization_id": organization_id,
            "client_id": client_id,
            "metrics": list(metrics),
            "quarters": list(quarters),
        },
    )
    return _series(found, metrics, quarters, client_id, _quarterly_figure)


def _series(
    found: Iterable[Row], metrics: Sequence[str], periods: Sequence[str], client_id: str, figure_of: Any
) -> dict[str, Series]:
    by_key = {(row["metric"], row["period"]): figure_of(row) for row in found}
    series = {}
    for metric in metrics:
        known = [by_key[metric, period] for period in periods if (metric, period) in by_key]
        label, unit = (known[0].label, known[0].unit) if known else (metric, "count")
        figures = (
            by_key.get((metric, period)) or _absent(metric, label, unit, period, client_id) for period in periods
        )
        series[metric] = Series(metric, label, unit, tuple(figures))
    return series


def _monthly_figure(row: Row) -> Figure:
    return Figure(
        metric=row["metric"],
        label=row["label"],
        period=row["period"],
        value=row["value"],
        unit=row["unit"],
        reason=row["reason"],
        client_id=row["client_id"],
        receipt=Receipt(
            model=row["model"] or _MONTHLY,
            method=row["method"] or "none",
            basis=row["basis"],
            source=row["source"],
            source_rows=row["source_rows"],
            freshest_at=row["freshest_at"],
            note=row["won_because"],
        ),
    )


def _quarterly_figure(row: Row) -> Figure:
    return Figure(
        metric=row["metric"],
        label=row["label"] or row["metric"],
        period=row["period"],
        value=row["value"],
        unit=row["unit"],
        reason=row["reason"],
        client_id=row["client_id"],
        receipt=Receipt(
            model=_QUARTERLY,
            method=row["typed"] or "calculated",  # a quarter that rests on a typed month is no source's word
            source_rows=row["source_rows"],
            freshest_at=row["freshest_at"],
            note=None
            if row["aggregation"] == "none"
            else f"{row['aggregation']} of {row['months_present']} of {row['months_expected']} months",
        ),
        months=row["months_present"],
        is_sum=row["aggregation"] == "sum",
    )


def _absent(metric: str, label: str, unit: str, period: str, client_id: str) -> Figure:
    return Figure(
        metric=metric,
        label=label,
        period=period,
        value=None,
        unit=unit,
        reason="outside the months this organization has figures for",
        client_id=client_id,
        receipt=Receipt(model=_MONTHLY if "Q" not in period else _QUARTERLY, method="none"),
    )
