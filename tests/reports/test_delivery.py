"""Messages reach a real mail server, a real webhook and a file: in order, once, and later when a channel is down."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from reports.alerts import deliver, evaluate
from tests.reports import marts
from tests.reports.receivers import Mailbox, free_port, mail_server, web_server
from warehouse.settings import Settings

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
NOON = datetime(2026, 7, 6, 17, tzinfo=UTC)
AT_ONCE = {"digest": {"at": []}}


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@contextmanager
def chat_server(port: int, answers: list[int]) -> Iterator[list[dict]]:
    """Takes JSON posts, answering with `answers` in turn and then 200."""
    with web_server(port, answers) as web:
        yield web.hooks


@pytest.fixture
def alarmed(committing: psycopg.Connection) -> psycopg.Connection:
    """An organization whose check fails, so that one alert waits on every channel."""
    marts.organization(committing, settings={"delivery": {"email": {"recipients": ["owner@example.com"]}, **AT_ONCE}})
    marts.periods(committing)
    marts.checks(committing, failing=True)
    row = {"organization_id": marts.ORGANIZATION, "rule": "check_failed", "kind": "check_failed", "severity": "high"}
    marts.insert(committing, "app.alert_rules", [{**row, "channels": ["email", "chat_webhook", "file"]}])
    evaluate(committing, marts.ORGANIZATION, AS_OF)
    committing.commit()
    return committing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No channel but the file."""
    return Settings(_env_file=None, var_dir=tmp_path)


def with_mail(settings: Settings, port: int, **more) -> Settings:
    return settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_starttls": False, **more})


def with_chat(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"chat_webhook_url": SecretStr(f"http://127.0.0.1:{port}/services/T0/B0")})


def resolve(connection) -> None:
    connection.execute("update app.check_results set is_passed = true")
    evaluate(connection, marts.ORGANIZATION, AS_OF + timedelta(hours=1))
    connection.commit()


def waiting(connection, channel: str) -> list[tuple[int, str | None]]:
    return connection.execute(
        "select attempts, last_error from app.outbox where payload ->> 'channel' = %s and delivered_at is null "
        "order by outbox_id",
        [channel],
    ).fetchall()


def test_a_mail_arrives_as_text_and_html_with_value_threshold_next_step_and_runbook(alarmed, settings, mailbox):
    port = free_port()
    with mail_server(mailbox, port):
        summary = deliver(alarmed, with_mail(settings, port), NOON)
    assert summary.delivered == {"email": 1, "file": 1}
    [(recipients, mail)] = mailbox.mails
    assert recipients == ["owner@example.com"]
    assert mail["Subject"].startswith("[High] Fernhill IT: Check every_account_is_mapped fails")
    text, page = (part.get_payload(decode=True).decode() for part in mail.get_payload())
    for words in (
        "Value: 1",
        "Threshold: 0",
        "docs/runbooks/data.md#check-failed",
        "Next: No deck is built until it passes",
    ):
        assert words in text
        assert words.split(": ")[-1] in page
    assert page.lower().startswith("<!doctype html>")
    assert "http" not in page


def test_a_resolution_is_told_as_an_answer_to_its_opening(alarmed, settings, mailbox):
    port = free_port()
    with mail_server(mailbox, port):
        deliver(alarmed, with_mail(settings, port), NOON)
        resolve(alarmed)
        deliver(alarmed, with_mail(settings, port), NOON)
    (_, opened), (_, resolved) = mailbox.mails
    assert resolved["Subject"].startswith("[Resolved] Fernhill IT:")
    assert resolved["In-Reply-To"] == opened["Message-ID"]


def test_nothing_is_sent_twice(alarmed, settings, mailbox):
    port = free_port()
    with mail_server(mailbox, port):
        for hour in range(4):
            evaluate(alarmed, marts.ORGANIZATION, AS_OF + timedelta(hours=hour))
            alarmed.commit()
            deliver(alarmed, with_mail(settings, port), NOON + timedelta(hours=hour))
    assert len(mailbox.mails) == 1
    assert len((settings.var_dir / "alerts" / "fernhill-it.jsonl").read_text().splitlines()) == 1


