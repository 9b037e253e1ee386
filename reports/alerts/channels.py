"""Ways to bring a message to someone: mail, a chat webhook, a file. Those over HTTP with more to say are in `posts`.

A channel either delivers or raises ChannelFailed with a sentence that names no secret; trying again is the outbox's
business. A channel that nobody set up is None, which is a state of its own and never a success.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from reports.alerts import messages
from reports.alerts.messages import Facts
from reports.mail_server import MailFailed, MailServer, Outcome
from warehouse.outbox import Message


class ChannelFailed(Exception):
    """The message did not go; the sentence says why and is kept with it."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """Seconds the receiver asked us to wait."""


@dataclass(frozen=True, slots=True)
class Receipt(Outcome):
    """Who got the message; `reference` is what the channel calls it, where it can be changed later."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes over a channel at once: one message, or those of a digest."""

    messages: Sequence[Message]
    recipients: tuple[str, ...]
    """Whom it is for; the channel's usual recipients where none are named."""
    done: frozenset[str]
    """Who has got it in an earlier attempt."""
    reference: str | None = None
    """The message of the same alert that can be changed, where the channel has one."""
    docs_url: str | None = None

    @property
    def entries(self) -> list[Facts]:
        """The last word on each alert."""
        last = {message.payload["facts"]["alert_id"]: message.payload["facts"] for message in self.messages}
        return list(last.values())

    @property
    def key(self) -> str:
        """The same however often it is sent."""
        first = self.messages[0]
        return "/".join([first.organization_id, *(message.dedupe_key for message in self.messages)])

    def left(self, usual: Sequence[str]) -> list[str]:
        """Who has still to get it."""
        return [name for name in self.recipients or usual if name not in self.done]


class Channel(Protocol):
    """Something that delivers one parcel. Raises ChannelFailed when nobody got it."""

    def send(self, parcel: Parcel, now: datetime) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Mail:
    """Mail, text and HTML."""

    server: MailServer
    recipients: Sequence[str]

    def send(self, parcel: Parcel, now: datetime) -> Receipt:
        """One mail to all who have not got it. Those the server refuses for good are reported and not tried again."""
        people = parcel.left(self.recipients)
        if not people:
            return Receipt(())
        try:
            outcome = self.server.send(self._mail(parcel, people, now), people)
        except MailFailed as error:
            raise ChannelFailed(str(error)) from error
        return Receipt(outcome.delivered, outcome.refused, outcome.later)

    def _mail(self, parcel: Parcel, people: Sequence[str], now: datetime) -> EmailMessage:
        entries, docs = parcel.entries, parcel.docs_url
        mail = EmailMessage()
        mail["From"], mail["To"] = self.server.sender, ", ".join(people)
        mail["Date"] = format_datetime(now)
        mail["Auto-Submitted"] = "auto-generated"
        if len(entries) > 1:
            mail["Subject"] = messages.digest_subject(entries)
            mail["Message-ID"] = _message_id(parcel.key)
            mail.set_content(messages.digest_text(entries, docs_url=docs))
            mail.add_alternative(messages.digest_html(entries, docs_url=docs), subtype="html")
            return mail
        [facts] = entries
        mail["Subject"] = messages.subject(facts)
        # The same message has the same id however often it is sent, and what follows answers the opening.
        mail["Message-ID"] = _message_id(_name(facts, parcel.messages[-1].dedupe_key))
        if facts["event"] not in {"opened", "test"}:
            opening = f"alert-{facts['alert_id']}-opened-email"
            mail["In-Reply-To"] = mail["References"] = _message_id(_name(facts, opening))
        mail.set_content(messages.text(facts, docs_url=docs))
        mail.add_alternative(messages.as_html(facts, docs_url=docs), subtype="html")
        return mail


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One JSON object a line, appended to ``<folder>/<organization>.jsonl``."""

    folder: Path

    def send(self, parcel: Parcel, now: datetime) -> Receipt:
        """Append each message, and make sure it is on disk; one that is there already is not added again."""
        path = self.folder / f"{parcel.messages[0].organization_id}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for message in parcel.messages:
                if message.attempts > 1 and _holds(path, message):
                    continue
                entry = {"key": message.dedupe_key, "written_at": now.isoformat(), **message.payload["facts"]}
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            told = " ".join(str(error).split())[:300] or type(error).__name__
            raise ChannelFailed(f"{path} could not be written: {told}") from error
        return Receipt((str(path),))


def _holds(path: Path, message: Message) -> bool:
    if not path.exists():
        return False
    needle = json.dumps(message.dedupe_key)
    with path.open(encoding="utf-8") as file:
        return any(f'"key": {needle}' in line for line in file)


def _name(facts: Facts, step: str) -> str:
    return f"{facts['organization_id']}/{step}/{facts['first_seen_at']}"


def _message_id(name: str) -> str:
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@qbr.invalid>"
