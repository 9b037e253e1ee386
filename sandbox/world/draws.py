"""Where chance comes from: one stream of draws per seed and subject, so that one subject's changes move no other's."""

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count


def draws(seed: int, subject: str) -> random.Random:
    """The draws of one subject; the same on every machine and in every process."""
    return random.Random(f"{seed}:{subject}")  # noqa: S311 - figures of a made-up business, nothing secret


def chance(draw: random.Random, probability: float) -> bool:
    """True once in so many."""
    return draw.random() < probability


def whole(draw: random.Random, expected: float) -> int:
    """A whole number whose mean is the expected one."""
    return int(expected) + (1 if chance(draw, expected - int(expected)) else 0)


def dollars(draw: random.Random, low: int, high: int) -> Decimal:
    """An amount between two whole dollar amounts, to the cent."""
    return Decimal(draw.randrange(low * 100, high * 100)) / 100


def from_cents(cents: int) -> Decimal:
    """Cents as dollars."""
    return Decimal(cents) / 100


def sequence(prefix: str, start: int, step: Sequence[int] = (1,)) -> Iterator[str]:
    """Ids in order: the prefix and a number that grows by the steps in turn."""
    number = start
    for turn in count():
        yield f"{prefix}{number}"
        number += step[turn % len(step)]
