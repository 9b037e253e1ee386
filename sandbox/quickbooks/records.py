"""How QuickBooks shows the company, its accounts and its customers, as of an instant."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.parts import USD, Members, entities, money, stands
from sandbox.shelves import Rendered
from sandbox.world.entities import Account, QboCustomer, World


class Books:
    """The company's setup and name lists. What customers owe is read off the documents."""

    def __init__(self, world: World, documents: Documents) -> None:
        self.world = world
        self.documents = documents

    def company_info(self, now: datetime) -> list[Rendered]:
        """The one company."""
        world = self.world
        begun = min(account.created_at for account in world.accounts)
        members = {
            "Id": "1",
            "CompanyName": world.organization_name,
            "LegalName": world.organization_name,
            "CompanyStartDate": begun.date().isoformat(),
            "FiscalYearStartMonth": "January",
            "Country": "US",
            "SupportedLanguages": "en",
            "DefaultTimeZone": world.time_zone,
            "NameValue": [{"Name": "NeoEnabled", "Value": "true"}],
        }
        return entities([(members, begun, begun)] if begun <= now else [])

    def account_list(self, now: datetime) -> list[Rendered]:
        """Every account, inactive ones too; those carry their mark in the name and a balance of 0."""
        balances: dict[str, Decimal] = defaultdict(Decimal)
        for posting in self.world.postings:
            if posting.transaction_date <= now.date() and posting.stands_at(now):
                balances[posting.account_id] += posting.amount
        return entities(
            (self.account(one, balances[one.id], now), one.created_at, one.updated_at(now))
            for one in self.world.accounts
            if one.created_at <= now
        )

    def account(self, one: Account, balance: Decimal, now: datetime) -> Members:
        is_active = one.inactive_at is None or one.inactive_at > now
        shown = balance if one.report_group is None and is_active else Decimal(0)
        mark = "" if is_active else " (deleted)"
        return {
            "Id": one.id,
            "Name": one.name + mark,
            "SubAccount": one.parent_id is not None,
            "ParentRef": {"value": one.parent_id} if one.parent_id else None,
            "FullyQualifiedName": one.full_name + mark,
            "Active": is_active,
            "Classification": one.classification,
            "AccountType": one.account_type,
            "AccountSubType": one.account_subtype,
            "AcctNum": one.number,
            "CurrentBalance": money(shown),
            "CurrentBalanceWithSubAccounts": money(shown),
            "CurrencyRef": USD,
        }

    def customer_list(self, now: datetime) -> list[Rendered]:
        """Every customer, with what it owes."""
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for invoice in self.world.qbo_invoices:
            if stands(invoice.created_at, invoice.deleted_at, now):
                owed[invoice.customer_id] += self.documents.balance(invoice, now)
        return entities(
            (customer(one, owed[one.id], now), one.created_at, one.updated_at(now))
            for one in self.world.qbo_customers
            if stands(one.created_at, one.removed_at, now)
        )


def customer(one: QboCustomer, owed: Decimal, now: datetime) -> Members:
    """A customer of the books; an inactive one carries its mark in the name."""
    is_active = one.inactive_at is None or one.inactive_at > now
    name = one.display_name + ("" if is_active else " (deleted)")
    return {
        "Id": one.id,
        "DisplayName": name,
        "FullyQualifiedName": name,
        "CompanyName": one.display_name,
        "Active": is_active,
        "Job": False,
        "Taxable": False,
        "BillWithParent": False,
        "Balance": money(owed),
        "BalanceWithJobs": money(owed),
        "CurrencyRef": USD,
        "PrimaryEmailAddr": {"Address": one.email} if one.email else None,
    }
