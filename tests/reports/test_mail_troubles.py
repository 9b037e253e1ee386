"""Mails with reports that wait, fail or go to several: each carries what was written, to those it was meant for."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import psycopg
import pytest

from reports import mails, retention
from reports.errors import ReportError
from reports.mail_footers import footer
from reports.mail_server import Outcome
from reports.mails import Attachment, Mailing
from reports.views import organizations as scope
from tests.reports import marts
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse.outbox import LEASE
from warehouse.settings import Settings

NOW = datetime(2026, 7, 5, 14, tzinfo=UTC)
MONTHS = timedelta(days=70)
PEOPLE = ["fund@example.com", "board@example.com"]


@pytest.fixture
def told(committing: psycopg.Connection) -> psycopg.Connection:
    """An organization with two investors."""
    marts.organization(committing, settings={"delivery": {"investor_report": {"recipients": PEOPLE}}})
    committing.commit()
    return committing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A mail server that is down until a test starts one."""
    return Settings(_env_file=None, var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=free_port(), smtp_starttls=False)


def put(connection: psycopg.Connection, settings: Settings, key: str = "week 1", *files: Path) -> str:
    attached = tuple(Attachment.of(path, "text/plain") for path in files)
    mailing = Mailing("investor_report", key, f"Figures of {key}", "words", "<p>words</p>", attached)
    said = mails.put(connection, settings, scope.organization(connection, marts.ORGANIZATION), mailing, NOW)
    connection.commit()
    return said


def arrived(
    connection: psycopg.Connection, settings: Settings, now: datetime = NOW
) -> tuple[mails.Sent, list[Message]]:
    mailbox = Mailbox()
    with mail_server(mailbox, settings.smtp_port):
        sent = mails.send_waiting(connection, settings, now)
    return sent, [mail for _, mail in mailbox.mails]


def put_long_ago(settings: Settings) -> Path:
    [kept] = mails.spool(settings).iterdir()
    then = (NOW - MONTHS).timestamp()
    os.utime(kept, (then, then))
    return kept


def test_an_attachment_is_kept_as_long_as_a_mail_waits_for_it(told, settings, tmp_path):
    """A mail that waited for its server longer than a month lost what it carried, and could never go."""
    report = tmp_path / "report.txt"
    report.write_text("figures")
    put(told, settings, "week 1", report)
    kept = put_long_ago(settings)
    assert retention.clear_spool(told, mails.spool(settings), NOW) == 0
    sent, [first, _] = arrived(told, settings)
    assert sent.delivered == 1
    assert [part.get_filename() for part in first.walk() if part.get_filename()] == ["report.txt"]
    assert retention.clear_spool(told, mails.spool(settings), NOW) == 1
    assert not kept.exists()


def test_an_attachment_that_an_earlier_mail_brought_is_as_young_as_the_mail_that_carries_it_now(
    told, settings, tmp_path
):
    """The pack of a quarter is the same every week: its copy was cleared by the age of the first."""
    report = tmp_path / "pack.txt"
    report.write_text("figures")
    put(told, settings, "week 1", report)
    kept = put_long_ago(settings)
    put(told, settings, "week 9", report)
    told.execute("update app.outbox set delivered_at = now()")  # nothing but its age keeps it now
    assert retention.clear_spool(told, mails.spool(settings), datetime.now(UTC)) == 0
    assert kept.read_text() == "figures"


def test_a_mail_whose_links_the_database_refuses_is_noted_as_failed_and_holds_up_none_behind_it(
    told, settings, monkeypatch
):
    """The statement that failed had broken the transaction, in which the failure could not be noted."""

    def refused(connection, settings, about, message, **more):
        if message.dedupe_key == "bad":
            connection.execute("select 1 / 0")
        return footer(connection, settings, about, message, **more)

    monkeypatch.setattr(mails, "footer", refused)
    put(told, settings, "bad")
    put(told, settings, "good")
    sent, found = arrived(told, settings)
    assert (sent.delivered, sent.failed, sent.error) == (1, 1, "sending failed unexpectedly: DivisionByZero")
    assert {mail["Subject"] for mail in found} == {"Figures of good"}
    noted = told.execute("select dedupe_key, last_error from app.outbox where delivered_at is null").fetchall()
    assert noted == [("bad", "sending failed unexpectedly: DivisionByZero")]


