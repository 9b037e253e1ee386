"""An installation of the demonstration on the sandbox, as Dagster's assets and jobs find it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from orchestration import demonstration, pipeline
from orchestration.sandbox_process import Sandbox
from orchestration.selection import one_organization
from tests.installation import installed
from tests.reports import marts
from tests.sandbox_server import sandbox_at
from warehouse.settings import PROJECT_ROOT, get_settings

if TYPE_CHECKING:
    from tests.orchestration.office import Office

Allow = Callable[[int], None]
AS_OF = "2026-07-06T14:00:00+00:00"  # the sandbox's own time


def sandbox_noted(url: str, var_dir: Path) -> Sandbox:
    """The simulated vendors of this session, noted where an earlier command of this installation would have."""
    found = sandbox_at(url)
    (var_dir / "sandbox.json").write_text(json.dumps(asdict(found)))
    return found


@pytest.fixture
def installation(database_url: str, sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database whose one organization is connected to the sandbox; nothing is read yet."""
    monkeypatch.setenv("QBR_AS_OF", AS_OF)
    with installed(database_url, tmp_path):
        organization = one_organization(demonstration.ORGANIZATION)
        pipeline.prepare([organization])
        demonstration.connect_sources(organization, sandbox_noted(sandbox, tmp_path), anew=True)
        yield database_url


@pytest.fixture
def allowed(installation: str, tmp_path: Path) -> Iterator[Allow]:
    """Sets how many requests a month ConnectWise may be sent: the surest way to interrupt a read at the same place."""
    file = tmp_path / "config" / "demo-msp.yml"
    file.parent.mkdir()
    whole = (PROJECT_ROOT / "config" / "demo-msp.yml").read_text()
    line = "  connectwise: {environment: sandbox, "
    assert line in whole

    def allow(requests: int) -> None:
        file.write_text(whole.replace(line, f"{line}requests_per_month: {requests}, "))

    allow(100_000)
    with installed(installation, get_settings().var_dir, file.parent):
        yield allow


@pytest.fixture
def without_decks(connection: psycopg.Connection, database_url: str, tmp_path: Path) -> Iterator[None]:
    """Marts of one organization, no deck drawn yet."""
    marts.create(connection)
    marts.whole_organization(connection)
    connection.commit()
    config = tmp_path / "config"
    config.mkdir()
    (config / f"{marts.ORGANIZATION}.yml").write_text(
        f"id: {marts.ORGANIZATION}\nname: Fernhill IT\ntime_zone: America/New_York\n"
        "sources: {ninjaone: {}, connectwise: {}}\n"
    )
    with installed(database_url, tmp_path / "var", config, as_of=marts.AS_OF.isoformat(), prints_pdf="false"):
        yield


@pytest.fixture
def office(without_decks: None, connection: psycopg.Connection) -> Iterator["Office"]:
    """The same with a Dagster that has run."""
    from tests.orchestration.office import opened  # Dagster's definitions take seconds, and few tests ask for them

    with opened(connection) as found:
        yield found


@pytest.fixture
def settled(office: "Office") -> "Office":
    """Everything drawn by the command line and known to Dagster."""
    office.settle()
    return office
