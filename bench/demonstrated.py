"""The demonstration's warehouse, filled once and shared by the subjects that start from marts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bench import main_job
from bench.figures import say
from bench.workshop import Size, installation, organization, postgres, sandbox
from orchestration import demonstration, pipeline
from orchestration.progress import Quiet


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """A warehouse after its first run, in the installation of this process."""

    url: str
    as_of: datetime
    first_run: main_job.Times


@contextmanager
def demonstrated(size: Size) -> Iterator[Demonstrated]:
    """What ``make demo`` leaves behind, on a server of its own."""
    chosen = organization()
    with postgres() as url, sandbox() as server, installation(url):
        say("demonstration: first run")
        pipeline.prepare([chosen])
        demonstration.connect_sources(chosen, server, anew=True)
        demonstration.import_figures(chosen, server)
        if size.has_history:
            demonstration.read_history(chosen, server, run_id="history", progress=Quiet())
        as_of = server.clock()
        yield Demonstrated(url, as_of, main_job.in_a_process(as_of, runs=1)[0])
