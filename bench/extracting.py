"""Extract and load from end to end: extractors, budget, certificates, loader and log, from a loopback vendor.

Held against the fastest that can be, a bare COPY of the same bytes, dlt, and the loop one would write first. Every
round runs each contender once, in a process of its own, on the same vendor and the same Postgres.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psycopg
from psycopg import sql

from bench import copying
from bench.figures import Figure, say, speeds
from bench.records import STREAMS
from bench.workshop import Size, installation, organization, postgres, vendor
from orchestration import pipeline
from warehouse.settings import PROJECT_ROOT

LABELS = {"connectwise": "ConnectWise list", "stripe": "Stripe list"}
MEGABYTE = 2**20
PANDAS = "bench_pandas"
DLT = PROJECT_ROOT / ".venv-bench" / "bin" / "python"
NAMES = {"copy": "bare COPY", "limit": "the limit", "dlt": "dlt", "pandas": "requests + pandas"}
NEAR, ALL = ("copy", "limit"), ("copy", "limit", "dlt", "pandas")


class Case(NamedTuple):
    """What is read: so many records of a source's list, each answer after so many milliseconds, and by whom."""

    source: str
    records: int
    latency: int
    rivals: Sequence[str]

    def __str__(self) -> str:
        return f"{LABELS[self.source]}, {self.records:,} records, {self.latency} ms"

    def target(self, rival: str) -> str:
        """The speed ratio that is aimed at; none is set against a COPY without a vendor, and pages take their time."""
        if rival == "limit" and (self.source, self.latency) == ("stripe", 50):
            return ">= 2.5"  # the limit asks for one page after the other
        return {"limit": ">= 0.75", "dlt": ">= 6", "pandas": ">= 2"}.get(rival, "")


class Turn(NamedTuple):
    """What one contender did in one round."""

    per_second: float
    peak_bytes: int


def cases(size: Size) -> list[Case]:
    """What is measured at a size. dlt and pandas meet the long lists only when they are asked to: they take an hour."""
    rivals = ALL if DLT.exists() else tuple(name for name in ALL if name != "dlt")
    return [
        Case(source, records, latency, rivals if records <= size.records_for_all else NEAR)
        for records in size.records
        for latency in (0, 50)
        for source in LABELS
    ]


def measure(size: Size) -> list[Figure]:
    """Speeds against each rival, everybody's peak memory, and ours by number of records."""
    if not DLT.exists():
        say("extracting: dlt is not installed, so it is left out; `make bench` installs it in .venv-bench")
    with postgres(autovacuum="off") as url, installation(url), vendor() as base:
        pipeline.prepare([organization()])
        with psycopg.connect(url) as connection:
            connection.execute(copying.TABLE)
        bench = _Bench(url, base, size.rounds)
        figures = [figure for case in cases(size) for figure in bench.compare(case)]
        for count in size.memory:
            say(f"extracting: memory at {count:,} records")
            peaks = [bench.turn("ours", Case(source, count, 0, ())).peak_bytes for source in LABELS]
            measured = ", ".join(_megabytes(peak) for peak in peaks)
            figures.append(Figure(f"peak memory, {count:,} records, {', '.join(LABELS)}", measured, target="<= 200 MB"))
    return figures


class _Bench:
    """A database, a vendor, and how often each comparison is made."""

    def __init__(self, url: str, base: str, rounds: int) -> None:
        self._url, self._base, self._rounds = url, base, rounds

    def compare(self, case: Case) -> list[Figure]:
        """Us and the rivals in turn, so many rounds."""
        turns: dict[str, list[Turn]] = {name: [] for name in ("ours", *case.rivals)}
        for number in range(self._rounds):
            for name, held in turns.items():
                say(f"extracting: {case}, round {number + 1} of {self._rounds}, {NAMES.get(name, name)}")
                held.append(self.turn(name, case))
        mine = [turn.per_second for turn in turns["ours"]]
        figures = [
            speeds(
                str(case),
                mine,
                [turn.per_second for turn in turns[rival]],
                against=NAMES[rival],
                target=case.target(rival),
            )
            for rival in case.rivals
        ]
        return [*figures, Figure("  peak memory", _peaks(turns))]

    def turn(self, name: str, case: Case) -> Turn:
        """One contender's turn into empty tables; raises RuntimeError when not all records arrived."""
        self._empty()
        address = f"{self._base}/{case.records}/{case.latency}"
        facts = [case.source, self._url, address, str(case.records)]
        command = [str(DLT) if name == "dlt" else sys.executable, "-m", "bench.contest", name, *facts]
        answer = subprocess.run(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT, check=True)
        found: Mapping[str, float] = json.loads(answer.stdout.splitlines()[-1])
        self._expect(name, case)
        return Turn(case.records / found["seconds"], int(found["peak_bytes"]))

    def _expect(self, name: str, case: Case) -> None:
        table = {
            "ours": sql.Identifier(f"raw_{case.source}", STREAMS[case.source]),
            "copy": sql.Identifier("bench_limit"),
            "limit": sql.Identifier("bench_limit"),
            "pandas": sql.Identifier(PANDAS),
        }.get(name)
        if table is None:
            return  # dlt counts and removes its own
        with psycopg.connect(self._url) as connection:
            row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
        if row != (case.records,):
            raise RuntimeError(f"{name} left {row} records where {case.records} were served")

    def _empty(self) -> None:
        """Nothing loaded, nothing known of earlier reads."""
        tables = ", ".join(f"raw_{source}.{name}" for source, name in STREAMS.items())
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"drop table if exists {PANDAS}")
            connection.execute(f"truncate bench_limit, {tables}, raw_meta.cursors, raw_meta.seen_records")
            connection.execute("checkpoint")


def _peaks(turns: Mapping[str, Sequence[Turn]]) -> str:
    medians = {name: statistics.median(turn.peak_bytes for turn in held) for name, held in turns.items()}
    return ", ".join(f"{NAMES.get(name, name)} {_megabytes(peak)}" for name, peak in medians.items())


def _megabytes(count: float) -> str:
    return f"{count / MEGABYTE:.0f} MB"
