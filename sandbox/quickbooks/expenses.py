"""How QuickBooks shows bills, their payment, suppliers' credits and purchases."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.quickbooks.parts import USD, Members, entities, money, newest, reference, stands
from sandbox.shelves import Rendered
from sandbox.world.entities import Expense, JournalLine, World

TERM_DAYS = 30
PURCHASES = ("Purchase", "Check")
CARDS = "Credit Card"


class Expenses:
    """The expenses of one company, with what pays them looked up once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.suppliers = {one.name: {"value": one.id, "name": one.name} for one in world.suppliers}
        self.accounts = {one.id: one.full_name for one in world.accounts}
        self.types = {one.id: one.account_type for one in world.accounts}
        # What was applied to a bill or a credit: when, how much, by which payment.
        self.applied: dict[str, list[tuple[datetime, Decimal, str]]] = defaultdict(list)
        self.kinds = {one.id: one.kind for one in world.expenses}
        for payment in world.expenses:
            for part in payment.settles:
                self.applied[part.invoice_id].append((part.at, part.amount, payment.id))

    def of(self, kind: str, now: datetime) -> Iterator[Expense]:
        """What stands of one kind."""
        for one in self.world.expenses:
            if one.kind == kind and stands(one.created_at, one.removed_at, now):
                yield one

    def balance(self, one: Expense, now: datetime) -> Decimal:
        """What of a bill is still to be paid, or of a credit still to be used."""
        used = sum((amount for at, amount, _ in self.applied[one.id] if at <= now), Decimal(0))
        return self.total(one) - used

    def total(self, one: Expense) -> Decimal:
        """What a document comes to: its lines but for the account that owes or pays."""
        lines = self.bought(one) if one.kind != "BillPayment" else self.paid_from(one)
        return sum((line.amount for line in lines), Decimal(0))

    def bought(self, one: Expense) -> list[JournalLine]:
        control = {line.account_id for line in self.paid_from(one)}
        return [line for line in one.lines if line.account_id not in control]

    def paid_from(self, one: Expense) -> list[JournalLine]:
        """The line on what is owed, or on the bank or card that paid."""
        wanted = ("Accounts Payable",) if one.kind in ("Bill", "VendorCredit") else ("Bank", CARDS)
        return [line for line in one.lines if self.types[line.account_id] in wanted]

    def changed(self, one: Expense, now: datetime) -> datetime:
        """When a document last changed: also when it was paid or used up."""
        return newest(one.created_at, [at for at, *_ in self.applied[one.id]], now)

    def bill_list(self, now: datetime) -> list[Rendered]:
        return entities((self.owed(one, now), one.created_at, self.changed(one, now)) for one in self.of("Bill", now))

    def vendor_credit_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.owed(one, now), one.created_at, self.changed(one, now)) for one in self.of("VendorCredit", now)
        )

    def owed(self, one: Expense, now: datetime) -> Members:
        """A bill or a supplier's credit, whose amounts are positive, too."""
        linked = [payment for at, _, payment in self.applied[one.id] if at <= now]
        due = one.transaction_date + timedelta(days=TERM_DAYS)
        return {
            **self.common(one),
            "VendorRef": self.suppliers[one.vendor_name],
            "APAccountRef": reference(self.paid_from(one)[0].account_id, self.accounts),
            "DueDate": due.isoformat() if one.kind == "Bill" else None,
            "Balance": money(self.balance(one, now)),
            "Line": self.lines(one),
            "LinkedTxn": [{"TxnId": number, "TxnType": "BillPaymentCheck"} for number in dict.fromkeys(linked)],
        }

    def bill_payment_list(self, now: datetime) -> list[Rendered]:
        return entities((self.bill_payment(one), one.created_at, one.created_at) for one in self.of("BillPayment", now))

    def bill_payment(self, one: Expense) -> Members:
        """A check for bills. One over nothing brings a bill and a credit together."""
        bank = self.paid_from(one)
        return {
            **self.common(one),
            "VendorRef": self.suppliers[one.vendor_name],
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": reference(bank[0].account_id, self.accounts)} if bank else None,
            "Line": [
                {
                    "Amount": money(part.amount),
                    "LinkedTxn": [{"TxnId": part.invoice_id, "TxnType": self.kinds[part.invoice_id]}],
                }
                for part in one.settles
            ],
        }

    def purchase_list(self, now: datetime) -> list[Rendered]:
        every = [one for kind in PURCHASES for one in self.of(kind, now)]
        return entities((self.purchase(one), one.created_at, one.created_at) for one in every)

    def purchase(self, one: Expense) -> Members:
        """Something paid at once. With ``Credit`` the money came back, and amounts are positive all the same."""
        paid = self.paid_from(one)[0].account_id
        return {
            **self.common(one),
            "PaymentType": "CreditCard" if self.types[paid] == CARDS else "Check",
            "AccountRef": reference(paid, self.accounts),
            "EntityRef": {**self.suppliers[one.vendor_name], "type": "Vendor"},
            "Credit": one.is_credit,
            "Line": self.lines(one),
        }

    def common(self, one: Expense) -> Members:
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": one.transaction_date.isoformat(),
            "CurrencyRef": USD,
            "TotalAmt": money(self.total(one)),
        }

    def lines(self, one: Expense) -> list[Members]:
        return [
            {
                "Id": str(place),
                "Description": line.description,
                "Amount": money(line.amount),
                "DetailType": "AccountBasedExpenseLineDetail",
                "AccountBasedExpenseLineDetail": {
                    "AccountRef": reference(line.account_id, self.accounts),
                    "BillableStatus": "NotBillable",
                    "TaxCodeRef": {"value": "NON"},
                },
            }
            for place, line in enumerate(self.bought(one), start=1)
        ]
