"""Databases of tests lie in memory where there is room, and what killed tests left there goes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import room


def test_what_killed_tests_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE, check=True)
    left, used = (tmp_path / f"qbr-tests-{pid}-abc" for pid in (int(ended.stdout), os.getpid()))
    for one in (left, used):
        (one / "postgres" / "data").mkdir(parents=True)
    room.sweep(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [used.name]


def test_where_memory_is_short_they_lie_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("QBR_TEST_FOLDER", raising=False)
    monkeypatch.setattr(room, "IN_MEMORY", tmp_path)
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "1000000")
    assert room.roomy_memory() is None
    monkeypatch.setenv("QBR_TEST_FOLDER", str(tmp_path))
    assert room.roomy_memory() == tmp_path
