"""What a run does to a few streams, in a process that may be killed; see test_extraction_killed.py."""

import os
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from orchestration.extraction import choose, extract_source
from orchestration.progress import Quiet
from orchestration.selection import one_organization
from tests.installation import installed
from warehouse.settings import PROJECT_ROOT

AS_OF = "2026-07-06T14:00:00+00:00"  # the sandbox's own time
STREAMS = {
    "connectwise": ("companies", "tickets", "time_entries"),  # counted, gone on with, swept
    "ninjaone": ("devices",),  # a whole list every time, with a history a day
    "stripe": ("customers", "charges"),
}
INSTANTS = (datetime.fromisoformat(AS_OF), datetime.fromisoformat(AS_OF) + timedelta(hours=20))
"""A first read of everything, and the next evening's of what changed, with its comparison of ids."""


class Told(Quiet):
    """Progress that tells another process of every page."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def detail(self, text: str) -> None:
        self._pipe.send(text)


def extract(url: str, var_dir: Path, instant: datetime, pipe: Connection) -> None:
    """What a run does to these streams; in a process that may be killed. Ends with 1 when a stream failed."""
    with installed(url, var_dir, PROJECT_ROOT / "config"):
        organization = one_organization("demo-msp")
        outcomes = [
            outcome
            for source, names in STREAMS.items()
            for outcome in extract_source(
                organization,
                source,
                choose(source, names),
                run_id=f"run-{os.getpid()}",
                as_of=instant,
                progress=Told(pipe),
            )
        ]
    failed = [outcome.error for outcome in outcomes if outcome.error]
    if failed:
        pipe.send(f"FAILED {failed}")
        raise SystemExit(1)
