"""Dagster's own processes: one code server, the web server and the daemon; started, watched, and stopped without rest.

Each is started in a session of its own, so that ctrl-C reaches us alone and we stop them in the right order, runs in
progress included. What runs is noted in ``var/dagster``: a second start finds it there, and so do we after a start that
was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from orchestration.errors import QbrError
from reports.files import finished
from warehouse.engine import plain
from warehouse.settings import PROJECT_ROOT

START_SECONDS = 120.0
STOP_SECONDS = 20.0
PORTAL = "download page"
LARGEST_LOG = 20_000_000
INSTANCE = """\
# Written by `make up`: Dagster's own memory is kept in Postgres, in the schema named dagster.
storage:
  postgres:
    postgres_url:
      env: QBR_DAGSTER_STORAGE_URL
"""
WORKSPACE = """\
# Written by `make up`: the web server and the daemon share one code server.
load_from:
  - grpc_server:
      location_name: qbr
      socket: {socket}
"""


class ServiceEnded(QbrError):
    """One of the services stopped by itself."""

    exit_code = 1


class AlreadyRunning(QbrError):
    """Somebody else's `make up` serves this installation."""


@dataclass(frozen=True, slots=True)
class State:
    """What `make up` noted of itself: its own process, the addresses, and each process it started."""

    pid: int
    url: str
    processes: dict[str, int]
    page: str | None = None
    """Where the download page is reached from this machine."""


@dataclass(frozen=True, slots=True)
class Service:
    """A process of ours and what to call it."""

    name: str
    process: subprocess.Popen[bytes]


def write_instance(var_dir: Path) -> Path:
    """Dagster's home under var/: the repository's own dagster.yaml with Postgres for storage."""
    home = var_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(INSTANCE + (PROJECT_ROOT / "dagster.yaml").read_text())
    return home


