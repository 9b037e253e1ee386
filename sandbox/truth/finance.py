"""The books of each month, worked out from the postings and documents themselves: ledger, statements, receivables."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.truth.months import complete_months, last_date
from sandbox.world.cash import make_cash_postings
from sandbox.world.entities import Account, Posting, QboCreditMemo, QboPayment, World

UNASSIGNED = "unassigned"
NET_INCOME = "net income"
BASES = ("Accrual", "Cash")
DEBIT_NORMAL = {"Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset"}
CREDITED = {"Income", "OtherIncome"}
AGES = ((0, "current"), (30, "1_30"), (60, "31_60"), (90, "61_90"))

Amounts = dict[tuple[str, ...], Decimal]


@dataclass
class Aged:
    """What a client owes of one age; ``invoices`` alone, and how many."""

    owed: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    invoices: int = 0


def ledger(world: World, now: datetime) -> dict[tuple[str, str, str, date], Decimal]:
    """What each transaction posts to each account on its day, as the books stand at the instant; debits positive."""
    sums: dict[tuple[str, str, str, date], Decimal] = defaultdict(Decimal)
    for one in _standing(world.postings, now):
        # A check is a purchase to QuickBooks.
        kind = "Purchase" if one.document_kind == "Check" else one.document_kind
        sums[kind, one.document_id, one.account_id, one.transaction_date] += one.amount
    return {key: amount for key, amount in sums.items() if amount}


def profit_and_loss(world: World, now: datetime) -> Amounts:
    """By complete month, basis and account: income and costs are both positive."""
    groups = {account.id: account.report_group for account in world.accounts}
    months = set(complete_months(world, now))
    sums: Amounts = defaultdict(Decimal)
    for basis, postings in _by_basis(world):
        for one in _standing(postings, now):
            period, group = f"{one.transaction_date:%Y-%m}", groups[one.account_id]
            if group is not None and period in months:
                sums[period, basis, one.account_id] += -one.amount if group in CREDITED else one.amount
    return {key: amount for key, amount in sums.items() if amount}


def balance_sheet(world: World, now: datetime) -> Amounts:
    """By complete month, basis and account. The profit of the calendar year is a line; that of years before is kept."""
    accounts = {account.id: account for account in world.accounts}
    retained = next(one.id for one in world.accounts if one.account_subtype == "RetainedEarnings")
    sums: Amounts = defaultdict(Decimal)
    for basis, postings in _by_basis(world):
        standing = list(_standing(postings, now))
        for period in complete_months(world, now):
            for one in standing:
                if one.transaction_date <= last_date(period):
                    account = _place(accounts[one.account_id], one.transaction_date.year, int(period[:4]), retained)
                    is_asset = account in accounts and accounts[account].account_type in DEBIT_NORMAL
                    sums[period, basis, account] += one.amount if is_asset else -one.amount
    return {key: amount for key, amount in sums.items() if amount}


def _place(account: Account, posted: int, looked_at: int, retained: str) -> str:
    if account.report_group is None:
        return account.id
    return NET_INCOME if posted == looked_at else retained


def receivables(world: World, now: datetime) -> dict[tuple[str, str, str], Aged]:
    """By complete month, client key and age: what is open at its end, as the documents stand at the instant."""
    zone = ZoneInfo(world.time_zone)
    clients = {one.id: one.client_key or UNASSIGNED for one in world.qbo_customers}
    found: dict[tuple[str, str, str], Aged] = defaultdict(Aged)
    paid = [one for one in world.qbo_payments if one.created_at <= now and not _is_over(one.deleted_at, now)]
    memos = [one for one in world.qbo_credit_memos if one.created_at <= now]
    settling: list[QboPayment | QboCreditMemo] = [*paid, *memos]
    for period in complete_months(world, now):
        day = last_date(period)
        settled: dict[str, Decimal] = defaultdict(Decimal)
        for document in settling:
            if document.transaction_date > day:
                continue
            left = document.total
            for part in document.applications:
                if part.at <= now and part.at.astimezone(zone).date() <= day:
                    settled[part.invoice_id] += part.amount
                    left -= part.amount
            if left:
                age = _age(document.transaction_date, day)
                found[period, clients[document.customer_id], age].owed -= left
        for invoice in world.qbo_invoices:
            gone = _is_over(invoice.voided_at, now) or _is_over(invoice.deleted_at, now)
            if gone or invoice.created_at > now or invoice.transaction_date > day:
                continue
            if left := invoice.total - settled[invoice.id]:
                aged = found[period, clients[invoice.customer_id], _age(invoice.due_date, day)]
                aged.owed += left
                aged.invoiced += left
                aged.invoices += 1
    return dict(found)


def _age(due: date, day: date) -> str:
    late = (day - due).days
    return next((name for limit, name in AGES if late <= limit), "over_90")


def _is_over(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant <= now


def _by_basis(world: World) -> list[tuple[str, tuple[Posting, ...]]]:
    return list(zip(BASES, (world.postings, make_cash_postings(world)), strict=True))


def _standing(postings: Iterable[Posting], now: datetime) -> Iterable[Posting]:
    return (one for one in postings if one.recorded_at <= now and (one.removed_at is None or one.removed_at > now))
