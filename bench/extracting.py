"""Extract and load from end to end: extractors, budget, certificates, loader and log, from a loopback vendor.

Held against the fastest that can be (the same pages, cut raw, bare COPY) and against the loop one would write first.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from bench import limit, rivals
from bench.figures import Figure, say, speeds
from bench.records import AS_OF
from bench.workshop import Size, Unlimited, installation, organization, postgres, vendor
from extractors import open_source, stream
from orchestration import pipeline
from orchestration.extraction import extract_stream
from orchestration.progress import Quiet
from warehouse.settings import PROJECT_ROOT

STREAMS = {"connectwise": "tickets", "stripe": "invoices"}
CONNECTIONS = {
    "connectwise": {"company_id": "bench", "public_key": "bench", "private_key": "bench", "client_id": "bench"},
    "stripe": {"api_key": "bench"},
}
LABELS = {"connectwise": "ConnectWise list", "stripe": "Stripe list"}
MEGABYTE = 2**20
ORGANIZATION = organization()

Contender = Callable[[str, str, str], None]
"""Given the database's address, the vendor's and the source."""


class Case(NamedTuple):
    """What is read: so many records of a source's list, each answer after so many milliseconds."""

    source: str
    records: int
    latency: int

    def __str__(self) -> str:
        return f"{LABELS[self.source]}, {self.records:,} records, {self.latency} ms"


class Rival(NamedTuple):
    """Whom we are held against."""

    name: str
    run: Contender


LIMIT, NAIVE = Rival("the limit", rivals.fastest), Rival("naive loop", rivals.naive)


def measure(size: Size) -> list[Figure]:
    """Speeds against the limit and the naive loop at 0 and 50 ms, and peak memory by number of records."""
    most, fewer, naive = size.records, size.fewer_records, size.naive_records
    with postgres(autovacuum="off") as url, installation(url), vendor() as base:
        pipeline.prepare([ORGANIZATION])
        with psycopg.connect(url) as connection:
            connection.execute(limit.TABLE)
        bench = _Bench(url, base, size.pairs)
        figures = [
            bench.compare(Case("connectwise", most, 0), LIMIT, target=">= 0.75"),
            bench.compare(Case("stripe", fewer, 0), LIMIT, target=">= 0.75"),
            bench.compare(Case("connectwise", naive, 0), NAIVE, target=">= 2"),
            bench.compare(Case("stripe", naive, 0), NAIVE, target=">= 2"),
            bench.compare(Case("connectwise", fewer, 50), LIMIT, target=">= 0.75"),
            bench.compare(Case("stripe", fewer, 50), LIMIT, target=">= 2.5"),
        ]
        for count in size.memory:
            say(f"extracting: memory at {count:,} records")
            bench.empty()
            figures.append(
                Figure(f"peak memory, {count:,} records", f"{peak_megabytes(base, count):.0f} MB", target="<= 200 MB")
            )
    return figures


class _Bench:
    """A database, a vendor, and how often each comparison is made."""

    def __init__(self, url: str, base: str, pairs: int) -> None:
        self._url, self._base, self._pairs = url, base, pairs

    def compare(self, case: Case, rival: Rival, *, target: str) -> Figure:
        """Us against a rival, in turn."""
        ours: list[float] = []
        theirs: list[float] = []
        for pair in range(self._pairs):
            say(f"extracting: {case}, against {rival.name}, pair {pair + 1} of {self._pairs}")
            theirs.append(self._timed(rival.run, case, "bench_limit"))
            ours.append(self._timed(pipeline_read, case, f"raw_{case.source}.{STREAMS[case.source]}"))
        return speeds(str(case), ours, theirs, against=rival.name, target=target)

    def _timed(self, run: Contender, case: Case, table: str) -> float:
        """Records a second; raises when not all of them arrived."""
        self.empty()
        began = time.perf_counter()
        run(self._url, f"{self._base}/{case.records}/{case.latency}", case.source)
        taken = time.perf_counter() - began
        with psycopg.connect(self._url) as connection:
            row = connection.execute(f"select count(*) from {table}").fetchone()
        if row != (case.records,):
            raise RuntimeError(f"{table} holds {row} records where {case.records} were served")
        return case.records / taken

    def empty(self) -> None:
        """Nothing loaded, nothing known of earlier reads."""
        tables = ", ".join(f"raw_{source}.{name}" for source, name in STREAMS.items())
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"truncate bench_limit, {tables}, raw_meta.cursors, raw_meta.seen_records")
            connection.execute("checkpoint")


def pipeline_read(_url: str, base: str, source: str) -> None:
    """What a run does for one stream, in this installation; no budget holds it back."""
    connection = {"base_url": base, **CONNECTIONS[source]}
    with open_source(source, connection, as_of=AS_OF, budget=Unlimited()) as session:
        outcome = extract_stream(
            session, ORGANIZATION, stream(source, STREAMS[source]), run_id="bench", as_of=AS_OF, progress=Quiet()
        )
    if outcome.error is not None:
        raise RuntimeError(outcome.error)


def peak_megabytes(base: str, records: int) -> float:
    """The most memory that a process of its own held while it read and loaded that many ConnectWise records."""
    command = [sys.executable, "-m", "bench.memory", "connectwise", f"{base}/{records}/0"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT, check=True)
    return float(json.loads(answer.stdout)["peak_bytes"]) / MEGABYTE
