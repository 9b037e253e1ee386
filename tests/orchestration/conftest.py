"""An installation of the demonstration on the sandbox, as Dagster's assets and jobs find it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from orchestration import demonstration, pipeline
from orchestration.sandbox_process import Sandbox
from orchestration.selection import one_organization
from tests.installation import installed

AS_OF = "2026-07-06T14:00:00+00:00"  # the sandbox's own time


def sandbox_at(url: str, var_dir: Path) -> Sandbox:
    """The simulated vendors of this session, noted where an earlier command of this installation would have."""
    found = Sandbox(port=int(url.rsplit(":", 1)[1]), pid=0, seed=7)
    (var_dir / "sandbox.json").write_text(json.dumps(asdict(found)))
    return found


@pytest.fixture
def installation(database_url: str, sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database whose one organization is connected to the sandbox; nothing is read yet."""
    monkeypatch.setenv("QBR_AS_OF", AS_OF)
    with installed(database_url, tmp_path):
        organization = one_organization(demonstration.ORGANIZATION)
        pipeline.prepare([organization])
        demonstration.connect_sources(organization, sandbox_at(sandbox, tmp_path), anew=True)
        yield database_url
