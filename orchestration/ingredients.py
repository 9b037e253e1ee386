"""Figures that marts keep beside the spine, and from which others are worked out: what there is, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from orchestration import formulas
from orchestration.readings import Row, rows


class Ingredient(NamedTuple):
    """One amount that a formula names."""

    label: str
    value: Decimal | None
    unit: str
    scale: int


Amounts = Mapping[str, Ingredient]
"""What a formula names, by its names."""

_REVENUE, _READINESS = "fct_revenue_monthly", "fct_data_readiness_months"
_START = "(opening_mrr + fx_mrr)"
_KEPT = "opening_mrr + fx_mrr - contraction_mrr - churn_mrr"
_MARGIN = "(total_income - product_cogs) / total_income"
RECIPES = {
    "arpa": (_REVENUE, "mrr_run_rate / paying_clients"),
    "net_revenue_retention": (
        _REVENUE,
        f"({_KEPT} + expansion_mrr) / {_START}",
    ),
    "gross_revenue_retention": (_REVENUE, f"({_KEPT}) / {_START}"),
    "revenue_churn_rate": (_REVENUE, f"(contraction_mrr + churn_mrr) / {_START}"),
    "customer_churn_rate": (_REVENUE, "churned_clients / opening_clients"),
    "quick_ratio": (_REVENUE, "(new_mrr + expansion_mrr + reactivation_mrr) / (contraction_mrr + churn_mrr)"),
    "ltv": (_REVENUE, f"mrr_run_rate / paying_clients x {_MARGIN} / (churned_clients / opening_clients)"),
    "tickets_typed_pct": (_READINESS, "tickets_typed / tickets"),
    "time_on_tickets_pct": (_READINESS, "hours_on_tickets / hours"),
    "boards_mapped_pct": (_READINESS, "boards_mapped / boards"),
    "data_readiness_score": (
        _READINESS,
        "(tickets_typed / tickets + hours_on_tickets / hours + boards_mapped / boards) / 3",
    ),
    "cash_reserve_months": ("fct_business_years", "cash_reserve / avg_expenses"),
    "mrr_per_seat": ("fct_ledger_entries", "billed_mrr / seats_managed"),
}
"""Metrics whose parts are columns of a mart, with the formula in their names."""

_A_MONTH = {
    "tickets_per_seat": "reactive_tickets_created / months / average seats_managed",
    "hours_per_seat": "reactive_time_spent / months / average seats_managed",
    "hours_per_endpoint": "reactive_time_spent / months / average endpoints_managed",
    "mrr_per_seat": "mrr / months / average seats_managed",
}

_COLUMNS = {
    "mrr_run_rate": ("recurring revenue a month, at the month's end", "usd", 2),
    "opening_mrr": ("recurring revenue a month, at the month's beginning", "usd", 2),
    "fx_mrr": ("what exchange rates made of it", "usd", 2),
    "new_mrr": ("from new clients", "usd", 2),
    "expansion_mrr": ("by which clients grew", "usd", 2),
    "contraction_mrr": ("by which clients shrank", "usd", 2),
    "churn_mrr": ("of clients who were lost", "usd", 2),
    "reactivation_mrr": ("of clients who came back", "usd", 2),
    "paying_clients": ("clients who pay at the month's end", "count", 0),
    "opening_clients": ("clients who paid at its beginning", "count", 0),
    "churned_clients": ("clients lost", "count", 0),
    "tickets": ("reactive tickets opened", "count", 0),
    "tickets_typed": ("reactive tickets with a type", "count", 0),
    "hours": ("hours entered", "hours", 2),
    "hours_on_tickets": ("hours entered on tickets", "hours", 2),
    "boards": ("boards on which tickets were opened", "count", 0),
    "boards_mapped": ("boards of these that are configured", "count", 0),
    "avg_expenses": ("average monthly expenses of the year before", "usd", 2),
    "billed_mrr": ("recurring revenue posted for the client", "usd", 2),
}


def of_quarter(metric: str, formula: str) -> list[tuple[str, str | None]]:
    """The formulas by which a quotient of a quarter may have come about, each with the mart that keeps its parts."""
    if metric in _A_MONTH:
        a_month = _A_MONTH[metric]
        return [(a_month, None), (a_month.replace("mrr /", "billed_mrr /"), "fct_ledger_entries")]
    if metric in RECIPES:
        kept_in, recipe = RECIPES[metric]
        return [(recipe, kept_in)]
    return [(formula, None)]


def of(connection: psycopg.Connection[Any], row: Row, formula: str, mart: str | None = None) -> dict[str, Ingredient]:
    """What the formula names, for the figure's own month and client: columns of the mart, then metrics of the spine."""
    names = formulas.named(formula)
    found = _of_mart(connection, row, mart, names) if mart else {}
    metrics = rows(
        connection,
        """
        select metric, label, value, unit, scale from marts.fct_metrics_monthly
        inner join marts.dim_metrics using (metric, label, unit)
        where organization_id = %(organization_id)s and client_id = %(client_id)s and period = %(period)s
            and metric = any(%(names)s)
        """,
        {**row, "names": names},
    )
    spine = {one["metric"]: Ingredient(one["label"], one["value"], one["unit"], one["scale"]) for one in metrics}
    return {name: (spine | found)[name] for name in names if name in spine or name in found}


def _of_mart(connection: psycopg.Connection[Any], row: Row, mart: str, names: list[str]) -> dict[str, Ingredient]:
    statement = {
        _REVENUE: """
            select * from marts.fct_revenue_monthly
            where organization_id = %(organization_id)s and period = %(period)s and %(client_id)s = 'all'
            """,
        _READINESS: """
            select * from marts.fct_data_readiness_months
            where organization_id = %(organization_id)s and period = %(period)s and client_id = %(client_id)s
            """,
        "fct_business_years": """
            select avg_expenses from marts.fct_business_years
            where organization_id = %(organization_id)s and year::text = (left(%(period)s, 4)::integer - 1)::text
            """,
        "fct_ledger_entries": """
            select coalesce(-sum(amount), 0) as billed_mrr from marts.fct_ledger_entries
            where organization_id = %(organization_id)s and period = %(period)s and client_id = %(client_id)s
                and account_id in (
                    select account_id from marts.fct_profit_and_loss
                    where organization_id = %(organization_id)s and metric = 'mrr'
                )
            having not exists (
                select from marts.fct_metrics_monthly
                where organization_id = %(organization_id)s and period = %(period)s and client_id = %(client_id)s
                    and metric = 'mrr_per_seat' and reason like '%%without mrr%%'
            )
            """,
    }[mart]
    for found in rows(connection, statement, row):
        amounts = {name: None if found[name] is None else Decimal(found[name]) for name in names if name in found}
        told = {name: _COLUMNS[name] for name in amounts}
        return {name: Ingredient(told[name][0], amount, *told[name][1:]) for name, amount in amounts.items()}
    return {}
