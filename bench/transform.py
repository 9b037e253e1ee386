"""Tickets and time entries from raw tables to monthly figures: the whole build, and days on which 1 % changed.

Held against SQL written by hand for the same tables over the same records (``bench.by_hand``), one after the other in
each round. The same tables are built with all that they need and every test of it; beside them everything that the
project has, of which most is of other sources. Both run in a process that has built before. Time is taken by the clock
and, beside it, as processor time of Postgres and of this process, which other programs disturb less.
"""

import contextlib
import io
import itertools
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from bench import by_hand
from bench.figures import Figure, say, seconds
from bench.transform_records import ENTRIES_PER_TICKET, LOADED_AT, change_some, load_everything
from bench.workshop import Size, installation, organization, postgres
from orchestration import pipeline, transformation
from orchestration.errors import BuildFailed

SAME = "+int_ticket_metrics_counted"
"""The tables that are made by hand too: tickets, time entries, their monthly figures."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took: seconds by the clock, and of processors."""

    clock: float
    processor: float


def measure(size: Size) -> list[Figure]:
    """Seconds of both ways, whole and for a day; the fixed cost of a build, over empty tables, beside them."""
    costs: dict[str, list[Cost]] = defaultdict(list)

    def take(what: str, work: Callable[[], object]) -> None:
        costs[what].append(_cost(url, work))
        say(f"transform: {what}: {costs[what][-1].clock:.1f} s")

    with postgres() as url, installation(url):
        pipeline.prepare([organization()])
        _build_the_same(url)
        take("nothing", lambda: _build_the_same(url))
        if size.has_whole_project:
            transformation.build(url)
            take("nothing of everything", lambda: transformation.build(url))
        say(f"transform: {size.tickets:,} tickets and {ENTRIES_PER_TICKET * size.tickets:,} time entries")
        load_everything(url, organization().id, size.tickets)
        days = itertools.count(1)
        for number in range(1, size.builds + 1):
            say(f"transform: round {number} of {size.builds}")
            take("same", lambda: _build_the_same(url, "--full-refresh"))
            take("by hand", lambda: by_hand.build(url))
            for what, is_scattered in (("day", False), ("scattered day", True)):
                _day(url, next(days), is_scattered)
                take(what, lambda: _build_the_same(url))
                take(f"{what} by hand", lambda: by_hand.day(url))
                _agree(url)
            if size.has_whole_project:
                take("everything", lambda: transformation.build(url, full_refresh=True))
                _day(url, next(days), is_scattered=False)
                take("day of everything", lambda: transformation.build(url))
                by_hand.day(url)
                _agree(url)
    less = {what: _less(costs[what], costs["nothing"]) for what in ("day", "same")}
    return [
        *_figures("the same tables, whole", costs["same"], costs["by hand"], "SQL by hand", "<= 2"),
        *_figures("a day, 1 % changed", costs["day"], costs["same"], "the whole", "<= 0.10"),
        *_figures("a day, 1 % changed", costs["day"], costs["day by hand"], "its day by hand"),
        *_figures("a day, less dbt's own time", less["day"], less["same"], "the whole, less the same"),
        *_figures("its changes scattered evenly", costs["scattered day"], costs["same"], "the whole"),
        *_figures("its changes scattered evenly", costs["scattered day"], costs["scattered day by hand"], "by hand"),
        *(_of_everything(costs) if size.has_whole_project else ()),
    ]


def _of_everything(costs: Mapping[str, Sequence[Cost]]) -> Iterator[Figure]:
    yield from _figures("everything, whole", costs["everything"], costs["same"], "the same tables")
    yield from _figures("everything, a day", costs["day of everything"], costs["everything"], "the whole", "<= 0.10")
    yield from _figures(
        "everything, over empty tables", costs["nothing of everything"], costs["nothing"], "the same tables"
    )


def _build_the_same(url: str, *arguments: str) -> None:
    """Raises BuildFailed where a model or a test of theirs fails."""
    from dbt.cli.main import dbtRunner

    os.environ.update(transformation.dbt_environment(url))
    quickly = (*transformation.QUIETLY, *transformation.without_artefacts())
    command = ["build", *quickly, "--target-path", str(transformation.target()), *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as printed, transformation.rarely_collecting():
        outcome = dbtRunner().invoke(
            [*command, "--select", SAME, "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
        )
    if not outcome.success:
        raise BuildFailed(f"The build that was to be measured failed: {outcome.exception or printed.getvalue()[-500:]}")


def _day(url: str, number: int, is_scattered: bool) -> None:
    """The next day. A night always has a checkpoint, after which Postgres writes each page that is touched whole."""
    change_some(url, organization().id, LOADED_AT + timedelta(days=number), number, is_scattered)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")


def _less(costs: Sequence[Cost], nothing: Sequence[Cost]) -> list[Cost]:
    """What is left of costs when those of a build over empty tables are taken off."""
    return [Cost(one.clock - nothing[0].clock, one.processor - nothing[0].processor) for one in costs]


def _figures(what: str, mine: Sequence[Cost], others: Sequence[Cost], against: str, target: str = "") -> list[Figure]:
    clock = [one.clock for one in mine], [one.clock for one in others]
    processor = [one.processor for one in mine], [one.processor for one in others]
    return [
        Figure(what, seconds(clock[0]), f"{against}, {seconds(clock[1])}", _ratios(*clock), target),
        Figure("  of processors", seconds(processor[0]), f"{against}, {seconds(processor[1])}", _ratios(*processor)),
    ]


def _ratios(mine: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    return tuple(one / other for one, other in zip(mine, others, strict=True))


def _cost(url: str, work: Callable[[], object]) -> Cost:
    before, began = _processor_seconds(url), time.perf_counter()
    work()
    clock = time.perf_counter() - began
    return Cost(clock, _processor_seconds(url) - before)


def _processor_seconds(url: str) -> float:
    """What the server's finished connections and this process have used so far; on Linux, which tells it."""
    own = os.times()
    with psycopg.connect(url) as connection:
        me = connection.info.backend_pid
        server = Path(f"/proc/{me}/stat")
        if not server.exists():
            return own.user + own.system
        parent = server.read_text().rsplit(") ", 1)[1].split()[1]
        others = Path(f"/proc/{parent}/task/{parent}/children")
        for _ in range(500):  # a connection that was closed a moment ago is not counted before its backend is gone
            if not any(_is_of_a_connection(pid) for pid in others.read_text().split() if pid != str(me)):
                break
            time.sleep(0.01)
    facts = Path(f"/proc/{parent}/stat").read_text().rsplit(") ", 1)[1].split()
    return own.user + own.system + (int(facts[13]) + int(facts[14])) / os.sysconf("SC_CLK_TCK")


def _is_of_a_connection(pid: str) -> bool:
    """A backend names its client in its title and has none once it has ended and waits to be counted."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"127.0.0.1(" in title or not title
    return False


def _agree(url: str) -> None:
    """Raise when both ways do not come to the same figures: a quick way that is wrong is no measure."""
    with psycopg.connect(url) as connection:
        found = connection.execute(by_hand.DIFFERENCES).fetchall()
    if found:
        raise RuntimeError(f"By hand and by the build came to other figures: {found[:3]}")
