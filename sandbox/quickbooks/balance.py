"""The balance sheet and the statement of cash flows, from all postings of one basis.

What accounts of the P&L hold stands in Equity: that of the fiscal year as Net Income, that of years before among the
retained earnings, as QuickBooks closes its books by itself. The fiscal year is the calendar year.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.trees import AccountTree, Cells, Columns, added, cells_of, computed, header, section
from sandbox.world.entities import Account, Posting, World

Part = tuple[str, str, tuple[Any, ...]]
# group, title, and either the groups below or the account types.
ASSETS: Part = (
    "TotalAssets", "ASSETS", (
        ("CurrentAssets", "Current Assets", (
            ("BankAccounts", "Bank Accounts", ("Bank",)),
            ("AR", "Accounts Receivable", ("Accounts Receivable",)),
            ("OtherCurrentAssets", "Other Current Assets", ("Other Current Asset",)),
        )),
        ("FixedAssets", "Fixed Assets", ("Fixed Asset",)),
        ("OtherAssets", "Other Assets", ("Other Asset",)),
    ),
)  # fmt: skip
LIABILITIES: Part = (
    "Liabilities", "Liabilities", (
        ("CurrentLiabilities", "Current Liabilities", (
            ("AP", "Accounts Payable", ("Accounts Payable",)),
            ("CreditCards", "Credit Cards", ("Credit Card",)),
            ("OtherCurrentLiabilities", "Other Current Liabilities", ("Other Current Liability",)),
        )),
        ("LongTermLiabilities", "Long-Term Liabilities", ("Long Term Liability",)),
    ),
)  # fmt: skip
DEBIT_NORMAL = ("Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset")
INVESTED = ("Fixed Asset", "Other Asset")
FINANCED = ("Long Term Liability", "Equity")


class Balances:
    """Sums of postings by account up to a day. Debits are positive."""

    def __init__(self, world: World, postings: Iterable[Posting]) -> None:
        self.accounts = {account.id: account for account in world.accounts}
        self.postings = sorted(postings, key=lambda posting: posting.transaction_date)

    def on(self, days: list[date], now: datetime) -> list[dict[str, Decimal]]:
        """What each account holds at the end of each day, as the books stand now; days ascend."""
        sums: dict[str, Decimal] = {}
        made = []
        place = 0
        for day in days:
            while place < len(self.postings) and self.postings[place].transaction_date <= day:
                one = self.postings[place]
                if one.stands_at(now):
                    sums[one.account_id] = sums.get(one.account_id, Decimal(0)) + one.amount
                place += 1
            made.append(dict(sums))
        return made

    def earned(self, sums: dict[str, Decimal]) -> Decimal:
        """The profit among the sums."""
        return -sum((sums[key] for key in sums if self.accounts[key].report_group), Decimal(0))


class BalanceSheet:
    """Makes the report of one basis."""

    def __init__(self, world: World, postings: Iterable[Posting], basis: str) -> None:
        self.currency, self.basis = world.currency, basis
        self.balances = Balances(world, postings)
        self.tree = AccountTree(account for account in world.accounts if not account.report_group)
        self.retained = next((one for one in world.accounts if one.account_subtype == "RetainedEarnings"), None)

    def report(self, columns: Columns, now: datetime) -> dict[str, Any]:
        """The report as of the end of each column. The months need no total: the last one is it."""
        ends = [last for _, last in columns.months()] or [columns.end]
        sums = self.balances.on(ends, now)
        begins = [date(day.year, 1, 1) - timedelta(days=1) for day in ends]
        before = [self.balances.earned(one) for one in self.balances.on(begins, now)]
        earned = [self.balances.earned(one) - old for one, old in zip(sums, before, strict=True)]
        own = self.own_amounts(sums, before)
        width = len(ends)
        assets, _ = self.part(ASSETS, own, now, width, "TOTAL ASSETS")
        owed, owed_total = self.part(LIABILITIES, own, now, width, "Total Liabilities")
        equity, equity_total = self.equity(own, earned, before, now, width)
        both = added([owed_total, equity_total], width)
        claims = section(
            "TotalLiabilitiesAndEquity", "LIABILITIES AND EQUITY", [*([owed] if owed else []), equity], both,
            "TOTAL LIABILITIES AND EQUITY",
        )  # fmt: skip
        heads = columns.heads()
        return {
            "Header": header(
                "BalanceSheet", columns, now, basis=self.basis, currency=self.currency, has_data=bool(own)
            ),
            "Columns": {"Column": heads[: width + 1] if columns.by_month else heads},
            "Rows": {"Row": [*([assets] if assets else []), claims]} if own else {},
        }

    def own_amounts(self, sums: list[dict[str, Decimal]], before: list[Decimal]) -> dict[str, Cells]:
        own: dict[str, Cells] = {}
        for key, one in self.tree.accounts.items():
            sign = 1 if one.account_type in DEBIT_NORMAL else -1
            cells: Cells = [None if key not in held else sign * held[key] for held in sums]
            if one is self.retained and any(before):
                cells = [(cell or Decimal(0)) + old for cell, old in zip(cells, before, strict=True)]
            if any(cell is not None for cell in cells):
                own[key] = cells
        return own

    def part(
        self, part: Part, own: dict[str, Cells], now: datetime, width: int, told: str = ""
    ) -> tuple[dict[str, Any] | None, Cells]:
        """A group with the groups below it, or with its accounts; None where there is nothing to show."""
        group, title, inner = part
        if isinstance(inner[0], str):
            accounts = [one for one in self.tree.children[None] if one.account_type in inner]
            rows, total = self.tree.rows(accounts, own, now, width)
        else:
            made = [self.part(below, own, now, width) for below in inner]
            rows = [row for row, _ in made if row is not None]
            total = added([cells for row, cells in made if row is not None], width)
        return (section(group, title, rows, total, told or f"Total {title}") if rows else None), total

    def equity(
        self, own: dict[str, Cells], earned: list[Decimal], before: list[Decimal], now: datetime, width: int
    ) -> tuple[dict[str, Any], Cells]:
        accounts = [one for one in self.tree.children[None] if one.account_type == "Equity"]
        rows, total = self.tree.rows(accounts, own, now, width)
        result: Cells = [*earned]
        rows.append({"ColData": cells_of("Net Income", None, result), "type": "Data", "group": "NetIncome"})
        more = [result]
        if self.retained is None and any(before):
            rows.append({"ColData": cells_of("Retained Earnings", None, [*before]), "type": "Data"})
            more.append([*before])
        whole = added([total, *more], width)
        return section("Equity", "Equity", rows, whole, "Total Equity"), whole


class CashFlow:
    """Makes the statement: the profit, and what accounts of the balance sheet took or gave.

    Cash is what the banks and the undeposited funds hold.
    """

    def __init__(self, world: World, postings: Iterable[Posting], basis: str) -> None:
        self.currency, self.basis = world.currency, basis
        self.balances = Balances(world, postings)
        self.tree = AccountTree(account for account in world.accounts if not account.report_group)

    def report(self, columns: Columns, now: datetime) -> dict[str, Any]:
        """The statement by column; the total comes last."""
        spans = [*columns.months(), (columns.start, columns.end)]
        days = sorted({day for first, last in spans for day in (first - timedelta(days=1), last)})
        held = dict(zip(days, self.balances.on(days, now), strict=True))
        pairs = [(held[first - timedelta(days=1)], held[last]) for first, last in spans]
        earned: Cells = [self.balances.earned(end) - self.balances.earned(begin) for begin, end in pairs]
        own: dict[str, Cells] = {}
        for key in self.tree.accounts:
            cells: Cells = [begin.get(key, Decimal(0)) - end.get(key, Decimal(0)) for begin, end in pairs]
            if any(cells):
                own[key] = cells
        width = len(spans)
        adjusted, adjustments = self.lines("operating", own, width)
        told = "Total Adjustments to reconcile Net Income to net cash provided by operations"
        operating = [{"ColData": cells_of("Net Income", None, earned), "type": "Data", "group": "NetIncome"}]
        if adjusted:
            operating.append(section("OperatingAdjustments", told[6:], adjusted, adjustments, told))
        parts = [("OperatingActivities", "operating activities", operating, added([earned, adjustments], width))]
        for group, words, kind in (
            ("InvestingActivities", "investing activities", "investing"),
            ("FinancingActivities", "financing activities", "financing"),
        ):
            rows, total = self.lines(kind, own, width)
            if rows:
                parts.append((group, words, rows, total))
        rows = [section(g, w.upper(), r, t, f"Net cash provided by {w}") for g, w, r, t in parts]
        increase = added([total for *_, total in parts], width)
        begin: Cells = [self.cash(one) for one, _ in pairs]
        end: Cells = [self.cash(one) for _, one in pairs]
        rows.append(computed("CashIncrease", "NET CASH INCREASE FOR PERIOD", increase))
        rows.append({"ColData": cells_of("Cash at beginning of period", None, begin), "type": "Data",
                     "group": "BeginningCash"})  # fmt: skip
        rows.append(computed("EndingCash", "CASH AT END OF PERIOD", end))
        has_data = bool(own) or any(earned)
        return {
            "Header": header("CashFlow", columns, now, basis=self.basis, currency=self.currency, has_data=has_data),
            "Columns": {"Column": columns.heads()},
            "Rows": {"Row": rows} if has_data else {},
        }

    def lines(self, kind: str, own: dict[str, Cells], width: int) -> tuple[list[dict[str, Any]], Cells]:
        """The accounts of one kind, each on a line of its own."""
        lines = [one for one in self.tree.accounts.values() if one.id in own and kind_of(one) == kind]
        lines.sort(key=lambda one: (one.number or "", one.name))
        rows = [{"ColData": cells_of(one.name, one.id, own[one.id]), "type": "Data"} for one in lines]
        return rows, added([own[one.id] for one in lines], width) if lines else [Decimal(0)] * width

    def cash(self, sums: dict[str, Decimal]) -> Decimal:
        return sum((sums[key] for key, one in self.tree.accounts.items() if key in sums and kind_of(one) == "cash"),
                   Decimal(0))  # fmt: skip


def kind_of(account: Account) -> str:
    """Where an account's movement stands in the statement of cash flows."""
    if account.account_type == "Bank" or account.account_subtype == "UndepositedFunds":
        return "cash"
    if account.account_subtype == "AccumulatedDepreciation":
        return "operating"
    return (
        "investing" if account.account_type in INVESTED
        else "financing" if account.account_type in FINANCED
        else "operating"
    )  # fmt: skip
