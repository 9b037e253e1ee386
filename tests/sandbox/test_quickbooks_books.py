"""The books close: both sides of every balance sheet, the profit inside it, receivables and cash, on both bases."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.expenses import Expenses
from sandbox.quickbooks.names import Names
from sandbox.quickbooks.reports import Reports
from sandbox.quickbooks.trees import Columns
from sandbox.world.cash import make_cash_postings
from sandbox.world.entities import Posting
from tests.sandbox.worlds import SEEDS, world

# The default clock, a month end, the middle of a June with deletions behind and before it, and the far end.
CLOCKS = tuple(
    datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)
    for text in ("2026-07-06T14:00", "2025-01-31T23:30", "2026-06-12T09:00", "2026-06-17T20:00", "2026-08-31T00:00")
)
MONTHS = ("2024-07", "2024-12", "2025-01", "2025-12", "2026-05", "2026-06", "2026-07")
BASES = ("Accrual", "Cash")


@cache
def reports(seed: int) -> Reports:
    return Reports(world(seed), Clock())


def made(seed: int, name: str, basis: str, days: tuple[date, date], now: datetime) -> dict[str, Any]:
    return reports(seed).makers[name, basis](Columns(*days, by_month=False), now)


def month(period: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{period}-01")
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def amount(told: dict[str, Any], group: str) -> Decimal:
    """The total of a group, wherever it stands; nothing where the report has no such group."""
    waiting = list(told["Rows"].get("Row", []))
    while waiting:
        row = waiting.pop()
        if row.get("group") == group:
            cells = row["Summary"]["ColData"] if "Summary" in row else row["ColData"]
            return Decimal(cells[-1]["value"] or 0)
        waiting += row.get("Rows", {}).get("Row", [])
    return Decimal(0)


@pytest.mark.parametrize("now", CLOCKS, ids=str)
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("seed", SEEDS)
def test_assets_equal_liabilities_and_equity_with_the_profit_of_the_year_inside(seed: int, basis: str, now: datetime):
    for period in MONTHS:
        first, last = month(period)
        sheet = made(seed, "BalanceSheet", basis, (first, last), now)
        assert amount(sheet, "TotalAssets") == amount(sheet, "TotalLiabilitiesAndEquity") != 0, period
        year = made(seed, "ProfitAndLoss", basis, (first.replace(month=1), last), now)
        assert amount(sheet, "NetIncome") == amount(year, "NetIncome"), period


@pytest.mark.parametrize("now", CLOCKS, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_customers_owe_is_the_receivables_of_the_balance_sheet(seed: int, now: datetime):
    for period in MONTHS:
        first, last = month(period)
        aged = reports(seed).aging.report(last, now)
        sheet = made(seed, "BalanceSheet", "Accrual", (first, last), now)
        assert amount(aged, "GrandTotal") == amount(sheet, "AR") != 0, period


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_open_on_the_documents_is_what_customers_owe(seed: int):
    now = CLOCKS[0]
    documents = Documents(world(seed))
    invoices = sum(Decimal(str(row.members["Balance"])) for row in documents.invoice_list(now))
    credits_ = sum(Decimal(bytes(row.members["RemainingCredit"]).decode()) for row in documents.credit_memo_list(now))
    unapplied = sum(Decimal(bytes(row.members["UnappliedAmt"]).decode()) for row in documents.payment_list(now))
    aged = reports(seed).aging.report(now.date() + timedelta(days=40), now)
    assert round(invoices, 2) - credits_ - unapplied == amount(aged, "GrandTotal")


@pytest.mark.parametrize("now", CLOCKS, ids=str)
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_cash_of_a_month_moves_by_what_the_statement_explains(seed: int, basis: str, now: datetime):
    for period in MONTHS:
        first, last = month(period)
        flow = made(seed, "CashFlow", basis, (first, last), now)
        if not flow["Rows"]:
            assert first > now.date()
            continue
        assert amount(flow, "BeginningCash") + amount(flow, "CashIncrease") == amount(flow, "EndingCash"), period
        assert amount(flow, "NetIncome") == amount(made(seed, "ProfitAndLoss", basis, (first, last), now), "NetIncome")
        sheet = made(seed, "BalanceSheet", basis, (first, last), now)
        held = [posting for posting in world(seed).postings if posting.transaction_date <= last]
        undeposited = sum((one.amount for one in held if one.account_id == "3" and one.stands_at(now)), Decimal(0))
        assert amount(flow, "EndingCash") == amount(sheet, "BankAccounts") + undeposited


@pytest.mark.parametrize("seed", SEEDS)
def test_every_document_balances_on_the_cash_basis_too(seed: int):
    sums: dict[tuple[str, str, datetime], Decimal] = defaultdict(Decimal)
    for posting in make_cash_postings(world(seed)):
        sums[posting.document_kind, posting.document_id, posting.recorded_at] += posting.amount
    assert not any(sums.values())


def on(postings: list[Posting], account: str) -> Decimal:
    return sum((posting.amount for posting in postings if posting.account_id == account), Decimal(0))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_invoice_is_income_of_the_month_in_which_it_is_paid_and_line_by_line_the_same(seed: int):
    drawn = world(seed)
    cash = [posting for posting in make_cash_postings(drawn) if posting.removed_at is None]
    invoice = next(one for one in drawn.qbo_invoices if one.sales_tax and len(one.lines) > 1)
    payment = next(
        one for one in drawn.qbo_payments if one.applications and one.applications[0].invoice_id == invoice.id
    )
    assert payment.applications[0].amount == invoice.total
    assert not [one for one in cash if (one.document_kind, one.document_id) == ("Invoice", invoice.id)]
    recognised = [one for one in cash if (one.document_kind, one.document_id) == ("Payment", payment.id)]
    assert {one.transaction_date for one in recognised} == {payment.transaction_date}
    for account in {line.account_id for line in invoice.lines}:
        assert -on(recognised, account) == sum(line.amount for line in invoice.lines if line.account_id == account)
    assert -on(recognised, "14") == invoice.sales_tax


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_settled_beyond_what_it_asked_for(seed: int):
    drawn = world(seed)
    applied: dict[str, Decimal] = defaultdict(Decimal)
    for document in [*drawn.qbo_payments, *drawn.qbo_credit_memos]:
        assert sum(part.amount for part in document.applications) <= document.total
        for part in document.applications:
            applied[part.invoice_id] += part.amount
    assert all(applied[invoice.id] <= invoice.total for invoice in drawn.qbo_invoices)
    assert [one for one in drawn.qbo_payments if sum(part.amount for part in one.applications) < one.total]


def test_what_suppliers_are_owed_is_the_payables_but_for_journal_entries():
    drawn, now = world(7), CLOCKS[0]
    names = Names(drawn, Expenses(drawn))
    owed = sum(Decimal(bytes(row.members["Balance"]).decode()) if isinstance(row.members["Balance"], bytes)
               else Decimal(str(row.members["Balance"])) for row in names.vendor_list(now))  # fmt: skip
    sheet = made(7, "BalanceSheet", "Accrual", (date(2026, 7, 1), date(2026, 8, 31)), now)
    booked = sum((line.amount for one in drawn.journal_entries for line in one.revisions[-1].lines
                  if line.account_id == "11"), Decimal(0))  # fmt: skip
    assert round(owed, 2) + booked == amount(sheet, "AP")


def test_a_purchase_may_be_money_back_and_a_payment_over_nothing_uses_up_a_credit():
    drawn, now = world(7), CLOCKS[0]
    expenses = Expenses(drawn)
    purchases = [row.members for row in expenses.purchase_list(now)]
    assert {row["PaymentType"] for row in purchases} == {"Check", "CreditCard"}
    assert any(row["Credit"] and row["TotalAmt"] > 0 for row in purchases)
    used_up = [row.members for row in expenses.bill_payment_list(now) if row.members["TotalAmt"] == 0]
    assert {line["LinkedTxn"][0]["TxnType"] for line in used_up[0]["Line"]} == {"Bill", "VendorCredit"}
    assert all(row.members["Balance"] == 0 for row in expenses.vendor_credit_list(now))
