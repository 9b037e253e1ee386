"""Stripe's balance, worked out from the business: every movement with its fee, and the weekly payouts to the bank.

Fees of a month add up to the cent to what the books have as card fees, and a payout to the net of its movements.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.calendar import ZONE
from sandbox.world.entities import World
from sandbox.world.journals import CARD_FEE

SETTLES_AFTER = timedelta(days=2)
DISPUTE_FEE = 1_500
PAYOUT_WEEKDAY = 4  # Fridays
ARRIVES_AFTER = timedelta(days=3)
RECONCILED_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of the balance, in cents; ``net`` is what is left of ``amount`` after the fee."""

    id: str
    type: str
    category: str
    source: str
    amount: int
    fee: int
    created_at: datetime
    available_at: datetime

    @property
    def net(self) -> int:
        """The amount less the fee."""
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Payout:
    """What went to the bank, and the movements it is made of."""

    id: str
    amount: int
    created_at: datetime
    movement_ids: frozenset[str]

    @property
    def arrives_at(self) -> datetime:
        """When the bank has it."""
        return self.created_at + ARRIVES_AFTER

    @property
    def reconciled_at(self) -> datetime:
        """When Stripe has matched it with its movements."""
        return self.arrives_at + RECONCILED_AFTER


def movement_id(source: str, part: str = "") -> str:
    """The id of the movement that a charge, refund, dispute or payout made."""
    kind, _, number = source.partition("_")
    return f"txn_{number}" if kind == "ch" else f"txn_{kind}_{number}{part}"


def movements_and_payouts(world: World) -> tuple[list[Movement], list[Payout]]:
    """The whole ledger, the future of any clock included."""
    movements = sorted([*_charges(world), *_refunds(world), *_disputes(world)], key=lambda one: one.available_at)
    payouts = list(_payouts(movements))
    for payout in payouts:
        arrives = payout.arrives_at
        movements.append(
            Movement(
                movement_id(payout.id), "payout", "payout", payout.id, -payout.amount, 0, payout.created_at, arrives
            )
        )
    return movements, payouts


def _charges(world: World) -> Iterable[Movement]:
    """Fees are rounded on the month's sum so far, so that they add up to the fee of the sum."""
    taken: defaultdict[str, int] = defaultdict(int)
    for charge in sorted(world.charges, key=lambda one: (one.created_at, one.id)):
        if not charge.succeeded:
            continue
        month = f"{charge.created_at.astimezone(ZONE):%Y-%m}"
        before = _fee(taken[month])
        taken[month] += charge.amount_cents
        yield Movement(
            movement_id(charge.id), "charge", "charge", charge.id, charge.amount_cents, _fee(taken[month]) - before,
            charge.created_at, _settled(charge.created_at),
        )  # fmt: skip


def _fee(cents: int) -> int:
    return int((cents * CARD_FEE).quantize(Decimal(1), ROUND_HALF_UP))


def _settled(created: datetime) -> datetime:
    """Midnight, UTC, two days on."""
    return created.astimezone(UTC).replace(hour=0, minute=0, second=0) + SETTLES_AFTER


def _refunds(world: World) -> Iterable[Movement]:
    for refund in world.refunds:
        yield Movement(
            movement_id(refund.id), "refund", "refund", refund.id, -refund.amount_cents, 0, refund.created_at,
            _settled(refund.created_at),
        )  # fmt: skip


def _disputes(world: World) -> Iterable[Movement]:
    """The bank takes the money, and a fee; it gives the money back when the dispute is won."""
    for dispute in world.commerce.disputes:
        yield Movement(
            movement_id(dispute.id), "adjustment", "dispute", dispute.id, -dispute.amount_cents, DISPUTE_FEE,
            dispute.created_at, _settled(dispute.created_at),
        )  # fmt: skip
        if dispute.outcome == "won" and dispute.closed_at:
            yield Movement(
                movement_id(dispute.id, "_won"), "adjustment", "dispute_reversal", dispute.id, dispute.amount_cents, 0,
                dispute.closed_at, _settled(dispute.closed_at),
            )  # fmt: skip


def _payouts(movements: list[Movement]) -> Iterable[Payout]:
    """Each Friday what is available; a week that ends below zero waits for the next."""
    if not movements:
        return
    waiting, number = list(movements), 0
    friday = min(one.created_at for one in movements).astimezone(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
    while friday.weekday() != PAYOUT_WEEKDAY:
        friday += timedelta(days=1)
    while waiting:
        due = [one for one in waiting if one.available_at <= friday]
        total = sum(one.net for one in due)
        if total > 0:
            number += 1
            yield Payout(f"po_Lf{7_000 + 3 * number}", total, friday, frozenset(one.id for one in due))
            waiting = [one for one in waiting if one.available_at > friday]
        elif len(due) == len(waiting):
            return
        friday += timedelta(days=7)
