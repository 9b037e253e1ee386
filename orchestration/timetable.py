"""When an organization's jobs run, as cron lines in its own zone. Knows nothing of Dagster."""

from __future__ import annotations

from warehouse.organizations import Organization

DAILY_AT = "30 22 * * *"
DEVICES_AT = "10 2 * * *"
SNAPSHOTS_AT = "0 1 * * *"
COHORTS_AT = "0 2 1 * *"

# An application's tables; a dealer's make no product to tell of.
APPLICATION = ("tenants", "users", "login_events", "activation_events", "jobs", "api_requests", "ai_usage")


def has_product(organization: Organization) -> bool:
    """Whether the organization reads an application's tables."""
    options = organization.sources.opsdb
    return options is not None and options.is_enabled and any(name in options.tables for name in APPLICATION)


def of(organization: Organization) -> dict[str, str]:
    """The jobs of an organization and when each runs."""
    times = {"daily": DAILY_AT}
    if "ninjaone" in organization.sources.enabled:
        times["devices"] = DEVICES_AT
    if has_product(organization):
        times |= {"snapshots": SNAPSHOTS_AT, "cohorts": COHORTS_AT}
    return times
