"""Requests are paced over all processes, counted, and stopped before a limit of the month."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from extractors.core.budget import Rate
from tests.virtual_time import VirtualTime
from warehouse.request_budgets import BudgetExhausted, Limit, SharedBudget, forecast, used
from warehouse.settings import PROJECT_ROOT

RATE = Rate(per_second=10, burst=5)
Open = Callable[..., SharedBudget]


@pytest.fixture
def opened(database_url: str) -> Iterator[Open]:
    """Opens budgets as processes of their own would: nothing in memory is shared but time."""
    with ExitStack() as stack:

        def open_one(time: VirtualTime, **facts: Any) -> SharedBudget:
            chosen: dict[str, Any] = {
                "organization_id": "north",
                "source": "quickbooks",
                "account": "realm-1",
                "app": "app-1",
                "rate": RATE,
                "clock": time.clock,
                "sleep": time.sleep,
                "now": time.now,
                "label": "QuickBooks",
            }
            return stack.enter_context(SharedBudget(lambda: psycopg.connect(database_url), **chosen | facts))

        yield open_one


def take(budget: SharedBudget, times: int, turns: list[float] | None = None, time: VirtualTime | None = None) -> None:
    for _ in range(times):
        budget.take("quickbooks")
        if turns is not None and time is not None:
            turns.append(time.seconds)


def counted(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select coalesce(sum(requests), 0) from raw_meta.request_counts").fetchone()
    assert row is not None
    return int(row[0])


def busiest(turns: list[float], seconds: float) -> int:
    """The most requests in any stretch of so many seconds."""
    ordered = sorted(turns)
    return max(sum(start <= turn < start + seconds for turn in ordered) for start in ordered)


def test_a_burst_goes_at_once_and_then_the_pace_holds(opened: Open) -> None:
    time, turns = VirtualTime(), list[float]()
    budget = opened(time)
    time.run([lambda: take(budget, 105, turns, time)])
    assert turns[:5] == [0.0] * 5
    assert time.seconds == pytest.approx(10.0)


def test_two_processes_share_one_pace(opened: Open, database_url: str) -> None:
    time, turns = VirtualTime(), list[float]()
    budgets = [opened(time), opened(time)]
    time.run([lambda one=one: take(one, 300, turns, time) for one in budgets for _ in range(2)])
    assert len(turns) == 1200
    for one in budgets:
        one.close()
    assert time.seconds == pytest.approx(119.5, abs=1.0)
    assert busiest(turns, 1.0) <= 17, "ten a second, the burst, and what rounding and a late token add"
    assert counted(database_url) == 1200


def test_other_accounts_are_not_held_back(opened: Open) -> None:
    time = VirtualTime()
    first, second = opened(time), opened(time, account="realm-2")
    time.run([lambda: take(first, 5), lambda: take(second, 5)])
    assert time.seconds == 0.0


def test_tokens_that_were_not_used_in_time_do_not_come_on_top_of_later_ones(opened: Open) -> None:
    """A reader may be held up by the loader in the middle of a stretch that it had leased."""
    time, turns = VirtualTime(), list[float]()
    budget = opened(time)

    def work() -> None:
        take(budget, 8, turns, time)
        time.sleep(30)
        take(budget, 40, turns, time)

    time.run([work])
    assert busiest([turn for turn in turns if turn > 10], 1.0) <= 5 + 10 + 1


def test_while_the_pace_is_waited_for_the_database_is_asked_four_times_a_second(
    opened: Open, database_url: str
) -> None:
    time, asked = VirtualTime(), list[float]()
    budget = opened(time, rate=Rate(per_second=20, burst=5))
    settle = budget._settle

    def counting(*arguments: Any) -> float:
        asked.append(time.seconds)
        return settle(*arguments)

    budget._settle = counting  # type: ignore[method-assign]
    time.run([lambda: take(budget, 605)])
    assert time.seconds == pytest.approx(30.0, abs=0.1)
    assert len(asked) <= 30 * 4 + 10


def test_what_was_leased_and_not_used_goes_back_at_the_end(opened: Open, database_url: str) -> None:
    time = VirtualTime()
    budget = opened(time)
    time.run([lambda: take(budget, 20)])
    budget.close()
    assert counted(database_url) == 20


# Limits of a month


def limit(requests: int, of: str = "app") -> Limit:
    return Limit(requests, of, "QBR_QUICKBOOKS_READS_PER_MONTH says how many are yours")  # type: ignore[arg-type]


def test_the_app_stops_before_its_limit_whichever_organizations_used_it_up(opened: Open, database_url: str) -> None:
    time = VirtualTime()
    budgets = [
        opened(time, organization_id=one, account=one, limits=[limit(500)], rate=Rate(per_second=50, burst=50))
        for one in ("north", "south")
    ]
    told: list[str] = []

    def until_told(budget: SharedBudget) -> None:
        with pytest.raises(BudgetExhausted) as caught:
            take(budget, 1000)
        told.append(str(caught.value))

    time.run([lambda one=one: until_told(one) for one in budgets])
    assert counted(database_url) == 500
    assert told[0] == (
        "QuickBooks may be asked 500 times a month for this application, and all of them are used, so nothing more was "
        "read from it: asking on would have it blocked. What was loaded stays. Reading goes on where it stopped from "
        "2026-08-01 (UTC) on, or when the limit is raised: QBR_QUICKBOOKS_READS_PER_MONTH says how many are yours."
    )


def test_an_organizations_own_limit_holds_nobody_else_back(opened: Open) -> None:
    time = VirtualTime()
    bounded = opened(time, limits=[limit(3, "organization")])
    free = opened(time, organization_id="south", limits=[limit(1000)])
    take(bounded, 3)
    with pytest.raises(BudgetExhausted, match="3 times a month for north"):
        take(bounded, 1)
    time.run([lambda: take(free, 10)])


def test_a_new_month_begins_with_nothing_used(opened: Open) -> None:
    july = VirtualTime(datetime(2026, 7, 31, 23, 59, 59, tzinfo=UTC))
    budget = opened(july, limits=[limit(5)])

    def over_midnight() -> None:
        take(budget, 5)
        with pytest.raises(BudgetExhausted):
            take(budget, 1)
        july.sleep(1.0)
        take(budget, 5)

    july.run([over_midnight])


def test_the_forecast_is_the_months_pace_to_its_end(opened: Open, database_url: str) -> None:
    noon_of_the_tenth = datetime(2026, 6, 11, tzinfo=UTC)
    assert forecast(1000, noon_of_the_tenth) == 3000
    assert forecast(100, datetime(2026, 6, 1, 0, 5, tzinfo=UTC)) == 3000, "the first hour says no more than a day"
    assert forecast(0, noon_of_the_tenth) == 0
    time = VirtualTime(datetime(2026, 6, 11, tzinfo=UTC))
    take(opened(time), 4)
    with psycopg.connect(database_url) as connection:
        assert used(connection, "quickbooks", time.now(), organization_id="north") == (4, 12)
        assert used(connection, "quickbooks", time.now(), app="app-1").requests == 4
        assert used(connection, "quickbooks", time.now() + timedelta(days=30), app="app-1").requests == 0


# Real processes

LEASING = """
import json, sys, datetime, psycopg
from typing import NamedTuple
from warehouse.request_budgets import SharedBudget
class Rate(NamedTuple):
    per_second: float
    burst: int
