"""Which organizations a command is about, and the instant its run takes for now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from orchestration import sandbox_process
from orchestration.errors import UsageError
from warehouse.credentials import connected_sources
from warehouse.engine import connect
from warehouse.organizations import Organization, load_organizations
from warehouse.periods import Period
from warehouse.settings import get_settings


def chosen_organizations(organization_id: str | None = None) -> Sequence[Organization]:
    """The organizations that have a file in the config folder: all that are active, or the named one.

    Raises :class:`UsageError` when there is none.
    """
    settings = get_settings()
    found = load_organizations(settings.config_dir)
    if not found:
        raise UsageError(
            f"No organization is configured in {settings.config_dir.name}/, so nothing was done. "
            "Create one with `qbr init ORGANIZATION --name NAME`, or see it all work with `make demo`."
        )
    if organization_id is None:
        if active := [one for one in found if one.is_active]:
            return active
        known = ", ".join(one.id for one in found)
        raise UsageError(
            f"Every organization in {settings.config_dir.name}/ says is_active: false, so nothing was done. Name one "
            f"with --organization ID: {known}."
        )
    if matching := [one for one in found if one.id == organization_id]:
        return matching
    known = ", ".join(one.id for one in found)
    raise UsageError(
        f"There is no organization {organization_id!r} in {settings.config_dir.name}/ (there are: {known}). Nothing "
        f"was done. Create it with `qbr init {organization_id} --name NAME`."
    )


def one_organization(organization_id: str | None) -> Organization:
    """The named organization, or the only one there is.

    Raises :class:`UsageError` when several exist and none was named.
    """
    found = chosen_organizations(organization_id)
    if len(found) > 1:
        known = ", ".join(one.id for one in found)
        raise UsageError(
            f"Several organizations are configured ({known}); say which with --organization ID. Nothing was done."
        )
    return found[0]


def must_have_begun(
    months: Sequence[Period],
    organizations: Sequence[Organization],
    as_of: datetime,
    *,
    asked: str,
    history_counts: bool = True,
) -> None:
    """Raises :class:`UsageError` for months that an organization has not reached yet, or that lie before its history.

    ``asked`` is what the person typed. A quarter may be asked for from its first month on. The history's start bounds
    what vendors are asked for (``history_counts``), not what was imported.
    """
    for one in organizations:
        current = Period.containing(as_of, one.time_zone)
        if months[0] > current:
            raise UsageError(f"{asked} has not begun for {one.id}, where it is {current}. Nothing was done.")
        first = one.settings.history_start
        if history_counts and str(months[-1]) < first:
            raise UsageError(
                f"{asked} lies before the history of {one.id}, which begins with {first}. Nothing was done. Set "
                f"`history_start` in config/{one.id}.yml back first, if the vendors reach that far."
            )


def run_instant(organizations: Sequence[Organization]) -> datetime:
    """The one instant of a run: the setting, else the sandbox's clock where the sandbox is a vendor, else now."""
    settings = get_settings()
    if settings.as_of is not None:
        return settings.as_of
    sandbox = sandbox_process.running(settings.var_dir)
    if sandbox is not None and any(_reads_the_sandbox(organization) for organization in organizations):
        return sandbox.clock()
    return datetime.now(UTC)


def _reads_the_sandbox(organization: Organization) -> bool:
    with connect() as connection:
        try:
            found = connected_sources(connection, organization.id)
        except psycopg.errors.UndefinedTable:  # a database that no run has set up yet: nothing is connected
            return False
    return any(one.connected_by == sandbox_process.CONNECTED_BY for one in found.values())
