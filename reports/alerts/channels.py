"""Ways to bring a message to someone: mail over SMTP, a Slack-compatible webhook, a local file.

A channel either delivers or raises ChannelFailed with a sentence that names no secret; trying again is the outbox's
business. A channel that nobody set up is None, which is a state of its own and never a success.
"""

import hashlib
import json
import os
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

import httpx

from reports.alerts.messages import chat_body
from warehouse.outbox import Message

_TIMEOUT = 20
"""Seconds a mail server or webhook may take to answer."""


class ChannelFailed(Exception):
    """The message did not go; the sentence says why and is kept with it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who got the message, and who was refused with which answer."""

    delivered: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()


class Channel(Protocol):
    """Something that delivers one message. Raises ChannelFailed when nobody got it."""

    def send(self, message: Message, now: datetime) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Mail:
    """Mail over SMTP, with STARTTLS where configured."""

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    starttls: bool
    username: str | None = None
    password: str | None = None

    def send(self, message: Message, now: datetime) -> Receipt:
        """One mail to all recipients. Those the server refuses are reported; all refused is a failure."""
        mail = self._mail(message, now)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.username and self.password:
                    server.login(self.username, self.password)
                refused = server.send_message(mail, from_addr=self.sender, to_addrs=list(self.recipients))
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelFailed(
                f"The mail server {self.host}:{self.port} refused the sign-in (SMTP {error.smtp_code}). "
                "Check QBR_SMTP_USERNAME and QBR_SMTP_PASSWORD."
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelFailed(
                f"The mail server {self.host}:{self.port} did not take the mail: {_short(error)}"
            ) from error
        got = tuple(recipient for recipient in self.recipients if recipient not in refused)
        return Receipt(got, tuple((name, f"SMTP {code}") for name, (code, _) in sorted(refused.items())))

    def _mail(self, message: Message, now: datetime) -> EmailMessage:
        facts = message.payload["facts"]
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Subject"], mail["Date"] = message.payload["subject"], format_datetime(now)
        # The same message has the same id however often it is sent, and a resolution answers its opening.
        mail["Message-ID"] = self._id(message, facts["event"])
        if facts["event"] != "opened":
            mail["In-Reply-To"] = mail["References"] = self._id(message, "opened")
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.payload["text"])
        mail.add_alternative(message.payload["html"], subtype="html")
        return mail

    def _id(self, message: Message, event: str) -> str:
        facts = message.payload["facts"]
        name = f"{message.organization_id}/{facts['alert_id']}/{event}/{facts['first_seen_at']}"
        return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@qbr.invalid>"


@dataclass(frozen=True, slots=True)
class ChatWebhook:
    """An incoming webhook as Slack defines it; its address is a secret."""

    url: str

    def send(self, message: Message, now: datetime) -> Receipt:  # noqa: ARG002 - a chat dates its messages itself
        """One POST; any answer but success is a failure."""
        body = chat_body(message.payload["subject"], message.payload["facts"])
        try:
            answer = httpx.post(self.url, json=body, timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            raise ChannelFailed(f"The chat webhook could not be reached: {type(error).__name__}.") from error
        if not answer.is_success:
            raise ChannelFailed(
                f"The chat webhook answered HTTP {answer.status_code}. Check QBR_CHAT_WEBHOOK_URL if it goes on."
            )
        return Receipt(("chat_webhook",))


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One JSON object a line, appended to ``<folder>/<organization>.jsonl``."""

    folder: Path

    def send(self, message: Message, now: datetime) -> Receipt:
        """Append the message, and make sure it is on disk; one that is there already is not added again."""
        path = self.folder / f"{message.organization_id}.jsonl"
        entry = {"key": message.dedupe_key, "written_at": now.isoformat(), **message.payload["facts"]}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if message.attempts > 1 and self._holds(path, message):
                return Receipt((str(path),))
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ChannelFailed(f"{path} could not be written: {_short(error)}") from error
        return Receipt((str(path),))

    @staticmethod
    def _holds(path: Path, message: Message) -> bool:
        if not path.exists():
            return False
        needle = json.dumps(message.dedupe_key)
        with path.open(encoding="utf-8") as file:
            return any(f'"key": {needle}' in line for line in file)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
