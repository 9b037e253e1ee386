"""Starts the sandbox as a program of its own, for tests that talk to it over real HTTP."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx

from orchestration.sandbox_process import Sandbox

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@contextlib.contextmanager
def running_sandbox(seed: int = 7, now: datetime | str | None = None) -> Iterator[str]:
    """The address of a sandbox on a free port of loopback, which ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--seed", str(seed)]
    if now is not None:
        command += ["--now", now if isinstance(now, str) else now.isoformat()]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def sandbox_at(address: str) -> Sandbox:
    """The sandbox that listens at an address, as the pipeline notes one it has started."""
    told = httpx.get(f"{address}/_sandbox/health").raise_for_status().json()
    return Sandbox(port=int(address.rsplit(":", 1)[1]), pid=told["process"], seed=told["seed"])


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the sandbox answers; raise when it ends first or takes too long."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended with code {process.returncode} before it answered")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/_sandbox/health", timeout=5).is_success:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the sandbox did not answer within {START_SECONDS} seconds")
