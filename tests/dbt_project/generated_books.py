"""Companies drawn at random, with what their books must come to worked out beside them in plain Python.

The oracle posts each transaction when it is drawn, by the rules of double entry; what QuickBooks would send is written
from the same draw. Nothing of the pipeline is used.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

CENT = Decimal("0.01")
MONTHS = ("2031-04", "2031-05", "2031-06")
BANK, HELD, RECEIVABLE, PAYABLE, CARD, TAX, EQUITY, RETAINED = "1", "3", "4", "11", "12", "14", "21", "23"
KEPT = {
    BANK: ("Bank", "Checking"),
    HELD: ("Other Current Asset", "UndepositedFunds"),
    RECEIVABLE: ("Accounts Receivable", "AccountsReceivable"),
    PAYABLE: ("Accounts Payable", "AccountsPayable"),
    CARD: ("Credit Card", "CreditCard"),
    TAX: ("Other Current Liability", "SalesTaxPayable"),
    EQUITY: ("Equity", "OpeningBalanceEquity"),
    RETAINED: ("Equity", "RetainedEarnings"),
}
ASSETS = (BANK, HELD, RECEIVABLE)
SECTIONS = {
    "Income": "Income",
    "COGS": "Cost of Goods Sold",
    "Expenses": "Expense",
    "OtherIncome": "Other Income",
    "OtherExpenses": "Other Expense",
}
CREDITED = ("Income", "OtherIncome")
RATES = (Decimal(1), Decimal(1), Decimal(1), Decimal("1.2347"), Decimal("0.7301"))

Sides = list[tuple[str, Decimal]]


@dataclass
class Account:
    """An account of the profit and loss, below another or not."""

    id: str
    name: str
    section: str
    parent: "Account | None"

    @property
    def full_name(self) -> str:
        return f"{self.parent.full_name}:{self.name}" if self.parent else self.name


@dataclass
class Company:
    """What QuickBooks sends by stream, what was posted, and what is missing from what it sends."""

    seed: int
    accounts: list[Account] = field(default_factory=list)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    postings: dict[tuple[str, str], Sides] = field(default_factory=dict)
    days: dict[tuple[str, str], str] = field(default_factory=dict)
    cash: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    lost: tuple[str, str] | None = None

    def posted(self, kind: str, identity: str) -> dict[str, Decimal]:
        """What one transaction posts to each account."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for account, amount in self.postings[kind, identity]:
            sums[account] += amount
        return {account: amount for account, amount in sums.items() if amount}

    def moved(self, first: str, last: str) -> dict[str, Decimal]:
        """What all transactions post to each account in these months; debits are positive."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for key, sides in self.postings.items():
            if first <= self.days[key][:7] <= last:
                for account, amount in sides:
                    sums[account] += amount
        return sums


class Bookkeeper:
    """Draws the transactions of one company."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.company = Company(seed)
        self.number = 100
        self._chart()
        self.items = {str(900 + place): self.draw.choice(self._of("Income")) for place in range(3)}

    def work(self) -> Company:
        """A whole company."""
        company, draw = self.company, self.draw
        kinds = (self.sale, self.sale, self.spend, self.spend, self.paid, self.settle, self.journal, self.bring)
        self.journal(day="2031-03-31")
        for _ in range(draw.randrange(4, 30)):
            draw.choice(kinds)()
        for month in MONTHS:
            chosen = draw.sample(company.accounts, draw.randrange(len(company.accounts)))
            company.cash[month] = {account.id: self.amount(signed=True) for account in chosen}
        for account, (kind, sub_type) in KEPT.items():
            company.records["accounts"].append(_account(account, f"Kept {account}", kind, sub_type))
        for one in company.accounts:
            company.records["accounts"].append(_account(one.id, one.full_name, SECTIONS[one.section], "Whatever"))
        for item, account in self.items.items():
            company.records["items"].append({"Id": item, "Name": item, "IncomeAccountRef": {"value": account}})
        if company.seed % 5 == 4:
            told = [key for key in company.postings if company.posted(*key)]
            company.lost = draw.choice(told)
        return company

    def _chart(self) -> None:
        number = 30
        for section in SECTIONS:
            own: list[Account] = []
            for _ in range(self.draw.randrange(1, 5)):
                number += 1
                parent = self.draw.choice([None, *own])
                own.append(Account(str(number), f"{section} {number}", section, parent))
            self.company.accounts += own

    def _of(self, *sections: str) -> list[str]:
        return [one.id for one in self.company.accounts if one.section in sections]

    def amount(self, *, signed: bool = False) -> Decimal:
        cents = self.draw.choice((self.draw.randrange(1, 200), self.draw.randrange(1, 2_000_000)))
        return Decimal(-cents if signed and self.draw.random() < 0.2 else cents) / 100

    def write(self, stream: str, kind: str, sides: Sides, members: dict[str, Any], *, rate: Decimal = Decimal(1),
              day: str | None = None) -> None:  # fmt: skip
        """One transaction: what it posts, the whole amount first, and what QuickBooks sends."""
        self.number += 1
        identity = str(self.number)
        day = day or f"{self.draw.choice(MONTHS)}-{self.draw.randrange(1, 31):02}"
        rounded = [(account, (amount * rate).quantize(CENT, ROUND_HALF_EVEN)) for account, amount in sides]
        rest = sum((amount for _, amount in rounded), Decimal(0))
        if rounded:  # the cent that rounding leaves stands with the whole
            rounded[0] = (rounded[0][0], rounded[0][1] - rest)
        is_deleted = self.draw.random() < 0.08
        if not is_deleted:
            self.company.postings[kind, identity] = rounded
            self.company.days[kind, identity] = day
        record = {"Id": identity, "TxnDate": day, **members, **({"ExchangeRate": float(rate)} if rate != 1 else {})}
        record["MetaData"] = {"CreateTime": f"{day}T09:00:00-07:00", "LastUpdatedTime": f"{day}T09:00:00-07:00"}
        self.company.records[stream].append({**record, "_deleted": is_deleted})

    def sale(self) -> None:
        """An invoice or receipt, or one taken back: plain lines, a bundle, a discount, tax; sometimes voided."""
        draw = self.draw
        stream, kind, head, sign = draw.choice((
            ("invoices", "Invoice", RECEIVABLE, 1), ("invoices", "Invoice", RECEIVABLE, 1),
            ("credit_memos", "CreditMemo", RECEIVABLE, -1), ("sales_receipts", "SalesReceipt", BANK, 1),
            ("refund_receipts", "RefundReceipt", BANK, -1),
        ))  # fmt: skip
        is_void = draw.random() < 0.1
        lines: list[dict[str, Any]] = []
        sold: Sides = []
        for _ in range(draw.randrange(1, 4)):
            item, amount = draw.choice(list(self.items)), Decimal(0) if is_void else self.amount()
            account = draw.choice((None, draw.choice(self._of("Income"))))
            sold.append((account or self.items[item], amount))
            detail = {"ItemRef": {"value": item}, **({"ItemAccountRef": {"value": account}} if account else {})}
            lines.append({"Amount": float(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
        total = sum((amount for _, amount in sold), Decimal(0))
        if draw.random() < 0.2:
            lines = [{"Amount": float(total), "DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": lines}}]
        lines.append({"Amount": float(total), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
        if draw.random() < 0.3:
            off, account = (total / 10).quantize(CENT), draw.choice(self._of("Income"))
            sold.append((account, -off))
            detail = {"DiscountAccountRef": {"value": account}}
            lines.append({"Amount": float(off), "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
        tax = (total * Decimal("0.08")).quantize(CENT) if draw.random() < 0.4 else Decimal(0)
        whole = sum((amount for _, amount in sold), tax)
        sides = [(head, sign * whole), *((account, -sign * amount) for account, amount in sold), (TAX, -sign * tax)]
        members: dict[str, Any] = {
            "CustomerRef": {"value": "70"}, "Line": lines, "TotalAmt": float(whole), "Balance": float(whole),
            "TxnTaxDetail": {"TotalTax": float(tax)},
        }  # fmt: skip
        if head == BANK:
            members["DepositToAccountRef"] = {"value": BANK}
        self.write(stream, kind, sides, members, rate=draw.choice(RATES))

    def spend(self) -> None:
        """A bill, a supplier's credit, or a purchase, which may be money back."""
        draw = self.draw
        stream, kind, head = draw.choice((
            ("bills", "Bill", PAYABLE), ("vendor_credits", "VendorCredit", PAYABLE), ("purchases", "Purchase", CARD),
        ))  # fmt: skip
        is_credit = kind == "VendorCredit" or (kind == "Purchase" and draw.random() < 0.3)
        sign = -1 if is_credit else 1
        bought = [(draw.choice(self._of("COGS", "Expenses", "OtherExpenses")), self.amount()) for _ in range(2)]
        whole = sum((amount for _, amount in bought), Decimal(0))
        lines = [
            {"Amount": float(amount), "DetailType": "AccountBasedExpenseLineDetail",
             "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}}}
            for account, amount in bought
        ]  # fmt: skip
        members: dict[str, Any] = {"Line": lines, "TotalAmt": float(whole), "VendorRef": {"value": "80"}}
        if kind == "Purchase":
            members |= {"AccountRef": {"value": CARD}, "PaymentType": "CreditCard", "Credit": is_credit}
        sides = [(head, -sign * whole), *((account, sign * amount) for account, amount in bought)]
        self.write(stream, kind, sides, members, rate=draw.choice(RATES))

    def paid(self) -> None:
        """Money of a customer, to the bank or to wait for a deposit."""
        amount, account = self.amount(), self.draw.choice((BANK, HELD, None))
        members: dict[str, Any] = {"TotalAmt": float(amount), "CustomerRef": {"value": "70"}, "Line": []}
        if account:
            members["DepositToAccountRef"] = {"value": account}
        self.write("payments", "Payment", [(account or HELD, amount), (RECEIVABLE, -amount)], members)

    def settle(self) -> None:
        """A supplier paid, or money moved between the company's own accounts."""
        amount, draw = self.amount(), self.draw
        if draw.random() < 0.5:
            by, account = draw.choice((("CheckPayment", BANK), ("CreditCardPayment", CARD)))
            name = "BankAccountRef" if account == BANK else "CCAccountRef"
            members = {"TotalAmt": float(amount), "VendorRef": {"value": "80"}, by: {name: {"value": account}}}
            self.write("bill_payments", "BillPayment", [(account, -amount), (PAYABLE, amount)], members)
        else:
            members = {"Amount": float(amount), "FromAccountRef": {"value": BANK}, "ToAccountRef": {"value": HELD}}
            self.write("transfers", "Transfer", [(HELD, amount), (BANK, -amount)], members)

    def journal(self, day: str | None = None) -> None:
        """An entry between any two accounts, profit brought forward among them."""
        draw, amount = self.draw, self.amount()
        debit, credit = draw.sample([*KEPT, *(one.id for one in self.company.accounts)], 2)
        if day:
            debit, credit = BANK, EQUITY
        lines = [
            {"Amount": float(amount), "DetailType": "JournalEntryLineDetail",
             "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}}
            for side, account in (("Debit", debit), ("Credit", credit))
        ]  # fmt: skip
        self.write("journal_entries", "JournalEntry", [(debit, amount), (credit, -amount)], {"Line": lines}, day=day)

    def bring(self) -> None:
        """Money taken to the bank: what waited, and what is posted directly; some of it kept as cash."""
        held, direct = self.amount(), self.amount()
        kept = Decimal("0.01") if self.draw.random() < 0.3 else Decimal(0)
        account = self.draw.choice(self._of("Income", "OtherIncome", "Expenses"))
        lines = [
            {"Amount": float(held), "LinkedTxn": [{"TxnId": "99999", "TxnType": "Payment"}]},
            {"Amount": float(direct), "DetailType": "DepositLineDetail",
             "DepositLineDetail": {"AccountRef": {"value": account}}},
        ]  # fmt: skip
        whole = held + direct - kept
        members: dict[str, Any] = {
            "Line": lines, "TotalAmt": float(whole), "DepositToAccountRef": {"value": BANK},
            **({"CashBack": {"AccountRef": {"value": EQUITY}, "Amount": float(kept)}} if kept else {}),
        }  # fmt: skip
        self.write("deposits", "Deposit", [(BANK, whole), (HELD, -held), (account, -direct), (EQUITY, kept)], members)


def _account(identity: str, name: str, kind: str, sub_type: str) -> dict[str, Any]:
    return {"Id": identity, "Name": name, "FullyQualifiedName": name, "AccountType": kind, "AccountSubType": sub_type,
            "Active": True}  # fmt: skip
