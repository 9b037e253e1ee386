"""Draws what goes over the counter and through the bank: receipts, deposits, transfers, refunds, errors taken back.

None of it changes a month's profit or what the banks hold at its end: what is bought by check is given back, a kit
sold for trial is returned, a supplier's surplus bill is credited, all within the month. Errors that stood for some
days only are deleted or voided.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.books import Application, Expense, JournalLine, QboCustomer, QboInvoice, QboPayment
from sandbox.world.calendar import ZONE, at, months, next_workday, office_instant, workdays
from sandbox.world.chart import ACCOUNT_ID, PRODUCTS
from sandbox.world.draws import dollars, draws, from_cents
from sandbox.world.names import Trade
from sandbox.world.sales import CARD_SALES_ID, CENT, TAX_RATE, Books, sales_line
from sandbox.world.trade import Deposit, DepositedDocument, Estimate, Receipt, Transfer

BANK, RESERVE, HELD = ACCOUNT_ID["Operating Account"], ACCOUNT_ID["Reserve Account"], ACCOUNT_ID["Card Clearing"]
CHECK_DAYS = range(8, 13)
"""Checks that come on these days of a month wait in the undeposited funds for one deposit."""
VERDICTS = ("Accepted", "Accepted", "Closed", "Rejected")
DELETED_BILLS = ((date(2026, 3, 9), date(2026, 3, 17)), (date(2026, 6, 11), date(2026, 6, 24)))
DELETED_INVOICES = ((date(2026, 4, 13), date(2026, 4, 15)), (date(2026, 6, 10), date(2026, 6, 17)))
VOIDED_RECEIPT = (date(2026, 6, 15), date(2026, 6, 18))
MERGED_CUSTOMER = ("119", "Card Sales (double)", date(2026, 6, 2), date(2026, 6, 19))


@dataclass
class Counter:
    """Writes the documents."""

    draw: random.Random
    books: Books
    trade: Trade
    number: int = 8800

    def numbered(self, prefix: str) -> tuple[str, str]:
        """The next id and document number."""
        self.number += 1
        return next(self.books.ids), f"{prefix}{self.number}"

    def expense(self, kind: str, supplier: str, day: date, sides: dict[str, Decimal], *,
                settles: tuple[Application, ...] = (), removed: datetime | None = None) -> Expense:  # fmt: skip
        """An expense of the day; debits are positive."""
        identity, number = self.numbered("")
        lines = tuple(
            JournalLine(ACCOUNT_ID[account], "Debit" if amount > 0 else "Credit", abs(amount), supplier)
            for account, amount in sides.items()
        )
        made = Expense(
            identity, kind, supplier, number, day, lines, office_instant(self.draw, day), settles,
            is_credit=sides.get("Company Card", Decimal(0)) > 0, removed_at=removed,
        )  # fmt: skip
        self.books.expenses.append(made)
        return made

    def receipt(self, kind: str, day: date, account: str, price: Decimal, voided: datetime | None = None) -> Receipt:
        """A piece of hardware sold over the counter, or taken back."""
        identity, number = self.numbered("SR" if kind == "SalesReceipt" else "RR")
        line = sales_line("hardware", 1, price)
        tax = (line.amount * TAX_RATE).quantize(CENT, ROUND_HALF_UP)
        made = Receipt(
            identity, kind, number, CARD_SALES_ID, day, (line,), tax, account, office_instant(self.draw, day), voided
        )
        self.trade.receipts.append(made)
        return made

    def deposit(
        self, day: date, taken: tuple[DepositedDocument, ...] = (), lines: tuple[JournalLine, ...] = ()
    ) -> None:
        """Money brought to the bank late in the day."""
        self.trade.deposits.append(Deposit(next(self.books.ids), day, BANK, taken, lines, at(day, 18, 30)))

    def transfer(self, day: date, amount: Decimal, removed: datetime | None = None) -> None:
        """Money put aside."""
        self.trade.transfers.append(
            Transfer(next(self.books.ids), day, BANK, RESERVE, amount, office_instant(self.draw, day), removed)
        )


def make_counter(seed: int, books: Books, trade: Trade) -> None:
    """Everything of two years, added to the books and the trade. The last month stays as it is."""
    counter = Counter(draws(seed, "counter"), books, trade)
    for period in months()[:-1]:
        days = workdays(period)
        quarter_place = int(period[5:]) % 3
        if quarter_place == 2:
            _bought_by_check_and_given_back(counter, days)
            _sold_for_trial_and_returned(counter, days)
        elif quarter_place == 1:
            _fuel_charged_twice(counter, days)
            counter.transfer(days[9], Decimal("5000.00"))
        else:
            _billed_too_much_and_credited(counter, days)
        _checks_deposited_together(counter, period)
        _offers(counter, days)
    _errors(counter)


def _bought_by_check_and_given_back(counter: Counter, days: tuple[date, ...]) -> None:
    amount = dollars(counter.draw, 180, 460)
    counter.expense("Check", "Paper Barn", days[4], {"Office Supplies": amount, "Operating Account": -amount})
    back = JournalLine(ACCOUNT_ID["Office Supplies"], "Credit", amount, "Paper Barn: returned")
    counter.deposit(days[11], lines=(back,))


def _sold_for_trial_and_returned(counter: Counter, days: tuple[date, ...]) -> None:
    price = from_cents(counter.draw.randrange(18_000, 64_000))
    sold = counter.receipt("SalesReceipt", days[3], HELD, price)
    counter.deposit(days[5], (DepositedDocument("SalesReceipt", sold.id, sold.total),))
    counter.receipt("RefundReceipt", days[12], BANK, price)


def _fuel_charged_twice(counter: Counter, days: tuple[date, ...]) -> None:
    amount = dollars(counter.draw, 60, 130)
    counter.expense("Purchase", "Roadside Fuel", days[6], {"Vehicles:Fuel": amount, "Company Card": -amount})
    counter.expense("Purchase", "Roadside Fuel", days[10], {"Vehicles:Fuel": -amount, "Company Card": amount})


def _billed_too_much_and_credited(counter: Counter, days: tuple[date, ...]) -> None:
    """A credit is used up by a bill payment over nothing that names both."""
    amount, supplier, account = (
        dollars(counter.draw, 90, 700),
        "Cloudmarket Wholesale",
        "Cost of Goods Sold:License Cost",
    )
    bill = counter.expense("Bill", supplier, days[3], {account: amount, "Accounts Payable": -amount})
    credit = counter.expense("VendorCredit", supplier, days[8], {account: -amount, "Accounts Payable": amount})
    used = at(days[9], 19)
    counter.expense("BillPayment", supplier, days[9], {}, settles=tuple(
        Application(used, one.id, amount) for one in (bill, credit)
    ))  # fmt: skip


def _checks_deposited_together(counter: Counter, period: str) -> None:
    """Some checks go to the bank together, a few days after they came."""
    books, taken = counter.books, []
    for place, payment in enumerate(books.payments):
        day = payment.transaction_date
        if payment.deposit_account_id == BANK and f"{day:%Y-%m}" == period and day.day in CHECK_DAYS:
            books.payments[place] = replace(payment, deposit_account_id=HELD)
            taken.append(DepositedDocument("Payment", payment.id, payment.total))
    if taken:
        counter.deposit(next_workday(date.fromisoformat(f"{period}-13")), tuple(taken))


def _offers(counter: Counter, days: tuple[date, ...]) -> None:
    draw = counter.draw
    for _ in range(2):
        day = draw.choice(days[:15])
        customer = draw.choice([one for one in counter.books.customers if one.client_key and one.created_at < at(day)])
        identity, number = counter.numbered("E")
        line = sales_line("project", draw.randrange(8, 90), from_cents(PRODUCTS["project"].unit_cents))
        made = office_instant(draw, day)
        decided = at(next_workday(day + timedelta(days=draw.randrange(3, 24))), 15, 45)
        verdict = draw.choice(VERDICTS)
        counter.trade.estimates.append(
            Estimate(identity, number, customer.id, day, (line,), made, decided, verdict)
        )  # fmt: skip


def _errors(counter: Counter) -> None:
    """What was entered in error, and when it was taken back."""
    books, trade = counter.books, counter.trade
    for day, gone in DELETED_BILLS:
        sides = {"Own Software": Decimal("2310.00"), "Accounts Payable": Decimal("-2310.00")}
        counter.expense("Bill", "Toolshed Subscriptions", day, sides, removed=at(gone, 10, 30))
    counter.expense("Purchase", "Paper Barn", date(2026, 6, 8), {
        "Office Supplies": Decimal("88.40"), "Company Card": Decimal("-88.40"),
    }, removed=at(date(2026, 6, 9), 9, 5))  # fmt: skip
    for day, gone in DELETED_INVOICES:
        books.invoices.append(_doubled(counter, day, at(gone, 9, 15)))
    day, undone = VOIDED_RECEIPT
    counter.receipt("SalesReceipt", day, HELD, Decimal("240.00"), voided=at(undone, 14, 10))
    books.payments.append(_paid_twice(counter, date(2026, 6, 16), at(date(2026, 6, 22), 8, 55)))
    counter.transfer(date(2026, 6, 23), Decimal("1200.00"), removed=at(date(2026, 6, 24), 16))
    trade.estimates[-1] = replace(trade.estimates[-1], removed_at=at(date(2026, 6, 29), 12))
    identity, name, entered, merged = MERGED_CUSTOMER
    books.customers.append(QboCustomer(identity, None, name, "", at(entered, 9), None, (), at(merged, 10, 10)))


def _doubled(counter: Counter, day: date, gone: datetime) -> QboInvoice:
    identity, number = counter.numbered("")
    customer = next(_customers(counter, day))
    line = sales_line("consulting", 3, from_cents(PRODUCTS["consulting"].unit_cents))
    made = office_instant(counter.draw, day)
    return QboInvoice(
        identity, number, customer, day, day + timedelta(days=30), (line,), Decimal(0), made, None, None, gone
    )


def _paid_twice(counter: Counter, day: date, gone: datetime) -> QboPayment:
    """A check entered a second time; nothing was left that it could be applied to."""
    identity, number = counter.numbered("")
    made = office_instant(counter.draw, day)
    return QboPayment(
        identity, next(_customers(counter, day)), made.astimezone(ZONE).date(), Decimal("1480.00"), HELD, number, made,
        gone, (),
    )  # fmt: skip


def _customers(counter: Counter, day: date) -> Iterator[str]:
    return (one.id for one in counter.books.customers if one.client_key and one.created_at < at(day))