def test_a_file_that_is_replaced_while_its_mail_is_worded_is_not_put(told, settings, tmp_path):
    """Its copy bore the hash of the file before, so the mail could never go."""
    report = tmp_path / "report.txt"
    report.write_text("figures")
    attached = (Attachment.of(report, "text/plain"),)
    report.write_text("other figures")
    mailing = Mailing("investor_report", "week 1", "Figures", "words", "<p>words</p>", attached)
    with pytest.raises(ReportError, match=r"report\.txt was replaced"):
        mails.put(told, settings, scope.organization(told, marts.ORGANIZATION), mailing, NOW)
    assert not list(mails.spool(settings).iterdir())


def test_a_sender_that_dies_keeps_a_mail_as_long_as_one_person_takes_however_many_get_it(told, settings, monkeypatch):
    """It was held ten minutes for each of its recipients, so a mail to fifty could wait for a whole working day."""
    put(told, settings)
    monkeypatch.setattr(mails, "mail_server", lambda _settings: Server(dies))
    with pytest.raises(KeyboardInterrupt):
        mails.send_waiting(told, settings, NOW, clock=lambda: NOW)
    told.rollback()
    [(next_try_at,)] = told.execute("select next_try_at from app.outbox").fetchall()
    assert next_try_at == NOW + LEASE + timedelta(minutes=10)


def test_who_finds_that_another_sender_has_the_mail_leaves_the_rest_of_it_to_that_one(told, settings, monkeypatch):
    """Whoever is slow would send it to the others a second time, and note as failed what goes well elsewhere."""
    put(told, settings)
    server = Server(lambda: told.execute("update app.outbox set attempts = attempts + 1"))
    monkeypatch.setattr(mails, "mail_server", lambda _settings: server)
    assert mails.send_waiting(told, settings, NOW, clock=lambda: NOW) == mails.Sent()
    assert server.people == PEOPLE[:1]
    noted = told.execute("select attempts, delivered_at, last_error from app.outbox").fetchall()
    assert noted == [(2, None, None)]


class Server:
    """Takes every mail, after what happens meanwhile."""

    host, port = "mail.example", 25

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile, self.people = meanwhile, list[str]()

    def send(self, _mail: object, people: Sequence[str], **_: object) -> Outcome:
        self.meanwhile()
        self.people += people
        return Outcome(delivered=tuple(people))


def dies() -> None:
    raise KeyboardInterrupt


def test_figures_for_investors_go_to_nobody_who_is_not_named_for_them(committing, settings):
    """They went to whoever is told of the alerts of every organization of the installation."""
    everybodys = settings.model_copy(update={"smtp_to": "operator@example.com"})
    marts.organization(committing, settings={"delivery": {"email": {"recipients": ["ada@example.com"]}}})
    about = scope.organization(committing, marts.ORGANIZATION)
    assert mails.recipients_of(about, everybodys, "investor_report") == ()
    assert mails.recipients_of(about, everybodys, "data_quality_report") == ("ada@example.com",)
    assert put(committing, everybodys) == "No mail was put: nobody is named under delivery.investor_report.recipients."


def test_the_mail_to_each_person_has_a_name_of_its_own_and_keeps_it_when_it_is_tried_again(told, settings):
    """A mailbox that reads for both dropped the second as one it had."""
    put(told, settings)
    _, first = arrived(told, settings)
    names = {mail["To"]: mail["Message-ID"] for mail in first}
    assert len(set(names.values())) == len(PEOPLE)
    told.execute("update app.outbox set delivered_at = null, next_try_at = %s", [NOW])
    told.execute("delete from app.deliveries")
    told.commit()
    _, again = arrived(told, settings)
    assert {mail["To"]: mail["Message-ID"] for mail in again} == names
