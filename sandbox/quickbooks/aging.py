"""The AgedReceivables report: what each customer owes at the end of a day, by how long it has been due.

Documents count as they stand now, with what was applied to them by that day. Credits and unapplied payments are taken
off in the column of their own age. The sum is what the balance sheet calls accounts receivable.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.parts import stands
from sandbox.quickbooks.trees import Cells, Columns, added, cells_of, head, header
from sandbox.world.calendar import ZONE
from sandbox.world.entities import QboCreditMemo, QboPayment, World

HEADS = ("Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total")
KEYS = ("current", "0", "1", "2", "3", "total")


class AgedReceivables:
    """Makes the report from the documents themselves, not from the ledger."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = {one.id: one.display_name for one in world.qbo_customers}

    def report(self, day: date, now: datetime) -> dict[str, Any]:
        """The report of one day."""
        columns: dict[str, Cells] = defaultdict(lambda: [None] * len(HEADS))
        for customer, due, amount in self.open_amounts(day, now):
            late = (day - due).days
            place = 0 if late <= 0 else min(1 + (late - 1) // 30, 4)
            cells = columns[customer]
            for one in (place, len(HEADS) - 1):
                cells[one] = (cells[one] or Decimal(0)) + amount
        shown = sorted((self.names[customer], customer, cells) for customer, cells in columns.items())
        rows: list[dict[str, Any]] = [
            {"ColData": cells_of(name, customer, cells), "type": "Data"} for name, customer, cells in shown
        ]
        total = added([cells for *_, cells in shown], len(HEADS))
        rows.append({"Summary": {"ColData": cells_of("TOTAL", None, total)}, "type": "Section", "group": "GrandTotal"})
        span = Columns(day, day, by_month=False)
        heads = [head("", "Customer", {"ColKey": "cust_name"})]
        heads += [head(title, "Money", {"ColKey": key}) for title, key in zip(HEADS, KEYS, strict=True)]
        return {
            "Header": header("AgedReceivables", span, now, basis=None, currency=self.world.currency,
                             has_data=bool(shown)),
            "Columns": {"Column": heads},
            "Rows": {"Row": rows} if shown else {},
        }  # fmt: skip

    def open_amounts(self, day: date, now: datetime) -> Iterator[tuple[str, date, Decimal]]:
        """Customer, the day from which it is late, and what is open; credits are negative."""
        world = self.world
        applied: dict[str, Decimal] = defaultdict(Decimal)
        found: list[tuple[str, date, Decimal]] = []
        documents: list[tuple[QboPayment | QboCreditMemo, datetime | None]] = [
            *((one, one.deleted_at) for one in world.qbo_payments),
            *((memo, None) for memo in world.qbo_credit_memos),
        ]
        for document, gone in documents:
            if document.transaction_date > day or not stands(document.created_at, gone, now):
                continue
            used = Decimal(0)
            for part in document.applications:
                if part.at <= now and part.at.astimezone(ZONE).date() <= day:
                    applied[part.invoice_id] += part.amount
                    used += part.amount
            found.append((document.customer_id, document.transaction_date, used - document.total))
        for invoice in world.qbo_invoices:
            ended = invoice.voided_at or invoice.deleted_at
            if invoice.transaction_date <= day and stands(invoice.created_at, ended, now):
                found.append((invoice.customer_id, invoice.due_date, invoice.total - applied[invoice.id]))
        yield from (one for one in found if one[2])
