"""The sandbox as a process beside us: start it, find it again, stop it, and connect an organization to it.

The sandbox is reached over HTTP like any vendor; nothing here imports it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from orchestration.errors import QbrError

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
CONNECTED_BY = "sandbox"  # who, in app.credentials, connected a source that is really the sandbox


class SandboxFailed(QbrError):
    """The sandbox did not start or does not answer."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens and which process it is."""

    port: int
    pid: int
    seed: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def clock(self) -> datetime:
        """The instant that the sandbox takes for now."""
        return datetime.fromisoformat(self._get("/_sandbox/clock")["now"])

    def set_clock(self, now: datetime) -> None:
        self._answer("PUT", "/_sandbox/clock", json={"now": now.isoformat()})

    def reset_clock(self) -> None:
        """Back to the time the sandbox started with."""
        self._answer("DELETE", "/_sandbox/clock")

    def credentials(self) -> dict[str, dict[str, Any]]:
        """The sign-in facts of all four vendors, in the shape that the credentials store keeps."""
        return dict(self._get("/_sandbox/credentials"))

    def databases(self, server: str, database: str) -> dict[str, dict[str, Any]]:
        """Have the operational databases of the made-up organizations made on a server, or brought up to the clock.

        The sign-in facts of each organization, in the shape that the credentials store keeps.
        """
        asked = {"server": server, "database": database}
        return dict(self._answer("PUT", "/_sandbox/databases", json=asked, timeout=300).json())

    def manual_csv(self) -> str:
        """The figures that the made-up business types in by hand."""
        return self._answer("GET", "/_sandbox/manual.csv").text

    def answers(self) -> bool:
        """Whether this very process answers on its port: another demonstration's sandbox there is none of ours."""
        try:
            answer = httpx.get(f"{self.url}/_sandbox/health", timeout=2)
            return answer.is_success and answer.json().get("process") == self.pid
        except (httpx.HTTPError, ValueError):
            return False

    def _get(self, path: str) -> Any:
        return self._answer("GET", path).json()

    def _answer(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return httpx.request(method, f"{self.url}{path}", **{"timeout": 30, **more}).raise_for_status()
        except httpx.HTTPError as error:
            raise SandboxFailed(
                f"The sandbox on port {self.port} does not answer ({type(error).__name__}), so nothing was read from "
                "it. Start it with `make up`, or run `make demo` again."
            ) from error


def _facts(var_dir: Path) -> Path:
    return var_dir / "sandbox.json"


def running(var_dir: Path) -> Sandbox | None:
    """The sandbox that an earlier command started, if it still answers."""
    path = _facts(var_dir)
    if not path.exists():
        return None
    sandbox = Sandbox(**json.loads(path.read_text()))
    return sandbox if sandbox.answers() else None


def ensure(var_dir: Path, *, port: int, seed: int) -> tuple[Sandbox, bool]:
    """The running sandbox, and whether this call had to start it.

    Raises :class:`SandboxFailed` when it does not come up; its own words are in ``var/sandbox.log``.
    """
    if (found := running(var_dir)) and found.seed == seed:
        return found, False
    stop(var_dir)
    var_dir.mkdir(parents=True, exist_ok=True)
    for wished in (port, _any_free_port(), _any_free_port()):
        started = _start(var_dir, wished if _is_free(wished) else _any_free_port(), seed)
        if started is not None:
            _facts(var_dir).write_text(json.dumps(asdict(started)))
            return started, True
    raise SandboxFailed(
        f"The sandbox did not start on port {port}, nor on another, so no vendor could be read. Its log is sandbox.log "
        "in the var folder; run the same command again once the cause there is gone."
    )


def _start(var_dir: Path, port: int, seed: int) -> Sandbox | None:
    """A sandbox that answers; None when its process ended or was never heard of, as when somebody took the port."""
    with (var_dir / "sandbox.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", str(seed)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    sandbox = Sandbox(port=port, pid=process.pid, seed=seed)
    give_up = time.monotonic() + START_SECONDS
    while not sandbox.answers():
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            process.wait()
            return None
        time.sleep(0.1)
    _started.append(process)
    return sandbox


_started: list[subprocess.Popen[bytes]] = []
"""They are to outlive this process, and nobody waits for them."""


def stop(var_dir: Path) -> bool:
    """End the sandbox that we started; False when there was none."""
    path = _facts(var_dir)
    if not path.exists():
        return False
    pid = json.loads(path.read_text())["pid"]
    path.unlink()
    if not _is_sandbox(pid):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    return True


def _is_sandbox(pid: int) -> bool:
    """Whether the process still is the one we started: numbers are given out again."""
    told_by_kernel = Path(f"/proc/{pid}/cmdline")
    if told_by_kernel.exists():
        return "-m sandbox" in told_by_kernel.read_text().replace("\0", " ")
    if ps := shutil.which("ps"):
        asked = subprocess.run([ps, "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return "-m sandbox" in asked.stdout
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
