"""How QuickBooks shows its name lists beside accounts and customers, and the company's preferences."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sandbox.quickbooks.expenses import Expenses
from sandbox.quickbooks.parts import USD, Members, entities, money, reference, stands
from sandbox.shelves import Rendered
from sandbox.world.entities import Item, Named, Staff, World

EMPLOYEE_IDS_FROM = 500


class Names:
    """Suppliers, items, classes, departments, employees, terms, preferences."""

    def __init__(self, world: World, expenses: Expenses) -> None:
        self.world = world
        self.expenses = expenses
        self.accounts = {one.id: one.full_name for one in world.accounts}

    def preferences(self, now: datetime) -> list[Rendered]:
        """The one record of settings: accrual books in dollars, closed up to the end of 2023."""
        begun = min(account.created_at for account in self.world.accounts)
        members = {
            "Id": "1",
            "AccountingInfoPrefs": {
                "FirstMonthOfFiscalYear": "January",
                "UseAccountNumbers": True,
                "ClassTrackingPerTxn": False,
                "ClassTrackingPerTxnLine": True,
                "TrackDepartments": True,
                "BookCloseDate": "2023-12-31",
            },
            "SalesFormsPrefs": {"AllowDeposit": False, "AllowDiscount": False},
            "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": self.world.currency}},
            "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        }
        return entities([(members, begun, begun)] if begun <= now else [])

    def vendor_list(self, now: datetime) -> list[Rendered]:
        """Every supplier, with what is owed to it. One that was merged into another is gone."""
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for bill in self.expenses.of("Bill", now):
            owed[bill.vendor_name] += self.expenses.balance(bill, now)
        return entities(
            ({
                "Id": one.id,
                "DisplayName": shown(one, now),
                "CompanyName": one.name,
                "PrintOnCheckName": one.name,
                "Active": is_active(one, now),
                "Balance": money(owed[one.name]),
                "Vendor1099": False,
                "CurrencyRef": USD,
                "TaxIdentifier": "XXXXX0000",
            }, one.created_at, one.updated_at(now))
            for one in self.world.suppliers
            if stands(one.created_at, one.removed_at, now)
        )  # fmt: skip

    def item_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.item(one, now), one.created_at, one.updated_at(now))
            for one in self.world.items
            if one.created_at <= now
        )

    def item(self, one: Item, now: datetime) -> Members:
        cost = one.expense_account_id
        return {
            "Id": one.id,
            "Name": one.name,
            "FullyQualifiedName": one.name,
            "Active": True,
            "Type": one.kind,
            "UnitPrice": money(one.price_at(now)),
            "PurchaseCost": money(one.purchase_cost),
            "IncomeAccountRef": reference(one.income_account_id, self.accounts),
            "ExpenseAccountRef": reference(cost, self.accounts) if cost else None,
            "TrackQtyOnHand": False,
            "Taxable": one.kind == "NonInventory",
        }

    def class_list(self, now: datetime) -> list[Rendered]:
        return self.grouped(self.world.qbo_classes, "SubClass", now)

    def department_list(self, now: datetime) -> list[Rendered]:
        return self.grouped(self.world.qbo_departments, "SubDepartment", now)

    def grouped(self, entries: Iterable[Named], is_below: str, now: datetime) -> list[Rendered]:
        """Classes or locations, which may hang below each other."""
        every = list(entries)
        known = {one.id: one.name for one in every}
        return entities(
            ({
                "Id": one.id,
                "Name": shown(one, now),
                is_below: one.parent_id is not None,
                "ParentRef": {"value": one.parent_id} if one.parent_id else None,
                "FullyQualifiedName": f"{known[one.parent_id]}:{one.name}" if one.parent_id else shown(one, now),
                "Active": is_active(one, now),
            }, one.created_at, one.updated_at(now))
            for one in every
            if one.created_at <= now
        )  # fmt: skip

    def employee_list(self, now: datetime) -> list[Rendered]:
        """The staff. Whoever left becomes inactive on the day the record was changed."""
        return entities(
            (employee(one, now), one.created_at, one.updated_at(now))
            for one in self.world.staff
            if one.created_at <= now
        )

    def term_list(self, now: datetime) -> list[Rendered]:
        return entities(
            ({
                "Id": one.id, "Name": one.name, "Active": True, "Type": "STANDARD", "DueDays": one.due_days,
            }, one.created_at, one.created_at)
            for one in self.world.terms
            if one.created_at <= now
        )  # fmt: skip


def employee(one: Staff, now: datetime) -> Members:
    """An employee. The masked number must not be kept by anybody who reads this."""
    has_left = one.left_on is not None and one.updated_at(now) > one.created_at
    name = f"{one.first_name} {one.last_name}"
    return {
        "Id": str(EMPLOYEE_IDS_FROM + one.id),
        "DisplayName": name,
        "GivenName": one.first_name,
        "FamilyName": one.last_name,
        "PrintOnCheckName": name,
        "SSN": "XXX-XX-XXXX",
        "Active": not has_left,
        "HiredDate": one.hired_on.isoformat(),
        "ReleasedDate": one.left_on.isoformat() if one.left_on and has_left else None,
        "BillableTime": one.is_technical,
        "CostRate": money(one.hourly_cost),
    }


def is_active(one: Named, now: datetime) -> bool:
    return one.inactive_at is None or one.inactive_at > now


def shown(one: Named, now: datetime) -> str:
    """The name; an inactive one carries its mark."""
    return one.name + ("" if is_active(one, now) else " (deleted)")
