"""What QuickBooks holds: the chart of accounts, customers, documents, and the double-entry postings they make.

Money is ``Decimal`` dollars. A posting is dated by its document and known from ``recorded_at`` until ``removed_at``,
when the document is voided, deleted or changed; the books as of a clock are the postings the clock leaves standing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.world.moments import last_change, latest


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account. ``report_group`` is its P&L section (Income, COGS, Expenses, ...), None on the balance sheet.

    ``number`` is QuickBooks' ``AcctNum``. Income, OtherIncome, liability and equity accounts are credit-normal.
    """

    id: str
    name: str
    full_name: str
    parent_id: str | None
    account_type: str
    account_subtype: str
    classification: str
    report_group: str | None
    number: str | None
    created_at: datetime
    inactive_at: datetime | None
    changed_at: tuple[datetime, ...] = ()

    def updated_at(self, clock: datetime) -> datetime:
        """When the account last changed, as of the clock."""
        instants = list(self.changed_at)
        if self.inactive_at is not None:
            instants.append(self.inactive_at)
        return last_change(instants, clock) or self.created_at


@dataclass(frozen=True, slots=True)
class QboCustomer:
    """A customer of the books. ``client_key`` is None for the collective customer of card sales.

    ``removed_at``: merged into another customer, and gone from then on.
    """

    id: str
    client_key: str | None
    display_name: str
    email: str
    created_at: datetime
    inactive_at: datetime | None
    changed_at: tuple[datetime, ...] = ()
    removed_at: datetime | None = None

    def updated_at(self, clock: datetime) -> datetime:
        """When the customer last changed, as of the clock."""
        instants = list(self.changed_at)
        if self.inactive_at is not None:
            instants.append(self.inactive_at)
        return last_change(instants, clock) or self.created_at


@dataclass(frozen=True, slots=True)
class SalesLine:
    """A line of an invoice or credit memo: amount = quantity x unit price, posted to the item's income account."""

    item_id: str
    item_name: str
    description: str
    account_id: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class QboInvoice:
    """An invoice of the books. Voided: stays listed with amounts 0 and a note that starts with "Voided"."""

    id: str
    document_number: str
    customer_id: str
    transaction_date: date
    due_date: date
    lines: tuple[SalesLine, ...]
    sales_tax: Decimal
    created_at: datetime
    voided_at: datetime | None
    stripe_invoice_id: str | None
    deleted_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        """Lines and sales tax, as issued."""
        return sum((line.amount for line in self.lines), self.sales_tax)


@dataclass(frozen=True, slots=True)
class Application:
    """An amount applied at an instant to an invoice; of a bill payment to a bill or a supplier's credit."""

    at: datetime
    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class QboPayment:
    """Money received; the rest of ``total`` not applied is ``UnappliedAmt``."""

    id: str
    customer_id: str
    transaction_date: date
    total: Decimal
    deposit_account_id: str
    reference: str | None
    created_at: datetime
    deleted_at: datetime | None
    applications: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class QboCreditMemo:
    """A credit given; reduces the income accounts of its lines."""

    id: str
    document_number: str
    customer_id: str
    transaction_date: date
    lines: tuple[SalesLine, ...]
    sales_tax: Decimal
    created_at: datetime
    applications: tuple[Application, ...]

    @property
    def total(self) -> Decimal:
        """Lines and sales tax."""
        return sum((line.amount for line in self.lines), self.sales_tax)


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of a journal entry; the amount is positive, the side says which."""

    account_id: str
    posting_type: str
    amount: Decimal
    description: str


@dataclass(frozen=True, slots=True)
class JournalRevision:
    """The lines of a journal entry from an instant on."""

    at: datetime
    transaction_date: date
    lines: tuple[JournalLine, ...]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal entry, possibly edited later; ``deleted_at`` takes it out of every answer."""

    id: str
    document_number: str
    private_note: str
    is_adjustment: bool
    created_at: datetime
    deleted_at: datetime | None
    revisions: tuple[JournalRevision, ...]

    def revision_at(self, clock: datetime) -> JournalRevision | None:
        """The lines in force at the clock."""
        return latest(self.revisions, clock)


@dataclass(frozen=True, slots=True)
class Expense:
    """A bill, its payment, a purchase or a supplier's credit.

    ``settles`` says which bills (and suppliers' credits) a bill payment pays or uses up, and how much of each.
    ``is_credit``: money back on the card; its lines already have their sides the other way round.
    """

    id: str
    kind: str
    vendor_name: str
    document_number: str
    transaction_date: date
    lines: tuple[JournalLine, ...]
    created_at: datetime
    settles: tuple[Application, ...] = ()
    is_credit: bool = False
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a document on one account; debits are positive, credits negative, a document's sum is 0."""

    document_kind: str
    document_id: str
    transaction_date: date
    account_id: str
    amount: Decimal
    recorded_at: datetime
    removed_at: datetime | None

    def stands_at(self, clock: datetime) -> bool:
        """Whether the books hold this posting at the clock."""
        return self.recorded_at <= clock and (self.removed_at is None or clock < self.removed_at)
