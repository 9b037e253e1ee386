"""`qbr report` as a person types it: what became of the mail is said, also when it will never go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import regular_reports
from orchestration.regular_reports import Made
from reports.mails import Sent
from tests.command import qbr
from tests.installation import installed
from tests.reports import marts


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One organization whose report is made without any marts."""
    config = tmp_path / "config"
    config.mkdir()
    (config / f"{marts.ORGANIZATION}.yml").write_text(
        f"id: {marts.ORGANIZATION}\nname: Fernhill IT\ntime_zone: America/New_York\nsources: {{ninjaone: {{}}}}\n"
    )
    monkeypatch.setattr(regular_reports, "make", lambda *_, **__: Made("2026-06", (), ("A mail to 2 was put.",)))
    with installed(database_url, tmp_path / "var", config, as_of="2026-07-06T14:00:00Z"):
        yield


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (Sent(delivered=1), "Mail: 1 sent."),
        (Sent(given_up=1, error="nobody answers"), "Mail: 1 given up for good (nobody answers)."),
        (Sent(not_configured=2), "Mail: 2 wait: no mail server is set (QBR_SMTP_HOST)."),
    ],
)
def test_what_became_of_the_mail_is_said(installation, monkeypatch, sent, told):
    monkeypatch.setattr(regular_reports, "send", lambda _organization: sent)
    ended = qbr("report", "investors", "--mail")
    assert ended.exit_code == 0
    assert told in ended.out + ended.err


def test_where_no_mail_was_waiting_nothing_is_said_of_mails(installation, monkeypatch):
    monkeypatch.setattr(regular_reports, "send", lambda _organization: Sent())
    ended = qbr("report", "investors", "--mail")
    assert "Mail:" not in ended.out + ended.err
