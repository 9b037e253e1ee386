"""When an organization's jobs run, as cron lines in its own zone. Knows nothing of Dagster."""

from __future__ import annotations

from warehouse.organizations import Organization

DAILY_AT = "30 22 * * *"
DEVICES_AT = "10 2 * * *"


def of(organization: Organization) -> dict[str, str]:
    """The jobs of an organization and when each runs."""
    times = {"daily": DAILY_AT}
    if "ninjaone" in organization.sources.enabled:
        times["devices"] = DEVICES_AT
    return times
