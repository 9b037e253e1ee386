"""Mails that carry reports: put into the outbox with their attachments, sent afterwards, tried again until they go.

Attachments are copied beside the outbox when the mail is decided, under their own hash, so that what is sent is what
was written, however late it goes.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.errors import ReportError
from reports.files import finished, sha256_of
from reports.mail_footers import Footer, footer
from reports.mail_server import MailFailed, MailServer, mail_server
from reports.views.organizations import Organization, active_organizations, organization
from warehouse.mail_lists import left
from warehouse.outbox import LEASE, Message, claim, delivered, enqueue, failed, going_on_from, renew
from warehouse.settings import Settings

LOG = logging.getLogger(__name__)
TOPIC = "reports.email"
_OWN_LIST_ALONE = frozenset({"investor_report"})
_ONE_LINE = default.clone(max_line_length=998)
"""Addresses in headers must stay as they are: folded at 78 marks, they would be written in code."""
_TIMEOUT = 60
"""Seconds a mail server may take: attachments are larger than words."""
_LONGEST = timedelta(seconds=10 * _TIMEOUT)
"""How long a mail to one person may take beyond a lease, since each answer may take that long."""


class TakenOver(Exception):
    """We were too slow, and another sender has the mail now."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    path: Path
    content_type: str
    sha256: str

    @classmethod
    def of(cls, path: Path, content_type: str) -> "Attachment":
        return cls(path, content_type, sha256_of(path))


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mail that was worded; `key` names it once for ever, `kind` says whose addresses it goes to."""

    kind: str
    key: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class Sent:
    """How many mails went, and how many failed, for somebody at least, and will be tried again."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    """Mails that failed for so long that they are not tried again."""
    error: str | None = None
    not_configured: int = 0
    """Mails that wait because no mail server is set."""
    refused: list[str] = field(default_factory=list)
    """Recipients of mails that went, whom the server will never take, with its answer."""

    def __str__(self) -> str:
        parts = [f"{self.delivered} sent"] if self.delivered else []
        parts += [f"{self.failed} failed and will be tried again ({self.error})"] if self.failed else []
        parts += [f"{self.given_up} given up for good ({self.error})"] if self.given_up else []
        parts += [f"the server refused {', '.join(self.refused)}"] if self.refused else []
        parts += [f"{self.not_configured} wait: no mail server is set (QBR_SMTP_HOST)"] if self.not_configured else []
        return ", ".join(parts) or "no mail was waiting"


def put(connection: Connection[Any], settings: Settings, about: Organization, mailing: Mailing, now: datetime) -> str:
    """Put a mail into the outbox, sent once the caller commits; a sentence about what became of it."""
    if not settings.smtp_host:
        return "No mail was put: no mail server is set (QBR_SMTP_HOST)."
    recipients = recipients_of(about, settings, mailing.kind)
    if recipients is None:
        return f"No mail was put: delivery.{mailing.kind}.is_enabled is false."
    gone = left(connection, about.organization_id, mailing.kind)
    off_the_list = [one for one in recipients if one.lower() in gone]
    recipients = tuple(one for one in recipients if one.lower() not in gone)
    if off_the_list and not recipients:
        return f"No mail was put: {', '.join(off_the_list)} left the list (`qbr report recipients`)."
    if not recipients:
        fallback = "" if mailing.kind in _OWN_LIST_ALONE else " or delivery.email.recipients"
        return f"No mail was put: nobody is named under delivery.{mailing.kind}.recipients{fallback}."
    for attachment in mailing.attachments:
        _keep(spool(settings) / attachment.sha256, attachment)
    payload = {
        "kind": mailing.kind,
        "subject": mailing.subject,
        "text": mailing.text,
        "html": mailing.html,
        "recipients": list(recipients),
        "attachments": [
            {"name": one.path.name, "content_type": one.content_type, "sha256": one.sha256}
            for one in mailing.attachments
        ],
    }
    is_new = enqueue(connection, about.organization_id, TOPIC, mailing.key, payload, now=now)
    if not is_new:
        return "The mail of this time was put before."
    without = f" {', '.join(off_the_list)} left the list." if off_the_list else ""
    return f"A mail to {len(recipients)} was put.{without}"


def _keep(kept: Path, attachment: Attachment) -> None:
    """Copy what is attached to where it waits, unless an earlier mail brought it."""
    with suppress(FileNotFoundError):
        os.utime(kept)  # clearing goes by age, and this mail's days begin now
        return
    with finished(kept) as unfinished:
        shutil.copyfile(attachment.path, unfinished)
        if sha256_of(unfinished) != attachment.sha256:
            raise ReportError(
                f"{attachment.path.name} was replaced while its mail was worded, so no mail was put. Make the report "
                "again."
            )


def recipients_of(about: Organization, settings: Settings, kind: str) -> tuple[str, ...] | None:
    """Who gets a kind of report; None where it is turned off.

    Its own list, else who gets alerts; figures for investors go to their own list alone, since whoever is told of
    alerts, of every organization perhaps, need not know what this one earns.
    """
    own = about.delivery.get(kind) or {}
    if not own.get("is_enabled", True):
        return None
    if kind in _OWN_LIST_ALONE:
        return tuple(own.get("recipients") or ())
    alerts = about.delivery.get("email") or {}
    fallback = [one.strip() for one in (settings.smtp_to or "").split(",") if one.strip()]
    return tuple(own.get("recipients") or alerts.get("recipients") or fallback)


def spool(settings: Settings) -> Path:
    """Where attachments wait."""
    return settings.var_dir / "outbox"


def is_waiting(connection: Connection[Any], now: datetime) -> bool:
    """Whether a mail is due, of an organization that is active: those of others stay where they are."""
    found = connection.execute(
        "select 1 from app.outbox join app.organizations using (organization_id) where is_active and topic = %s "
        "and delivered_at is null and given_up_at is null and next_try_at <= %s limit 1",
        [TOPIC, now],
    ).fetchone()
    return found is not None


def send_waiting(
    connection: Connection[Any],
    settings: Settings,
    now: datetime,
    organization_id: str | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
) -> Sent:
    """Send what is due. Commits what it takes up, then each outcome: a crash repeats one mail at most."""
    sent = Sent()
    wanted = (
        [organization(connection, organization_id)] if organization_id is not None else active_organizations(connection)
    )
    server = mail_server(settings)
    if server is None:
        sent.not_configured = _waiting(connection, [about.organization_id for about in wanted])
        return sent
    going_on = clock or going_on_from(now)
    for about in wanted:
        while messages := claim(
            connection,
            now,
            organization_id=about.organization_id,
            topics=[TOPIC],
            limit=5,
            lease=going_on() - now + LEASE,
        ):
            connection.commit()
            for message in messages:
                try:
                    refused = _send(connection, server, settings, message, about=about, now=now, going_on=going_on)
                except TakenOver:
                    continue
                except Exception as error:  # noqa: BLE001 - one bad mail must not hold up those behind it
                    connection.rollback()  # what a statement broke would refuse to note the failure too
                    sent.error = _words(error)
                    LOG.error("mail %s of %s: %s", message.dedupe_key, message.organization_id, type(error).__name__)  # noqa: TRY400
                    if failed(connection, message, sent.error, now) is None:
                        sent.given_up += 1
                    else:
                        sent.failed += 1
                else:
                    sent.delivered += 1
                    sent.refused += refused
                    delivered(connection, message, now)
                connection.commit()
    return sent


def _waiting(connection: Connection[Any], organization_ids: Sequence[str]) -> int:
    found = connection.execute(
        "select count(*) from app.outbox where organization_id = any(%s) and topic = %s and delivered_at is null "
        "and given_up_at is null",
        [list(organization_ids), TOPIC],
    ).fetchone()
    return int(found[0]) if found else 0


def _words(error: Exception) -> str:
    """Our own words and those of the system; of anything else the type alone, since it may hold a secret."""
    if isinstance(error, MailFailed | OSError):
        return " ".join(str(error).split())[:300]
    return f"sending failed unexpectedly: {type(error).__name__}"


def _send(
    connection: Connection[Any],
    server: MailServer,
    settings: Settings,
    message: Message,
    *,
    about: Organization,
    now: datetime,
    going_on: Callable[[], datetime],
) -> list[str]:
    """A mail of its own to everyone who has not got it, so that nobody sees who else does; each outcome is committed.

    Who is refused for good is returned. Raises MailFailed when somebody is left who may get it later, or nobody has it,
    TakenOver when another sender goes on with it.
    """
    _hold(connection, message, going_on())
    found = connection.execute(
        "select recipient from app.deliveries where organization_id = %s and outbox_id = %s and outcome = 'delivered'",
        [message.organization_id, message.outbox_id],
    )
    done = {recipient for (recipient,) in found.fetchall()}
    refused, waits, gone = [], [], left(connection, about.organization_id, str(message.payload.get("kind")))
    for person in message.payload["recipients"]:
        if person in done or person.lower() in gone:
            continue
        # Held from one person to the next: a sender that dies at the first of fifty must not keep the mail for hours.
        _hold(connection, message, going_on())
        mail = as_mail(
            settings, message, person, now, footer(connection, settings, about, message, person=person, now=now)
        )
        connection.commit()
        try:
            outcome = server.send(mail, [person], timeout=_TIMEOUT)
        except MailFailed as error:
            waits.append(_words(error))
            _note(connection, message, person, _words(error), now)
            continue
        for name, answer in outcome.refused:
            refused.append(f"{name} ({answer})")
            _note(connection, message, name, f"the server refused this recipient: {answer}", now)
        for name, answer in outcome.later:
            waits.append(f"not taken yet for {name} ({answer})")
            _note(connection, message, name, f"the server refused this recipient for now: {answer}", now)
        for name in outcome.delivered:
            done.add(name)
            _note(connection, message, name, None, now)
    if waits:
        raise MailFailed("; ".join(dict.fromkeys(waits)))
    if refused and not done:
        raise MailFailed(f"The mail server {server.host}:{server.port} took it for nobody: {', '.join(refused)}")
    return refused


def _hold(connection: Connection[Any], message: Message, now: datetime) -> None:
    """Keep the mail for as long as it may take to reach one person; committed."""
    if not renew(connection, [message], now, each=_LONGEST):
        raise TakenOver
    connection.commit()


def _note(connection: Connection[Any], message: Message, person: str, error: str | None, now: datetime) -> None:
    """What became of the mail for one person, beside what became of alerts; committed."""
    connection.execute(
        "insert into app.deliveries (organization_id, outbox_id, step, channel, recipient, outcome, error, "
        "attempted_at) values (%s, %s, 'report', 'email', %s, %s, %s, %s)",
        [
            message.organization_id,
            message.outbox_id,
            person,
            "delivered" if error is None else "failed",
            error,
            now,
        ],
    )
    connection.commit()


def as_mail(settings: Settings, message: Message, person: str, now: datetime, below: Footer) -> EmailMessage:
    """The mail to one person with its attachments. Raises OSError when one is gone or is not what it was."""
    payload: Mapping[str, Any] = message.payload
    mail = EmailMessage(policy=_ONE_LINE)
    mail["From"], mail["To"] = settings.smtp_from, person
    mail["Subject"], mail["Date"] = payload["subject"], format_datetime(now)
    # Each person's mail is another, with links of its own; programs that see one id twice drop the second.
    name = f"{message.organization_id}/{message.topic}/{message.dedupe_key}/{person}"
    mail["Message-ID"] = f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@qbr.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    for header, value in below.headers.items():
        mail[header] = value
    mail.set_content(payload["text"] + below.text)
    mail.add_alternative(below.below(payload["html"]), subtype="html")
    for attachment in payload["attachments"]:
        content = (spool(settings) / attachment["sha256"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != attachment["sha256"]:
            raise OSError(f"The waiting attachment {attachment['name']} is not what it was.")
        main, _, sub = attachment["content_type"].partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=attachment["name"])
    return mail
