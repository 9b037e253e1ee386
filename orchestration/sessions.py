"""Signed-in sessions with vendors, as one organization's file and stored credentials make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import extractors
from extractors.contracts import contracts_of
from extractors.core.reading import Session, open_source
from orchestration.budgets import budget_for
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.errors import WarehouseError
from warehouse.organizations import Organization
from warehouse.token_store import PostgresTokenStore

NOW_WITHIN = timedelta(days=1)
"""A run may take that long. Farther from the clock, its instant is not what a live vendor takes for now."""


class NotOfThatTime(WarehouseError):
    """A vendor that answers as of today was to be read as of another day."""


def see_that_it_is_now(organization: Organization, source: str, *, as_of: datetime) -> None:
    """Only a sandbox can be read as of any instant; raises NotOfThatTime for a live vendor and another day than today.

    What a live vendor says today would be kept as that other day's history, and changes until today taken for unread.
    """
    with connect() as connection:
        environment = connection_for(connection, organization.id, source)["environment"]
    if environment != "sandbox" and abs(datetime.now(UTC) - as_of) > NOW_WITHIN:
        raise NotOfThatTime(
            f"{extractors.SOURCES[source].label} of {organization.id} answers as of today, but this run takes "
            f"{as_of:%Y-%m-%d %H:%M} UTC for now, so nothing was read from it. Unset QBR_AS_OF, and run organizations "
            "that live on the sandbox by themselves (--organization)."
        )


@contextmanager
def signed_in(organization: Organization, source: str, *, as_of: datetime) -> Iterator[Session]:
    """A session with the vendor, its tokens and its budget kept in the warehouse."""
    with connect() as connection:
        facts = connection_for(connection, organization.id, source)
    store = PostgresTokenStore(organization.id, source)
    with (
        budget_for(organization, source, facts) as budget,
        open_source(
            source,
            facts,
            token_store=store,
            as_of=as_of,
            time_zone=organization.time_zone,
            budget=budget,
            contracts=contracts_of(source),
        ) as session,
    ):
        yield session
