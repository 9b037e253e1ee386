"""Draws the journal entries: payroll twice a month, the owner's pay, interest, depreciation, card fees, draws, taxes.

One entry is edited two months later and one is deleted as a double: what the books said depends on when they are read.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.billing import Charge
from sandbox.world.books import JournalEntry, JournalLine, JournalRevision
from sandbox.world.calendar import (
    ZONE,
    at,
    days_of,
    first_day,
    following,
    last_day,
    months,
    months_before,
    next_workday,
    workdays,
)
from sandbox.world.cards import Till
from sandbox.world.chart import ACCOUNT_ID
from sandbox.world.draws import chance, dollars, draws, from_cents
from sandbox.world.parties import Staff
from sandbox.world.sales import CENT, Books

ESTIMATED_TAX_MONTHS = {"01": 6800, "04": 6800, "06": 6800, "09": 6800}
EMPLOYER_TAX = Decimal("0.0765")
BENEFITS_PER_POSITION = Decimal("415.00")
WITHHELD = Decimal("0.24")
CARD_FEE = Decimal("0.0085")
EDITED_PERIOD, DOUBLED_PERIOD = "2025-10", "2025-06"
OWNER_DRAW = Decimal("4500.00")
QUARTERLY_DISTRIBUTION = Decimal("38000.00")

Sides = dict[str, Decimal]


@dataclass
class Ledger:
    """Writes journal entries into the books. Debits are positive, credits negative, and they must cancel out."""

    books: Books
    number: int = 900

    def write(self, day: date, sides: Sides, note: str, *, entered: datetime | None = None, adjusts: bool = False,
              deleted: datetime | None = None, edited: tuple[datetime, Sides] | None = None) -> None:  # fmt: skip
        """An entry of the day, recorded that evening unless said otherwise."""
        self.number += 1
        recorded = entered or at(day, 17, 30)
        revisions = [(recorded, sides)] + ([edited] if edited else [])
        for _, amounts in revisions:
            if sum(amounts.values()) != 0:
                raise ValueError(f"{note} of {day} does not balance")
        self.books.journal_entries.append(
            JournalEntry(
                id=next(self.books.ids),
                document_number=f"JE{self.number}",
                private_note=note,
                is_adjustment=adjusts,
                created_at=recorded,
                deleted_at=deleted,
                revisions=tuple(JournalRevision(instant, day, _lines(amounts, note)) for instant, amounts in revisions),
            )
        )


def make_journals(seed: int, staff: tuple[Staff, ...], till: Till, books: Books) -> None:
    """Every journal entry of two years, added to the books."""
    draw = draws(seed, "journals")
    ledger = Ledger(books)
    opening = {"Operating Account": Decimal(96000), "Reserve Account": Decimal(60000), "Equipment": Decimal(48000),
               "Equipment:Accumulated Depreciation": Decimal(-15500), "Bank Loan": Decimal(-42000)}  # fmt: skip
    opening["Opening Balance Equity"] = -sum(opening.values(), Decimal(0))
    ledger.write(last_day("2024-06"), opening, "Opening balances")
    for period in months():
        _payroll(ledger, staff, period)
        _month_end(ledger, draw, period)
        _cards(ledger, till, period)
        _settlements(ledger, period)


def owner_pay(staff: tuple[Staff, ...], period: str) -> tuple[Decimal, Decimal]:
    """The owner's compensation of a month, and what is paid on top for estimated taxes in four months of the year."""
    wage = sum((person.monthly_wage for person in staff if person.is_owner), Decimal(0))
    return wage, Decimal(ESTIMATED_TAX_MONTHS.get(period[5:], 0))


def _lines(sides: Sides, note: str) -> tuple[JournalLine, ...]:
    return tuple(
        JournalLine(ACCOUNT_ID[account], "Debit" if amount > 0 else "Credit", abs(amount), note)
        for account, amount in sides.items()
        if amount
    )


def _payroll(ledger: Ledger, staff: tuple[Staff, ...], period: str) -> None:
    _, estimated_taxes = owner_pay(staff, period)
    owed = Decimal(0)
    paid_on = (first_day(period) + timedelta(days=14), last_day(period))
    for half, payday in enumerate(paid_on):
        employed = [person for person in staff if person.employed_on(payday)]
        wages = {"Technical": Decimal(0), "Office": Decimal(0), "Officer": Decimal(0)}
        for person in employed:
            kind = "Officer" if person.is_owner else "Technical" if person.is_technical else "Office"
            wages[kind] += (person.monthly_wage / 2).quantize(CENT, ROUND_HALF_UP)
        gross = sum(wages.values(), Decimal(0))
        sides = {
            "Payroll:Technical Wages": wages["Technical"],
            "Payroll:Office Wages": wages["Office"],
            "Payroll:Officer Compensation": wages["Officer"] + (estimated_taxes if half else Decimal(0)),
            "Payroll:Payroll Taxes": (gross * EMPLOYER_TAX).quantize(CENT, ROUND_HALF_UP),
        }
        if half:
            sides["Payroll:Benefits"] = _benefits(employed)
            sides["Payroll"] = Decimal("186.50")  # the payroll bureau's fee, booked on the parent account itself
        withheld = (gross * WITHHELD).quantize(CENT, ROUND_HALF_UP) + sides["Payroll:Payroll Taxes"]
        sides["Payroll Liabilities"] = -withheld
        owed += withheld
        sides["Operating Account"] = -sum(sides.values(), Decimal(0))
        ledger.write(payday, sides, "Payroll")
    deposit_day = next_workday(first_day(following(period)) + timedelta(days=9))
    _pay(ledger, "Payroll Liabilities", deposit_day, "Payroll tax deposit", owed)


