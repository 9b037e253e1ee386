"""Mails with reports: put once, sent to each person alone, tried again until they go."""

import email
import json
import socket
from datetime import timedelta
from email.policy import default
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller

from reports import mails
from reports.snapshots import build_investor_report
from reports.views import organizations as scope
from tests.reports import marts
from tests.reports.investors import AS_OF, NAMED, investors
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse.settings import Settings


class Inbox:
    """A mail server on this machine that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.port = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd asks for
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def inbox():
    keeper = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        keeper.port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=keeper.port)
    controller.start()
    yield keeper
    controller.stop()


def settings(tmp_path: Path, **more) -> Settings:
    return Settings(var_dir=tmp_path, smtp_starttls=False, **more)


def server_at(tmp_path: Path, port: int) -> Settings:
    return settings(tmp_path, smtp_host="127.0.0.1", smtp_port=port)


def put_words(connection: psycopg.Connection, given: Settings, *subjects: str) -> None:
    """A short mail of each subject to both investors, put and committed."""
    investors(connection)
    about = scope.organization(connection, marts.ORGANIZATION)
    for subject in subjects or ("s",):
        mailing = mails.Mailing("investor_report", subject, subject, "words", "<p>words</p>")
        mails.put(connection, given, about, mailing, AS_OF)
    connection.commit()


def test_the_mail_arrives_once_with_figures_previous_values_and_attachments(committing, tmp_path, inbox):
    investors(committing)
    committing.commit()
    given = server_at(tmp_path, inbox.port)
    done = build_investor_report(committing, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(committing, marts.ORGANIZATION)
    said = [mails.put(committing, given, about, done.mailing, AS_OF) for _ in range(2)]
    assert said == ["A mail to 2 was put.", "The mail of this time was put before."]
    for path in done.files:
        path.write_bytes(b"written over since")  # what was put is what goes
    assert mails.send_waiting(committing, given, AS_OF).delivered == 1
    assert mails.send_waiting(committing, given, AS_OF + timedelta(days=1)).delivered == 0
    assert [one["To"] for one in inbox.mails] == ["fund@example.com", "board@example.com"]  # nobody sees the others
    mail = inbox.mails[0]
    for body in (mail.get_body(("plain",)), mail.get_body(("html",))):
        words = body.get_content()
        assert "$101,235" in words
        assert "$100,000" in words
        assert "No probes ran." in words
        assert NAMED not in words
    attached = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert set(attached) == {"metrics_2026-07-05_09-00-30.json", "investor_report_2026-07-05_09-00-30.xlsx"}
    assert json.loads(attached["metrics_2026-07-05_09-00-30.json"])["reporting_period"] == "2026-06"


def test_a_mail_waits_for_a_server_that_is_down_and_goes_when_it_is_back(committing, tmp_path, inbox):
    investors(committing)
    done = build_investor_report(committing, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(committing, marts.ORGANIZATION)
    up = server_at(tmp_path, inbox.port)
    down = server_at(tmp_path, 1)
    mails.put(committing, down, about, done.mailing, AS_OF)
    committing.commit()
    sent = mails.send_waiting(committing, down, AS_OF)
    assert (sent.failed, sent.delivered) == (1, 0)
    assert "Connection refused" in (sent.error or "")
    assert not mails.is_waiting(committing, AS_OF)
    assert mails.is_waiting(committing, AS_OF + timedelta(hours=1))
    assert mails.send_waiting(committing, up, AS_OF + timedelta(hours=1)).delivered == 1
    assert len(inbox.mails) == 2


def test_without_a_mail_server_mails_wait_and_that_is_said(committing, tmp_path):
    bare = settings(tmp_path)
    assert str(mails.send_waiting(committing, bare, AS_OF)) == "no mail was waiting"
    put_words(committing, server_at(tmp_path, 1))
    told = str(mails.send_waiting(committing, bare, AS_OF))
    assert told == "1 wait: no mail server is set (QBR_SMTP_HOST)"


def test_mails_of_an_organization_that_rests_start_nothing(committing, tmp_path):
    put_words(committing, server_at(tmp_path, 1))
    assert mails.is_waiting(committing, AS_OF)
    committing.execute("update app.organizations set is_active = false")
    assert not mails.is_waiting(committing, AS_OF)


def test_a_mail_that_is_given_up_is_counted_as_such(committing, tmp_path):
    down = server_at(tmp_path, 1)
    put_words(committing, down)
    committing.execute("update app.outbox set attempts = 30")
    committing.commit()
    sent = mails.send_waiting(committing, down, AS_OF + timedelta(days=7))
    assert (sent.failed, sent.given_up) == (0, 1)
    assert str(sent).startswith("1 given up for good (The mail server 127.0.0.1:1 did not take the mail")


def test_who_is_put_off_gets_the_mail_later_and_who_has_it_not_twice(committing, tmp_path):
    port, mailbox = free_port(), Mailbox()
    given = server_at(tmp_path, port)
    put_words(committing, given)
    mailbox.not_now = {"fund@example.com"}
    with mail_server(mailbox, port):
        first = mails.send_waiting(committing, given, AS_OF)
        assert (first.delivered, first.error) == (0, "not taken yet for fund@example.com (SMTP 451)")
        mailbox.not_now, mailbox.refused = set(), {"board@example.com"}
        assert mails.send_waiting(committing, given, AS_OF + timedelta(hours=1)).delivered == 1
    assert [who for who, _ in mailbox.mails] == [["board@example.com"], ["fund@example.com"]]
    noted = committing.execute("select recipient, outcome, alert_id from app.deliveries order by delivery_id")
    assert noted.fetchall() == [
        ("fund@example.com", "failed", None), ("board@example.com", "delivered", None),
        ("fund@example.com", "delivered", None),
    ]  # fmt: skip


def test_whom_the_server_refuses_for_good_is_said(committing, tmp_path):
    port, mailbox = free_port(), Mailbox()
    given = server_at(tmp_path, port)
    put_words(committing, given)
    mailbox.refused = {"fund@example.com"}
    with mail_server(mailbox, port):
        sent = mails.send_waiting(committing, given, AS_OF)
    assert str(sent) == "1 sent, the server refused fund@example.com (SMTP 550)"


def test_a_mail_that_cannot_be_written_holds_up_none_behind_it(committing, tmp_path, inbox):
    given = server_at(tmp_path, inbox.port)
    put_words(committing, given, "two\nlines", "one line")
    sent = mails.send_waiting(committing, given, AS_OF)
    assert (sent.delivered, sent.failed, sent.error) == (1, 1, "sending failed unexpectedly: ValueError")
    assert {mail["Subject"] for mail in inbox.mails} == {"one line"}


def test_nothing_is_put_for_nobody(warehouse, tmp_path):
    investors(warehouse)
    done = build_investor_report(warehouse, marts.ORGANIZATION, "2026-06", AS_OF, tmp_path)
    about = scope.organization(warehouse, marts.ORGANIZATION)
    assert "no mail server" in mails.put(warehouse, settings(tmp_path), about, done.mailing, AS_OF)
    assert warehouse.execute("select count(*) from app.outbox").fetchone() == (0,)
