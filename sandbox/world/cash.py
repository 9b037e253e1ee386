"""The same books on the cash basis, by double entry from the accrual postings.

The rules that are simulated:

- Purchases, receipts, deposits, transfers, payments and journal entries are posted on their own day under both bases.
  A journal entry that touches receivables or payables does so under both, too.
- Invoices, credit memos, bills and suppliers' credits are posted as far as they are settled: each amount applied takes
  its share of every line, sales tax included, on the later day of the two documents. Shares are cut from the sum
  applied so far, so that whole settlements come to whole lines, and the last line takes the cent that is left.
- A credit applied to an invoice recognises a share of both, which cancel out as far as they are alike.
- What a payment brought beyond what it was applied to is Unapplied Cash Payment Income until it is applied.

Receivables and payables are thereby zero but for journal entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sandbox.world.books import Account, Posting
from sandbox.world.entities import World
from sandbox.world.sales import CENT

WAITING = frozenset({"Invoice", "CreditMemo", "Bill", "VendorCredit"})
CONTROL_TYPES = ("Accounts Receivable", "Accounts Payable")
UNAPPLIED_SUBTYPE = "UnappliedCashPaymentIncome"

Key = tuple[str, str]
Place = tuple[str, str, date, str, datetime, datetime | None]


class Part(NamedTuple):
    """An amount of one document that another settles: when it was applied, and by which document."""

    at: datetime
    amount: Decimal
    document: Key
    by: Key


@dataclass(frozen=True, slots=True)
class Standing:
    """A document's postings, and between which instants they stand."""

    day: date
    recorded_at: datetime
    removed_at: datetime | None
    postings: tuple[Posting, ...]


def make_cash_postings(world: World) -> tuple[Posting, ...]:
    """Every posting of the cash basis, sorted by day. Each document's sum is zero, as under the other basis."""
    kinds = {account.id: account for account in world.accounts}
    held: dict[Key, list[Posting]] = defaultdict(list)
    for posting in world.postings:
        held[posting.document_kind, posting.document_id].append(posting)
    standing = {
        key: Standing(some[0].transaction_date, some[0].recorded_at, some[0].removed_at, tuple(some))
        for key, some in held.items()
        if key[0] != "JournalEntry"
    }
    made = [posting for posting in world.postings if posting.document_kind not in WAITING]
    parts = sorted(_parts(world), key=lambda part: (part.at, part.document, part.by))
    made += _recognised(parts, standing, kinds)
    unapplied = next((one.id for one in world.accounts if one.account_subtype == UNAPPLIED_SUBTYPE), None)
    if unapplied is not None:
        made += _unapplied(world, parts, standing, kinds, unapplied)
    return tuple(sorted(_gathered(made), key=lambda posting: (posting.transaction_date, int(posting.document_id))))


def _parts(world: World) -> Iterator[Part]:
    for payment in world.qbo_payments:
        for part in payment.applications:
            yield Part(part.at, part.amount, ("Invoice", part.invoice_id), ("Payment", payment.id))
    for memo in world.qbo_credit_memos:
        for part in memo.applications:
            invoice, credit = ("Invoice", part.invoice_id), ("CreditMemo", memo.id)
            yield Part(part.at, part.amount, invoice, credit)
            yield Part(part.at, part.amount, credit, invoice)
    kinds = {expense.id: expense.kind for expense in world.expenses}
    for expense in world.expenses:
        # A payment over nothing uses up a credit: the bill's day and the credit's count, not that payment's.
        pairs = [(kinds[part.invoice_id], part.invoice_id) for part in expense.settles]
        for part in expense.settles:
            document = (kinds[part.invoice_id], part.invoice_id)
            others = [one for one in pairs if one != document]
            yield Part(part.at, part.amount, document, ("BillPayment", expense.id) if expense.lines else others[0])


def _recognised(
    parts: Iterable[Part], standing: dict[Key, Standing], accounts: dict[str, Account]
) -> Iterator[Posting]:
    applied: dict[Key, Decimal] = defaultdict(Decimal)
    for part in parts:
        settled, settling = standing.get(part.document), standing.get(part.by)
        if settled is None or settling is None:
            continue
        before = applied[part.document]
        applied[part.document] = after = before + part.amount
        yield from _share(part, (settled, settling), accounts, (before, after))


def _share(
    part: Part, standing: tuple[Standing, Standing], accounts: dict[str, Account], span: tuple[Decimal, Decimal]
) -> Iterator[Posting]:
    """The lines' shares of one amount, and the same on the receivables or payables.

    ``span``: how much of the document was settled before and after.
    """
    (settled, settling), (before, after) = standing, span
    control = [one for one in settled.postings if accounts[one.account_id].account_type in CONTROL_TYPES]
    lines = [one for one in settled.postings if accounts[one.account_id].account_type not in CONTROL_TYPES]
    total = sum((one.amount for one in control), Decimal(0))
    if not total or not lines:
        return
    whole = abs(total)
    # What is left after the other lines goes to the last one.
    left = -(part.amount if total > 0 else -part.amount)
    amounts = []
    for line in lines[:-1]:
        share = _cents(line.amount * after / whole) - _cents(line.amount * before / whole)
        amounts.append(share)
        left -= share
    amounts.append(left)
    for line, amount in zip(lines, amounts, strict=True):
        yield _moved(part, settled, settling, line.account_id, amount)
    yield _moved(part, settled, settling, control[0].account_id, -sum(amounts, Decimal(0)))


def _unapplied(
    world: World, parts: list[Part], standing: dict[Key, Standing], accounts: dict[str, Account], account_id: str
) -> Iterator[Posting]:
    by_payment: dict[Key, list[Part]] = defaultdict(list)
    for part in parts:
        by_payment[part.by].append(part)
    for payment in world.qbo_payments:
        key = ("Payment", payment.id)
        paid = standing.get(key)
        if paid is None:
            continue
        control = next(
            one.account_id for one in paid.postings if accounts[one.account_id].account_type == "Accounts Receivable"
        )
        whole = Part(payment.created_at, payment.total, key, key)
        yield _moved(whole, paid, paid, control, payment.total)
        yield _moved(whole, paid, paid, account_id, -payment.total)
        for part in by_payment[key]:
            if (settled := standing.get(part.document)) is not None:
                yield _moved(part, settled, paid, control, -part.amount)
                yield _moved(part, settled, paid, account_id, part.amount)


def _moved(part: Part, settled: Standing, settling: Standing, account_id: str, amount: Decimal) -> Posting:
    """A posting that stands while both documents do, from the moment the one was applied to the other."""
    ends = [end for end in (settled.removed_at, settling.removed_at) if end is not None]
    return Posting(
        *part.by,
        max(settled.day, settling.day),
        account_id,
        amount,
        max(part.at, settled.recorded_at, settling.recorded_at),
        min(ends, default=None),
    )


def _gathered(postings: Iterable[Posting]) -> Iterator[Posting]:
    """What a document posts to an account at one time as one posting; what cancels out is none at all."""
    sums: dict[Place, Decimal] = defaultdict(Decimal)
    first: dict[Place, Posting] = {}
    for one in postings:
        key: Place = (one.document_kind, one.document_id, one.transaction_date, one.account_id, one.recorded_at,
               one.removed_at)  # fmt: skip
        sums[key] += one.amount
        first.setdefault(key, one)
    for key, amount in sums.items():
        if amount:
            one = first[key]
            yield Posting(
                one.document_kind, one.document_id, one.transaction_date, one.account_id, amount, one.recorded_at,
                one.removed_at,
            )  # fmt: skip


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
