"""The whole made-up world, and every entity in it. Vendor modules render these as of a clock; HTTP is theirs."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.world.billing import (
    Charge,
    InvoiceLine,
    QuantityState,
    Refund,
    StatusState,
    StripeCustomer,
    StripeInvoice,
    StripePrice,
    StripeProduct,
    Subscription,
    SubscriptionItem,
)
from sandbox.world.books import (
    Account,
    Application,
    Expense,
    JournalEntry,
    JournalLine,
    JournalRevision,
    Posting,
    QboCreditMemo,
    QboCustomer,
    QboInvoice,
    QboPayment,
    SalesLine,
)
from sandbox.world.commerce import Commerce
from sandbox.world.devices import Device, DeviceState, Location
from sandbox.world.parties import AccountRule, Address, Client, ClientMapping, ManualFigure, Presence, Staff
from sandbox.world.promises import Promise, promise_of
from sandbox.world.psa import Psa
from sandbox.world.service import (
    Addition,
    AdditionState,
    Agreement,
    AgreementType,
    Board,
    BoardStatus,
    Ticket,
    TicketState,
    TimeEntry,
    TimeEntryState,
)
from sandbox.world.trade import (
    Deposit,
    DepositedDocument,
    Estimate,
    Item,
    Named,
    PaymentTerm,
    Receipt,
    Transfer,
)
from sandbox.world.upkeep import Care, care_of

__all__ = [
    "Account", "AccountRule", "Addition", "AdditionState", "Address", "Agreement", "AgreementType", "Application",
    "Board", "BoardStatus", "Care", "Charge", "Client", "ClientMapping", "Commerce", "Deposit", "DepositedDocument",
    "Device", "DeviceState", "Estimate", "Expense", "InvoiceLine", "Item", "JournalEntry", "JournalLine",
    "JournalRevision", "Location", "ManualFigure", "Named", "PaymentTerm", "Posting", "Presence", "Promise", "Psa",
    "QboCreditMemo", "QboCustomer", "QboInvoice", "QboPayment", "QuantityState", "Receipt", "Refund", "SalesLine",
    "Staff", "StatusState", "StripeCustomer", "StripeInvoice", "StripePrice", "StripeProduct", "Subscription",
    "SubscriptionItem", "Ticket", "TicketState", "TimeEntry", "TimeEntryState", "Transfer", "World",
    "care_of", "promise_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """One made-up managed service provider over two years, all of it, the future of any clock included.

    ``clients`` also holds the companies that are not clients (see `Client.kind`). ``periods`` are the 25 months
    written, ``default_now`` lies in the last. Lists are ordered by id as the vendor numbers them, or oldest first.
    """

    seed: int
    default_now: datetime
    organization_name: str
    time_zone: str
    currency: str
    periods: tuple[str, ...]
    service_board: str
    closed_statuses: tuple[str, ...]
    managed_agreement_types: tuple[str, ...]
    excluded_organizations: tuple[str, ...]
    working_hours_per_month: int
    clients: tuple[Client, ...]
    staff: tuple[Staff, ...]
    locations: tuple[Location, ...]
    devices: tuple[Device, ...]
    boards: tuple[Board, ...]
    board_statuses: tuple[BoardStatus, ...]
    tickets: tuple[Ticket, ...]
    time_entries: tuple[TimeEntry, ...]
    agreement_types: tuple[AgreementType, ...]
    agreements: tuple[Agreement, ...]
    additions: tuple[Addition, ...]
    stripe_customers: tuple[StripeCustomer, ...]
    stripe_products: tuple[StripeProduct, ...]
    stripe_prices: tuple[StripePrice, ...]
    subscriptions: tuple[Subscription, ...]
    stripe_invoices: tuple[StripeInvoice, ...]
    charges: tuple[Charge, ...]
    refunds: tuple[Refund, ...]
    accounts: tuple[Account, ...]
    qbo_customers: tuple[QboCustomer, ...]
    qbo_invoices: tuple[QboInvoice, ...]
    qbo_payments: tuple[QboPayment, ...]
    qbo_credit_memos: tuple[QboCreditMemo, ...]
    journal_entries: tuple[JournalEntry, ...]
    expenses: tuple[Expense, ...]
    postings: tuple[Posting, ...]
    account_rules: tuple[AccountRule, ...]
    client_mapping: tuple[ClientMapping, ...]
    manual_rows: tuple[ManualFigure, ...]
    suppliers: tuple[Named, ...] = ()
    items: tuple[Item, ...] = ()
    qbo_classes: tuple[Named, ...] = ()
    qbo_departments: tuple[Named, ...] = ()
    terms: tuple[PaymentTerm, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    deposits: tuple[Deposit, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    psa: Psa = field(default_factory=Psa)
    commerce: Commerce = field(default_factory=Commerce)
