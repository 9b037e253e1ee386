"""Sensors look whether there is work, and start no database for it."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration.sensors import mails_wait
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
