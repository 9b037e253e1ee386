"""Files that others read: they see the old one or the new one, never half."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

_WAITING = ".waiting-"
_WAITS_AT_MOST = timedelta(days=2)


@contextmanager
def finished(path: Path) -> Iterator[Path]:
    """A place to write at; what was written there becomes `path` when the block ends well, and is gone otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def waiting(folder: Path) -> Iterator[Path]:
    """A folder beside the places of files, for those that may not lie there yet; gone with what is left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_WAITING}*"):  # by a process that was killed
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _WAITS_AT_MOST.total_seconds():
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_WAITING, dir=folder) as made:
        yield Path(made)


def sha256_of(path: Path) -> str:
    """The hash of the file's content, read bit by bit."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
