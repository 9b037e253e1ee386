"""The reports QuickBooks would print of a generated company, from what the oracle posted."""

from decimal import Decimal
from typing import Any

from tests.dbt_project.generated_books import (
    ASSETS,
    CREDITED,
    EQUITY,
    KEPT,
    MONTHS,
    RETAINED,
    SECTIONS,
    Account,
    Company,
)

Amounts = dict[str, Decimal]
CLAIMS = tuple(account for account in KEPT if account not in (*ASSETS, EQUITY, RETAINED))


def statement(company: Company, period: str, basis: str) -> Amounts:
    """What a profit and loss report of the month says of each account; income and costs are both positive."""
    if basis == "Cash":
        return dict(company.cash[period])
    moved = company.moved(period, period)
    return {
        one.id: -moved[one.id] if one.section in CREDITED else moved[one.id]
        for one in company.accounts
        if one.id in moved
    }


def totals(company: Company, amounts: Amounts) -> Amounts:
    """What each section and result of the report comes to."""
    sums = {section: Decimal(0) for section in SECTIONS}
    for one in company.accounts:
        sums[one.section] += amounts.get(one.id, Decimal(0))
    sums["GrossProfit"] = sums["Income"] - sums["COGS"]
    sums["NetOperatingIncome"] = sums["GrossProfit"] - sums["Expenses"]
    sums["NetOtherIncome"] = sums["OtherIncome"] - sums["OtherExpenses"]
    sums["NetIncome"] = sums["NetOperatingIncome"] + sums["NetOtherIncome"]
    return sums


def profit_and_loss(company: Company, period: str, basis: str) -> dict[str, Any]:
    """The report of one month, parents' own amounts in the heads of their sections."""
    amounts = statement(company, period, basis)
    sums, rows = totals(company, amounts), []
    for group in ("Income", "COGS", "GrossProfit", "Expenses", "NetOperatingIncome", "OtherIncome", "OtherExpenses",
                  "NetOtherIncome", "NetIncome"):  # fmt: skip
        if group not in SECTIONS:
            rows.append(_summed(group, sums[group]))
            continue
        top = [one for one in company.accounts if one.section == group and one.parent is None]
        below = [row for row, _ in (_row(company, one, amounts) for one in top) if row]
        if below:
            rows.append({**_summed(group, sums[group]), "Header": _cells(group, None, None), "Rows": {"Row": below}})
    return _report("ProfitAndLoss", basis, period, rows if amounts else [])


def balance_sheet(company: Company, period: str) -> dict[str, Any]:
    """The sheet at the end of a month, on the accrual basis; no year ends in these months."""
    held = company.moved("0000-00", period)
    earned = -sum((held.get(one.id, Decimal(0)) for one in company.accounts), Decimal(0))

    def leaves(accounts: tuple[str, ...], sign: int) -> list[dict[str, Any]]:
        return [_leaf(f"Kept {one}", one, sign * held[one]) for one in accounts if one in held]

    assets = sum((held.get(one, Decimal(0)) for one in ASSETS), Decimal(0))
    owed = -sum((held.get(one, Decimal(0)) for one in CLAIMS), Decimal(0))
    own = earned - sum((held.get(one, Decimal(0)) for one in (EQUITY, RETAINED)), Decimal(0))
    profit = {**_leaf("Net Income", None, earned), "group": "NetIncome"}
    rows = [
        {**_summed("TotalAssets", assets), "Rows": {"Row": leaves(ASSETS, 1)}},
        {**_summed("TotalLiabilitiesAndEquity", owed + own), "Rows": {"Row": [
            {**_summed("Liabilities", owed), "Rows": {"Row": leaves(CLAIMS, -1)}},
            {**_summed("Equity", own), "Rows": {"Row": [*leaves((EQUITY, RETAINED), -1), profit]}},
        ]}},
    ]  # fmt: skip
    return _report("BalanceSheet", "Accrual", period, rows)


def reports(company: Company) -> dict[str, list[dict[str, Any]]]:
    """Every report of the company, by stream."""
    return {
        "profit_and_loss": [
            profit_and_loss(company, month, basis) for month in MONTHS for basis in ("Accrual", "Cash")
        ],
        "balance_sheet": [balance_sheet(company, month) for month in MONTHS],
    }


def _row(company: Company, one: Account, amounts: Amounts) -> tuple[dict[str, Any] | None, Decimal]:
    mine = amounts.get(one.id)
    made = [_row(company, child, amounts) for child in company.accounts if child.parent is one]
    below = [row for row, _ in made if row]
    whole = (mine or Decimal(0)) + sum((amount for row, amount in made if row), Decimal(0))
    if below:
        section = {**_summed(None, whole), "Header": _cells(one.name, one.id, mine), "Rows": {"Row": below}}
        return section, whole
    return (None, whole) if mine is None else (_leaf(one.name, one.id, mine), whole)


def _leaf(name: str, identity: str | None, amount: Decimal) -> dict[str, Any]:
    return {"type": "Data", **_cells(name, identity, amount)}


def _summed(group: str | None, amount: Decimal) -> dict[str, Any]:
    return {"type": "Section", **({"group": group} if group else {}), "Summary": _cells("Total", None, amount)}


def _cells(name: str, identity: str | None, amount: Decimal | None) -> dict[str, Any]:
    head = {"value": name, **({"id": identity} if identity else {})}
    return {"ColData": [head, {"value": "" if amount is None else f"{amount:.2f}"}]}


def _report(name: str, basis: str, period: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    start = {"Name": "StartDate", "Value": f"{period}-01"}
    return {
        "Id": f"{name}:{basis}:{period}",
        "Header": {"ReportName": name, "ReportBasis": basis, "Time": "2031-07-06T06:00:00-07:00"},
        "Columns": {"Column": [{"ColType": "Account"}, {"ColType": "Money", "MetaData": [start]}]},
        "Rows": {"Row": rows} if rows else {},
    }
