"""One month of the made-up business of 600 endpoints: all four sources, from the sandbox into a fresh database.

Taken without the sources' rate budgets, which shows what our own work costs, and with them, which shows whose pace
decides. The sandbox answers in no time but its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bench.figures import Figure, say, seconds
from bench.workshop import Size, Unlimited, create_database, installation, organization, postgres, sandbox
from extractors import STREAMS, open_source
from orchestration import demonstration, pipeline
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from warehouse.organizations import Organization
from warehouse.periods import latest_complete_period

SOURCES = ("ninjaone", "connectwise", "stripe", "quickbooks")
FAST = 1_000_000
"""Requests a minute; no budget in practice."""
TARGET = 3.0


def measure(size: Size) -> list[Figure]:
    """Seconds for the month by source, with and without budgets."""
    unlimited: list[dict[str, float]] = []
    paced: list[dict[str, float]] = []
    records = 0
    with postgres() as url, sandbox() as server:
        with installation(url):
            pipeline.prepare([organization()])
        _rendered(server)
        for round_number in range(size.rounds):
            say(f"month: round {round_number + 1} of {size.rounds}")
            for taken, chosen in (
                (unlimited, organization(**dict.fromkeys(SOURCES, FAST))),
                (paced, organization()),
            ):
                name = f"month_{round_number}_{len(paced)}_{len(unlimited)}"
                with installation(create_database(url, name, template=url.rsplit("/", 1)[1])):
                    demonstration.connect_sources(chosen, server, anew=True)
                    times, records = _read(chosen, server)
                    taken.append(times)
    totals = [sum(times.values()) for times in unlimited]
    slowest = max(SOURCES, key=lambda source: sum(times[source] for times in paced))
    return [
        Figure(
            f"all four sources, {records:,} records, no budgets",
            seconds(totals),
            f"{TARGET:.0f} s",
            tuple(total / TARGET for total in totals),
            "<= 1",
        ),
        *(Figure(f"  {source}", seconds([times[source] for times in unlimited])) for source in SOURCES),
        Figure(
            "all four sources, within their budgets",
            seconds([sum(times.values()) for times in paced]),
            "no budgets",
            tuple(sum(slow.values()) / fast for slow, fast in zip(paced, totals, strict=True)),
        ),
        *(
            Figure(
                f"  {source}{', whose pace decides' if source == slowest else ''}",
                seconds([times[source] for times in paced]),
            )
            for source in SOURCES
        ),
    ]


def _rendered(server: Sandbox) -> None:
    """Have the sandbox make up its business, which it does when it is first asked."""
    for source, facts in server.credentials().items():
        with open_source(
            source, facts, as_of=server.clock(), budget=Unlimited(), token_store=_Forgetful(facts)
        ) as session:
            session.preflight(STREAMS[source])


class _Forgetful:
    """A token store for one session."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.connection = facts

    @contextmanager
    def exclusive(self) -> Iterator["_Forgetful"]:
        """Nobody else is there."""
        yield self

    def save(self, updates: dict[str, Any]) -> None:
        """For this session only."""
        self.connection = {**self.connection, **updates}


def _read(chosen: Organization, server: Sandbox) -> tuple[dict[str, float], int]:
    """Seconds by source, and how many records the month has."""
    as_of: datetime = server.clock()
    month = latest_complete_period(as_of, chosen.time_zone)
    times, records = {}, 0
    for source in SOURCES:
        began = time.perf_counter()
        outcomes = pipeline.extract(
            chosen, run_id="bench", as_of=as_of, progress=Quiet(), sources=[source], period=month
        )
        times[source] = time.perf_counter() - began
        for outcome in outcomes:
            if outcome.error is not None:
                raise RuntimeError(outcome.error)
            records += outcome.records
    return times, records
