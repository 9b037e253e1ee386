"""The ProfitAndLoss report: the ledger's postings, by account and column, in Intuit's tree of sections and rows.

Accrual only. The books here do not say when bills were paid, so the cash basis is answered with a fault (see
``cash_refused``) rather than with figures that would be made up.
"""

import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.errors import Refused
from sandbox.quickbooks.moments import pacific
from sandbox.world.entities import Account, World

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

Cells = list[Decimal | None]  # None: nothing was posted, which the report shows as ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The money columns of a report: one per month where asked for, and the total."""

    start: date
    end: date
    by_month: bool

    def months(self) -> list[tuple[date, date]]:
        """First and last day of each month column."""
        found = []
        first = self.start
        while self.by_month and first <= self.end:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            found.append((first, min(self.end, following - timedelta(days=1))))
            first = following
        return found

    def heads(self) -> list[dict[str, Any]]:
        """The column headings."""
        heads: list[dict[str, Any]] = [head("", "Account", {"ColKey": "account"})]
        for first, last in self.months():
            dates = {"StartDate": first.isoformat(), "EndDate": last.isoformat()}
            heads.append(head(f"{first:%b %Y}", "Money", {**dates, "ColKey": f"{first:%b %Y}"}))
        return [*heads, head("Total", "Money", {"ColKey": "total"})]


def head(title: str, kind: str, facts: dict[str, str]) -> dict[str, Any]:
    """One column heading."""
    return {
        "ColTitle": title,
        "ColType": kind,
        "MetaData": [{"Name": name, "Value": value} for name, value in facts.items()],
    }


class ProfitAndLoss:
    """Makes the report from the postings, which are sorted by date once."""

    def __init__(self, world: World) -> None:
        self.currency = world.currency
        self.accounts = {account.id: account for account in world.accounts}
        self.children: dict[str | None, list[Account]] = defaultdict(list)
        for account in sorted(world.accounts, key=lambda one: (one.number or "", one.name)):
            if account.report_group:
                self.children[account.parent_id].append(account)
        self.postings = sorted(
            (posting for posting in world.postings if self.accounts[posting.account_id].report_group),
            key=lambda posting: posting.transaction_date,
        )
        self.dates = [posting.transaction_date for posting in self.postings]

    def report(self, columns: Columns, now: datetime) -> dict[str, Any]:
        """The report as of now, on accrual basis."""
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
            "Header": {
                "Time": pacific(now),
                "ReportName": "ProfitAndLoss",
                "ReportBasis": "Accrual",
                "StartPeriod": columns.start.isoformat(),
                "EndPeriod": columns.end.isoformat(),
                "SummarizeColumnsBy": "Month" if columns.by_month else "Total",
                "Currency": self.currency,
                "Option": [
                    {"Name": "AccountingStandard", "Value": "GAAP"},
                    {"Name": "NoReportData", "Value": "false" if own else "true"},
                ],
            },
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
        made = [self.account_row(one, own, now) for one in self.children[None] if one.report_group == group]
        shown = [(row, total) for row, total in made if row is not None]
        total = added([cells for _, cells in shown], width)
        if not shown and group != "Expenses":
            return None, total
        summary = {"ColData": cells_of(f"Total {SECTIONS[group]}", None, total)}
        section: dict[str, Any] = {"Summary": summary, "type": "Section", "group": group}
        if shown:
            title = {"ColData": cells_of(SECTIONS[group], None, [None] * width)}
            section = {"Header": title, "Rows": {"Row": [row for row, _ in shown]}, **section}
        return section, total

    def account_row(self, one: Account, own: dict[str, Cells], now: datetime) -> tuple[dict[str, Any] | None, Cells]:
        """An account: a leaf, or a section whose Header holds the parent's own postings. None without activity."""
        made = [self.account_row(child, own, now) for child in self.children[one.id]]
        below = [(row, total) for row, total in made if row is not None]
        width = len(next(iter(own.values()), []))
        name = one.name + (" (deleted)" if one.inactive_at is not None and one.inactive_at <= now else "")
        mine = own.get(one.id)
        if not below:
            if mine is None:
                return None, []
            return {"ColData": cells_of(name, one.id, mine), "type": "Data"}, mine
        total = added([mine or [None] * width, *(cells for _, cells in below)], width)
        return {
            "Header": {"ColData": cells_of(name, one.id, mine or [None] * width)},
            "Rows": {"Row": [row for row, _ in below]},
            "Summary": {"ColData": cells_of(f"Total {name}", None, total)},
            "type": "Section",
        }, total


def cells_of(name: str, account_id: str | None, cells: Cells) -> list[dict[str, str]]:
    """The cells of one row: all text, "" where there is no value."""
    first = {"value": name, "id": account_id} if account_id else {"value": name}
    return [first, *({"value": "" if cell is None else f"{cell:.2f}"} for cell in cells)]


def added(rows: Iterable[Cells], width: int) -> Cells:
    """The sum by column; no value where no row has one."""
    total: Cells = [None] * width
    for row in rows:
        for place, cell in enumerate(row):
            if cell is not None:
                total[place] = (total[place] or Decimal(0)) + cell
    return total


def combined(parts: dict[str, int], sums: dict[str, Cells], width: int) -> Cells:
    """Sections added and taken off each other."""
    total = [Decimal(0)] * width
    for group, sign in parts.items():
        for place, cell in enumerate(sums.get(group, [])):
            total[place] += sign * (cell or Decimal(0))
    return [*total]


def computed(group: str, title: str, cells: Cells) -> dict[str, Any]:
    """A row that only sums up: no Header, no Rows."""
    return {"Summary": {"ColData": cells_of(title, None, cells)}, "type": "Section", "group": group}


def cash_refused() -> Refused:
    """The answer to a report on cash basis."""
    return Refused("5020", "Permission Denied Error", "This sandbox keeps its books on accrual basis only.")
