"""The metrics object of the investor interface as JSON: decimals as exact numbers, null with a reason beside it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from reports.formats import utc
from reports.views.investors import InvestorMetrics, Told
from reports.views.organizations import Organization

SCHEMA_VERSION = 1
LATEST = "metrics_snapshot.json"
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def snapshot_json(
    organization: Organization, metrics: InvestorMetrics, as_of: datetime, data_as_of: datetime | None
) -> bytes:
    """The snapshot as UTF-8; the same facts give the same bytes. It names no person."""
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "organization_id": organization.organization_id,
        "organization": organization.name,
        "timestamp": utc(as_of),
        "time_zone": organization.time_zone,
        "local_time": as_of.astimezone(ZoneInfo(organization.time_zone)).replace(microsecond=0).isoformat(),
        "currency": organization.currency,
        "data_as_of": None if data_as_of is None else utc(data_as_of),
        "reporting_period": metrics.period,
        "previous_period": metrics.previous_period,
        **{group.key: {told.key: told.value for told in group.told} for group in metrics.groups},
        "previous": {group.key: {told.key: told.previous for told in group.told} for group in metrics.groups},
        "reasons": _reasons(metrics),
        "units": {f"{group.key}.{told.key}": told.unit for group in metrics.groups for told in group.told},
        "alerts": [
            {
                "type": alert.rule,
                "severity": alert.severity,
                "state": alert.state,
                "message": alert.message,
                "first_seen_at": utc(alert.first_seen_at),
            }
            for alert in metrics.alerts
        ],
        "other_alerts": metrics.other_alerts,
    }
    return msgspec.json.format(_ENCODER.encode(content), indent=2) + b"\n"


def archive_name(organization: Organization, as_of: datetime) -> str:
    """The name under which a snapshot is kept: its instant in the organization's zone."""
    local = as_of.astimezone(ZoneInfo(organization.time_zone))
    return f"metrics_{local:%Y-%m-%d_%H-%M-%S}.json"


def _reasons(metrics: InvestorMetrics) -> Mapping[str, str]:
    def why(told: Told) -> str | None:
        return told.reason if told.value is None else None

    return {
        f"{group.key}.{told.key}": reason for group in metrics.groups for told in group.told if (reason := why(told))
    }
