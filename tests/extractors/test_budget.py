"""How often a source may be asked."""

import pytest

from extractors.core.budget import Rate, TokenBuckets


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def bucket(clock: Clock, rate: Rate) -> TokenBuckets:
    return TokenBuckets({"stripe": rate, "ninjaone": rate}, clock=lambda: clock.now, sleep=clock.sleep)


def test_a_burst_goes_through_at_once_and_then_the_rate_holds() -> None:
    clock = Clock()
    budget = bucket(clock, Rate(per_second=2, burst=5))
    for _ in range(5):
        budget.take("stripe")
    assert clock.waits == []
    for _ in range(4):
        budget.take("stripe")
    assert clock.now == pytest.approx(2.0)


def test_at_least_nine_tenths_of_the_permitted_rate_is_used_and_no_more() -> None:
    clock = Clock()
    budget = bucket(clock, Rate(per_second=10, burst=10))
    for _ in range(1000):
        budget.take("stripe")
    assert 0.9 <= 1000 / (10 * clock.now) <= 1.02


def test_an_idle_source_does_not_save_up_more_than_a_burst() -> None:
    clock = Clock()
    budget = bucket(clock, Rate(per_second=1, burst=3))
    clock.now = 1000
    for _ in range(4):
        budget.take("stripe")
    assert clock.waits == [pytest.approx(1.0)]


def test_one_source_does_not_wait_for_another() -> None:
    clock = Clock()
    budget = bucket(clock, Rate(per_second=1, burst=1))
    budget.take("stripe")
    budget.take("ninjaone")
    assert clock.waits == []


def test_a_source_without_a_rate_is_a_mistake_and_not_unlimited() -> None:
    with pytest.raises(KeyError):
        bucket(Clock(), Rate(1, 1)).take("unheard-of")
