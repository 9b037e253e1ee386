"""Draws what the books spend: bills and their payment, card purchases, and what goods and licenses cost."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.books import Application, Expense, JournalLine
from sandbox.world.calendar import at, first_day, following, last_day, months, next_workday, office_instant, workdays
from sandbox.world.chart import ACCOUNT_ID, PRODUCTS
from sandbox.world.contracts import Contracts
from sandbox.world.draws import chance, dollars, draws, from_cents
from sandbox.world.sales import CENT, Books

ANSWERING_ENDS = "2025-03"
UNCATEGORIZED_IN = ("2024-09", "2025-02", "2025-11", "2026-05")
PENALTY_IN = ("2025-04",)
TOOLS_PER_SEAT = Decimal("10.40")
HARDWARE_MARGIN = (76, 83)

# account, supplier, day of the month, lowest, highest, entered in the month after
MONTHLY_BILLS = (
    ("Occupancy:Rent", "Aldermarsh Holdings", 1, 5200, 5201, False),
    ("Occupancy:Utilities", "Weir Valley Power", 28, 430, 790, True),
    ("Insurance", "Copperbend Mutual", 5, 1480, 1481, False),
    ("Own Software", "Toolshed Subscriptions", 3, 2240, 2420, False),
    ("Telephone and Internet", "Lowgate Fiber", 9, 610, 660, False),
    ("Professional Fees", "Tallow & Reed", 20, 650, 1500, False),
    ("Marketing", "Bright Signal Studio", 12, 1300, 2700, False),
    ("Vehicles", "Eastmere Leasing", 2, 890, 891, False),
)
# account, supplier, chance in a month, lowest, highest
CARD_PURCHASES = (
    ("Vehicles:Fuel", "Roadside Fuel", 1.0, 310, 560),
    ("Office Supplies", "Paper Barn", 1.0, 120, 420),
    ("Travel", "Prairie Rail", 0.45, 240, 1400),
    ("Training", "Certify Hall", 0.4, 300, 1900),
    ("Occupancy", "Mender & Daughters", 0.35, 150, 900),
    ("Marketing", "County Fair Stand", 0.2, 400, 900),
)


@dataclass
class Buyer:
    """Writes bills, purchases and bill payments into the books."""

    draw: random.Random
    books: Books
    number: int = 70_200

    def _write(
        self, kind: str, supplier: str, dated: tuple[date, datetime], sides: dict[str, Decimal],
        settles: tuple[Application, ...] = (),
    ) -> str:  # fmt: skip
        """A document of a day, with the instant at which it was entered; returns its id."""
        day, entered = dated
        self.number += 3
        lines = tuple(
            JournalLine(ACCOUNT_ID[account], "Debit" if amount > 0 else "Credit", abs(amount), supplier)
            for account, amount in sides.items()
        )
        identity = next(self.books.ids)
        self.books.expenses.append(
            Expense(identity, kind, supplier, f"{self.number}", day, lines, entered, settles=settles)
        )
        return identity

    def bill(self, supplier: str, day: date, costs: dict[str, Decimal], entered: datetime | None = None) -> None:
        """A bill owed to a supplier, and its payment some three weeks after."""
        owed = sum(costs.values(), Decimal(0))
        recorded = entered or office_instant(self.draw, day)
        bill_id = self._write("Bill", supplier, (day, recorded), {**costs, "Accounts Payable": -owed})
        due = next_workday(max(day, recorded.date()) + timedelta(days=self.draw.randrange(14, 28)))
        payment = {"Accounts Payable": owed, "Operating Account": -owed}
        paid = office_instant(self.draw, due)
        self._write("BillPayment", supplier, (due, paid), payment, (Application(paid, bill_id, owed),))

    def purchase(self, supplier: str, day: date, account: str, amount: Decimal) -> None:
        """A purchase on the company's card."""
        sides = {account: amount, "Company Card": -amount}
        self._write("Purchase", supplier, (day, office_instant(self.draw, day)), sides)


def make_spending(seed: int, contracts: Contracts, books: Books) -> None:
    """Every bill and purchase of two years, added to the books."""
    buyer = Buyer(draws(seed, "spending"), books)
    for period in months():
        _overheads(buyer, period)
        _cost_of_sales(buyer, contracts, period)


def _overheads(buyer: Buyer, period: str) -> None:
    draw = buyer.draw
    for account, supplier, day, low, high, enters_late in MONTHLY_BILLS:
        dated = first_day(period) + timedelta(days=day - 1)
        entered = at(next_workday(first_day(following(period)) + timedelta(days=7)), 10, 40) if enters_late else None
        buyer.bill(supplier, dated, {account: dollars(draw, low, high)}, entered)
    if period <= ANSWERING_ENDS:
        buyer.bill("Nightline Voices", workdays(period)[5], {"Answering Service": Decimal("389.00")})
    for account, supplier, probability, low, high in CARD_PURCHASES:
        if chance(draw, probability):
            buyer.purchase(supplier, draw.choice(workdays(period)), account, dollars(draw, low, high))
    if period in UNCATEGORIZED_IN:
        buyer.purchase("Unknown", draw.choice(workdays(period)), "6999 Uncategorized Expense", dollars(draw, 40, 700))
    if period in PENALTY_IN:
        buyer.bill("County Clerk", workdays(period)[10], {"Penalties": Decimal("215.00")})


def _cost_of_sales(buyer: Buyer, contracts: Contracts, period: str) -> None:
    draw = buyer.draw
    goods = buyer.books.product_sales(period) * draw.randrange(*HARDWARE_MARGIN) / 100
    if goods:
        costs = {"Cost of Goods Sold:Hardware Cost": goods.quantize(CENT, ROUND_HALF_UP)}
        if chance(draw, 0.6):
            costs["Cost of Goods Sold:Freight"] = dollars(draw, 25, 260)
        buyer.bill("Northquay Distribution", workdays(period)[-4], costs)
    recurring = Decimal(0)
    seats = 0
    for client in contracts.clients:
        for line in contracts.lines(client.key, period):
            recurring += line.quantity * from_cents(PRODUCTS[line.product].unit_cost_cents)
            seats += line.quantity if line.product in ("essential", "complete", "regulated") else 0
    if period[5:] in ("03", "10"):
        recurring += from_cents(PRODUCTS["renewal"].unit_cost_cents)
    buyer.bill("Cloudmarket Wholesale", first_day(period) + timedelta(days=3), {
        "Cost of Goods Sold:License Cost": recurring.quantize(CENT),
        "Cost of Goods Sold:Service Tools": (seats * TOOLS_PER_SEAT).quantize(CENT),
    })  # fmt: skip
    if chance(draw, 0.55):
        day = draw.choice(workdays(period))
        buyer.bill("Ladder Crew", day, {"Cost of Goods Sold:Subcontractors": dollars(draw, 600, 4200)})
    if chance(draw, 0.25):
        buyer.purchase("Cable Loft", last_day(period), "Cost of Goods Sold", dollars(draw, 60, 340))
