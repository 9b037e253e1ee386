"""Figures that were presented and have changed since: by how much, why, and on which accounts.

The owner is told of every one. Others are told of the metrics that their own decks show, and of the change alone:
accounts, reasons that somebody typed and the metrics behind a metric are the owner's.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.views import company, investor
from reports.views.figures import Figure, Receipt
from reports.views.query import Row, rows
from reports.views.scope import Scope

_MODEL = "marts.fct_restatements"
_SHOWN = {"client": (*company.SERVICE, *company.FLEET), "investor": investor.SHOWN}
"""By audience the metrics its decks show; who is not named here is told of nothing."""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What a changed metric owes to one account of the books; `amount` is the difference."""

    account: str
    amount: Figure


@dataclass(frozen=True, slots=True)
class RestatedFigure:
    """One figure as it was presented and as it is now."""

    quarter: str
    presented: Figure
    now: Figure
    amount: Figure
    cause: str
    accounts: tuple[AccountChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Restatements:
    """Every change in quarters that were presented, up to the quarter of the deck."""

    figures: tuple[RestatedFigure, ...]

    @property
    def is_empty(self) -> bool:
        """True when everything still is as presented."""
        return not self.figures


def restatements(connection: Connection[Any], scope: Scope) -> Restatements:
    """Monthly figures first, then SmartNumbers, as far as the audience is shown them; of a client its own alone."""
    is_owner = scope.audience == "owner"
    found = rows(
        connection,
        """
        select changed.quarter, changed.mart, changed.client_id, changed.period, changed.metric,
            changed.presented_value, changed.value, changed.amount, changed.unit, changed.presented_method,
            changed.method, changed.cause, changed.frozen_at, coalesce(definitions.label, changed.metric) as label
        from marts.fct_restatements as changed
        left join marts.dim_metrics as definitions on definitions.metric = changed.metric
        where changed.organization_id = %(organization_id)s and changed.client_id = %(client_id)s
            and changed.quarter <= %(quarter)s and changed.mart <> 'fct_metrics_quarterly'
            and (%(is_owner)s or changed.mart = 'fct_metrics_monthly' and changed.metric = any(%(shown)s))
        order by changed.quarter desc, changed.mart, abs(changed.amount) desc nulls last, changed.period, changed.metric
        """,
        {
            "organization_id": scope.organization_id,
            "client_id": scope.client_id,
            "quarter": scope.quarter.quarter,
            "is_owner": is_owner,
            "shown": list(_SHOWN.get(scope.audience, ())),
        },
    )
    by_account = _accounts(connection, scope) if found and is_owner and scope.client is None else {}
    return Restatements(
        tuple(_figure(row, row["cause"] if is_owner else _cause_for_others(row), by_account) for row in found)
    )


def _cause_for_others(row: Row) -> str:
    if row["value"] is None:
        return "There is no value any more."
    if row["presented_value"] is None:
        return "A value has come since."
    return "Corrected since." if row["method"] == "corrected" else "The records behind it have changed since."


def _accounts(connection: Connection[Any], scope: Scope) -> dict[tuple[str, str], tuple[AccountChange, ...]]:
    """Accounts of frozen months whose postings are not what they were, by month and metric, the largest first."""
    found = rows(
        connection,
        """
        with basis as (
            select coalesce(max(profit_and_loss_basis), 'Accrual') as basis
            from marts.dim_organizations where organization_id = %(organization_id)s
        ),
        kept as (
            select frozen.* from app.frozen_ledger as frozen inner join basis using (basis)
            where frozen.organization_id = %(organization_id)s and frozen.quarter <= %(quarter)s
        ),
        present as (
            select lines.* from marts.fct_profit_and_loss as lines inner join basis using (basis)
            where lines.organization_id = %(organization_id)s and lines.period in (select period from kept)
        )
        select coalesce(kept.period, present.period) as period, coalesce(present.metric, kept.metric) as metric,
            coalesce(present.account_name, kept.account_name, kept.account_id) as account,
            coalesce(present.amount, 0) - coalesce(kept.amount, 0) as amount,
            present.source_rows, present.freshest_at
        from kept
        full join present
            on kept.period = present.period and kept.report_group = present.report_group
            and kept.account_id = present.account_id
        where coalesce(present.amount, 0) <> coalesce(kept.amount, 0)
        order by abs(coalesce(present.amount, 0) - coalesce(kept.amount, 0)) desc, account
        """,
        {"organization_id": scope.organization_id, "quarter": scope.quarter.quarter},
    )
    changes: dict[tuple[str, str], tuple[AccountChange, ...]] = {}
    for row in found:
        key = row["period"], row["metric"]
        amount = Figure(
            metric=f"restated.{row['metric']}.{row['account']}",
            label=row["account"],
            period=row["period"],
            value=row["amount"],
            unit="usd",
            receipt=Receipt(
                model="marts.fct_profit_and_loss",
                source="quickbooks",
                source_rows=row["source_rows"],
                freshest_at=row["freshest_at"],
                note="now less app.frozen_ledger",
            ),
        )
        changes[key] = (*changes.get(key, ()), AccountChange(row["account"], amount))
    return changes


def _figure(row: Row, cause: str, by_account: dict[tuple[str, str], tuple[AccountChange, ...]]) -> RestatedFigure:
    def made(name: str, value: Decimal | None, method: str | None, note: str) -> Figure:
        return Figure(
            metric=f"{row['metric']}{name}",
            label=row["label"],
            period=row["period"],
            value=value,
            unit=row["unit"],
            client_id=row["client_id"],
            reason=None if value is not None else "there was no value" if name == ".presented" else "there is no value",
            receipt=Receipt(model=_MODEL, method=method or "none", note=note),
        )

    return RestatedFigure(
        quarter=row["quarter"],
        presented=made(
            ".presented", row["presented_value"], row["presented_method"], f"as of {row['frozen_at']:%Y-%m-%d}"
        ),
        now=made(".restated", row["value"], row["method"], "as the marts stand"),
        amount=made(".restated_by", row["amount"], "calculated", "now less what was presented"),
        cause=cause,
        accounts=by_account.get((row["period"], row["metric"]), ()),
    )
