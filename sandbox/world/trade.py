"""What the books hold beside invoices, payments and journals: name lists, receipts, deposits, transfers, estimates.

Expenses (bills, their payment, purchases, suppliers' credits) are in `books`. ``removed_at`` deletes a document: it is
in no list from then on. A voided one stays with amounts of 0.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.books import JournalLine, SalesLine
from sandbox.world.moments import last_change


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of a name list: a supplier, a class or a department. ``removed_at``: merged into another."""

    id: str
    name: str
    created_at: datetime
    inactive_at: datetime | None = None
    removed_at: datetime | None = None
    parent_id: str | None = None

    def updated_at(self, clock: datetime) -> datetime:
        """When the entry last changed, as of the clock."""
        return last_change([self.inactive_at] if self.inactive_at else [], clock) or self.created_at


@dataclass(frozen=True, slots=True)
class Item:
    """Something sold or bought; the price was raised at ``raised_at``, where it was."""

    id: str
    name: str
    kind: str
    income_account_id: str
    expense_account_id: str | None
    unit_price: Decimal
    raised_price: Decimal
    purchase_cost: Decimal
    created_at: datetime
    raised_at: datetime | None

    def price_at(self, clock: datetime) -> Decimal:
        """The price in force at the clock."""
        return self.raised_price if self.raised_at is not None and self.raised_at <= clock else self.unit_price

    def updated_at(self, clock: datetime) -> datetime:
        """When the item last changed, as of the clock."""
        return last_change([self.raised_at] if self.raised_at else [], clock) or self.created_at


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """How many days a client or supplier gives."""

    id: str
    name: str
    due_days: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A paid sale (``SalesReceipt``) or money given back for one (``RefundReceipt``)."""

    id: str
    kind: str
    document_number: str
    customer_id: str
    transaction_date: date
    lines: tuple[SalesLine, ...]
    sales_tax: Decimal
    account_id: str
    created_at: datetime
    voided_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """Lines and sales tax, as issued."""
        return sum((line.amount for line in self.lines), self.sales_tax)


@dataclass(frozen=True, slots=True)
class DepositedDocument:
    """A payment or sales receipt that a deposit takes out of the undeposited funds."""

    kind: str
    document_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money brought to the bank: documents held until then, and lines posted directly (credits)."""

    id: str
    transaction_date: date
    account_id: str
    taken: tuple[DepositedDocument, ...]
    lines: tuple[JournalLine, ...]
    created_at: datetime

    @property
    def total(self) -> Decimal:
        """What reached the bank."""
        taken = sum((one.amount for one in self.taken), Decimal(0))
        return sum((line.amount for line in self.lines), taken)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved between two of the company's own accounts."""

    id: str
    transaction_date: date
    from_account_id: str
    to_account_id: str
    amount: Decimal
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """An offer; it posts nothing. ``decided_at`` is when it was accepted or rejected."""

    id: str
    document_number: str
    customer_id: str
    transaction_date: date
    lines: tuple[SalesLine, ...]
    created_at: datetime
    decided_at: datetime
    verdict: str
    removed_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """Sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal(0))