def test_while_the_mail_server_is_down_nothing_is_lost_and_order_is_kept(alarmed, settings, mailbox):
    port = free_port()
    down = deliver(alarmed, with_mail(settings, port), NOON)
    assert down.failed == {"email": 1}
    assert "did not take the mail" in down.errors["email"]
    resolve(alarmed)
    with mail_server(mailbox, port):
        # The resolution is due before the opening's next try; it must not overtake it.
        for minute in range(0, 60, 2):
            deliver(alarmed, with_mail(settings, port), NOON + timedelta(seconds=5, minutes=minute))
    assert [mail["Subject"].split("]")[0] for _, mail in mailbox.mails] == ["[High", "[Resolved"]
    assert waiting(alarmed, "email") == []


def test_the_wait_between_tries_grows(alarmed, settings):
    port = free_port()
    due = []
    now = NOON
    for _ in range(4):
        deliver(alarmed, with_mail(settings, port), now)
        [(next_try,)] = alarmed.execute("select next_try_at from app.outbox where topic = 'alerts.email'").fetchall()
        due.append(next_try - now)
        now = next_try
    assert due == [timedelta(seconds=seconds) for seconds in (30, 60, 120, 240)]


def test_a_recipient_the_server_refuses_is_noted_and_the_others_get_their_mail(alarmed, settings, mailbox):
    port = free_port()
    mailbox.refused = {"gone@example.com"}
    alarmed.execute("update app.organizations set settings = '{}'")
    with mail_server(mailbox, port):
        deliver(alarmed, with_mail(settings, port, smtp_to="owner@example.com, gone@example.com"), NOON)
    assert mailbox.mails[0][0] == ["owner@example.com"]
    noted = alarmed.execute("select recipient, outcome, error from app.deliveries where channel = 'email' order by 1")
    assert noted.fetchall() == [
        ("gone@example.com", "failed", "the server refused this recipient: SMTP 550"),
        ("owner@example.com", "delivered", None),
    ]


def test_mail_goes_through_starttls_and_sign_in_where_they_are_configured(
    alarmed, settings, mailbox, tmp_path, monkeypatch
):
    port = free_port()
    context, certificate = tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen = []

    def authenticate(server, session, envelope, mechanism, given):
        seen.append((session.ssl is not None, given.login))
        return AuthResult(success=given.password == b"right-word", handled=False)

    secured = {"smtp_starttls": True, "smtp_username": "qbr", "smtp_password": SecretStr("wrong-word")}
    chosen = with_mail(settings, port, smtp_host="localhost", **secured)
    with mail_server(
        mailbox, port, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate
    ):
        refused = deliver(alarmed, chosen, NOON)
        assert "refused the sign-in (SMTP 535)" in refused.errors["email"]
        assert "wrong-word" not in str(refused)
        good = chosen.model_copy(update={"smtp_password": SecretStr("right-word")})
        deliver(alarmed, good, NOON + timedelta(minutes=1))
    assert len(mailbox.mails) == 1
    assert {(is_secure, login) for is_secure, login in seen} == {(True, b"qbr")}


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(alarmed, settings, mailbox, tmp_path):
    port = free_port()
    context, _ = tls(tmp_path)
    with mail_server(mailbox, port, tls_context=context, require_starttls=True):
        summary = deliver(alarmed, with_mail(settings, port, smtp_host="localhost", smtp_starttls=True), NOON)
    assert summary.failed["email"] == 1
    assert mailbox.mails == []


def test_a_chat_message_is_posted_once_the_webhook_answers(alarmed, settings):
    port = free_port()
    with chat_server(port, [503, 429]) as posts:
        chosen = with_chat(settings, port)
        first = deliver(alarmed, chosen, NOON)
        assert first.errors["chat_webhook"].startswith("The chat webhook answered HTTP 503.")
        assert "services" not in str(first)
        deliver(alarmed, chosen, NOON + timedelta(minutes=1))
        deliver(alarmed, chosen, NOON + timedelta(minutes=10))
        deliver(alarmed, chosen, NOON + timedelta(minutes=20))
    assert len(posts) == 1
    assert posts[0]["text"].splitlines()[0].startswith("*[High] Fernhill IT: Check every_account_is_mapped fails")
    assert "Runbook: docs/runbooks/data.md#check-failed" in posts[0]["text"]