def _benefits(employed: list[Staff]) -> Decimal:
    return (sum((person.fte for person in employed), Decimal(0)) * BENEFITS_PER_POSITION).quantize(CENT)


def _month_end(ledger: Ledger, draw: random.Random, period: str) -> None:
    last = last_day(period)
    adjusted = at(next_workday(last + timedelta(days=2)), 9, 45)
    wear = {"Depreciation": Decimal("1150.00"), "Equipment:Accumulated Depreciation": Decimal("-1150.00")}
    ledger.write(last, wear, "Depreciation", entered=adjusted, adjusts=True)
    if period == DOUBLED_PERIOD:
        undone = at(last + timedelta(days=9), 11, 15)
        ledger.write(last, wear, "Depreciation", entered=adjusted + timedelta(minutes=2), adjusts=True, deleted=undone)
    interest, principal = dollars(draw, 210, 290), Decimal("900.00")
    loan = {"Loan Interest": interest, "Bank Loan": principal, "Operating Account": -interest - principal}
    ledger.write(last - timedelta(days=4), loan, "Loan payment")
    earned = dollars(draw, 45, 110)
    ledger.write(last, {"Reserve Account": earned, "Interest Earned": -earned}, "Interest")
    if period[5:] in ("02", "05", "08", "11"):
        rebate = dollars(draw, 700, 2300)
        ledger.write(workdays(period)[6], {"Operating Account": rebate, "Vendor Rebates": -rebate}, "Vendor rebate")
    if chance(draw, 0.3):
        fee = dollars(draw, 20, 140)
        ledger.write(workdays(period)[9], {"Operating Account": fee, "Late Fees": -fee}, "Late fee received")
    if period == EDITED_PERIOD:
        first, final = Decimal("1800.00"), Decimal("2150.00")
        repairs: Sides = {"Occupancy": first, "Accounts Payable": -first}
        corrected = (at(date(2025, 12, 4), 15, 10), {"Occupancy": final, "Accounts Payable": -final})
        ledger.write(last, repairs, "Repairs accrued", adjusts=True, edited=corrected)
    drawn = OWNER_DRAW + (QUARTERLY_DISTRIBUTION if period[5:] in ("03", "06", "09", "12") else 0)
    ledger.write(workdays(period)[-2], {"Owner Draws": drawn, "Operating Account": -drawn}, "Owner draw")


def _cards(ledger: Ledger, till: Till, period: str) -> None:
    """Card takings go to the bank less fees; a refund reduces what was earned by work."""
    charges: dict[date, list[Charge]] = {day: [] for day in days_of(period)}
    for charge in till.charges:
        day = charge.created_at.astimezone(ZONE).date()
        if charge.succeeded and day in charges:
            charges[day].append(charge)
    taken = sum((from_cents(charge.amount_cents) for day in charges for charge in charges[day]), Decimal(0))
    given_back = Decimal(0)
    for refund in till.refunds:
        day = refund.created_at.astimezone(ZONE).date()
        if day in charges:
            amount = from_cents(refund.amount_cents)
            given_back += amount
            sides = {"Professional Services:Service Credits": amount, "Card Clearing": -amount}
            ledger.write(day, sides, f"Refund {refund.id}", entered=refund.created_at + timedelta(hours=1))
    fees = (taken * CARD_FEE).quantize(CENT, ROUND_HALF_UP)
    ledger.write(last_day(period), {
        "Operating Account": taken - given_back - fees, "Bank and Card Fees": fees, "Card Clearing": given_back - taken,
    }, "Card takings")  # fmt: skip


def _settlements(ledger: Ledger, period: str) -> None:
    """Each month the card bill of the month before, each quarter the sales tax of the quarter before."""
    day = last_day(period) - timedelta(days=5)
    card = ACCOUNT_ID["Company Card"]
    _pay(ledger, "Company Card", day, "Card bill", sum((
        line.amount
        for expense in ledger.books.expenses
        if months_before(expense.transaction_date, period) == 1
        for line in expense.lines
        if line.account_id == card
    ), Decimal(0)))  # fmt: skip
    if period[5:] in ("01", "04", "07", "10"):
        day = next_workday(first_day(period) + timedelta(days=19))
        _pay(ledger, "Sales Tax Payable", day, "Sales tax remitted", sum((
            invoice.sales_tax
            for invoice in ledger.books.invoices
            if invoice.voided_at is None and 1 <= months_before(invoice.transaction_date, period) <= 3
        ), Decimal(0)))  # fmt: skip


def _pay(ledger: Ledger, account: str, day: date, note: str, owed: Decimal) -> None:
    if owed > 0:
        ledger.write(day, {account: owed, "Operating Account": -owed}, note)