def storage_url(url: str) -> str:
    """The warehouse's address for dagster-postgres, in a schema of its own (made when it is missing)."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("create schema if not exists dagster")
    address = plain(url).replace(
        "postgresql://", "postgresql+psycopg2://", 1
    )  # the driver that dagster-postgres brings
    return f"{address}{'&' if '?' in address else '?'}options={quote('-csearch_path=dagster')}"


@contextlib.contextmanager
def only_one(var_dir: Path) -> Iterator[None]:
    """Nobody else serves this installation as long as the block runs.

    Raises :class:`AlreadyRunning`, which names the address.
    """
    home = write_instance(var_dir)
    with (home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found = running(var_dir)
            raise AlreadyRunning(
                f"It runs already{f' (process {found.pid}): open {found.url}' if found else ''}. Stop it there with "
                "ctrl-C first; nothing was started."
            ) from None
        yield


@contextlib.contextmanager
def serving(
    var_dir: Path, *, database_url: str, port: int, portal_port: int | None = None
) -> Iterator[Sequence[Service]]:
    """Code server, web server and daemon, each up before the next is started; stopped, and waited for, at the end.

    The download page is started beside them where a port is given for it.

    Raises :class:`ServiceEnded` when one of them does not come up.
    """
    home = write_instance(var_dir)
    rendezvous = Path(tempfile.mkdtemp(prefix="qbr-dagster-"))  # short enough for a socket's name, closed to others
    listens_at = rendezvous / "code.sock"
    page = f"http://127.0.0.1:{portal_port}" if portal_port is not None else None
    (home / "workspace.yaml").write_text(WORKSPACE.format(socket=listens_at))
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "QBR_DAGSTER_STORAGE_URL": storage_url(database_url),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
    code = ["dagster", "code-server", "start", "--socket", str(listens_at), "--location-name", "qbr"]
    workspace = ["--workspace", str(home / "workspace.yaml")]
    services: list[Service] = []
    with _log(var_dir).open("ab") as log:

        def start(name: str, *module: str) -> Service:
            service = Service(name, _start(module, environment, log))
            services.append(service)
            pids = {one.name: one.process.pid for one in services}
            noted = State(os.getpid(), f"http://127.0.0.1:{port}", pids, page)
            with finished(home / "services.json") as unfinished:  # runs read it
                unfinished.write_text(json.dumps(asdict(noted)))
            return service

        try:
            _wait(start("code server", *code, "--module-name", "orchestration.definitions"), _answers(listens_at))
            _wait(
                start("web server", "dagster_webserver", "--host", "127.0.0.1", "--port", str(port), *workspace),
                _answers(port),
            )
            start("daemon", "dagster._daemon", "run", *workspace)
            if portal_port is not None:
                _wait(start(PORTAL, "portal", "--port", str(portal_port)), _answers(portal_port))
            yield services
        finally:
            stop_all([service.process.pid for service in reversed(services)], services)
            (home / "services.json").unlink(missing_ok=True)
            shutil.rmtree(rendezvous, ignore_errors=True)


def watch(services: Sequence[Service]) -> None:
    """Wait until somebody stops us; raises :class:`ServiceEnded` when a service ends by itself."""
    while True:
        for service in services:
            _raise_if_ended(service)
        time.sleep(0.5)


def running(var_dir: Path) -> State | None:
    """What `make up` serves now, if it does."""
    noted = _noted(var_dir)
    return noted if noted and is_ours(noted.pid, "up") else None


def stop_running(var_dir: Path) -> bool:
    """Ask a running `make up` to end, and wait until it has; False when there is none."""
    found = running(var_dir)
    if found is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    with (var_dir / "dagster" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return True


def clear_remains(var_dir: Path) -> list[str]:
    """Stop what a `make up` left behind that was killed; the names of what was found."""
    noted = _noted(var_dir)
    if noted is None:
        return []
    left = {
        name: pid for name, pid in noted.processes.items() if is_ours(pid, "portal" if name == PORTAL else "dagster")
    }
    stop_all(list(reversed(left.values())), [])
    (var_dir / "dagster" / "services.json").unlink(missing_ok=True)
    return list(left)


def stop_all(pids: Sequence[int], services: Sequence[Service]) -> None:
    """End each process and everything it started, one after the other; by force what has not ended in time."""
    waiting = {service.process.pid: service.process for service in services}
    for pid in pids:
        _signal_group(pid, signal.SIGTERM)
        give_up = time.monotonic() + STOP_SECONDS
        while _lives(pid) and time.monotonic() < give_up:
            if pid in waiting:
                waiting[pid].poll()  # takes note of its end, so that the group can be gone
            time.sleep(0.05)
        _signal_group(pid, signal.SIGKILL)
        if pid in waiting:
            waiting[pid].wait()


def told(name: str) -> str:
    """A service as a sentence names it."""
    return "The download page" if name == PORTAL else f"Dagster's {name}"


def is_ours(pid: int, word: str) -> bool:
    """Whether that process lives and was started with ``word``: numbers are given out again."""
    told_by_kernel = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        return told_by_kernel.exists() and word in told_by_kernel.read_text().replace("\0", " ")
    asked = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return word in asked.stdout


def _start(module: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _wait(service: Service, answers: _Answers) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not answers():
        _raise_if_ended(service)
        if time.monotonic() > give_up:
            raise ServiceEnded(
                f"{told(service.name)} did not answer within {START_SECONDS:.0f} seconds; everything was stopped. "
                "var/logs/dagster.log says what it was doing."
            )
        time.sleep(0.1)


def _raise_if_ended(service: Service) -> None:
    if service.process.poll() is not None:
        raise ServiceEnded(
            f"{told(service.name)} ended by itself (exit code {service.process.returncode}); everything was "
            "stopped. var/logs/dagster.log says why."
        )


@dataclass(frozen=True, slots=True)
class _Answers:
    """Whether somebody accepts connections at a place."""

    family: socket.AddressFamily
    address: str | tuple[str, int]

    def __call__(self) -> bool:
        with socket.socket(self.family) as probe:
            return probe.connect_ex(self.address) == 0


def _answers(place: Path | int) -> _Answers:
    if isinstance(place, int):
        return _Answers(socket.AF_INET, ("127.0.0.1", place))
    return _Answers(socket.AF_UNIX, str(place))


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _lives(pid: int) -> bool:
    """Whether anything of the process's group is left."""
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _noted(var_dir: Path) -> State | None:
    path = var_dir / "dagster" / "services.json"
    return State(**json.loads(path.read_text())) if path.exists() else None


def _log(var_dir: Path) -> Path:
    """The log of all of them; an old long one is put aside, once."""
    path = var_dir / "logs" / "dagster.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.rename(path.with_suffix(".log.1"))
    return path
