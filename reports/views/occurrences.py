"""What happened or does not tie, a row a thing: subscriptions, invoices in dunning, the books, sign-ins, signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views.query import one, rows


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
class DunningStage:
    """The invoices that stood at one stage of dunning at the end of a month."""

    period: str
    stage: str
    open_invoices: int | None
    open_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Untied:
    """A statement of one month that does not equal what it is held against: how many lines, and by how much at most."""

    statement: str
    period: str
    lines: int
    largest: Decimal
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


def revenue_moves(connection: Connection[Any], organization_id: str, period: str) -> tuple[RevenueMove, ...]:
    """Clients whose recurring revenue moved in `period`, the largest first."""
    found = rows(
        connection,
        """
        select moves.client_id, coalesce(clients.name, moves.client_id) as client, moves.period, moves.movement,
            abs(case moves.movement
                when 'new' then moves.new_mrr when 'expansion' then moves.expansion_mrr
                when 'contraction' then moves.contraction_mrr when 'churn' then moves.churn_mrr
                when 'reactivation' then moves.reactivation_mrr
            end) as amount,
            moves.closing_mrr as closing
        from marts.fct_mrr_movements as moves
        left join marts.dim_clients as clients
            on clients.organization_id = moves.organization_id and clients.client_id = moves.client_id
        where moves.organization_id = %(organization_id)s and moves.period = %(period)s
            and moves.movement in ('new', 'expansion', 'contraction', 'churn', 'reactivation')
        order by amount desc nulls last, client
        """,
        {"organization_id": organization_id, "period": period},
    )
    return tuple(RevenueMove(**row) for row in found if row["amount"] is not None)


def has_recurring_revenue(connection: Connection[Any], organization_id: str) -> bool:
    """Whether any client ever had a subscription."""
    found = one(
        connection,
        "select exists (select from marts.fct_mrr_movements where organization_id = %(organization_id)s) as found",
        {"organization_id": organization_id},
    )
    return bool(found and found["found"])


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


def untied(
    connection: Connection[Any], organization_id: str, periods: Sequence[str], at_least: Decimal
) -> tuple[Untied, ...]:
    """Statements of `periods` that do not tie: P&L totals, the ledger against the reports, the ages of receivables."""
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
        select statement, period, count(*)::int as lines,
            (array_agg(difference order by abs(difference) desc, line))[1] as largest,
            coalesce((array_agg(line order by abs(difference) desc, line))[1], 'no name') as place
        from differences
        where abs(difference) >= %(at_least)s and period = any(%(periods)s)
        group by statement, period
        order by period, statement
        """,
        {"organization_id": organization_id, "periods": list(periods), "at_least": at_least},
    )
    return tuple(Untied(**row) for row in found)


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
