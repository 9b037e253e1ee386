"""Signed-in sessions with vendors, as one organization's file and stored credentials make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from extractors.contracts import contracts_of
from extractors.core.reading import Session, open_source
from orchestration.budgets import budget_for
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.token_store import PostgresTokenStore


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
