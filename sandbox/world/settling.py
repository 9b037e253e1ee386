"""Sees to it that no invoice is settled beyond what it asked for.

A client who pays the whole invoice although a credit came first has paid too much: that much of the payment stays
unapplied. A credit that comes after the payment keeps what it could not be used for.
"""

from dataclasses import replace
from decimal import Decimal

from sandbox.world.books import Application, QboCreditMemo, QboPayment
from sandbox.world.sales import Books

Settling = QboPayment | QboCreditMemo


def settle(books: Books) -> None:
    """Cut the applications of payments and credits, the earliest first, to what is left of each invoice."""
    left = {invoice.id: invoice.total for invoice in books.invoices}
    settling: list[Settling] = [*books.payments, *books.credit_memos]
    cut: dict[tuple[str, int], Application] = {}
    order = sorted(
        ((part.at, int(one.id), place, one, part) for one in settling for place, part in enumerate(one.applications)),
        key=lambda entry: entry[:3],
    )
    for _, _, place, one, part in order:
        amount = min(part.amount, left[part.invoice_id])
        left[part.invoice_id] -= amount
        cut[one.id, place] = replace(part, amount=amount)

    def parts(one: Settling) -> tuple[Application, ...]:
        kept = (cut[one.id, place] for place in range(len(one.applications)))
        return tuple(part for part in kept if part.amount > Decimal(0))

    books.payments = [replace(one, applications=parts(one)) for one in books.payments]
    books.credit_memos = [replace(one, applications=parts(one)) for one in books.credit_memos]
