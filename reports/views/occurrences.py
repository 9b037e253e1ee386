"""What happened or does not tie, a row a thing: subscriptions, invoices in dunning, the books, sign-ins, signals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import rows


@dataclass(frozen=True, slots=True)
class RevenueMove:
    """A client whose recurring revenue moved in a month; `amount` is by how much, without a sign."""

    client_id: str
    client: str
    period: str
    movement: str
    amount: Decimal
    closing: Decimal | None


@dataclass(frozen=True, slots=True)
class RevenueMoves:
    """One month's moves, and the clients of whom it is not known, with every month of theirs up to it."""

    period: str
    moves: tuple[RevenueMove, ...]
    unknown: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DunningStage:
    """The invoices that stood at one stage of dunning at the end of a month."""

    period: str
    stage: str
    open_invoices: int | None
    open_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Tie:
    """A statement of one month beside what it should equal: how many lines differ too much, by how much at most."""

    statement: str
    period: str
    lines: int
    is_unknown: bool
    """Whether a line could not be compared."""
    largest: Decimal | None
    place: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A source signed in to by a person, and when its tokens were last renewed."""

    source: str
    renewed_at: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """The newest reading of a signal."""

    signal: str
    value: Decimal | None
    observed_at: datetime


def revenue_moves(connection: Connection[Any], organization_id: str, period: str) -> RevenueMoves | None:
    """The moves of the newest month up to `period` that is stored, the largest first; None where none is.

    Of a client whose month is not known, its earlier months are named too: nothing has come yet that ends them.
    """
    found = rows(
        connection,
        """
        with newest as (
            select max(period) as period from marts.fct_mrr_movements
            where organization_id = %(organization_id)s and period <= %(period)s
        ),
        unknown as (
            select client_id from marts.fct_mrr_movements
            where organization_id = %(organization_id)s and period = (select period from newest)
                and movement is null
        )
        select moves.client_id, coalesce(clients.name, moves.client_id) as client, moves.period, moves.movement,
            abs(case moves.movement
                when 'new' then moves.new_mrr when 'expansion' then moves.expansion_mrr
                when 'contraction' then moves.contraction_mrr when 'churn' then moves.churn_mrr
                when 'reactivation' then moves.reactivation_mrr
            end) as amount,
            moves.closing_mrr as closing, newest.period as newest,
            moves.client_id in (select client_id from unknown) as is_unknown
        from newest
        inner join marts.fct_mrr_movements as moves
            on moves.organization_id = %(organization_id)s
            and (
                moves.period = newest.period
                or (moves.period < newest.period and moves.client_id in (select client_id from unknown))
            )
        left join marts.dim_clients as clients
            on clients.organization_id = moves.organization_id and clients.client_id = moves.client_id
        order by amount desc nulls last, client
        """,
        {"organization_id": organization_id, "period": period},
    )
    if not found:
        return None
    keys = list(RevenueMove.__dataclass_fields__)
    return RevenueMoves(
        period=found[0]["newest"],
        moves=tuple(
            RevenueMove(**{key: row[key] for key in keys})
            for row in found
            if not row["is_unknown"] and row["movement"] != "none" and row["amount"] is not None
        ),
        unknown=frozenset((row["client_id"], row["period"]) for row in found if row["is_unknown"]),
    )


def dunning(connection: Connection[Any], organization_id: str, period: str) -> tuple[DunningStage, ...]:
    """Where the open invoices stood in dunning at the end of `period`, or now where it runs on."""
    found = rows(
        connection,
        """
        select period, stage, open_invoices, open_amount from marts.fct_dunning_months
        where organization_id = %(organization_id)s and period = %(period)s order by position
        """,
        {"organization_id": organization_id, "period": period},
    )
    return tuple(DunningStage(**row) for row in found)


def ties(connection: Connection[Any], organization_id: str, period: str, at_least: Decimal) -> tuple[Tie, ...]:
    """Statements up to `period` held against each other: P&L totals, the ledger, the ages of receivables."""
    found = rows(
        connection,
        """
        with differences (statement, period, line, difference) as (
            select 'profit and loss', period, report_group, difference from marts.fct_profit_and_loss_ties
            where organization_id = %(organization_id)s
            union all
            select replace(statement, '_', ' ') || ' against the ledger', period, account_name, difference
            from marts.fct_ledger_ties where organization_id = %(organization_id)s
            union all
            select 'ages of receivables', period, customer_name, difference from marts.fct_aged_receivable_ties
            where organization_id = %(organization_id)s
        )
        select statement, period,
            count(*) filter (where abs(difference) >= %(at_least)s)::int as lines,
            bool_or(difference is null) as is_unknown,
            (array_agg(difference order by abs(difference) desc nulls last, line))[1] as largest,
            coalesce((array_agg(line order by abs(difference) desc nulls last, line))[1], 'no name') as place
        from differences
        where period <= %(period)s
        group by statement, period
        order by period, statement
        """,
        {"organization_id": organization_id, "period": period, "at_least": at_least},
    )
    return tuple(Tie(**row) for row in found)


def sign_ins(connection: Connection[Any], organization_id: str) -> tuple[SignIn, ...]:
    """Sources with tokens that lapse, signed in to by a person; companies made for trying out do not count."""
    found = rows(
        connection,
        """
        select source, updated_at as renewed_at from app.credentials
        where organization_id = %(organization_id)s and source = 'quickbooks' and environment = 'production'
        order by source
        """,
        {"organization_id": organization_id},
    )
    return tuple(SignIn(**row) for row in found)


def signals(connection: Connection[Any], organization_id: str) -> dict[str, Signal]:
    """The newest reading of every signal, by name."""
    found = rows(
        connection,
        "select signal, value, observed_at from app.signals where organization_id = %(organization_id)s",
        {"organization_id": organization_id},
    )
    return {row["signal"]: Signal(**row) for row in found}
