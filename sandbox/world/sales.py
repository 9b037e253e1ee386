"""Draws what the books earn: an invoice for every card invoice, recurring ones for the rest, work, goods."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.billing import StripeInvoice
from sandbox.world.books import (
    Application,
    Expense,
    JournalEntry,
    QboCreditMemo,
    QboCustomer,
    QboInvoice,
    QboPayment,
    SalesLine,
)
from sandbox.world.calendar import ZONE, at, first_day, last_day, months, next_workday, office_instant, workdays
from sandbox.world.cards import Till, status_instant
from sandbox.world.chart import ACCOUNT_ID, PRODUCTS
from sandbox.world.contracts import Contracts
from sandbox.world.draws import chance, draws, from_cents, sequence, whole
from sandbox.world.parties import Client
from sandbox.world.roster import CARD_SALES
from sandbox.world.subscriptions import product_id

CARD_SALES_ID = "97"
TAX_RATE = Decimal("0.0825")
TAX_EXEMPT = ("osterquay", "mossgate")
CENT = Decimal("0.01")
PRODUCT_BY_STRIPE_ID = {product_id(key): key for key in PRODUCTS}
HOURLY = ("project", "project", "project", "after_hours", "consulting", "out_of_scope", "onboarding")
CREDIT_PERIOD, CREDIT_CLIENT = "2025-01", "tarnwick"
VOIDED_PERIODS = ("2024-10", "2025-05", "2026-02")
RENEWAL_CLIENT, RENEWAL_MONTH = "larkmoor", "03"
ONE_TIME_BUYER, ONE_TIME_DAY = "pennywhistle", date(2025, 3, 19)
LATE_DAY, LATE_ENTERED = date(2026, 6, 29), date(2026, 7, 8)
SLOW_PAYERS = ("osterquay",)
NEVER_PAYS_LAST = "dunmarrow"


@dataclass
class Books:
    """Documents of the books as they are written; one run of ids serves all kinds, as in QuickBooks."""

    customers: list[QboCustomer] = field(default_factory=list)
    invoices: list[QboInvoice] = field(default_factory=list)
    payments: list[QboPayment] = field(default_factory=list)
    credit_memos: list[QboCreditMemo] = field(default_factory=list)
    journal_entries: list[JournalEntry] = field(default_factory=list)
    expenses: list[Expense] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=lambda: sequence("", 1001))

    def product_sales(self, period: str) -> Decimal:
        """Goods invoiced in a month, before any credit: what the month's hardware bills follow."""
        goods = {ACCOUNT_ID[PRODUCTS[key].account] for key in ("hardware", "software")}
        return sum(
            (
                line.amount
                for invoice in self.invoices
                if f"{invoice.transaction_date:%Y-%m}" == period and invoice.voided_at is None
                for line in invoice.lines
                if line.account_id in goods
            ),
            Decimal(0),
        )


@dataclass
class Seller:
    """Writes invoices, payments and credits into the books."""

    draw: random.Random
    books: Books
    customer_ids: dict[str, str]
    number: int = 4100

    def invoice(self, client: Client, day: date, lines: list[SalesLine], *, number: str | None = None,
                entered: datetime | None = None, tax: Decimal = Decimal(0), voided: datetime | None = None,
                stripe_id: str | None = None, net_days: int = 30) -> QboInvoice:  # fmt: skip
        """An invoice of the day; numbered by the books unless Stripe numbered it."""
        self.number += 1
        invoice = QboInvoice(
            id=next(self.books.ids),
            document_number=number or f"{self.number}",
            customer_id=self.customer_ids.get(client.key, CARD_SALES_ID),
            transaction_date=day,
            due_date=day + timedelta(days=net_days),
            lines=tuple(lines),
            sales_tax=tax,
            created_at=entered or office_instant(self.draw, day),
            voided_at=voided,
            stripe_invoice_id=stripe_id,
        )
        self.books.invoices.append(invoice)
        return invoice

    def payment(self, invoice: QboInvoice, recorded: datetime, account: str, reference: str | None) -> None:
        """The whole invoice paid at once."""
        self.books.payments.append(
            QboPayment(
                id=next(self.books.ids),
                customer_id=invoice.customer_id,
                transaction_date=recorded.astimezone(ZONE).date(),
                total=invoice.total,
                deposit_account_id=ACCOUNT_ID[account],
                reference=reference,
                created_at=recorded,
                deleted_at=None,
                applications=(Application(recorded, invoice.id, invoice.total),),
            )
        )

    def paid_by_check(self, client: Client, invoice: QboInvoice) -> None:
        """Paid some weeks later, by some later still."""
        slow = client.key in SLOW_PAYERS
        days = self.draw.randrange(38, 75) if slow else self.draw.randrange(12, 41)
        day = next_workday(max(invoice.transaction_date, invoice.created_at.date()) + timedelta(days=days))
        if client.key == NEVER_PAYS_LAST and client.lost_on is not None and day >= client.lost_on:
            return
        self.payment(invoice, office_instant(self.draw, day), "Operating Account", f"{self.draw.randrange(1000, 9999)}")

    def credit(self, invoice: QboInvoice, day: date, lines: list[SalesLine]) -> None:
        """A credit memo of the invoice's customer, applied to the invoice the same evening."""
        created = office_instant(self.draw, day)
        total = sum((line.amount for line in lines), Decimal(0))
        self.number += 1
        application = Application(created + timedelta(hours=2), invoice.id, min(total, invoice.total))
        self.books.credit_memos.append(
            QboCreditMemo(
                id=next(self.books.ids),
                document_number=f"CM{self.number}",
                customer_id=invoice.customer_id,
                transaction_date=day,
                lines=tuple(lines),
                sales_tax=Decimal(0),
                created_at=created,
                applications=(application,),
            )
        )


