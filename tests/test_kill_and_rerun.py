"""The run is killed at random moments; run again, the tables are those of an undisturbed run."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from orchestration import sandbox_process
from orchestration.demonstration import DATABASE
from tests.parsed_project import database_name, give_parsed
from tests.three_businesses import checksums
from warehouse.checksums import table_checksums
from warehouse.settings import PROJECT_ROOT

QBR = [sys.executable, "-c", "from orchestration.cli import main; main()"]
MANY = 20
"""Kills of which some may hit dbt while it parses the project, which touches no table; fewer go where tables are."""
WHOLE_HISTORY = 'history_start: "2024-07"'


class Installation:
    """A database and a var folder, and the demonstration run on them as a person would."""

    def __init__(self, database_url: str, var_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.database_url, self.var_dir = database_url, var_dir
        self.environment = os.environ | {
            "QBR_DATABASE_URL": database_url,
            "QBR_VAR_DIR": str(var_dir),
            "QBR_SANDBOX_PORT": str(port),
        }

    def demo(self, *, kill_after: float | None = None) -> tuple[int, float]:
        """The exit code and how long it took; killed with everything it started in its own group."""
        began = time.monotonic()
        process = subprocess.Popen(
            [*QBR, "demo"], cwd=PROJECT_ROOT, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return process.returncode, time.monotonic() - began

    def begin_with(self, month: str) -> None:
        """A history as long as that: what is read and built of each month is the same, and takes its time."""
        folder = self.var_dir / "config"
        shutil.copytree(PROJECT_ROOT / "config", folder)
        for file in folder.glob("demo-*.yml"):
            written = file.read_text()
            assert WHOLE_HISTORY in written
            file.write_text(written.replace(WHOLE_HISTORY, f'history_start: "{month}"'))
        self.environment["QBR_CONFIG_DIR"] = str(folder)

    def close(self) -> None:
        sandbox_process.stop(self.var_dir)


def kill_and_rerun(database: Installation, undisturbed: dict[str, object], kills: int, longest: float) -> None:
    chance = random.Random(seed := random.SystemRandom().randrange(10**6))
    moments = sorted((chance.uniform(1.0, longest) for _ in range(kills)), reverse=True)
    outcomes = [database.demo(kill_after=moment)[0] for moment in moments]
    code, _ = database.demo()
    assert code == 0, f"the rerun failed after kills at {moments} (seed {seed})"
    found = checksums(database.database_url)
    differing = {table for table in undisturbed if found.get(table) != undisturbed[table]}
    assert not differing, f"after kills at {moments} s (seed {seed}, exit codes {outcomes})"


@pytest.fixture
def two_installations(postgres: str, template: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    from tests.conftest import _address, _create, _drop

    names = [database_name(f"qbr_killed_{os.getpid()}_{number}") for number in range(2)]
    for name in names:
        _create(postgres, name)
    found = [Installation(_address(postgres, name), tmp_path / str(number)) for number, name in enumerate(names)]
    yield found
    for one in found:
        one.close()
    for name in names:
        _drop(postgres, name)
        with contextlib.suppress(psycopg.errors.InvalidCatalogName):  # a run that was killed too early made none
            _drop(postgres, DATABASE.format(warehouse=name))


@pytest.mark.parametrize(
    ("kills", "first_month"), [(3, "2025-10"), pytest.param(MANY, "2024-07", marks=pytest.mark.soak)]
)
def test_a_killed_run_leaves_nothing_that_a_rerun_does_not_mend(
    two_installations: list[Installation], kills: int, first_month: str
) -> None:
    calm, disturbed = two_installations
    for one in two_installations:
        one.begin_with(first_month)
        if kills < MANY:
            give_parsed(one.database_url, one.var_dir / "dbt")
    code, seconds = calm.demo()
    assert code == 0
    with psycopg.connect(calm.database_url) as connection:
        fleets = connection.execute(
            "select distinct organization_id from marts.fct_fleet_overview where units > 0 and client_id = 'all'"
        ).fetchall()
    assert fleets == [("demo-dealer",)]
    kill_and_rerun(disturbed, checksums(calm.database_url), kills, longest=seconds * 0.9)


def test_the_checksums_see_a_changed_record(connection: psycopg.Connection) -> None:
    """A comparison that could not fail would prove nothing."""
    before = table_checksums(connection)
    connection.execute(
        "insert into raw_ninjaone.devices (organization_id, record_id, record, record_hash, first_seen_at, "
        "extracted_at, run_id) values ('north', '1', '{}', 'x', now(), now(), 'run')"
    )
    after = table_checksums(connection)
    assert {table for table in before if before[table] != after[table]} == {"raw_ninjaone.devices"}
