"""Signed-in sessions with vendors, as one organization's file and stored credentials make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from extractors.contracts import contracts_of
from extractors.core.budget import Budget, Rate, TokenBuckets
from extractors.core.reading import Session, open_source
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.token_store import PostgresTokenStore


@contextmanager
def signed_in(organization: Organization, source: str, *, as_of: datetime) -> Iterator[Session]:
    """A session with the vendor, its tokens kept in the warehouse."""
    with connect() as connection:
        facts = connection_for(connection, organization.id, source)
    store = PostgresTokenStore(organization.id, source)
    with open_source(
        source,
        facts,
        token_store=store,
        as_of=as_of,
        time_zone=organization.time_zone,
        budget=budget_of(organization, source),
        contracts=contracts_of(source),
    ) as session:
        yield session


def budget_of(organization: Organization, source: str) -> Budget | None:
    """The pace that the organization's file sets for a source; None for the source's own."""
    options = getattr(organization.sources, source)
    if options is None or options.requests_per_minute is None:
        return None
    per_second = options.requests_per_minute / 60
    return TokenBuckets({source: Rate(per_second=per_second, burst=max(1, int(per_second)))})
