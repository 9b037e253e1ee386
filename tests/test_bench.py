"""The benchmarks run and cover what they say. How fast anything is, no test asks: machines differ, and so do hours."""

import os
import subprocess
import sys

import pytest

from bench.__main__ import AFTER_THE_DEMONSTRATION, ALONE, SUBJECTS
from bench.figures import Figure, speeds, table
from tests.room import roomy_memory
from warehouse.settings import PROJECT_ROOT


def bench(*arguments: str) -> str:
    """What it printed. Its servers lie in memory like those of the tests: nothing here asks how fast they are."""
    command = [sys.executable, "-m", "bench", *arguments]
    memory = roomy_memory()
    environment = os.environ | ({"TMPDIR": str(memory)} if memory else {})
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def tiny_run(*subjects: str) -> dict[str, list[str]]:
    """The lines of the table of one run of the subjects at their smallest, by subject."""
    lines: dict[str, list[str]] = {}
    for line in bench("--tiny", *subjects).splitlines():
        if line in SUBJECTS:
            lines[line] = held = []
        elif line.startswith("  ") and lines:
            held.append(line)
    return lines


def test_the_list_names_every_subject() -> None:
    assert [line.split()[0] for line in bench("--list").splitlines()] == list(SUBJECTS)


def test_an_unknown_subject_is_refused_with_the_choices() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        bench("speed")
    assert refused.value.returncode == 2


def test_every_subject_is_in_the_page_on_performance() -> None:
    text = (PROJECT_ROOT / "docs" / "performance.md").read_text()
    assert [subject for subject in SUBJECTS if f"`{subject}`" not in text] == []


@pytest.mark.parametrize(
    "subjects",
    [
        pytest.param(tuple(ALONE), id="alone"),
        pytest.param(tuple(AFTER_THE_DEMONSTRATION), id="after-the-demonstration", marks=pytest.mark.soak),
    ],
)
def test_the_subjects_can_be_measured(subjects: tuple[str, ...]) -> None:
    found = tiny_run(*subjects)
    assert [subject for subject in subjects if not found[subject]] == []


def test_a_ratio_is_taken_pair_by_pair() -> None:
    """The machine slowed down between the pairs: one against the other within a pair still says the same."""
    figure = speeds("reading", [50.0, 25.0, 10.0], [100.0, 50.0, 20.0], against="the limit")
    assert figure.ratios == (0.5, 0.5, 0.5)
    assert figure.measured == "25.0/s"


def test_the_table_shows_median_and_spread() -> None:
    text = table([("loading", [Figure("new", "9/s", "bare COPY", (0.7, 0.9, 0.8), ">= 0.75")])])
    assert text.splitlines()[-1].split() == ["new", "9/s", "0.80", "0.70", "to", "0.90", "bare", "COPY", ">=", "0.75"]
