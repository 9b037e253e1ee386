"""What stands below a report mail to one person: where its files can be opened, and how to be sent no more."""

import hashlib
import hmac
import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from reports.formats import Formats
from reports.pages import FOOTER
from reports.views.organizations import Organization
from reports.views.query import rows
from warehouse import mail_lists
from warehouse.audit import Actor
from warehouse.outbox import Message
from warehouse.settings import Settings
from warehouse.share_links import SECRET_BYTES, make, token_of

OPENS_FOR = timedelta(days=30)
LISTS = {"investor_report": "the report to investors", "data_quality_report": "the report on the data"}
_NOBODYS = "qbr@localhost"
"""The sender that stands in the settings until somebody sets one: nobody reads what is written to it."""
_PARAGRAPH = '<p style="margin:0 0 6px;font-size:12px;color:#5B6675">'


@dataclass(frozen=True, slots=True)
class Footer:
    """The same as words, as HTML, and as headers for mail programs."""

    text: str
    html: str
    headers: Mapping[str, str]

    def below(self, page: str) -> str:
        """The page with it at its end."""
        return page.replace(FOOTER, self.html) if FOOTER in page else page + self.html


def footer(
    connection: Connection[Any],
    settings: Settings,
    about: Organization,
    message: Message,
    *,
    person: str,
    now: datetime,
) -> Footer:
    """The footer for one person; the caller commits, before the mail goes. A mail tried again gets the same one."""
    lines, parts, headers = list[str](), list[str](), dict[str, str]()
    opened = _opened(connection, settings, message, person, now)
    if opened is not None:
        address, until = opened
        day = Formats(about.locale, about.currency, about.time_zone).instant(until)
        lines.append(f"The files can also be opened here until {day} ({about.time_zone}): {address}")
        parts.append(f'<a href="{html.escape(address)}">Open the files</a>, until {html.escape(day)} '
                     f"({html.escape(about.time_zone)}). The link is yours alone.")  # fmt: skip
    mail_list = message.payload.get("kind")
    if mail_list is None:  # a mail that an earlier version put
        return _made(lines, parts, headers)
    named = f"{LISTS[mail_list]} of {about.name}"
    lines.append(f"You get this because {person} is on the list for {named}.")
    parts.append(html.escape(lines[-1]))
    if settings.portal_url:
        token = mail_lists.listed(
            connection, about.organization_id, mail_list, person, key=settings.link_signing_key(), now=now
        )
        address = f"{settings.portal_address()}/u/{token}"
        headers["List-Unsubscribe"] = f"<{address}>"
        if address.startswith("https://"):  # RFC 8058: a mail program's one click, over TLS alone
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        lines.append(f"To be taken off it: {address}")
        parts.append(f'<a href="{html.escape(address)}">Take me off this list</a>')
    elif settings.smtp_from != _NOBODYS:
        headers["List-Unsubscribe"] = f"<mailto:{settings.smtp_from}?subject=unsubscribe>"
        lines.append(f"To be taken off it, write to {settings.smtp_from}.")
        parts.append(html.escape(lines[-1]))
    else:
        lines.append(f"To be taken off it, tell whoever sends it at {about.name}.")
        parts.append(html.escape(lines[-1]))
    return _made(lines, parts, headers)


def _made(lines: list[str], parts: list[str], headers: Mapping[str, str]) -> Footer:
    if not lines:
        return Footer("", "", headers)
    shown = "".join(f"{_PARAGRAPH}{part}</p>" for part in parts)
    rule = '<div style="margin-top:28px;padding-top:12px;border-top:1px solid #D8DEE6">'
    return Footer("\n-- \n" + "\n".join(lines) + "\n", f"{rule}{shown}</div>", headers)


def _opened(
    connection: Connection[Any], settings: Settings, message: Message, person: str, now: datetime
) -> tuple[str, datetime] | None:
    """A link of this person's own to what is attached, and until when it opens; None without a page or files.

    Its secret is made from the signing key, so that a mail that is tried again carries the same link.
    """
    if not settings.portal_url:
        return None
    key = settings.link_signing_key()
    named = "\0".join((message.organization_id, str(message.outbox_id), person)).encode()
    secret = hmac.new(key, b"qbr link in a mail 1\0" + named, hashlib.sha256).digest()[:SECRET_BYTES]
    made = rows(
        connection,
        "select expires_at from app.share_links "
        "where organization_id = %(organization_id)s and token_hash = %(token_hash)s",
        {"organization_id": message.organization_id, "token_hash": hashlib.sha256(secret).digest()},
    )
    address = f"{settings.portal_address()}/l/{token_of(secret, key)}"
    if made:
        return address, made[0]["expires_at"]
    files = _files(connection, message)
    if not files:
        return None
    link, _ = make(
        connection,
        message.organization_id,
        files,
        label=message.payload["subject"],
        now=now,
        expires_at=now + OPENS_FOR,
        actor=Actor("process", f"mail to {person}"),
        key=key,
        secret=secret,
    )
    return address, link.expires_at


def _files(connection: Connection[Any], message: Message) -> list[int]:
    """What is attached, among the finished files: of those with the same content the first."""
    found = rows(
        connection,
        """
        select min(artefact_id) as artefact_id from app.artefacts
        where organization_id = %(organization_id)s and superseded_at is null and sha256 = any(%(hashes)s)
        group by sha256
        """,
        {
            "organization_id": message.organization_id,
            "hashes": [one["sha256"] for one in message.payload["attachments"]],
        },
    )
    return [row["artefact_id"] for row in found]
