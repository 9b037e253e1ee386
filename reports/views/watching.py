"""What alert rules look at: the rules themselves, and the newest values of metrics that have a threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import Row, rows
from reports.views.smartnumbers import Target
from warehouse.metrics import catalogue


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
    is_stored: bool
    """Whether the marts hold a row of it for that time; without one it is neither right nor wrong."""
    was_known: bool
    """Whether they ever held a value of it."""


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
        with figures as (
            select metric, quarter as period, value, label, unit, reason, true as is_quarterly
            from marts.fct_smartnumbers where organization_id = %(organization_id)s and quarter <= %(quarter)s
            union all
            select metric, period, value, label, unit, reason, false from marts.fct_metrics_monthly
            where organization_id = %(organization_id)s and client_id = 'all' and period <= %(period)s
        ),
        known as (
            select metric, bool_or(is_quarterly) as is_quarterly, bool_or(value is not null) as was_known
            from figures group by metric
        )
        select thresholds.metric, figures.label, figures.unit, figures.value, figures.reason,
            case when known.is_quarterly then %(quarter)s else %(period)s end as period,
            figures.metric is not null as is_stored, coalesce(known.was_known, false) as was_known,
            thresholds.green_min, thresholds.green_max, thresholds.yellow_min, thresholds.yellow_max,
            thresholds.red_threshold
        from app.current_thresholds as thresholds
        left join known on known.metric = thresholds.metric
        left join figures
            on figures.metric = thresholds.metric and figures.is_quarterly = known.is_quarterly
            and figures.period = case when known.is_quarterly then %(quarter)s else %(period)s end
        where thresholds.organization_id = %(organization_id)s
        order by thresholds.metric
        """,
        {"organization_id": organization_id, "quarter": quarter, "period": period},
    )
    return tuple(_watched(row) for row in found)


def _watched(row: Row) -> WatchedValue:
    of_catalogue = catalogue().get(row["metric"])
    return WatchedValue(
        metric=row["metric"],
        label=row["label"] or (of_catalogue.label if of_catalogue else row["metric"]),
        period=row["period"],
        value=row["value"],
        unit=row["unit"] or (of_catalogue.unit if of_catalogue else "count"),
        reason=row["reason"] if row["is_stored"] else "the marts hold no figure of that time",
        target=Target(row["green_min"], row["green_max"], row["yellow_min"], row["yellow_max"], row["red_threshold"]),
        is_stored=row["is_stored"],
        was_known=row["was_known"],
    )
