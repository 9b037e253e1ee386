"""The books' part of each month: accounts summed from the postings themselves, mapped, and put together to a profit."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from sandbox.truth.months import complete_months
from sandbox.world.entities import Account, AccountRule, World

Figures = dict[str, Decimal | None]
CREDIT_NORMAL = ("Income", "OtherIncome")
FROM_ACCOUNTS = (
    "nrr", "mrr", "orr", "misc_revenue", "product_cogs", "payroll_total", "uncategorized_expenses",
)  # fmt: skip


def metric_of(account: Account, rules: Iterable[AccountRule]) -> str | None:
    """The metric an account feeds: that of the first rule that fits its full name or id."""
    return next((rule.metric for rule in rules if _fits(rule, account.id, account.full_name.casefold())), None)


def _fits(rule: AccountRule, identity: str, name: str) -> bool:
    pattern = rule.pattern.casefold()
    if rule.match_type == "regex":
        return re.search(pattern, name) is not None
    if rule.match_type == "id":
        return rule.pattern == identity
    if rule.match_type == "contains":
        return pattern in name
    return name.startswith(f"{pattern}:") if rule.match_type == "children" else name == pattern


def books(world: World, now: datetime) -> dict[str, Figures]:
    """What the books say of every complete month, accrual: mapped accounts, total income, total expenses."""
    reported = {account.id: account for account in world.accounts if account.report_group is not None}
    metrics = {identity: metric_of(account, world.account_rules) for identity, account in reported.items()}
    figures: dict[str, dict[str, Decimal]] = {period: defaultdict(Decimal) for period in complete_months(world, now)}
    for posting in world.postings:
        period = f"{posting.transaction_date:%Y-%m}"
        account = reported.get(posting.account_id)
        stands = posting.recorded_at <= now and (posting.removed_at is None or posting.removed_at > now)
        if account is None or not stands or period not in figures:
            continue
        amount = -posting.amount if account.report_group in CREDIT_NORMAL else posting.amount
        figures[period][metrics[account.id] or "unmapped"] += amount
        figures[period][f"group {account.report_group}"] += amount
    return {
        period: {
            **{metric: sums[metric] for metric in FROM_ACCOUNTS},
            "total_income": sums["group Income"],
            "total_expenses_qb": sums["group Expenses"] + sums["group OtherExpenses"],
        }
        for period, sums in figures.items()
    }


def completed(figures: Mapping[str, Decimal | None]) -> Figures:
    """The figures with those that are worked out from them; missing where a part is missing, but for misc revenue."""
    done: Figures = dict(figures)
    done["product_sales"] = _combined(done, "total_income", minus=("nrr", "mrr", "orr"))
    done["total_revenue"] = _combined(done, "nrr", "mrr", "orr", "product_sales")
    if done["total_revenue"] is not None:
        done["total_revenue"] += done.get("misc_revenue") or Decimal(0)
    owner = ("owner_comp", "owner_comp_taxes")
    done["employee_expense"] = _combined(done, "payroll_total", minus=owner)
    done["other_expenses"] = _combined(done, "total_expenses_qb", minus=("employee_expense", *owner))
    parts = ("employee_expense", *owner, "product_cogs", "other_expenses")
    done["total_expenses"] = _combined(done, *parts, minus=("uncategorized_expenses",))
    done["net_profit"] = _combined(done, "total_revenue", minus=("total_expenses",))
    return done


def _combined(figures: Mapping[str, Decimal | None], *plus: str, minus: tuple[str, ...] = ()) -> Decimal | None:
    total = Decimal(0)
    for names, sign in ((plus, 1), (minus, -1)):
        for name in names:
            value = figures.get(name)
            if value is None:
                return None
            total += sign * value
    return total
