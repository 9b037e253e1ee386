"""Where the databases of tests lie: in memory where every worker's have room there, else in a temporary folder.

A new database is a thousand files: on a disk they cost twenty times the processor time that they cost in memory.
"""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
_PREFIX = "qbr-tests-"
ROOM = 3 * 2**30
"""For the databases of one worker, with as much again left free."""
_GROUP = Path("/sys/fs/cgroup")


def folder_for_databases() -> Path:
    """A new folder that says whose it is, so that what a killed process leaves can be told from what is in use."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=roomy_memory()))


def roomy_memory() -> Path | None:
    """The folder to put databases into; None for the usual temporary one. QBR_TEST_FOLDER names another."""
    if given := os.environ.get("QBR_TEST_FOLDER"):
        return Path(given)
    if not IN_MEMORY.is_dir():
        return None
    sweep(IN_MEMORY)
    needed = ROOM * int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return IN_MEMORY if min(shutil.disk_usage(IN_MEMORY).free, _available()) > needed else None


def _available() -> int:
    """Bytes of memory that the machine, and the container we may be in, have left."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    left = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    with suppress(OSError, ValueError):  # no container, or one without a limit, whose limit is the word max
        limit, used = (int((_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        left = min(left, limit - used)
    return left


def sweep(folder: Path) -> None:
    """Remove what tests left that were killed, and end the servers that still run on it."""
    for left in folder.glob(f"{_PREFIX}*-*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if Path(f"/proc/{owner}").exists() or left.stat().st_uid != os.getuid():
            continue
        with suppress(OSError, ValueError, IndexError):  # it has ended with its owner
            os.kill(int((left / "postgres" / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        shutil.rmtree(left, ignore_errors=True)
