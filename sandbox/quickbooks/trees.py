"""What all reports are made of: columns, cells, and the accounts of a group as rows nested in each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.moments import pacific
from sandbox.world.entities import Account

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


def computed(group: str, title: str, cells: Cells) -> dict[str, Any]:
    """A row that only sums up: no Header, no Rows."""
    return {"Summary": {"ColData": cells_of(title, None, cells)}, "type": "Section", "group": group}


def header(
    name: str, columns: Columns, now: datetime, *, basis: str | None, currency: str, has_data: bool
) -> dict[str, Any]:
    """What a report says of itself. Aging has no basis."""
    members = {
        "Time": pacific(now),
        "ReportName": name,
        "ReportBasis": basis,
        "StartPeriod": columns.start.isoformat(),
        "EndPeriod": columns.end.isoformat(),
        "SummarizeColumnsBy": "Month" if columns.by_month else "Total",
        "Currency": currency,
        "Option": [
            {"Name": "AccountingStandard", "Value": "GAAP"},
            {"Name": "NoReportData", "Value": "false" if has_data else "true"},
        ],
    }
    return {member: value for member, value in members.items() if value is not None}


def section(group: str, title: str, rows: list[dict[str, Any]], total: Cells, told: str) -> dict[str, Any]:
    """A section with its title, its rows and its total."""
    return {
        "Header": {"ColData": cells_of(title, None, [None] * len(total))},
        "Rows": {"Row": rows},
        "Summary": {"ColData": cells_of(told, None, total)},
        "type": "Section",
        "group": group,
    }


class AccountTree:
    """Accounts under their parents, as rows. Those without activity are left out."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.accounts = {account.id: account for account in accounts}
        self.children: dict[str | None, list[Account]] = defaultdict(list)
        for account in sorted(self.accounts.values(), key=lambda one: (one.number or "", one.name)):
            self.children[account.parent_id].append(account)

    def rows(
        self, chosen: Iterable[Account], own: Mapping[str, Cells], now: datetime, width: int
    ) -> tuple[list[dict[str, Any]], Cells]:
        """The rows of these top accounts and of what hangs below them, and their sum."""
        made = [self.row(one, own, now, width) for one in chosen]
        shown = [(row, total) for row, total in made if row is not None]
        return [row for row, _ in shown], added([total for _, total in shown], width)

    def row(
        self, one: Account, own: Mapping[str, Cells], now: datetime, width: int
    ) -> tuple[dict[str, Any] | None, Cells]:
        """An account: a leaf, or a section whose Header holds the parent's own amount. None without activity."""
        below, total = self.rows(self.children[one.id], own, now, width)
        name = one.name + (" (deleted)" if one.inactive_at is not None and one.inactive_at <= now else "")
        mine = own.get(one.id)
        if not below:
            if mine is None:
                return None, []
            return {"ColData": cells_of(name, one.id, mine), "type": "Data"}, mine
        whole = added([mine or [None] * width, total], width)
        return {
            "Header": {"ColData": cells_of(name, one.id, mine or [None] * width)},
            "Rows": {"Row": below},
            "Summary": {"ColData": cells_of(f"Total {name}", None, whole)},
            "type": "Section",
        }, whole
