"""What investors are told of a month, beside the month before: product, language models, money, the business."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.errors import UnknownScope
from reports.views.query import Row, one, rows

MODEL = "marts.fct_investor_metrics"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing investors are told: a number or a word, with the month before; None has a reason."""

    key: str
    label: str
    unit: str
    value: Decimal | str | None
    previous: Decimal | str | None
    reason: str | None
    previous_reason: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Things that belong together, under the name that the interface gives them."""

    key: str
    label: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """A figure that investors are told of and that is not as it should be now, in the words of its alert."""

    rule: str
    severity: str
    state: str
    message: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class InvestorMetrics:
    """One month of an organization as investors see it."""

    period: str
    previous_period: str | None
    groups: tuple[Group, ...]
    alerts: tuple[OpenAlert, ...]
    other_alerts: int
    """How many more are open: what they tell of, and in which words, is the organization's own business."""


# Group: key and label; then key in the interface, column of the mart, label, unit.
_GROUPS: Mapping[tuple[str, str], tuple[tuple[str, str, str, str], ...]] = {
    ("system_health", "System health"): (
        ("uptime_percentage", "uptime_percentage", "Uptime, last 7 days", "fraction"),
        ("uptime_percentage_30d", "uptime_percentage_30d", "Uptime, last 30 days", "fraction"),
        ("status", "system_status", "Status", "text"),
        ("services_configured", "services_configured", "Services probed", "count"),
        ("services_operational", "services_operational", "Services operational", "count"),
    ),
    ("ai_platform", "AI platform"): (
        ("total_requests", "ai_total_requests", "Model calls", "count"),
        ("cache_hit_rate", "ai_cache_hit_rate", "Cache hit rate", "fraction"),
        ("active_providers", "ai_active_providers", "Providers in use", "count"),
        ("most_used_provider", "ai_most_used_provider", "Most used provider", "text"),
        ("average_response_time_ms", "ai_average_response_time_ms", "Mean response time", "ms"),
        ("error_rate", "ai_error_rate", "Failed calls", "fraction"),
    ),
    ("financial", "Finance"): (
        ("mrr", "mrr_run_rate", "Monthly recurring revenue", "usd"),
        ("arr", "arr", "Annual recurring revenue", "usd"),
        ("active_customers", "active_customers", "Paying customers", "count"),
        ("avg_customer_value", "avg_customer_value", "Recurring revenue a customer", "usd"),
        ("lead_conversion_rate", "lead_conversion_rate", "Lead conversion", "fraction"),
        ("mrr_growth_rate", "mrr_growth_rate", "MRR growth", "fraction"),
        ("new_customers_30d", "new_customers_30d", "New customers, last 30 days", "count"),
        ("customer_churn_rate", "customer_churn_rate", "Customer churn", "fraction"),
    ),
    ("business_health", "Business health"): (
        ("churn_risk", "churn_risk", "Churn risk", "text"),
        ("growth_trajectory", "growth_trajectory", "Growth", "text"),
        ("customer_satisfaction", "customer_satisfaction", "Customer satisfaction", "score"),
        ("nps", "nps", "Net promoter score", "score"),
        ("platform_utilization", "platform_utilization", "Platform utilization", "fraction"),
    ),
}
_TOLD = {column for lines in _GROUPS.values() for _, column, _, _ in lines}
_OF_A_FIGURE = {"threshold", "change", "anomaly"}
"""Kinds of rules that say nothing but a figure and its limit; the scope of their alerts is the metric."""


def investor_metrics(connection: Connection[Any], organization_id: str, period: str) -> InvestorMetrics:
    """The month beside the latest one before it. Raises UnknownScope when the marts do not hold it."""
    found = rows(
        connection,
        """
        select * from marts.fct_investor_metrics
        where organization_id = %(organization_id)s and period <= %(period)s order by period desc limit 2
        """,
        {"organization_id": organization_id, "period": period},
    )
    if not found or found[0]["period"] != period:
        raise UnknownScope(
            f"{organization_id} has no investor metrics of {period}: the month is not over, lies before history, or "
            "was not built yet. Run `qbr run`, or name another month with --period."
        )
    alerts, others = _open_alerts(connection, organization_id)
    this, before = found[0], found[1] if len(found) > 1 else None
    return InvestorMetrics(
        period=period,
        previous_period=before["period"] if before else None,
        groups=tuple(
            Group(key, label, tuple(_told(this, before, line) for line in lines))
            for (key, label), lines in _GROUPS.items()
        ),
        alerts=alerts,
        other_alerts=others,
    )


def latest_period(connection: Connection[Any], organization_id: str) -> str | None:
    """The newest month that investors can be told of; None where there is none."""
    found = one(
        connection,
        "select max(period) as period from marts.fct_investor_metrics where organization_id = %(organization_id)s",
        {"organization_id": organization_id},
    )
    return found["period"] if found else None


def _told(this: Row, before: Row | None, line: tuple[str, str, str, str]) -> Told:
    key, column, label, unit = line
    return Told(
        key=key,
        label=label,
        unit=unit,
        value=_value(this[column]),
        previous=_value(before[column]) if before else None,
        reason=_reason(this, column),
        previous_reason=_reason(before, column) if before else "The marts hold no month before.",
    )


def _value(value: object) -> Decimal | str | None:
    return value if value is None or isinstance(value, str | Decimal) else Decimal(str(value))


def _reason(row: Row, column: str) -> str | None:
    if row[column] is not None:
        return None
    return str((row["reasons"] or {}).get(column) or "No reason is recorded.")


def _open_alerts(connection: Connection[Any], organization_id: str) -> tuple[tuple[OpenAlert, ...], int]:
    """Those on figures that investors are told of, and how many others there are."""
    found = rows(
        connection,
        """
        select alerts.rule, alerts.severity, alerts.state, alerts.message, alerts.first_seen_at, alerts.scope,
            rules.kind
        from app.alerts as alerts
        left join app.alert_rules as rules
            on rules.organization_id = alerts.organization_id and rules.rule = alerts.rule
        where alerts.organization_id = %(organization_id)s and alerts.state <> 'resolved'
        order by array_position(array['critical', 'high', 'medium', 'low'], alerts.severity), alerts.first_seen_at,
            alerts.alert_id
        """,
        {"organization_id": organization_id},
    )
    own = tuple(
        OpenAlert(row["rule"], row["severity"], row["state"], row["message"], row["first_seen_at"])
        for row in found
        if row["kind"] in _OF_A_FIGURE and row["scope"] in _TOLD
    )
    return own, len(found) - len(own)
