"""The lives of what moves the balance: disputes, movements, payouts, credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from sandbox.stripe import money_records as money
from sandbox.stripe.life import Thing, still, told

if TYPE_CHECKING:
    from sandbox.stripe.things import Things


def disputes(of: Things) -> Iterator[Thing]:
    for one in of.world.commerce.disputes:
        won = one.closed_at if one.outcome == "won" else None
        yield Thing(
            one.id, one.created_at, partial(money.dispute, one, of.movements),
            told(
                "disputes", one.id,
                ("charge.dispute.created", one.created_at), ("charge.dispute.funds_withdrawn", one.created_at),
                # The withdrawn amount settles, which shows in the dispute as well.
                *(("charge.dispute.updated", each.available_at) for each in of.movements if each.source == one.id),
                ("charge.dispute.updated", one.answered_at), ("charge.dispute.closed", one.closed_at),
                ("charge.dispute.funds_reinstated", won),
            ),
        )  # fmt: skip


def movements(of: Things) -> Iterator[Thing]:
    for one in of.movements:
        yield Thing(one.id, one.created_at, partial(money.movement, one), ())


def payouts(of: Things) -> Iterator[Thing]:
    for one in of.payouts:
        yield Thing(
            one.id, one.created_at, partial(money.payout, one),
            told(
                "payouts", one.id, ("payout.created", one.created_at), ("payout.paid", one.arrives_at),
                ("payout.reconciliation_completed", one.reconciled_at),
            ),
        )  # fmt: skip


def credit_notes(of: Things) -> Iterator[Thing]:
    for one in of.world.commerce.credit_notes:
        yield Thing(
            one.id, one.created_at, still(money.credit_note(one)),
            told("credit_notes", one.id, ("credit_note.created", one.created_at)),
        )  # fmt: skip
