"""What `make up` starts is one of a kind, and ends with everything that it has started."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import httpx
import psycopg
import pytest
from dagster_postgres.event_log import PostgresEventLogStorage

from orchestration import dagster_processes, services
from orchestration.dagster_processes import AlreadyRunning, Service, ServiceEnded, State
from warehouse.organizations import starter
from warehouse.settings import PROJECT_ROOT

# Two processes in one group, both deaf to a polite end; the parent says when it is ready by a file.
STUBBORN = """
import signal, subprocess, sys, time, pathlib
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) > 2:
    subprocess.Popen([sys.executable, sys.argv[2], sys.argv[1] + ".child"])
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


def until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return as soon as it is so; fail when it never is."""
    give_up = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up, "it never came to be"
        time.sleep(0.02)


def group_is_gone(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def stubborn(tmp_path: Path) -> Service:
    script = tmp_path / "dagster_stand_in.py"
    script.write_text(STUBBORN)
    ready = tmp_path / "ready"
    process = subprocess.Popen([sys.executable, str(script), str(ready), str(script)], start_new_session=True)
    until(lambda: ready.exists() and Path(f"{ready}.child").exists())
    return Service("stand-in", process)


def test_what_does_not_end_when_asked_is_ended_with_its_children(
    stubborn: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_processes, "STOP_SECONDS", 0.2)
    dagster_processes.stop_all([stubborn.process.pid], [stubborn])
    assert stubborn.process.returncode == -signal.SIGKILL
    until(lambda: group_is_gone(stubborn.process.pid))


def test_the_remains_of_a_killed_start_are_cleared_and_strangers_are_left_alone(
    stubborn: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_processes, "STOP_SECONDS", 0.2)
    home = dagster_processes.write_instance(tmp_path)
    noted = State(pid=0, url="", processes={"daemon": stubborn.process.pid, "web server": os.getpid()})
    (home / "services.json").write_text(json.dumps(asdict(noted)))
    # This very test carries no "dagster" in its command line, as a process that was given an old number would not.
    monkeypatch.setattr(
        dagster_processes, "is_ours", lambda pid, word: pid == stubborn.process.pid and word == "dagster"
    )
    assert dagster_processes.clear_remains(tmp_path) == ["daemon"]
    assert stubborn.process.wait(10) == -signal.SIGKILL
    until(lambda: group_is_gone(stubborn.process.pid))
    assert dagster_processes.clear_remains(tmp_path) == []


def test_a_process_is_told_by_its_own_command_line(stubborn: Service) -> None:
    assert dagster_processes.is_ours(stubborn.process.pid, "dagster")
    assert not dagster_processes.is_ours(stubborn.process.pid, "postgres")
    os.killpg(stubborn.process.pid, signal.SIGKILL)
    stubborn.process.wait()
    assert not dagster_processes.is_ours(stubborn.process.pid, "dagster")


def test_a_second_start_is_refused_in_a_sentence(tmp_path: Path) -> None:
    first = dagster_processes.only_one(tmp_path)
    with first, pytest.raises(AlreadyRunning, match="It runs already"), dagster_processes.only_one(tmp_path):
        pytest.fail("two at once")
    with dagster_processes.only_one(tmp_path):
        pass


def test_a_service_that_ends_by_itself_is_named(tmp_path: Path) -> None:
    gone = Service("daemon", subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]))
    gone.process.wait()
    with pytest.raises(ServiceEnded, match=r"Dagster's daemon ended by itself \(exit code 3\)"):
        dagster_processes.watch([gone])


def test_dagsters_memory_lies_in_a_schema_of_its_own_also_at_the_second_start(database_url: str) -> None:
    for _ in range(2):
        PostgresEventLogStorage(dagster_processes.storage_url(database_url))
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select table_schema, count(*) from information_schema.tables "
            "where table_name in ('event_logs', 'alembic_version') group by 1 order by 1"
        ).fetchall()
    assert found == [("app", 1), ("dagster", 2)], "ours is stamped in app, Dagster's in dagster, none in public"


def test_a_taken_port_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not services.is_free(taken.getsockname()[1])
    assert services.is_free(services.free_port())


def test_up_serves_dagster_and_ends_without_a_rest_when_it_is_told_to(database_url: str, tmp_path: Path) -> None:
    """The wished port is taken; the organization has no vendor, so there is no sandbox either."""
    config, var = tmp_path / "config", tmp_path / "var"
    config.mkdir()
    (config / "north.yml").write_text(starter("north", "North", "America/Chicago"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = os.environ | {
            "QBR_DATABASE_URL": database_url,
            "QBR_VAR_DIR": str(var),
            "QBR_CONFIG_DIR": str(config),
            "QBR_DAGSTER_PORT": str(taken.getsockname()[1]),
            "QBR_PORTAL_PORT": str(services.free_port()),
        }
        up = subprocess.Popen(
            [sys.executable, "-c", "from orchestration.cli import main; main()", "up"],
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert up.stdout is not None
        said = []
        for line in up.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
    noted = State(**json.loads((var / "dagster" / "services.json").read_text()))
    try:
        assert set(noted.processes) == {"code server", "web server", "daemon", "download page"}
        answer = httpx.post(
            f"{noted.url}/graphql", json={"query": "{schedulesOrError{... on Schedules{results{name}}}}"}
        )
        assert "schedulesOrError" in answer.text
        said_text = "".join(said)
        assert f"Dagster:  {noted.url}" in said_text
        assert "is taken by another program" in said_text
        assert "Sandbox" not in said_text
        assert noted.page == f"http://127.0.0.1:{environment['QBR_PORTAL_PORT']}"
        page = httpx.get(noted.page)
        assert "This page opens by a link" in page.text
    finally:
        up.send_signal(signal.SIGTERM)
        with up.stdout:
            rest = up.stdout.read()
    assert up.wait(60) == 0
    assert "Stopped: Dagster." in rest
    for pid in noted.processes.values():
        until(lambda pid=pid: group_is_gone(pid))
    assert not (var / "dagster" / "services.json").exists()
