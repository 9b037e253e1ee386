"""What a subject needs around it: a Postgres of its own, an installation that points there, vendors to read from.

Everything lies in temporary folders and is gone when the block ends.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from orchestration.sandbox_process import START_SECONDS, Sandbox
from warehouse.embedded import EmbeddedPostgres
from warehouse.organizations import Organization, load_organization
from warehouse.settings import PROJECT_ROOT, get_settings

SEED = 7
CONFIG = PROJECT_ROOT / "config"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: the whole, or the least that shows that it works."""

    records: tuple[int, ...]
    """Of the lists that are read."""
    records_for_all: int
    """Lists of at most so many are read by dlt and pandas too, which take their time."""
    loaded: int
    """Records that the loader alone is given."""
    rounds: int
    """How often each comparison is made; a ratio is taken within a round."""
    repeats: int
    """Of the main job, which takes the longest."""
    memory: tuple[int, ...]
    """Records of each read whose peak memory is taken."""
    tickets: int
    """From raw tables to monthly figures, with three time entries each."""
    builds: int
    """Whole builds of them, each with a day that follows."""
    has_whole_project: bool = True
    """Whether the whole project is built too, of which most is of other sources."""
    has_history: bool = True
    """Whether the demonstration gets its two years of device readings."""


FULL = Size((10_000, 100_000), 10_000, 20_000, 5, 2, (10_000, 100_000), 100_000, 3)
MILLION = replace(FULL, memory=(10_000, 100_000, 1_000_000), tickets=1_000_000, builds=1)
LONG = replace(FULL, records_for_all=100_000)
TINY = Size((1_000,), 1_000, 1_000, 1, 0, (1_000,), 1_000, 1, has_whole_project=False, has_history=False)


class Unlimited:
    """A budget that rations nothing: what is measured here is us, not a vendor's pace."""

    def take(self, source: str) -> None:
        """At once, for any source."""


@contextmanager
def postgres(**settings: str) -> Iterator[str]:
    """The address of a server of its own, set up as the pipeline's is, but for ``settings``."""
    folder = Path(tempfile.mkdtemp(prefix="qbr-bench-"))
    folder.chmod(0o755)  # as root the server is another user, who must be able to walk in
    server = EmbeddedPostgres(folder, 0, settings)
    try:
        yield server.start()
    finally:
        server.remove()
        shutil.rmtree(folder)


@contextmanager
def installation(url: str) -> Iterator[Path]:
    """Settings of this process and its children that point to ``url`` and to a folder of its own, which is given."""
    with tempfile.TemporaryDirectory(prefix="qbr-bench-var-") as var_dir:
        chosen = {"QBR_DATABASE_URL": url, "QBR_VAR_DIR": var_dir, "QBR_CONFIG_DIR": str(CONFIG)}
        before = {name: os.environ.get(name) for name in chosen}
        os.environ.update(chosen)
        get_settings.cache_clear()
        try:
            yield Path(var_dir)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            get_settings.cache_clear()


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """The simulated vendors in a process of their own, without latency."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _process("sandbox", "--port", str(port), "--seed", str(SEED)) as process:
        started = Sandbox(port=port, pid=process.pid, seed=SEED)
        give_up = time.monotonic() + START_SECONDS
        while not started.answers():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.1)
        yield started


@contextmanager
def vendor() -> Iterator[str]:
    """The address of ``bench.vendor``, in a process of its own."""
    with _process("bench.vendor") as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError("the loopback vendor ended before it listened")
        yield f"http://127.0.0.1:{port.decode()}"


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_ROOT) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing of it is worth a polite end, which an inherited signal mask may forbid


def organization(**requests_per_minute: int) -> Organization:
    """The demonstration's organization at the vendors' own pace; a named source may be asked as often as given."""
    found = load_organization(CONFIG / "demo-msp.yml")
    options = {
        source: getattr(found.sources, source).model_copy(
            update={"requests_per_minute": requests_per_minute.get(source)}
        )
        for source in found.sources.enabled
    }
    return found.model_copy(update={"sources": found.sources.model_copy(update=options)})


def create_database(url: str, name: str, template: str) -> str:
    """A copy of the database ``template`` on the server of ``url``; its address."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return url.rsplit("/", 1)[0] + f"/{name}"
