"""Which pace and which limits hold for an organization's source, and how much of them is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import extractors
from extractors.core.budget import Rate
from extractors.core.effort import pause
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.request_budgets import Limit, SharedBudget, Use, fingerprint, used
from warehouse.settings import get_settings

ACCOUNTS: dict[str, tuple[str, ...]] = {
    "ninjaone": ("base_url", "client_id"),
    "connectwise": ("base_url", "company_id"),
    "quickbooks": ("client_id", "realm_id"),
}
"""What of a connection names the account whose requests a vendor counts together; elsewhere an organization is one."""
APPS: dict[str, tuple[str, ...]] = {"quickbooks": ("client_id",)}
"""What names the application that a vendor meters, whichever organizations it reads."""


UNBOUNDED = Rate(per_second=1000, burst=1000)
"""For a database of one's own: its statements are counted and, unless the organization's file says so, not paced."""


class Standing(NamedTuple):
    """How a source's requests of this month stand against one limit, or against none."""

    use: Use
    limit: Limit | None


def budget_for(organization: Organization, source: str, facts: Mapping[str, Any]) -> SharedBudget:
    """The budget that every run of the organization's source shares; close it to give back what was not used."""
    return SharedBudget(
        connect,
        organization_id=organization.id,
        source=source,
        account=_name(organization, ACCOUNTS.get(source, ()), facts),
        app=app_of(organization, source, facts),
        rate=rate_of(organization, source),
        limits=limits_of(organization, source),
        label=extractors.SOURCES[source].label,
        sleep=pause,
    )


def rate_of(organization: Organization, source: str) -> Rate:
    """The pace that the organization's file sets for a source, else the source's own."""
    options = getattr(organization.sources, source)
    if options is None or options.requests_per_minute is None:
        return extractors.VENDORS[source].rate if source in extractors.VENDORS else UNBOUNDED
    per_second = options.requests_per_minute / 60
    return Rate(per_second=per_second, burst=max(1, int(per_second)))


def limits_of(organization: Organization, source: str) -> list[Limit]:
    """The limits a month: what Intuit meters, and what the organization's file allows."""
    limits = []
    if source == "quickbooks":
        reads = get_settings().quickbooks_reads_per_month
        told = "Intuit meters reads; QBR_QUICKBOOKS_READS_PER_MONTH says how many are yours"
        limits.append(Limit(reads, "app", told))
    options = getattr(organization.sources, source)
    if options is not None and options.requests_per_month is not None:
        where = f"`sources.{source}.requests_per_month` in config/{organization.id}.yml sets it"
        limits.append(Limit(options.requests_per_month, "organization", where))
    return limits


def app_of(organization: Organization, source: str, facts: Mapping[str, Any]) -> str:
    """The name under which an application's requests are counted."""
    return _name(organization, APPS.get(source, ()), facts)


def standings(organization: Organization, source: str, moment: datetime) -> list[Standing]:
    """How the month stands against each limit; without any, the organization's own use.

    Raises a WarehouseError for a source that is not connected.
    """
    with connect() as connection:
        app = app_of(organization, source, connection_for(connection, organization.id, source))
        own = used(connection, source, moment, organization_id=organization.id)
        shared = used(connection, source, moment, app=app)
    limits = limits_of(organization, source)
    return [Standing(shared if limit.of == "app" else own, limit) for limit in limits] or [Standing(own, None)]


def _name(organization: Organization, names: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    return fingerprint(*(facts.get(name) for name in names)) if names else organization.id
