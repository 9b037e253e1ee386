"""What alert rules look at: the rules themselves, and the newest values of metrics that have a threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
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
    version: int = 1

    def number(self, key: str) -> Decimal | None:
        """A limit or share of the rule's kind; None where it has none."""
        value = self.parameters.get(key)
        return None if value is None else Decimal(str(value))

    @property
    def area(self) -> str:
        """Whose business it is."""
        return str(self.parameters.get("area", "operations"))

    @property
    def holds_for(self) -> timedelta:
        """How long something must be wrong before it is an alert."""
        return timedelta(minutes=self.parameters.get("for_minutes", 0))

    @property
    def resolves_after(self) -> timedelta:
        """How long it must be right again before the alert ends."""
        return timedelta(minutes=self.parameters.get("resolve_after_minutes", 0))


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


def alert_rules(
    connection: Connection[Any], organization_id: str, *, only_active: bool = True
) -> tuple[AlertRule, ...]:
    """The organization's rules, those that are switched off only when asked for, by name."""
    found = rows(
        connection,
        """
        select rule, kind, metric, severity, parameters, channels, version
        from app.alert_rules
        where organization_id = %(organization_id)s and (is_active or not %(only_active)s)
        order by rule
        """,
        {"organization_id": organization_id, "only_active": only_active},
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
