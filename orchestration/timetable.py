"""When an organization's jobs run, as cron lines in its own zone. Knows nothing of Dagster."""

from __future__ import annotations

from warehouse.organizations import Organization

DAILY_AT = "30 22 * * *"
DEVICES_AT = "10 2 * * *"
SNAPSHOTS_AT = "0 1 * * *"
COHORTS_AT = "0 2 1 * *"
INVESTORS_AT = "0 9 * * 0"
EXPORTS_AT = "0 5 * * *"
# On the first five days the month before is read again; a report before that would tell of unfinished books.
DATA_QUALITY_AT = "0 8 6 * *"

HOLDS_A_BUILD = "14400"
"""Seconds after which a run is ended that builds models or waits for whoever does: a reader that came at the beginning
of somebody's longest build must outlive it, for runs are not started again."""

# An application's tables; a dealer's make no product to tell of.
APPLICATION = ("tenants", "users", "login_events", "activation_events", "jobs", "api_requests", "ai_usage")


def has_product(organization: Organization) -> bool:
    """Whether the organization reads an application's tables."""
    options = organization.sources.opsdb
    return options is not None and options.is_enabled and any(name in options.tables for name in APPLICATION)


def tells_investors(organization: Organization) -> bool:
    """Whether there is anything to tell: recurring revenue in Stripe, or an application's own tables."""
    return "stripe" in organization.sources.enabled or has_product(organization)


def of(organization: Organization) -> dict[str, str]:
    """The jobs of an organization and when each runs."""
    times = {"daily": DAILY_AT}
    if "ninjaone" in organization.sources.enabled:
        times["devices"] = DEVICES_AT
    if has_product(organization):
        times |= {"snapshots": SNAPSHOTS_AT, "cohorts": COHORTS_AT}
    if tells_investors(organization):
        times["investor_reports"] = INVESTORS_AT
    times["data_quality_reports"] = DATA_QUALITY_AT
    if organization.exports:
        times["exports"] = EXPORTS_AT
    return times
