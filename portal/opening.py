"""From a link to what it opens or which list of mails it takes off; every way it may be refused; one organization."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from reports.views.shared_files import SharedFile, files_of_link
from warehouse import mail_lists
from warehouse.engine import connect
from warehouse.mail_lists import Listed
from warehouse.roles import PORTAL
from warehouse.settings import Settings
from warehouse.share_links import Outcome, ShareLink, note_view, open_link, secret_of

_BLOCK = 1 << 20


class Refused(Exception):
    """A page to show instead: `why` names it."""

    def __init__(self, why: str, status: int, link: ShareLink | None = None) -> None:
        super().__init__(why)
        self.why, self.status, self.link = why, status, link


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as the connection tells."""

    ip_address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens, in the session of its organization."""

    connection: psycopg.Connection[Any]
    link: ShareLink
    files: tuple[SharedFile, ...]
    visitor: Visitor
    now: datetime

    def note(self, outcome: Outcome, file: SharedFile | None = None) -> None:
        """Note this use of the link, so that it holds whatever comes after."""
        note_view(
            self.connection,
            self.link,
            outcome,
            now=self.now,
            artefact_id=file.artefact_id if file else None,
            ip_address=self.visitor.ip_address,
            user_agent=self.visitor.user_agent,
        )
        self.connection.commit()

    def refuse(
        self, outcome: Outcome, status: int, file: SharedFile | None = None, *, why: str | None = None
    ) -> Refused:
        """The refusal, once it is noted; `why` names a page that says more than the outcome."""
        self.note(outcome, file)
        return Refused(why or outcome, status, self.link)

    def file(self, artefact_id: int) -> SharedFile:
        """One of the link's files that is still what it was. Raises Refused."""
        file = next((one for one in self.files if one.artefact_id == artefact_id), None)
        if file is None:
            raise self.refuse("refused", 404)
        if file.state != "current":
            raise self.refuse("removed" if file.state == "removed" else "replaced", 410, file)
        return file

    def content(self, file: SharedFile, root: Path) -> IO[bytes]:
        """The file, open, its content held against the hash that was noted. Raises Refused."""
        path = file.path.resolve()
        if not path.is_relative_to(root.resolve()):
            raise self.refuse("refused", 404, file)
        try:
            content = path.open("rb")
        except OSError:
            raise self.refuse("removed", 410, file) from None
        digest = hashlib.sha256()
        while block := content.read(_BLOCK):
            digest.update(block)
        if digest.hexdigest() != file.sha256:
            content.close()
            raise self.refuse("damaged", 410, file)
        content.seek(0)
        return content


@contextmanager
def opened(settings: Settings, token: str, visitor: Visitor, now: datetime) -> Iterator[Opened]:
    """The link with that token, if it opens. Raises Refused, and notes why where the link is known."""
    token_hash = secret_of(token, settings.link_signing_key())
    if token_hash is None:
        raise Refused("unknown", 404)
    with _session(settings) as connection:
        link = open_link(connection, token_hash)
        if link is None:
            raise Refused("unknown", 404)
        found = Opened(connection, link, (), visitor, now)
        state = link.state(now)
        if state != "open":
            raise found.refuse(state, 410)
        files = files_of_link(connection, link.organization_id, link.link_id)
        yield Opened(connection, link, files, visitor, now)


@contextmanager
def mail_list(settings: Settings, token: str) -> Iterator[tuple[psycopg.Connection[Any], Listed]]:
    """The list of report mails, and the address on it, that the token of a mail is of. Raises Refused."""
    token_hash = mail_lists.hash_of(token, settings.link_signing_key())
    if token_hash is None:
        raise Refused("unknown", 404)
    with _session(settings) as connection:
        found = mail_lists.named_by(connection, token_hash)
        if found is None:
            raise Refused("unknown", 404)
        yield connection, found


def take_off(
    connection: psycopg.Connection[Any], token: str, settings: Settings, visitor: Visitor, now: datetime
) -> None:
    """Take the address of the token off its list, for good before anything is said."""
    token_hash = mail_lists.hash_of(token, settings.link_signing_key())
    if token_hash is not None:
        mail_lists.leave(connection, token_hash, now=now, ip_address=visitor.ip_address, user_agent=visitor.user_agent)
        connection.commit()


@contextmanager
def _session(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A session that may read one organization's rows: as its own user, else as the portal's role where we may."""
    own = settings.portal_database_url
    with connect(own.get_secret_value() if own else None) as connection:
        if own is None:
            may = connection.execute(
                "select pg_has_role(oid, 'member') from pg_roles where rolname = %s", [PORTAL]
            ).fetchone()
            if may == (True,):
                connection.execute(f"set role {PORTAL}")
        yield connection
