"""The ProfitAndLoss report: the ledger's postings, by account and column, in Intuit's tree of sections and rows."""

import bisect
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.trees import AccountTree, Cells, Columns, computed, header, section
from sandbox.world.entities import Posting, World

SECTIONS = {
    "Income": "Income",
    "COGS": "Cost of Goods Sold",
    "Expenses": "Expenses",
    "OtherIncome": "Other Income",
    "OtherExpenses": "Other Expenses",
}
CREDIT_NORMAL = ("Income", "OtherIncome")
# Groups in the order of the report; a computed one is the sum of what it names, with signs.
GROSS = {"Income": 1, "COGS": -1}
OPERATING = {**GROSS, "Expenses": -1}
OTHER = {"OtherIncome": 1, "OtherExpenses": -1}
ORDER: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("Income", "", {}),
    ("COGS", "", {}),
    ("GrossProfit", "Gross Profit", GROSS),
    ("Expenses", "", {}),
    ("NetOperatingIncome", "Net Operating Income", OPERATING),
    ("OtherIncome", "", {}),
    ("OtherExpenses", "", {}),
    ("NetOtherIncome", "Net Other Income", OTHER),
    ("NetIncome", "Net Income", {**OPERATING, **OTHER}),
)


class ProfitAndLoss:
    """Makes the report from the postings of one basis, which are sorted by date once."""

    def __init__(self, world: World, postings: Iterable[Posting] | None = None, basis: str = "Accrual") -> None:
        self.currency = world.currency
        self.basis = basis
        self.tree = AccountTree(account for account in world.accounts if account.report_group)
        self.accounts = self.tree.accounts
        self.postings = sorted(
            (one for one in (world.postings if postings is None else postings) if one.account_id in self.accounts),
            key=lambda posting: posting.transaction_date,
        )
        self.dates = [posting.transaction_date for posting in self.postings]

    def report(self, columns: Columns, now: datetime) -> dict[str, Any]:
        """The report as of now."""
        own = self.own_amounts(columns, now)
        sums: dict[str, Cells] = {}
        rows = []
        for group, title, parts in ORDER:
            if parts:
                if group != "NetOtherIncome" or any(part in sums for part in parts):
                    rows.append(computed(group, title, combined(parts, sums, len(columns.months()) + 1)))
                continue
            section, total = self.section(group, own, now)
            if section is not None:
                rows.append(section)
                sums[group] = total
        return {
            "Header": header(
                "ProfitAndLoss", columns, now, basis=self.basis, currency=self.currency, has_data=bool(own)
            ),
            "Columns": {"Column": columns.heads()},
            "Rows": {"Row": rows} if own else {},
        }

    def own_amounts(self, columns: Columns, now: datetime) -> dict[str, Cells]:
        """What was posted to each account itself, by column; the total comes last."""
        months = columns.months()
        starts = [first for first, _ in months]
        own: dict[str, Cells] = {}
        first = bisect.bisect_left(self.dates, columns.start)
        last = bisect.bisect_right(self.dates, columns.end)
        for posting in self.postings[first:last]:
            if not posting.stands_at(now):
                continue
            sign = -1 if self.accounts[posting.account_id].report_group in CREDIT_NORMAL else 1
            cells = own.setdefault(posting.account_id, [None] * (len(months) + 1))
            places = [len(months)]
            if months:
                places.append(bisect.bisect_right(starts, posting.transaction_date) - 1)
            for place in places:
                cells[place] = (cells[place] or Decimal(0)) + sign * posting.amount
        return own

    def section(self, group: str, own: dict[str, Cells], now: datetime) -> tuple[dict[str, Any] | None, Cells]:
        """One outermost section with its total. Without accounts it is left out; Expenses stays, empty."""
        width = len(next(iter(own.values()), []))
        accounts = [one for one in self.tree.children[None] if one.report_group == group]
        shown, total = self.tree.rows(accounts, own, now, width)
        if not shown and group != "Expenses":
            return None, total
        made = section(group, SECTIONS[group], shown, total, f"Total {SECTIONS[group]}")
        return (made if shown else {name: made[name] for name in ("Summary", "type", "group")}), total


def combined(parts: dict[str, int], sums: dict[str, Cells], width: int) -> Cells:
    """Sections added and taken off each other."""
    total = [Decimal(0)] * width
    for group, sign in parts.items():
        for place, cell in enumerate(sums.get(group, [])):
            total[place] += sign * (cell or Decimal(0))
    return [*total]
