"""Who a report is for and as of when: the organization, its clients, the quarter's months and the run behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection

from reports.errors import UnknownScope
from reports.views.query import Row, one, rows
from warehouse.periods import Period, Quarter, periods_between


@dataclass(frozen=True, slots=True)
class Organization:
    """Whose business is reported, and how it wants numbers, dates and slides to look."""

    organization_id: str
    name: str
    time_zone: str
    currency: str
    locale: str
    brand: Mapping[str, Any]
    delivery: Mapping[str, Any]
    """Where alerts go, as configured: e-mail, chat, quiet hours."""
    enabled_sources: tuple[str, ...]
    """The sources its configuration turns on."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the organization, with the sources in which it is known."""

    client_id: str
    name: str
    is_confirmed: bool
    is_unmatched: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the data a report was made from."""

    as_of: datetime | None
    """The instant up to which the last complete reads of the sources reach; None when nothing was ever read."""
    run_id: str | None
    """The run whose checks let this data through; None when no checks were recorded."""
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """A calendar quarter: its three months and which of them are over."""

    quarter: str
    months: tuple[str, str, str]
    complete_months: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """True when all three months are over."""
        return len(self.complete_months) == 3

    @property
    def last_complete_month(self) -> str:
        """The quarter's last month that is over; the month before the quarter when none of its own is."""
        return self.complete_months[-1] if self.complete_months else str(Period.parse(self.months[0]) - 1)


def organization(connection: Connection[Any], organization_id: str) -> Organization:
    """The organization's facts. Raises UnknownScope when it was never configured."""
    found = one(
        connection,
        """
        select organization_id, name, time_zone, currency, locale, settings
        from app.organizations where organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    if found is None:
        raise UnknownScope(
            f"No organization {organization_id!r} is configured, so nothing was reported. "
            f"Run `qbr init {organization_id} --name NAME`, then `qbr run`."
        )
    return _organization(found)


def active_organizations(connection: Connection[Any]) -> tuple[Organization, ...]:
    """All organizations that are still run for."""
    found = rows(
        connection,
        """
        select organization_id, name, time_zone, currency, locale, settings
        from app.organizations where is_active order by organization_id
        """,
        {},
    )
    return tuple(map(_organization, found))


def _organization(row: Row) -> Organization:
    settings = row["settings"] or {}
    return Organization(
        organization_id=row["organization_id"],
        name=row["name"],
        time_zone=row["time_zone"],
        currency=row["currency"],
        locale=row["locale"] or "en_US",
        brand=settings.get("brand") or {},
        delivery=settings.get("delivery") or {},
        enabled_sources=tuple(
            source for source, options in (settings.get("sources") or {}).items() if options.get("is_enabled", True)
        ),
    )


def snapshot(connection: Connection[Any], organization_id: str) -> Snapshot:
    """As of when the data stands, and which run checked it."""
    found = one(
        connection,
        """
        select
            (
                select max(completed_as_of) from marts.fct_source_freshness
                where organization_id = %(organization_id)s
            ) as as_of,
            checks.run_id,
            checks.checked_at
        from (select 1) as always
        left join lateral (
            select run_id, checked_at from app.check_results
            where organization_id = %(organization_id)s
            order by checked_at desc, run_id limit 1
        ) as checks on true
        """,
        {"organization_id": organization_id},
    )
    if found is None:
        raise LookupError("a select without a table gave no row")
    return Snapshot(**found)


def quarter_facts(connection: Connection[Any], organization_id: str, quarter: str) -> QuarterFacts:
    """The quarter's months. Raises UnknownScope when none of them has begun or the marts do not know the quarter."""
    found = rows(
        connection,
        """
        select period, is_complete from marts.dim_periods
        where organization_id = %(organization_id)s and quarter = %(quarter)s
        order by period
        """,
        {"organization_id": organization_id, "quarter": quarter},
    )
    if not found:
        raise UnknownScope(
            f"{organization_id} has no period in {quarter}: it lies before its history or has not begun. "
            "Choose a later quarter, or set `history_start` back and import the months."
        )
    return QuarterFacts(quarter, months_of(quarter), tuple(row["period"] for row in found if row["is_complete"]))


def clients(connection: Connection[Any], organization_id: str) -> tuple[Client, ...]:
    """All clients a deck can be made for, by name; internal and unassigned records have none."""
    found = rows(
        connection,
        """
        select client_id, name, coalesce(is_confirmed, false) as is_confirmed,
            coalesce(is_unmatched, false) as is_unmatched, ninjaone_organization_id, connectwise_company_id,
            stripe_customer_id, quickbooks_customer_id
        from marts.dim_clients
        where organization_id = %(organization_id)s and is_excluded is not true and client_id <> 'unassigned'
        order by lower(name), client_id
        """,
        {"organization_id": organization_id},
    )
    return tuple(
        Client(
            client_id=row["client_id"],
            name=row["name"],
            is_confirmed=row["is_confirmed"],
            is_unmatched=row["is_unmatched"],
            sources=tuple(source for source, column in _SOURCE_IDS.items() if row[column] is not None),
        )
        for row in found
    )


def client(connection: Connection[Any], organization_id: str, client_id: str) -> Client:
    """One client. Raises UnknownScope when the organization has none of that id."""
    known = {candidate.client_id: candidate for candidate in clients(connection, organization_id)}
    if client_id in known:
        return known[client_id]
    raise UnknownScope(
        f"{organization_id} has no client {client_id!r} to report on, so no deck was written. "
        + (f"Its clients are: {', '.join(known)}; " if known else "It has no clients yet; ")
        + "excluded ones have no deck."
    )


def months_of(quarter: str) -> tuple[str, str, str]:
    """``2026-Q2`` as ``("2026-04", "2026-05", "2026-06")``. Raises PeriodError for another spelling."""
    first, second, third = Quarter.parse(quarter).periods
    return str(first), str(second), str(third)


def last_day(period: str) -> date:
    """The last calendar day of a month."""
    return (Period.parse(period) + 1).first_day - timedelta(days=1)


def months_until(period: str, count: int) -> tuple[str, ...]:
    """The `count` months that end with `period`, in order."""
    last = Period.parse(period)
    return tuple(str(month) for month in periods_between(last - (count - 1), last))


def quarters_until(quarter: str, count: int) -> tuple[str, ...]:
    """The `count` quarters that end with `quarter`, in order."""
    last = Quarter.parse(quarter)
    return tuple(str(last - back) for back in range(count - 1, -1, -1))


_SOURCE_IDS = {
    "ninjaone": "ninjaone_organization_id",
    "connectwise": "connectwise_company_id",
    "stripe": "stripe_customer_id",
    "quickbooks": "quickbooks_customer_id",
}
