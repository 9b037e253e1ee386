"""How QuickBooks shows invoices, payments, credit memos and journal entries, as of an instant.

Whatever shows on a document moves its ``LastUpdatedTime``: a payment applied to an invoice, a void, an edit.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sandbox.quickbooks.parts import USD, Members, entities, money, newest, stands
from sandbox.shelves import Rendered, certain
from sandbox.world.entities import JournalEntry, QboCreditMemo, QboInvoice, QboPayment, SalesLine, World


class Documents:
    """The documents of one company, with what ties them together looked up once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.customers = {one.id: {"value": one.id, "name": one.display_name} for one in world.qbo_customers}
        self.accounts = {one.id: one for one in world.accounts}
        # What was applied to an invoice: when, how much, by which document, and until when it stands.
        self.applied: dict[str, list[tuple[datetime, Decimal, str, str, datetime | None]]] = defaultdict(list)
        for kind, documents in (("Payment", world.qbo_payments), ("CreditMemo", world.qbo_credit_memos)):
            for document in documents:
                gone_at = document.deleted_at if isinstance(document, QboPayment) else None
                for part in document.applications:
                    self.applied[part.invoice_id].append((part.at, part.amount, kind, document.id, gone_at))

    def invoice_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.invoice(one, now), one.created_at, self.invoice_changed(one, now))
            for one in self.world.qbo_invoices
            if stands(one.created_at, one.deleted_at, now)
        )

    def invoice(self, one: QboInvoice, now: datetime) -> Members:
        """An invoice. Voided, it stays with amounts of 0 and a note; there is no paid flag, only a balance."""
        is_void = one.voided_at is not None and one.voided_at <= now
        linked = [(kind, number) for at, _, kind, number, gone in self.applied[one.id] if stands(at, gone, now)]
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": one.transaction_date.isoformat(),
            "DueDate": one.due_date.isoformat(),
            "CustomerRef": self.customers[one.customer_id],
            "CurrencyRef": USD,
            "Line": self.sales_lines(one.lines, is_void=is_void),
            "TxnTaxDetail": {"TotalTax": money(Decimal(0) if is_void else one.sales_tax)},
            "TotalAmt": money(Decimal(0) if is_void else one.total),
            "Balance": money(self.balance(one, now)),
            "PrivateNote": "Voided" if is_void else None,
            "LinkedTxn": [{"TxnId": number, "TxnType": kind} for kind, number in dict.fromkeys(linked)],
            "ApplyTaxAfterDiscount": False,
            "PrintStatus": "NotSet",
            "EmailStatus": "NotSet",
        }

    def balance(self, one: QboInvoice, now: datetime) -> Decimal:
        """What is still owed on an invoice."""
        if one.voided_at is not None and one.voided_at <= now:
            return Decimal(0)
        applied = (amount for at, amount, _, _, gone in self.applied[one.id] if stands(at, gone, now))
        return one.total - sum(applied, Decimal(0))

    def invoice_changed(self, one: QboInvoice, now: datetime) -> datetime:
        """When the invoice last changed: also when money was applied to it, or taken off again."""
        moments = [one.voided_at, *(moment for at, *_, gone in self.applied[one.id] for moment in (at, gone))]
        return newest(one.created_at, moments, now)

    def payment_list(self, now: datetime) -> list[Rendered]:
        """Payments that stand. A deleted one is in no list, only among the changes."""
        return entities(
            (
                self.payment(one, now),
                one.created_at,
                newest(one.created_at, [part.at for part in one.applications], now),
            )
            for one in self.world.qbo_payments
            if stands(one.created_at, one.deleted_at, now)
        )

    def payment(self, one: QboPayment, now: datetime) -> Members:
        parts = [part for part in one.applications if part.at <= now]
        unapplied = one.total - sum((part.amount for part in parts), Decimal(0))
        return {
            "Id": one.id,
            "TxnDate": one.transaction_date.isoformat(),
            "CustomerRef": self.customers[one.customer_id],
            "CurrencyRef": USD,
            "TotalAmt": money(one.total),
            "UnappliedAmt": money(unapplied),
            "DepositToAccountRef": {"value": one.deposit_account_id},
            "PaymentRefNum": one.reference,
            "ProcessPayment": False,
            "Line": [
                {"Amount": money(part.amount), "LinkedTxn": [{"TxnId": part.invoice_id, "TxnType": "Invoice"}]}
                for part in parts
            ],
        }

    def credit_memo_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (
                self.credit_memo(one, now),
                one.created_at,
                newest(one.created_at, [part.at for part in one.applications], now),
            )
            for one in self.world.qbo_credit_memos
            if one.created_at <= now
        )

    def credit_memo(self, one: QboCreditMemo, now: datetime) -> Members:
        used = sum((part.amount for part in one.applications if part.at <= now), Decimal(0))
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": one.transaction_date.isoformat(),
            "CustomerRef": self.customers[one.customer_id],
            "CurrencyRef": USD,
            "Line": self.sales_lines(one.lines),
            "TxnTaxDetail": {"TotalTax": money(one.sales_tax)},
            "TotalAmt": money(one.total),
            "RemainingCredit": money(one.total - used),
            "Balance": money(one.total - used),
        }

    def journal_entry_list(self, now: datetime) -> list[Rendered]:
        return entities(
            (self.journal_entry(one, now), one.created_at, newest(one.created_at, [r.at for r in one.revisions], now))
            for one in self.world.journal_entries
            if stands(one.created_at, one.deleted_at, now)
        )

    def journal_entry(self, one: JournalEntry, now: datetime) -> Members:
        """A journal entry as last edited; amounts are positive, the side says which."""
        revision = certain(one.revision_at(now), f"journal entry {one.id} has no lines when it is created")
        debits = sum((line.amount for line in revision.lines if line.posting_type == "Debit"), Decimal(0))
        return {
            "Id": one.id,
            "DocNumber": one.document_number,
            "TxnDate": revision.transaction_date.isoformat(),
            "PrivateNote": one.private_note,
            "Adjustment": one.is_adjustment,
            "CurrencyRef": USD,
            "TotalAmt": money(debits),
            "Line": [
                {
                    "Id": str(place),
                    "Description": line.description,
                    "Amount": money(line.amount),
                    "DetailType": "JournalEntryLineDetail",
                    "JournalEntryLineDetail": {
                        "PostingType": line.posting_type,
                        "AccountRef": self.account_reference(line.account_id),
                    },
                }
                for place, line in enumerate(revision.lines)
            ],
        }

    def sales_lines(self, lines: Iterable[SalesLine], *, is_void: bool = False) -> list[Members]:
        """The lines of a sale, closed by the subtotal that QuickBooks adds, which has no id."""
        shown: list[Members] = []
        total = Decimal(0)
        for place, line in enumerate(lines, start=1):
            amount = Decimal(0) if is_void else line.amount
            total += amount
            detail = {
                "ItemRef": {"value": line.item_id, "name": line.item_name},
                "ItemAccountRef": self.account_reference(line.account_id),
                "Qty": money(Decimal(0) if is_void else line.quantity),
                "UnitPrice": money(line.unit_price),
                "TaxCodeRef": {"value": "NON"},
            }
            shown.append(
                {
                    "Id": str(place),
                    "LineNum": place,
                    "Description": line.description,
                    "Amount": money(amount),
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": detail,
                }
            )
        subtotal = {"Amount": money(total), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
        return [*shown, subtotal]

    def account_reference(self, account_id: str) -> Members:
        return {"value": account_id, "name": self.accounts[account_id].full_name}