def sales_line(product: str, quantity: Decimal | int, unit_price: Decimal) -> SalesLine:
    """A line that multiplies out to the cent."""
    sold = PRODUCTS[product]
    amount = (Decimal(quantity) * unit_price).quantize(CENT, ROUND_HALF_UP)
    account = ACCOUNT_ID[sold.account]
    return SalesLine(sold.item_id, sold.name, sold.name, account, Decimal(quantity), unit_price, amount)


def make_sales(seed: int, clients: tuple[Client, ...], contracts: Contracts, till: Till) -> Books:
    """Customers, invoices, payments and credits of two years."""
    books = Books()
    customer_ids = {client.key: client.quickbooks.id for client in clients if client.quickbooks}
    seller = Seller(draws(seed, "sales"), books, customer_ids)
    books.customers = _customers(clients)
    known = {client.stripe.id: client for client in clients if client.stripe}
    by_key = {client.key: client for client in clients}
    for period in months():
        for card_invoice in till.invoices:
            if f"{card_invoice.created_at.astimezone(ZONE):%Y-%m}" == period:
                _mirror(seller, known[card_invoice.customer_id], card_invoice)
        for client in contracts.clients:
            lines = contracts.lines(client.key, period)
            if client.stripe is None and lines:
                sold = [sales_line(line.product, line.quantity, from_cents(line.unit_cents)) for line in lines]
                issued = at(first_day(period), 9, 30)
                seller.paid_by_check(client, seller.invoice(client, first_day(period), sold, entered=issued))
        served = [client for client in contracts.clients if client.quickbooks and client.served_on(last_day(period))]
        _work(seller, served, period)
        _goods(seller, served, period)
        _oddities(seller, by_key, served, period)
    return books


def _customers(clients: tuple[Client, ...]) -> list[QboCustomer]:
    customers = [
        QboCustomer(
            id=client.quickbooks.id,
            client_key=client.key,
            display_name=client.quickbooks.name,
            email=client.email,
            created_at=client.quickbooks.created_at,
            inactive_at=client.lost_recorded_at + timedelta(days=30) if client.lost_recorded_at else None,
        )
        for client in clients
        if client.quickbooks is not None
    ]
    customers.append(QboCustomer(CARD_SALES_ID, None, CARD_SALES, "", at(date(2024, 6, 21), 10), None))
    return customers


def _mirror(seller: Seller, client: Client, card_invoice: StripeInvoice) -> None:
    """The books' copy of a card invoice that was finalized, voided or paid when the original was."""
    opened = status_instant(card_invoice, "open")
    if opened is None:
        return
    lines = []
    for line in card_invoice.lines:
        product = PRODUCT_BY_STRIPE_ID[line.product_id or ""]
        quantity = line.quantity if line.amount_cents % line.quantity == 0 else 1
        lines.append(sales_line(product, quantity, from_cents(line.amount_cents) / quantity))
    voided = status_instant(card_invoice, "void")
    invoice = seller.invoice(
        client,
        opened.astimezone(ZONE).date(),
        lines,
        number=card_invoice.number,
        entered=opened + timedelta(minutes=5),
        voided=voided + timedelta(minutes=5) if voided else None,
        stripe_id=card_invoice.id,
        net_days=15,
    )
    paid = status_instant(card_invoice, "paid")
    if paid is not None:
        seller.payment(invoice, paid + timedelta(minutes=10), "Card Clearing", card_invoice.charge_ids[-1])


