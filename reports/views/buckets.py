"""Figures of a day, week, month or quarter beside the one before: what alert rules with limits of their own look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import Row, one, rows


@dataclass(frozen=True, slots=True)
class Bucketed:
    """A metric's newest figure and the one before; `ever` says whether any bucket so far has a value."""

    metric: str
    bucket: str
    period: str | None
    value: Decimal | None
    reason: str | None
    previous_period: str | None = None
    previous: Decimal | None = None
    ever: bool = False


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A metric's value of one month beside the twelve before; `is_anomaly` is None where nothing can be said."""

    metric: str
    period: str
    value: Decimal | None
    unit: str
    median: Decimal | None
    is_anomaly: bool | None
    reason: str | None


def monthly(connection: Connection[Any], organization_id: str, metric: str, period: str) -> Bucketed:
    """The metric of the whole organization in month `period`, and in the month before."""
    found = rows(
        connection,
        """
        select period, value, reason from marts.fct_metrics_monthly
        where organization_id = %(organization_id)s and client_id = 'all' and metric = %(metric)s
            and period <= %(period)s
        order by period desc
        """,
        {"organization_id": organization_id, "metric": metric, "period": period},
    )
    return _bucketed(metric, "monthly", found, newest=period)


def quarterly(connection: Connection[Any], organization_id: str, metric: str, quarter: str) -> Bucketed:
    """The SmartNumber of `quarter`, and of the quarter before."""
    found = rows(
        connection,
        """
        select quarter as period, value, reason from marts.fct_smartnumbers
        where organization_id = %(organization_id)s and metric = %(metric)s and quarter <= %(quarter)s
        order by quarter desc
        """,
        {"organization_id": organization_id, "metric": metric, "quarter": quarter},
    )
    return _bucketed(metric, "quarterly", found, newest=quarter)


def snapshots(
    connection: Connection[Any], organization_id: str, metric: str, bucket: str, *, first: date, last: date
) -> Bucketed:
    """The metric of the production environment in the newest `bucket` that ended from `first` to `last`."""
    found = rows(
        connection,
        """
        select bucket_date::text as period, last_date, (to_jsonb(newest) ->> %(metric)s)::numeric as value,
            coalesce(
                reasons ->> %(metric)s,
                case when not jsonb_exists(to_jsonb(newest), %(metric)s) then 'no snapshot has this figure' end
            ) as reason
        from (
            select * from marts.fct_executive_snapshots
            where organization_id = %(organization_id)s and environment = 'production' and client_id = 'all'
                and bucket_type = %(bucket)s and last_date <= %(last)s
            order by bucket_date desc
            limit 2
        ) as newest
        order by bucket_date desc
        """,
        {"organization_id": organization_id, "metric": metric, "bucket": bucket, "last": last},
    )
    if not found:
        return _bucketed(metric, bucket, found, newest=None)
    is_old = found[0]["last_date"] < first
    ever = any(row["value"] is not None for row in found)
    if not ever:
        ever = _ever(connection, organization_id, metric, bucket, last)
    if is_old:
        return Bucketed(metric, bucket, None, None, f"the last {bucket} snapshot is of {found[0]['period']}", ever=ever)
    return replace(_bucketed(metric, bucket, found, newest=found[0]["period"]), ever=ever)


def _ever(connection: Connection[Any], organization_id: str, metric: str, bucket: str, last: date) -> bool:
    """Whether one of the last hundred snapshots has a value."""
    found = one(
        connection,
        """
        select bool_or(to_jsonb(snapshots) ->> %(metric)s is not null) as found
        from (
            select * from marts.fct_executive_snapshots
            where organization_id = %(organization_id)s and environment = 'production' and client_id = 'all'
                and bucket_type = %(bucket)s and last_date <= %(last)s
            order by bucket_date desc
            limit 100
        ) as snapshots
        """,
        {"organization_id": organization_id, "metric": metric, "bucket": bucket, "last": last},
    )
    return bool(found and found["found"])


def smartnumber_metrics(connection: Connection[Any], organization_id: str) -> frozenset[str]:
    """The metrics that are SmartNumbers, and so have a figure a quarter."""
    found = rows(
        connection,
        "select distinct metric from marts.fct_smartnumbers where organization_id = %(organization_id)s",
        {"organization_id": organization_id},
    )
    return frozenset(row["metric"] for row in found)


def anomalies(connection: Connection[Any], organization_id: str, period: str) -> tuple[Anomaly, ...]:
    """Every metric of month `period` of the whole organization: unusual, usual, or not to be judged."""
    found = rows(
        connection,
        """
        select metric, period, value, unit, median, is_anomaly, reason from marts.fct_metric_anomalies
        where organization_id = %(organization_id)s and client_id = 'all' and period = %(period)s
        order by metric
        """,
        {"organization_id": organization_id, "period": period},
    )
    return tuple(Anomaly(**row) for row in found)


def _bucketed(metric: str, bucket: str, found: Sequence[Row], *, newest: str | None) -> Bucketed:
    if not found or newest is None:
        return Bucketed(metric, bucket, newest, None, f"no {bucket} figure of it is kept")
    ever = any(row["value"] is not None for row in found)
    if found[0]["period"] != newest:
        return Bucketed(metric, bucket, newest, None, f"{newest} has no figure of it yet", ever=ever)
    before = found[1] if len(found) > 1 else {"period": None, "value": None}
    return Bucketed(
        metric, bucket, newest, found[0]["value"], found[0]["reason"], before["period"], before["value"], ever
    )
