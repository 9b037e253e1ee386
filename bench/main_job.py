"""``python -m bench.main_job INSTANT RUNS``: the main job in this process, and how long each of its steps took.

The pipeline says itself when a step begins, so the times are those of the job a person runs. Started by
``bench.pipeline``, in a new process because the first run in a process also pays for the imports.
"""

import json
import subprocess
import sys
import time
from datetime import datetime

from bench.workshop import organization
from orchestration import pipeline
from orchestration.progress import Quiet
from warehouse.settings import PROJECT_ROOT

STEPS = ("database", "extraction", "models", "checks", "decks", "alerts")

Times = dict[str, float]
"""Seconds by step."""


class Stopwatch(Quiet):
    """Progress that adds up how long the steps took."""

    def __init__(self) -> None:
        self.times: Times = dict.fromkeys(STEPS, 0.0)
        self._step: str | None = None
        self._began = 0.0

    def stage(self, title: str) -> None:
        """The step before is over."""
        self.stop()
        self._step, self._began = _step(title), time.perf_counter()

    def stop(self) -> None:
        """The running step is over."""
        if self._step is not None:
            self.times[self._step] += time.perf_counter() - self._began
            self._step = None


def _step(title: str) -> str:
    """The step that a stage belongs to: ``Lanternfield IT: decks of 2026-Q2`` to the decks."""
    what = title.rsplit(": ", 1)[-1].split(" ", 1)[0]
    return what if what in STEPS else "extraction"


def run(as_of: datetime) -> Times:
    """One main job; raises when it did not all work."""
    stopwatch = Stopwatch()
    done = pipeline.run([organization()], as_of=as_of, progress=stopwatch)
    stopwatch.stop()
    if done.exit_code:
        one = done.organizations[0]
        raise RuntimeError(f"{[outcome.error for outcome in one.failed_streams]} {one.decks_blocked or ''}")
    return stopwatch.times


def in_a_process(as_of: datetime, *, runs: int) -> list[Times]:
    """The times of some runs, one after the other in a new process of this installation."""
    command = [sys.executable, "-m", "bench.main_job", as_of.isoformat(), str(runs)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT, check=True)
    return [dict(times) for times in json.loads(answer.stdout.splitlines()[-1])]


if __name__ == "__main__":
    instant = datetime.fromisoformat(sys.argv[1])
    print(json.dumps([run(instant) for _ in range(int(sys.argv[2]))]))
