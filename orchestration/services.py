"""Everything ``make up`` starts: Postgres, the sandbox where it is a vendor, Dagster's web server and daemon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from orchestration import demonstration, pipeline, sandbox_process
from orchestration.errors import QbrError
from orchestration.selection import chosen_organizations
from orchestration.transformation import ensure_manifest
from warehouse import embedded
from warehouse.credentials import connected_sources
from warehouse.engine import connect, database_url
from warehouse.settings import PROJECT_ROOT, Settings, get_settings

STOP_SECONDS = 20.0
INSTANCE = """\
# Written by `make up`: Dagster's own memory is kept in Postgres, in the schema named dagster.
storage:
  postgres:
    postgres_url:
      env: QBR_DAGSTER_STORAGE_URL
"""


class ServiceEnded(QbrError):
    """One of the services stopped by itself."""

    exit_code = 1


def write_instance(settings: Settings) -> Path:
    """Dagster's home under var/: the repository's own dagster.yaml with Postgres for storage."""
    home = settings.var_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(INSTANCE + (PROJECT_ROOT / "dagster.yaml").read_text())
    return home


def storage_url(url: str) -> str:
    """The warehouse's address for dagster-postgres, in a schema of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema if not exists dagster")
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}options={quote('-csearch_path=dagster')}"


def sandbox_is_needed() -> bool:
    """Whether the sandbox is a vendor here: no source is really connected, or the demonstration lives on it."""
    with connect() as connection:
        found = [
            one
            for organization in chosen_organizations()
            for one in connected_sources(connection, organization.id).values()
        ]
    return all(one.connected_by == sandbox_process.CONNECTED_BY for one in found)


@contextmanager
def running(settings: Settings) -> Iterator[list[tuple[str, subprocess.Popen[bytes]]]]:
    """The web server and the daemon; stopped, and waited for, at the end."""
    home = write_instance(settings)
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "QBR_DAGSTER_STORAGE_URL": storage_url(database_url()),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }
    folder = Path(sys.executable).parent
    workspace = ["--workspace", str(PROJECT_ROOT / "workspace.yaml")]
    commands = {
        "web server": [
            str(folder / "dagster-webserver"),
            *("--host", "127.0.0.1", "--port", str(settings.dagster_port)),
            *workspace,
        ],
        "daemon": [str(folder / "dagster-daemon"), "run", *workspace],
    }
    log = settings.var_dir / "dagster.log"
    with log.open("ab") as output:
        processes = [
            (name, subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, stdout=output, stderr=output))
            for name, command in commands.items()
        ]
        try:
            yield processes
        finally:
            for _, process in processes:
                process.send_signal(signal.SIGINT)
            for _, process in processes:
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def watch(processes: Sequence[tuple[str, subprocess.Popen[bytes]]]) -> None:
    """Wait until somebody stops us; raises :class:`ServiceEnded` when a service ends by itself."""
    while True:
        for name, process in processes:
            if process.poll() is not None:
                raise ServiceEnded(
                    f"Dagster's {name} ended by itself (exit code {process.returncode}); everything was stopped. "
                    "var/dagster.log says why; a port in use is the usual cause (QBR_DAGSTER_PORT chooses another)."
                )
        time.sleep(0.5)


def start_parts() -> dict[str, str]:
    """Database, rules and, where it is a vendor, the sandbox; what runs where."""
    organizations = chosen_organizations()
    pipeline.prepare(organizations)
    where = {"Postgres": _without_password(database_url())}
    if sandbox_is_needed():
        for organization in organizations:
            if organization.id == demonstration.ORGANIZATION:
                where["Sandbox"] = demonstration.attach(organization).url
    ensure_manifest()
    where["Dagster"] = f"http://127.0.0.1:{get_settings().dagster_port}"
    return where


def stop_parts() -> list[str]:
    """Stop the sandbox and the embedded Postgres; what was stopped."""
    settings = get_settings()
    stopped = ["sandbox"] if sandbox_process.stop(settings.var_dir) else []
    if settings.database_url is None and embedded.stop():
        stopped.append("Postgres")
    return stopped


def _without_password(url: str) -> str:
    facts = psycopg.conninfo.conninfo_to_dict(url)
    return f"{facts['host']}:{facts['port']}, database {facts['dbname']}, user {facts['user']}"