def test_a_webhook_that_is_gone_leaves_the_message_waiting_without_its_address(alarmed, settings):
    summary = deliver(alarmed, with_chat(settings, free_port()), NOON)
    assert summary.failed["chat_webhook"] == 1
    [(attempts, error)] = waiting(alarmed, "chat_webhook")
    assert (attempts, error) == (1, "The chat webhook could not be reached: ConnectError.")


def test_names_cannot_format_a_chat_message(alarmed, settings):
    alarmed.execute("update app.outbox set payload = jsonb_set(payload, '{facts,message}', '\"<!channel> & more\"')")
    port = free_port()
    with chat_server(port, []) as posts:
        deliver(alarmed, with_chat(settings, port), NOON)
    assert posts[0]["text"].startswith("*[High] Fernhill IT: &lt;!channel&gt; &amp; more*")


def test_a_channel_nobody_set_up_is_said_and_not_taken_for_success(alarmed, settings):
    summary = deliver(alarmed, settings, NOON)
    assert summary.not_configured == {"email": 1, "chat_webhook": 1}
    assert summary.delivered == {"file": 1}
    assert "1 wait: email is not configured" in str(summary)
    [(_, error)] = waiting(alarmed, "email")
    assert error.startswith("E-mail is not configured: set QBR_SMTP_HOST")


def test_a_message_that_waited_for_its_channel_goes_when_it_is_set_up(alarmed, settings, mailbox):
    deliver(alarmed, settings, NOON)
    port = free_port()
    with mail_server(mailbox, port):
        deliver(alarmed, with_mail(settings, port), NOON + timedelta(hours=1))
    assert len(mailbox.mails) == 1


def test_the_file_holds_one_json_object_a_line(alarmed, settings):
    deliver(alarmed, settings, NOON)
    resolve(alarmed)
    deliver(alarmed, settings, NOON)
    lines = (settings.var_dir / "alerts" / "fernhill-it.jsonl").read_text().splitlines()
    opened, resolved = map(json.loads, lines)
    assert (opened["event"], resolved["event"]) == ("opened", "resolved")
    assert opened["scope"] == "every_account_is_mapped"
    assert opened["value"] == "1"
    assert opened["schema_version"] == 2


def test_a_file_line_written_before_a_crash_is_not_written_again(alarmed, settings):
    deliver(alarmed, settings, NOON)
    alarmed.execute("update app.outbox set delivered_at = null, next_try_at = %s where topic = 'alerts.file'", [NOON])
    alarmed.commit()
    deliver(alarmed, settings, NOON)
    assert len((settings.var_dir / "alerts" / "fernhill-it.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("severity", "hour", "goes"), [("high", 3, False), ("critical", 3, True), ("high", 12, True), ("high", 7, True)]
)
def test_quiet_hours_hold_back_all_but_critical_messages(committing, settings, severity, hour, goes):
    hours = {"quiet_hours": {"start": "20:00", "end": "07:00"}, **AT_ONCE}
    marts.organization(committing, settings={"delivery": hours})
    marts.periods(committing)
    marts.checks(committing, failing=True)
    row = {"organization_id": marts.ORGANIZATION, "rule": "check_failed", "kind": "check_failed", "severity": severity}
    marts.insert(committing, "app.alert_rules", [{**row, "channels": ["file"]}])
    evaluate(committing, marts.ORGANIZATION, AS_OF)
    committing.commit()
    local = datetime(2026, 7, 7, hour + 5, tzinfo=UTC)  # Chicago is five hours behind in summer
    assert deliver(committing, settings, local).delivered == ({"file": 1} if goes else {})


def test_two_organizations_get_their_own_messages(alarmed, settings):
    marts.organization(alarmed, "other-it", 2, name="Other IT")
    marts.periods(alarmed, "other-it")
    alarmed.commit()
    assert deliver(alarmed, settings, NOON, organization_id="other-it").delivered == {}
    assert deliver(alarmed, settings, NOON, organization_id=marts.ORGANIZATION).delivered == {"file": 1}
    assert [path.name for path in (settings.var_dir / "alerts").glob("*.jsonl")] == ["fernhill-it.jsonl"]


def tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for localhost, and the certificate that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "server.pem", folder / "server.key"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_path, key_path)
    return context, cert_path