def _work(seller: Seller, served: list[Client], period: str) -> None:
    """Work by the hour. What is dated in a month's last days is sometimes entered in the next."""
    draw = seller.draw
    expected = 1.0 if period == CREDIT_PERIOD else 6.5
    for _ in range(whole(draw, expected)):
        client, day = draw.choice(served), draw.choice(workdays(period))
        product = draw.choice(HOURLY)
        hours = Decimal(draw.randrange(4, 20 if period == CREDIT_PERIOD else 170)) / 4
        entered = None
        if (last_day(period) - day).days < 4 and chance(draw, 0.4):
            entered = office_instant(draw, next_workday(last_day(period) + timedelta(days=draw.randrange(2, 6))))
        lines = [sales_line(product, hours, from_cents(PRODUCTS[product].unit_cents))]
        seller.paid_by_check(client, seller.invoice(client, day, lines, entered=entered))


def _goods(seller: Seller, served: list[Client], period: str) -> None:
    draw = seller.draw
    for _ in range(whole(draw, 4.5)):
        client, day = draw.choice(served), draw.choice(workdays(period))
        lines = [sales_line("hardware", draw.randrange(1, 9), from_cents(draw.randrange(21_000, 210_000)))]
        if chance(draw, 0.4):
            lines.append(sales_line("software", draw.randrange(1, 12), from_cents(draw.randrange(9_000, 40_000))))
        if chance(draw, 0.5):
            lines.append(sales_line("shipping", 1, from_cents(PRODUCTS["shipping"].unit_cents)))
        taxed = Decimal(0) if client.key in TAX_EXEMPT else lines[0].amount
        invoice = seller.invoice(client, day, lines, tax=(taxed * TAX_RATE).quantize(CENT, ROUND_HALF_UP))
        seller.paid_by_check(client, invoice)
        if chance(draw, 0.07):
            returned = [sales_line("hardware", 1, lines[0].unit_price)]
            seller.credit(invoice, next_workday(day + timedelta(days=6)), returned)


def _oddities(seller: Seller, by_key: dict[str, Client], served: list[Client], period: str) -> None:
    """What happens once: an outage credited, renewals, a stranger's purchase, invoices in error, one entered late."""
    draw = seller.draw
    if period == CREDIT_PERIOD:
        client = by_key[CREDIT_CLIENT]
        invoice = next(
            invoice
            for invoice in reversed(seller.books.invoices)
            if invoice.customer_id == seller.customer_ids[client.key] and invoice.voided_at is None
        )
        credit = from_cents(draw.randrange(600_000, 850_000))
        seller.credit(invoice, workdays(period)[14], [sales_line("credit", 1, credit)])
    if period[5:] == RENEWAL_MONTH:
        lines = [sales_line("renewal", 1, from_cents(PRODUCTS["renewal"].unit_cents))]
        client = by_key[RENEWAL_CLIENT]
        seller.paid_by_check(client, seller.invoice(client, workdays(period)[4], lines))
    if period == f"{ONE_TIME_DAY:%Y-%m}":
        lines = [sales_line("hardware", 3, from_cents(draw.randrange(50_000, 90_000)))]
        client = by_key[ONE_TIME_BUYER]
        seller.paid_by_check(client, seller.invoice(client, ONE_TIME_DAY, lines))
    if period in VOIDED_PERIODS:
        lines = [sales_line("project", 10, from_cents(PRODUCTS["project"].unit_cents))]
        day = workdays(period)[-1]
        seller.invoice(draw.choice(served), day, lines, voided=at(day + timedelta(days=5), 13, 20))
    if period == f"{LATE_DAY:%Y-%m}":
        lines = [sales_line("project", 12, from_cents(PRODUCTS["project"].unit_cents))]
        client = by_key["grindlecombe"]
        seller.paid_by_check(client, seller.invoice(client, LATE_DAY, lines, entered=at(LATE_ENTERED, 10)))
