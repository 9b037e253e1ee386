"""What goes wrong while messages are brought: it stops nothing else, sends nothing twice and is told."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from reports.alerts import deliver
from reports.alerts.channels import ChannelFailed
from reports.alerts.routing import CHANNELS
from tests.reports import marts
from tests.reports.alerting import AS_OF, AT_ONCE, organization, portal, rule
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse.outbox import claim
from warehouse.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No channel but the file."""
    return Settings(_env_file=None, var_dir=tmp_path)


@pytest.fixture
def alarmed(committing: psycopg.Connection) -> psycopg.Connection:
    """One alert that waits on three channels."""
    organization(committing, {**AT_ONCE, "email": {"recipients": ["owner@example.com"]}})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1")
    portal(committing, up=False, at=AS_OF)
    return committing


def with_mail(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False})


def test_a_channel_that_breaks_in_a_way_nobody_foresaw_stops_no_other(alarmed, settings, monkeypatch):
    def broken(*_arguments, **_options):
        raise KeyError("ts of a secret")

    monkeypatch.setattr("reports.alerts.posts.ChatWebhook.send", broken)
    chosen = settings.model_copy(update={"chat_webhook_url": SecretStr("http://127.0.0.1:1/services")})
    summary = deliver(alarmed, chosen, AS_OF)
    assert summary.delivered == {"file": 1}
    assert summary.failed == {"chat_webhook": 1}
    assert summary.errors["chat_webhook"] == "sending failed unexpectedly: KeyError"


def test_an_organization_that_cannot_be_served_keeps_no_other_from_its_messages(alarmed, settings):
    marts.organization(alarmed, "another-it", 2, name="Another IT", settings={"delivery": {"channels": ["pigeon"]}})
    (settings.var_dir / "alerts").mkdir()
    (settings.var_dir / "alerts" / "fernhill-it").write_text("")  # so that no history can be written
    alarmed.commit()
    summary = deliver(alarmed, settings, AS_OF)
    assert summary.delivered == {"file": 1}
    assert [words.split(" could")[0] for words in summary.broken] == [
        "messages of another-it", "the history file of fernhill-it",
    ]  # fmt: skip
    assert "messages of another-it could not be handled (ValidationError)" in str(summary)


class SlowMailbox(Mailbox):
    """Takes four minutes a mail, while another sender looks for something to do."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.now, self.taken = address, AS_OF, []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.now += timedelta(minutes=4)
        with psycopg.connect(self.address) as other:
            self.taken += claim(other, self.now, topics=["alerts.email"])
        return await super().handle_DATA(server, session, envelope)


def test_a_slow_channel_is_no_reason_for_another_sender_to_send_the_same(alarmed, settings, database_url):
    for number in range(8):
        alarmed.execute(
            "insert into app.outbox (organization_id, topic, dedupe_key, payload, created_at, next_try_at) "
            "select organization_id, topic, dedupe_key || %s, "
            "jsonb_set(payload, '{facts,alert_id}', to_jsonb(%s::int)), created_at, next_try_at "
            "from app.outbox where topic = 'alerts.email' order by outbox_id limit 1",
            [str(number), number + 100],
        )
    alarmed.execute("delete from app.outbox where topic = 'alerts.email' and payload #>> '{facts,alert_id}' < '100'")
    alarmed.execute("alter table app.deliveries drop constraint deliveries_organization_id_alert_id_fkey")
    alarmed.commit()
    port, mailbox = free_port(), SlowMailbox(database_url)
    with mail_server(mailbox, port):
        deliver(alarmed, with_mail(settings, port), AS_OF, clock=lambda: mailbox.now)
    assert len(mailbox.mails) + len(mailbox.taken) == 8
    assert len(mailbox.mails) >= 2


class RudeMailbox(Mailbox):
    """Takes mails, and does not answer a goodbye as it should."""

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        return "421 too busy to say goodbye"


def test_a_mail_that_was_taken_is_not_sent_again_for_how_the_server_says_goodbye(alarmed, settings):
    port, mailbox = free_port(), RudeMailbox()
    with mail_server(mailbox, port):
        assert deliver(alarmed, with_mail(settings, port), AS_OF).delivered == {"email": 1, "file": 1}
        deliver(alarmed, with_mail(settings, port), AS_OF + timedelta(hours=1))
    assert len(mailbox.mails) == 1


def test_a_message_that_is_given_up_is_not_said_to_be_tried_again(alarmed, settings):
    alarmed.execute("update app.outbox set attempts = 30")
    alarmed.commit()
    week = timedelta(days=7)
    summary = deliver(alarmed, with_mail(settings, 1), AS_OF + week)
    assert (summary.failed, summary.given_up) == ({}, {"email": 1})
    assert "1 by email given up for good (The mail server 127.0.0.1:1 did not take the mail" in str(summary)


def test_a_channel_that_takes_all_the_time_leaves_the_rest_for_the_next_look_and_does_not_come_first_for_ever(
    alarmed, settings, monkeypatch
):
    """A look of the sensor must end: what it did not come to is due at once, and begins with another channel."""
    passed, tried = [timedelta()], []

    def dead(*_arguments, **_options):
        tried.append("email")
        passed[0] += timedelta(minutes=1)
        raise ChannelFailed("The mail server did not answer.")

    monkeypatch.setattr("reports.alerts.channels.Mail.send", dead)
    looks = []
    for look in range(len(CHANNELS)):
        now = AS_OF + look * timedelta(seconds=30)
        passed[0] = timedelta()
        alarmed.execute("update app.outbox set next_try_at = %s where topic like '%%email'", [AS_OF])
        alarmed.commit()
        clock = lambda now=now: now + passed[0]  # noqa: E731 - a clock that the dead channel moves on
        looks.append(deliver(alarmed, with_mail(settings, 1), now, clock=clock, within=timedelta(seconds=20)))
    assert tried == ["email"] * len(looks)
    assert sum(look.delivered["file"] for look in looks) == 1
    assert any("the time was over; the rest goes next time" in str(look) for look in looks)
    left = alarmed.execute("select count(*) from app.outbox where topic = 'alerts.file' and delivered_at is null")
    assert left.fetchone() == (0,)
