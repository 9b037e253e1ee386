"""How far a month's figures can be trusted: readiness, accounts without a place, checks, sources, rejected records."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views import quality
from reports.views.quality import CheckResult, LedgerDifference, MissingInput, UnmappedAccount, UnmatchedClient
from reports.views.query import rows


@dataclass(frozen=True, slots=True)
class Readiness:
    """The shares of one month that make the readiness score; None has a reason."""

    period: str
    score: Decimal | None
    tickets_typed: Decimal | None
    time_on_tickets: Decimal | None
    boards_mapped: Decimal | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a source: its last read, whether that was certified, and what was kept aside."""

    source: str
    stream: str
    completed_as_of: Any
    last_outcome: str | None
    last_error: str | None
    records: int | None
    rejected: int | None
    is_certified: bool | None


@dataclass(frozen=True, slots=True)
class DataQuality:
    """Everything the monthly report tells."""

    period: str
    readiness: tuple[Readiness, ...]
    missing: tuple[MissingInput, ...]
    unmapped: tuple[UnmappedAccount, ...]
    clients: tuple[UnmatchedClient, ...]
    checks: tuple[CheckResult, ...]
    ledger: tuple[LedgerDifference, ...]
    streams: tuple[Stream, ...]


def data_quality(connection: Connection[Any], organization_id: str, months: tuple[str, ...]) -> DataQuality:
    """The last of `months`, readiness over all of them."""
    last = months[-1:]
    return DataQuality(
        period=months[-1],
        readiness=_readiness(connection, organization_id, months),
        missing=quality.missing_inputs(connection, organization_id, last),
        unmapped=quality.unmapped_accounts(connection, organization_id, last),
        clients=quality.unmatched_clients(connection, organization_id),
        checks=quality.check_results(connection, organization_id),
        ledger=quality.ledger_differences(connection, organization_id, last),
        streams=_streams(connection, organization_id),
    )


def _readiness(connection: Connection[Any], organization_id: str, months: tuple[str, ...]) -> tuple[Readiness, ...]:
    found = rows(
        connection,
        """
        select period, data_readiness_score as score, tickets_typed_pct as tickets_typed,
            time_on_tickets_pct as time_on_tickets, boards_mapped_pct as boards_mapped, reason
        from marts.fct_data_readiness_months
        where organization_id = %(organization_id)s and client_id = 'all' and period = any(%(months)s)
        order by period
        """,
        {"organization_id": organization_id, "months": list(months)},
    )
    return tuple(Readiness(**row) for row in found)


def _streams(connection: Connection[Any], organization_id: str) -> tuple[Stream, ...]:
    found = rows(
        connection,
        """
        select source, stream, completed_as_of, last_outcome, last_error, records, records_rejected as rejected,
            is_certified
        from marts.fct_source_freshness
        where organization_id = %(organization_id)s
        order by source, stream
        """,
        {"organization_id": organization_id},
    )
    return tuple(Stream(**row) for row in found)
