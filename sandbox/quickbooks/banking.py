"""How QuickBooks shows receipts, estimates, deposits and transfers."""

from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.parts import USD, Members, entities, money, newest, reference, stands
from sandbox.shelves import Rendered
from sandbox.world.entities import Deposit, Estimate, Receipt, Transfer, World

OFFER_DAYS = 30


class Banking:
    """Money that came or went at once, and offers of work."""

    def __init__(self, world: World, documents: Documents) -> None:
        self.world = world
        self.documents = documents
        self.accounts = {one.id: one.full_name for one in world.accounts}

    def sales_receipt_list(self, now: datetime) -> list[Rendered]:
        return self.receipts("SalesReceipt", now)

    def refund_receipt_list(self, now: datetime) -> list[Rendered]:
        return self.receipts("RefundReceipt", now)

    def receipts(self, kind: str, now: datetime) -> list[Rendered]:
        return entities(
            (self.receipt(one, now), one.created_at, newest(one.created_at, [one.voided_at], now))
            for one in self.world.receipts
            if one.kind == kind and one.created_at <= now
        )

    def receipt(self, one: Receipt, now: datetime) -> Members:
        """A paid sale or its return. Voided, it stays with amounts of 0 and a note."""
        is_void = one.voided_at is not None and one.voided_at <= now
        nothing = Decimal(0)
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": one.transaction_date.isoformat(),
            "CustomerRef": self.documents.customers[one.customer_id],
            "CurrencyRef": USD,
            "Line": self.documents.sales_lines(one.lines, is_void=is_void),
            "TxnTaxDetail": {"TotalTax": money(nothing if is_void else one.sales_tax)},
            "TotalAmt": money(nothing if is_void else one.total),
            "Balance": money(nothing) if one.kind == "SalesReceipt" else None,
            "PrivateNote": "Voided" if is_void else None,
            "DepositToAccountRef": reference(one.account_id, self.accounts),
            "ApplyTaxAfterDiscount": False,
        }

    def estimate_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.estimate(one, now), one.created_at, newest(one.created_at, [one.decided_at], now))
            for one in self.world.estimates
            if stands(one.created_at, one.removed_at, now)
        )

    def estimate(self, one: Estimate, now: datetime) -> Members:
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": one.transaction_date.isoformat(),
            "TxnStatus": one.verdict if one.decided_at <= now else "Pending",
            "CustomerRef": self.documents.customers[one.customer_id],
            "CurrencyRef": USD,
            "Line": self.documents.sales_lines(one.lines),
            "TotalAmt": money(one.total),
            "DueDate": (one.transaction_date + timedelta(days=OFFER_DAYS)).isoformat(),
        }

    def deposit_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.deposit(one), one.created_at, one.created_at) for one in self.world.deposits if one.created_at <= now
        )

    def deposit(self, one: Deposit) -> Members:
        """What is taken out of the undeposited funds names its document; other lines name an account."""
        taken = [
            {
                "Amount": money(part.amount),
                "LinkedTxn": [{"TxnId": part.document_id, "TxnType": part.kind, "TxnLineId": "0"}],
            }
            for part in one.taken
        ]
        posted = [
            {
                "Id": str(place),
                "Amount": money(line.amount),
                "Description": line.description,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"AccountRef": reference(line.account_id, self.accounts)},
            }
            for place, line in enumerate(one.lines, start=1)
        ]
        return {
            "Id": one.id,
            "TxnDate": one.transaction_date.isoformat(),
            "CurrencyRef": USD,
            "DepositToAccountRef": reference(one.account_id, self.accounts),
            "TotalAmt": money(one.total),
            "Line": [*taken, *posted],
        }

    def transfer_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.transfer(one), one.created_at, one.created_at)
            for one in self.world.transfers
            if stands(one.created_at, one.removed_at, now)
        )

    def transfer(self, one: Transfer) -> Members:
        return {
            "Id": one.id,
            "TxnDate": one.transaction_date.isoformat(),
            "CurrencyRef": USD,
            "FromAccountRef": reference(one.from_account_id, self.accounts),
            "ToAccountRef": reference(one.to_account_id, self.accounts),
            "Amount": money(one.amount),
        }