turns = []
budget = SharedBudget(lambda: psycopg.connect(sys.argv[1]), organization_id=sys.argv[2], source="stripe", account="a",
    app="a", rate=Rate(20, 5), clock=lambda: 0.0, sleep=turns.append,
    now=lambda: datetime.datetime(2026, 7, 6, tzinfo=datetime.UTC))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    budget.take("stripe")
if sys.argv[3] == "close":
    budget.close()
print(json.dumps(turns), flush=True)
"""


def lease(url: str, organization: str, ending: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LEASING, url, organization, ending],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_once_are_never_given_the_same_turn(database_url: str) -> None:
    """Time stands still in both, so all that they are given are turns in the future: 20 a second after the burst."""
    processes = [lease(database_url, "north", "close"), lease(database_url, "south", "die")]
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    outputs = [json.loads(one.communicate(timeout=60)[0]) for one in processes]
    waits = sorted(wait for turns in outputs for wait in turns)
    assert len(waits) == 400 - 5, "the burst waits for nothing"
    # Where a process ends with a stretch leased and unused, its turns stay empty: never more than the pace.
    assert all(wait >= (place + 1) / 20 - 1e-6 for place, wait in enumerate(waits))
    assert waits[-1] <= 395 / 20 + 2.0
    assert 400 <= counted(database_url) <= 420, "a process that dies has counted too much, never too little"
