"""Slack, Teams, the signed webhook and Apprise, each against a real receiver; people the mail server puts off."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from reports.alerts import deliver
from reports.alerts.handling import acknowledge
from reports.alerts.trial import try_channels
from tests.reports import marts
from tests.reports.alerting import AS_OF, AT_ONCE, HOUR, organization, portal, rule
from tests.reports.receivers import Mailbox, free_port, mail_server, web_server
from warehouse.audit import Actor
from warehouse.settings import Settings

DAY = timedelta(days=1)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(tmp_path: Path, port: int) -> Settings:
    """Every channel over HTTP, at one receiver."""
    return Settings(
        _env_file=None,
        var_dir=tmp_path,
        slack_bot_token="xoxb-test",
        slack_channel="C1",
        slack_api_url=f"http://127.0.0.1:{port}/api",
        teams_webhook_url=f"http://127.0.0.1:{port}/workflows/secret-part",
        alert_webhook_url=f"http://127.0.0.1:{port}/hook",
        alert_webhook_secret="whsec_" + base64.b64encode(b"a key of the receiver").decode(),
        apprise_urls=f"json://127.0.0.1:{port}/apprise",
        docs_url="https://docs.example.com/qbr/",
    )


def watched(connection: psycopg.Connection, channel: str, **delivery) -> psycopg.Connection:
    organization(connection, {**AT_ONCE, "channels": [channel], **delivery})
    rule(connection, "down", "signal", severity="critical", signal="portal.up", below="1")
    connection.commit()
    return connection


def test_in_slack_an_alert_is_one_message_that_tells_what_has_become_of_it(committing, settings, port):
    connection = watched(committing, "slack")
    with web_server(port) as web:
        portal(connection, up=False, at=AS_OF)
        deliver(connection, settings, AS_OF)
        [(stamp, message)] = web.slack.items()
        assert message["text"] == "[Critical] Fernhill IT: portal.up is 0, below 1"
        assert "<https://docs.example.com/qbr/runbooks/signals.md#services|" in json.dumps(message["attachments"])
        acknowledge(connection, marts.ORGANIZATION, 1, actor=Actor("person", "anna"), as_of=AS_OF + HOUR)
        deliver(connection, settings, AS_OF + HOUR)
        assert web.slack[stamp]["text"].startswith("[Acknowledged]")
        assert "acknowledged by anna" in json.dumps(web.slack[stamp]["attachments"])
        portal(connection, up=True, at=AS_OF + 2 * HOUR)
        deliver(connection, settings, AS_OF + 2 * HOUR)
    assert [message["text"] for message in web.slack.values()] == ["[Resolved] Fernhill IT: portal.up is 0, below 1"]


def test_a_repeat_in_slack_is_a_reply_since_a_changed_message_tells_nobody(committing, settings, port):
    connection = watched(committing, "slack")
    with web_server(port) as web:
        for hours in (0, 4):
            portal(connection, up=False, at=AS_OF + hours * HOUR)
            deliver(connection, settings, AS_OF + hours * HOUR)
    first, reply = web.slack.items()
    assert (reply[1]["thread_ts"], reply[1]["reply_broadcast"]) == (first[0], True)
    assert reply[1]["text"] == "Nobody has acknowledged this yet. portal.up is 0, below 1"


def test_a_message_that_somebody_deleted_in_slack_is_posted_anew(committing, settings, port):
    connection = watched(committing, "slack")
    with web_server(port) as web:
        portal(connection, up=False, at=AS_OF)
        deliver(connection, settings, AS_OF)
        web.forgotten |= set(web.slack)
        portal(connection, up=True, at=AS_OF + HOUR)
        assert deliver(connection, settings, AS_OF + HOUR).delivered == {"slack": 1}
    assert [message["text"].split("]")[0] for message in web.slack.values()] == ["[Critical", "[Resolved"]


def test_what_slack_refuses_is_told_without_the_token(committing, settings, port):
    connection = watched(committing, "slack")
    wrong = settings.model_copy(update={"slack_bot_token": type(settings.slack_bot_token)("xoxb-wrong")})
    with web_server(port):
        portal(connection, up=False, at=AS_OF)
        summary = deliver(connection, wrong, AS_OF)
    assert summary.errors["slack"].startswith("Slack refused the message (invalid_auth). Check QBR_SLACK_BOT_TOKEN")
    assert "xoxb" not in str(summary)


def test_teams_gets_an_adaptive_card_with_a_button_to_the_runbook(committing, settings, port):
    connection = watched(committing, "teams", digest={"at": []})
    with web_server(port) as web:
        portal(connection, up=False, at=AS_OF)
        deliver(connection, settings, AS_OF)
    [attachment] = web.hooks[0]["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["body"][0]["text"] == "Critical: Fernhill IT"
    assert {"title": "Value", "value": "0"} in card["body"][2]["facts"]
    assert card["actions"][0]["url"] == "https://docs.example.com/qbr/runbooks/signals.md#services"


def test_the_webhook_is_signed_over_id_time_and_body(committing, settings, port):
    connection = watched(committing, "webhook")
    with web_server(port, [503]) as web:
        portal(connection, up=False, at=AS_OF)
        deliver(connection, settings, AS_OF)
        deliver(connection, settings, AS_OF + HOUR)
    [(_, headers, content)] = web.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    wanted = base64.b64encode(hmac.new(b"a key of the receiver", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-timestamp"] == str(int((AS_OF + HOUR).timestamp()))
    assert headers["webhook-id"] == "fernhill-it-alert-1-opened-webhook"
    body = json.loads(content)
    assert (body["type"], body["data"]["rule"], body["data"]["value"]) == ("alert.opened", "down", "0")


def test_apprise_brings_an_alert_wherever_it_knows_an_address(committing, settings, port):
    connection = watched(committing, "apprise", digest={"at": []})
    with web_server(port) as web:
        portal(connection, up=False, at=AS_OF)
        assert deliver(connection, settings, AS_OF).delivered == {"apprise": 1}
    [post] = web.hooks
    assert post["title"] == "[Critical] Fernhill IT: portal.up is 0, below 1"
    assert "Next: Look at what takes the reading" in post["message"]


def test_a_receiver_that_asks_to_wait_is_left_alone_for_as_long(committing, settings, port):
    connection = watched(committing, "teams")
    with web_server(port, [429]):
        portal(connection, up=False, at=AS_OF)
        summary = deliver(connection, settings, AS_OF)
    assert summary.errors["teams"].startswith("The Teams workflow answered HTTP 429.")
    assert "secret-part" not in str(summary)
    assert connection.execute("select next_try_at from app.outbox").fetchone() == (AS_OF + timedelta(seconds=120),)


def test_who_was_put_off_gets_the_mail_later_and_who_has_it_does_not_get_it_twice(committing, tmp_path, port):
    people = ["anna@example.com", "ben@example.com", "gone@example.com"]
    connection, mailbox = watched(committing, "email", email={"recipients": people}), Mailbox()
    settings = Settings(_env_file=None, var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)
    mailbox.not_now, mailbox.refused = {"ben@example.com"}, {"gone@example.com"}
    with mail_server(mailbox, port):
        portal(connection, up=False, at=AS_OF)
        first = deliver(connection, settings, AS_OF)
        assert first.errors["email"] == "not taken yet for ben@example.com (SMTP 451)"
        mailbox.not_now = set()
        assert deliver(connection, settings, AS_OF + HOUR).delivered == {"email": 1}
    assert [recipients for recipients, _ in mailbox.mails] == [["anna@example.com"], ["ben@example.com"]]
    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == 1


def test_an_alert_that_ends_before_its_channel_is_set_up_is_not_told_afterwards(committing, tmp_path, port):
    connection, mailbox = watched(committing, "email", email={"recipients": ["owner@example.com"]}), Mailbox()
    bare = Settings(_env_file=None, var_dir=tmp_path)
    portal(connection, up=False, at=AS_OF)
    assert str(deliver(connection, bare, AS_OF)) == "1 wait: email is not configured"
    portal(connection, up=True, at=AS_OF + HOUR)
    portal(connection, up=False, at=AS_OF + 2 * HOUR)
    assert deliver(connection, bare, AS_OF + 30 * DAY).not_configured == {"email": 1}
    chosen = bare.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False})
    with mail_server(mailbox, port):
        deliver(connection, chosen, AS_OF + 31 * DAY)
    assert [mail["Subject"].split("]")[0] for _, mail in mailbox.mails] == ["[Critical"]


def test_the_history_file_holds_alerts_with_their_steps_and_deliveries(committing, settings, port):
    connection = watched(committing, "webhook")
    path = settings.var_dir / "alerts" / "fernhill-it" / "alert_history.json"
    with web_server(port):
        portal(connection, up=False, at=AS_OF)
        deliver(connection, settings, AS_OF)
        before = path.read_bytes()
        deliver(connection, settings, AS_OF)
        assert path.read_bytes() == before
        portal(connection, up=True, at=AS_OF + HOUR)
        deliver(connection, settings, AS_OF + HOUR)
    [alert] = json.loads(path.read_text())["alerts"]
    assert [step["step"] for step in alert["steps"]] == ["opened", "resolved"]
    assert [(one["channel"], one["outcome"]) for one in alert["deliveries"]] == [("webhook", "delivered")] * 2
    assert [file.name for file in path.parent.iterdir()] == ["alert_history.json"]


def test_a_trial_tries_what_is_set_up_and_says_what_the_rest_lacks(committing, settings, port):
    connection = watched(committing, "slack")
    with web_server(port, [500]) as web:
        tried = {one.channel: one for one in try_channels(connection, marts.ORGANIZATION, settings, AS_OF)}
    assert {name: one.state for name, one in tried.items()} == {
        "email": "not configured", "chat_webhook": "not configured", "slack": "failed", "teams": "sent",
        "webhook": "sent", "apprise": "sent", "file": "sent",
    }  # fmt: skip
    assert tried["email"].told.startswith("E-mail is not configured: set QBR_SMTP_HOST")
    assert [name for name, one in tried.items() if one.is_used] == ["slack"]
    assert all("This is a test" in json.dumps(hook) for hook in web.hooks)
