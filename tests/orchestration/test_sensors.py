"""Sensors look whether there is work, and start no database for it."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration import partitions, sensors
from orchestration.partitions import RANGE_END, RANGE_START
from orchestration.sensors import mails_wait, organizations_of
from warehouse.organizations import Organization
from warehouse.settings import get_settings


def test_looking_for_mails_starts_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QBR_DATABASE_URL", raising=False)
    monkeypatch.setenv("QBR_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("QBR_SMTP_HOST", "mail.example.com")
    get_settings.cache_clear()
    try:
        answer = mails_wait()
    finally:
        get_settings.cache_clear()
    assert isinstance(answer, dg.SkipReason)
    assert "The database is not running" in str(answer.skip_message)
    assert not list(tmp_path.rglob("PG_VERSION"))


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    [demo] = [one for one in partitions.configured() if one.id == "demo-msp"]
    found: list[Organization] = [demo.model_copy(update={"id": name}) for name in ("a-msp", "b-msp", "c-msp")]
    monkeypatch.setattr(sensors, "configured", lambda: found)
    return [one.id for one in found]


def ranging(first: str, last: str) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="__ASSET_JOB", tags={RANGE_START: first, RANGE_END: last})


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (["a-msp/2026-Q2/x", "b-msp/2026-Q2/x", "c-msp/2026-Q2/x"], ["a-msp", "b-msp", "c-msp"]),
        (["a-msp/2026-Q2/x", "b-msp/2026-Q2/x", "a-msp/2026-Q2/y"], ["a-msp", "b-msp"]),
        (["a-msp/2026-Q2/x", "a-msp/2026-Q2/y"], ["a-msp"]),
    ],
)
def test_a_range_of_clients_is_of_every_organization_inside_it(three: list[str], added: list[str], told: list[str]):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.CLIENT_DECKS, added)
        assert [one.id for one in organizations_of(ranging(added[0], added[-1]), instance)] == told


def test_a_range_that_nobody_knows_is_told_to_everybody(three: list[str]):
    with dg.DagsterInstance.ephemeral() as instance:
        gone = ranging("a-msp/2026-Q2/gone", "a-msp/2026-Q2/gone-too")
        assert [one.id for one in organizations_of(gone, instance)] == three
