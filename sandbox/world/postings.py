"""Turns the documents of the books into double-entry postings."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.books import JournalLine, Posting, SalesLine
from sandbox.world.chart import ACCOUNT_ID
from sandbox.world.names import Trade
from sandbox.world.sales import Books

RECEIVABLE = ACCOUNT_ID["Accounts Receivable"]
SALES_TAX = ACCOUNT_ID["Sales Tax Payable"]
UNDEPOSITED = ACCOUNT_ID["Card Clearing"]


def make_postings(books: Books, trade: Trade | None = None) -> tuple[Posting, ...]:
    """Every posting, oldest document first. A document that does not balance is refused."""
    postings = [*_of_sales(books), *_of_journals(books), *_of_expenses(books)]
    if trade is not None:
        postings += [*_of_receipts(trade), *_of_banking(trade)]
    return tuple(sorted(postings, key=lambda posting: (posting.transaction_date, int(posting.document_id))))


def bank_balance(postings: Iterable[Posting], day: date, clock: datetime) -> Decimal:
    """Money in both bank accounts at the end of a day, as the books stand at the clock."""
    banks = {ACCOUNT_ID["Operating Account"], ACCOUNT_ID["Reserve Account"]}
    standing = (
        posting.amount
        for posting in postings
        if posting.account_id in banks and posting.transaction_date <= day and posting.stands_at(clock)
    )
    return sum(standing, Decimal(0))


def _of_sales(books: Books) -> Iterator[Posting]:
    for invoice in books.invoices:
        sides = _sold(invoice.lines, invoice.sales_tax)
        known = (invoice.created_at, invoice.voided_at or invoice.deleted_at)
        yield from _posted("Invoice", invoice.id, invoice.transaction_date, sides, known)
    for memo in books.credit_memos:
        sides = [(account, -amount) for account, amount in _sold(memo.lines, memo.sales_tax)]
        yield from _posted("CreditMemo", memo.id, memo.transaction_date, sides, (memo.created_at, None))
    for payment in books.payments:
        sides = [(payment.deposit_account_id, payment.total), (RECEIVABLE, -payment.total)]
        known = (payment.created_at, payment.deleted_at)
        yield from _posted("Payment", payment.id, payment.transaction_date, sides, known)


def _sold(lines: tuple[SalesLine, ...], tax: Decimal) -> list[tuple[str, Decimal]]:
    total = sum((line.amount for line in lines), tax)
    return [(RECEIVABLE, total), *((line.account_id, -line.amount) for line in lines), (SALES_TAX, -tax)]


def _of_receipts(trade: Trade) -> Iterator[Posting]:
    """A paid sale is posted to the account that the money went to; money given back the other way round."""
    for receipt in trade.receipts:
        sign = 1 if receipt.kind == "SalesReceipt" else -1
        (_, total), *sold = _sold(receipt.lines, receipt.sales_tax)
        sides = [(receipt.account_id, sign * total), *((account, sign * amount) for account, amount in sold)]
        known = (receipt.created_at, receipt.voided_at)
        yield from _posted(receipt.kind, receipt.id, receipt.transaction_date, sides, known)


def _of_banking(trade: Trade) -> Iterator[Posting]:
    for deposit in trade.deposits:
        held = sum((one.amount for one in deposit.taken), Decimal(0))
        sides = [(deposit.account_id, deposit.total), (UNDEPOSITED, -held), *_signed(deposit.lines)]
        yield from _posted("Deposit", deposit.id, deposit.transaction_date, sides, (deposit.created_at, None))
    for transfer in trade.transfers:
        sides = [(transfer.to_account_id, transfer.amount), (transfer.from_account_id, -transfer.amount)]
        known = (transfer.created_at, transfer.removed_at)
        yield from _posted("Transfer", transfer.id, transfer.transaction_date, sides, known)


def _of_journals(books: Books) -> Iterator[Posting]:
    """An edit takes the old lines out at the instant at which it puts the new ones in."""
    for entry in books.journal_entries:
        ends = [revision.at for revision in entry.revisions[1:]]
        for revision, replaced_at in zip(entry.revisions, [*ends, entry.deleted_at], strict=True):
            day, sides = revision.transaction_date, _signed(revision.lines)
            yield from _posted("JournalEntry", entry.id, day, sides, (revision.at, replaced_at))


def _of_expenses(books: Books) -> Iterator[Posting]:
    for expense in books.expenses:
        sides = _signed(expense.lines)
        yield from _posted(
            expense.kind, expense.id, expense.transaction_date, sides, (expense.created_at, expense.removed_at)
        )


def _signed(lines: Iterable[JournalLine]) -> list[tuple[str, Decimal]]:
    return [(line.account_id, line.amount if line.posting_type == "Debit" else -line.amount) for line in lines]


def _posted(
    kind: str, identity: str, day: date, sides: list[tuple[str, Decimal]], known: tuple[datetime, datetime | None]
) -> Iterator[Posting]:
    if sum((amount for _, amount in sides), Decimal(0)) != 0:
        raise ValueError(f"{kind} {identity} of {day} does not balance")
    for account, amount in sides:
        if amount:
            yield Posting(kind, identity, day, account, amount, *known)
