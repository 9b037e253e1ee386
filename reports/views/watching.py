"""What alert rules look at: the rules themselves, and the newest values of metrics that have a threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import rows
from reports.views.smartnumbers import Target


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One active rule, as it holds now."""

    rule: str
    kind: str
    metric: str | None
    severity: str
    parameters: Mapping[str, Any]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchedValue:
    """The newest complete value of a metric with a threshold: a quarter's SmartNumber, else a month's metric."""

    metric: str
    label: str
    period: str
    value: Decimal | None
    unit: str
    reason: str | None
    target: Target


def alert_rules(connection: Connection[Any], organization_id: str) -> tuple[AlertRule, ...]:
    """The organization's active rules, by name."""
    found = rows(
        connection,
        """
        select rule, kind, metric, severity, parameters, channels
        from app.alert_rules
        where organization_id = %(organization_id)s and is_active
        order by rule
        """,
        {"organization_id": organization_id},
    )
    return tuple(AlertRule(**{**row, "channels": tuple(row["channels"])}) for row in found)


def watched_values(
    connection: Connection[Any], organization_id: str, quarter: str, period: str
) -> tuple[WatchedValue, ...]:
    """Every metric with a threshold: its SmartNumber of `quarter`, or where it is none, its value of month `period`."""
    found = rows(
        connection,
        """
        select thresholds.metric, coalesce(numbers.label, monthly.label) as label,
            coalesce(numbers.quarter, monthly.period) as period,
            case when numbers.metric is null then monthly.value else numbers.value end as value,
            coalesce(numbers.unit, monthly.unit) as unit,
            case when numbers.metric is null then monthly.reason else numbers.reason end as reason,
            thresholds.green_min, thresholds.green_max, thresholds.yellow_min, thresholds.yellow_max,
            thresholds.red_threshold
        from app.current_thresholds as thresholds
        left join marts.fct_smartnumbers as numbers
            on numbers.organization_id = thresholds.organization_id
            and numbers.metric = thresholds.metric
            and numbers.quarter = %(quarter)s
        left join marts.fct_metrics_monthly as monthly
            on monthly.organization_id = thresholds.organization_id
            and monthly.metric = thresholds.metric
            and monthly.client_id = 'all'
            and monthly.period = %(period)s
        where thresholds.organization_id = %(organization_id)s
            and (numbers.metric is not null or monthly.metric is not null)
        order by thresholds.metric
        """,
        {"organization_id": organization_id, "quarter": quarter, "period": period},
    )
    return tuple(
        WatchedValue(
            metric=row["metric"],
            label=row["label"],
            period=row["period"],
            value=row["value"],
            unit=row["unit"],
            reason=row["reason"],
            target=Target(
                row["green_min"], row["green_max"], row["yellow_min"], row["yellow_max"], row["red_threshold"]
            ),
        )
        for row in found
    )
