"""A load that is killed or put to sleep at any moment, and what is left when the next one has run."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.warehouse import loading_process
from tests.warehouse.loading import Widgets
from warehouse.checksums import Checksum, table_checksums
from warehouse.settings import PROJECT_ROOT


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    return Widgets(database_url)


def begin(widgets: Widgets, run_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(loading_process.__file__)), widgets.url, run_id],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_page(process: subprocess.Popen[str], number: int) -> None:
    """Until the process tells that page, or a later one; the batches before it are in all stages of being loaded."""
    assert process.stdout is not None
    for told in process.stdout:
        if int(told) >= number:
            return
    pytest.fail(f"it ended before page {number}: {process.communicate()[1]}")


def run(widgets: Widgets, run_id: str) -> None:
    process = begin(widgets, run_id)
    _, complained = process.communicate(timeout=120)
    assert process.returncode == 0, complained


def checksums(widgets: Widgets) -> dict[str, Checksum]:
    with widgets.connect() as connection:
        return table_checksums(connection)


def undisturbed(widgets: Widgets) -> dict[str, Checksum]:
    """What the same load leaves when nobody interferes, starting from the same rows."""
    with widgets.connect() as connection:
        connection.execute("truncate raw_acme.widgets, raw_meta.cursors, raw_meta.seen_records")
    loading_process.seed(widgets)
    run(widgets, "undisturbed")
    return checksums(widgets)


def kill_and_rerun(widgets: Widgets, kills: int, dice: random.Random) -> None:
    loading_process.seed(widgets)
    for number in range(kills):
        process = begin(widgets, f"killed-{number}")
        with widgets.connect() as connection:
            row = connection.execute("select (resume -> 'position' ->> 'page')::int from raw_meta.cursors").fetchone()
        start = (row[0] if row else None) or 0
        wait_for_page(process, dice.randint(start, loading_process.PAGES))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL or number, "the first kill must meet a living process"
    run(widgets, "last")


def test_a_load_killed_at_random_moments_and_run_again_ends_as_if_undisturbed(widgets: Widgets) -> None:
    seed = random.randrange(10**6)
    kill_and_rerun(widgets, 3, random.Random(seed))
    disturbed = checksums(widgets)
    assert disturbed["raw_acme.widgets"].rows == loading_process.PAGES * loading_process.SIZE + 1
    assert disturbed == undisturbed(widgets), f"seed {seed}"


@pytest.mark.soak
def test_twenty_kills_leave_no_trace_either(widgets: Widgets) -> None:
    seed = random.randrange(10**6)
    for attempt in range(5):
        kill_and_rerun(widgets, 4, random.Random(seed + attempt))
        disturbed = checksums(widgets)
        assert disturbed == undisturbed(widgets), f"seed {seed + attempt}"
        with widgets.connect() as connection:
            connection.execute("truncate raw_acme.widgets, raw_meta.cursors, raw_meta.seen_records")


def test_a_load_that_slept_while_another_took_over_changes_nothing_when_it_wakes(widgets: Widgets) -> None:
    loading_process.seed(widgets)
    sleeper = begin(widgets, "sleeper")
    try:
        wait_for_page(sleeper, 30)
        sleeper.send_signal(signal.SIGSTOP)
        with widgets.connect() as connection:  # what the network does to a machine that is gone for long
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        run(widgets, "successor")
        before = checksums(widgets)
        sleeper.send_signal(signal.SIGCONT)
        _, complained = sleeper.communicate(timeout=60)
    finally:
        sleeper.kill()
    assert sleeper.returncode == 1
    assert "Loading acme widgets of lanternfield stopped" in complained
    assert checksums(widgets) == before
    log = dict(widgets.ask("select run_id, outcome from raw_meta.extraction_log"))
    assert log == {"before": "complete", "sleeper": "superseded", "successor": "complete"}


def test_checksums_see_every_change_but_when_and_by_which_run_it_was_made(widgets: Widgets) -> None:
    loading_process.seed(widgets)
    before = checksums(widgets)
    with psycopg.connect(widgets.url, autocommit=True) as connection:
        connection.execute("update raw_acme.widgets set run_id = 'another', extracted_at = now()")
        assert checksums(widgets) == before
        connection.execute("update raw_acme.widgets set record = '{}' where record_id = 'gone'")
        changed = {table for table, each in checksums(widgets).items() if before[table] != each}
    assert changed == {"raw_acme.widgets"}
