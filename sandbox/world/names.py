"""The name lists of the books beside accounts and customers: suppliers, items, classes, departments, terms."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sandbox.world.calendar import at, first_day
from sandbox.world.chart import ACCOUNT_ID, OPENED_AT, PRICE_RAISE, PRODUCTS, RETIRED_AT
from sandbox.world.draws import from_cents
from sandbox.world.sales import Books
from sandbox.world.trade import Deposit, Estimate, Item, Named, PaymentTerm, Receipt, Transfer

# What a product costs us is booked here; labour is paid through the payroll.
COST_ACCOUNTS = {"hardware": "Cost of Goods Sold:Hardware Cost", "software": "Cost of Goods Sold:Hardware Cost"}
RETIRED_SUPPLIER = "Nightline Voices"
MERGED_SUPPLIER, MERGED_AT = "Weir Valley Power Co", at(date(2026, 6, 20), 11, 5)


@dataclass
class Trade:
    """Documents and names beside those that earn and spend; filled by `make_names` and `make_counter`."""

    suppliers: tuple[Named, ...] = ()
    items: tuple[Item, ...] = ()
    classes: tuple[Named, ...] = ()
    departments: tuple[Named, ...] = ()
    terms: tuple[PaymentTerm, ...] = ()
    receipts: list[Receipt] = field(default_factory=list)
    deposits: list[Deposit] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)


def make_names(books: Books) -> Trade:
    """Every list. Suppliers are those of the expenses, numbered in the order of their names, and one double."""
    known = sorted({expense.vendor_name for expense in books.expenses})
    suppliers = [
        Named(str(301 + place), name, OPENED_AT, RETIRED_AT if name == RETIRED_SUPPLIER else None)
        for place, name in enumerate(known)
    ]
    entered = at(date(2026, 5, 28), 9, 20)
    suppliers.append(Named(str(301 + len(known)), MERGED_SUPPLIER, entered, removed_at=MERGED_AT))
    return Trade(
        suppliers=tuple(suppliers),
        items=tuple(_items()),
        classes=(
            Named("401", "Service", OPENED_AT),
            Named("402", "Recurring", OPENED_AT, parent_id="401"),
            Named("403", "Projects", OPENED_AT, parent_id="401"),
            Named("404", "Resale", OPENED_AT),
            Named("405", "Cabling", OPENED_AT, at(date(2025, 9, 30), 15)),
        ),
        departments=(Named("421", "Main Office", OPENED_AT), Named("422", "Field Crew", OPENED_AT, parent_id="421")),
        terms=(
            PaymentTerm("431", "Due on receipt", 0, OPENED_AT),
            PaymentTerm("432", "Net 15", 15, OPENED_AT),
            PaymentTerm("433", "Net 30", 30, OPENED_AT),
        ),
    )


def _items() -> list[Item]:
    raised = at(first_day(PRICE_RAISE), 8)
    return [
        Item(
            id=product.item_id,
            name=product.name,
            kind="NonInventory" if product.key in COST_ACCOUNTS else "Service",
            income_account_id=ACCOUNT_ID[product.account],
            expense_account_id=ACCOUNT_ID[COST_ACCOUNTS[product.key]] if product.key in COST_ACCOUNTS else None,
            unit_price=from_cents(product.unit_cents),
            raised_price=from_cents(product.raised_cents),
            purchase_cost=from_cents(product.unit_cost_cents) if product.unit_cost_cents else Decimal(0),
            created_at=OPENED_AT,
            raised_at=raised if product.raised_cents != product.unit_cents else None,
        )
        for product in PRODUCTS.values()
    ]
