"""R1: an extraction killed at random moments and run again leaves the tables of one that nobody disturbed."""

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from orchestration import demonstration, pipeline
from orchestration.selection import one_organization
from tests.installation import installed
from tests.orchestration import extraction_process
from tests.orchestration.conftest import sandbox_noted
from tests.orchestration.extraction_process import INSTANTS, extract
from warehouse.checksums import Checksum, table_checksums


@dataclass
class Extraction:
    """Runs the extraction in processes forked from one that has everything imported."""

    url: str
    var_dir: Path

    def __post_init__(self) -> None:
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([extraction_process.__name__])

    def run(self, instant: datetime, *, kill_at: int | None = None, after: float = 0.0) -> list[str]:
        """What it told; killed so many seconds after it told for the `kill_at`-th time, if it lives that long."""
        mine, its = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=extract, args=(self.url, self.var_dir, instant, its))
        process.start()
        its.close()
        told: list[str] = []
        try:
            while kill_at is None or len(told) < kill_at:
                told.append(mine.recv())
            mine.poll(after)
            os.kill(process.pid or 0, signal.SIGKILL)
        except EOFError:
            pass  # it came to its end first
        process.join(60)
        mine.close()
        assert process.exitcode in ((0,) if kill_at is None else (0, -signal.SIGKILL)), told[-1:]
        return told

    def checksums(self) -> dict[str, Checksum]:
        with psycopg.connect(self.url) as connection:
            return table_checksums(connection)

    def forget(self) -> None:
        with psycopg.connect(self.url) as connection:
            tables = [name for name, checksum in table_checksums(connection).items() if checksum.rows]
            connection.execute(f"truncate {', '.join([*tables, 'raw_meta.extraction_log'])}")  # type: ignore[arg-type]


@pytest.fixture
def extraction(database_url: str, sandbox: str, tmp_path: Path) -> Iterator[Extraction]:
    with installed(database_url, tmp_path):
        organization = one_organization(demonstration.ORGANIZATION)
        pipeline.prepare([organization])
        demonstration.connect_sources(organization, sandbox_noted(sandbox, tmp_path), anew=True)
        yield Extraction(database_url, tmp_path)


def undisturbed(extraction: Extraction) -> tuple[dict[str, Checksum], list[int]]:
    """The tables after both runs, and how often each told of its progress."""
    told = [len(extraction.run(instant)) for instant in INSTANTS]
    found = extraction.checksums()
    extraction.forget()
    return found, told


def disturbed(extraction: Extraction, told: list[int], kills: int, dice: random.Random) -> dict[str, Checksum]:
    """The tables after as many kills, most of them in the first, long run, and both runs to their ends."""
    of_the_first = sum(dice.random() < 0.7 for _ in range(kills))
    for instant, times, number in zip(INSTANTS, told, (of_the_first, kills - of_the_first), strict=True):
        for _ in range(number):
            extraction.run(instant, kill_at=dice.randint(1, times), after=dice.uniform(0.0, 0.05))
        extraction.run(instant)
    return extraction.checksums()


@pytest.mark.parametrize(
    ("rounds", "kills"),
    [pytest.param(1, 3, id="three-kills"), pytest.param(20, 10, id="two-hundred-kills", marks=pytest.mark.soak)],
)
def test_killed_at_random_moments_and_run_again_nothing_is_doubled_and_nothing_lacks(
    extraction: Extraction, rounds: int, kills: int
) -> None:
    calm, told = undisturbed(extraction)
    assert calm["raw_connectwise.tickets"].rows > 1000
    for _ in range(rounds):
        seed = random.SystemRandom().randrange(10**6)
        found = disturbed(extraction, told, kills, random.Random(seed))
        differing = {table for table in calm if found[table] != calm[table]}
        assert not differing, f"after {kills} kills (seed {seed})"
        extraction.forget()
