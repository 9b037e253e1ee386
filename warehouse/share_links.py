"""Links that open finished files: made, looked up by their secret, revoked at once, and every use noted.

A link's secret is 192 random bits with a signature over them. The signature keeps what was made up from ever reaching
the database; of the secret itself only its SHA-256 is kept there, so nobody who reads the database can open a link.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from warehouse.audit import Actor, record
from warehouse.errors import WarehouseError

Outcome = Literal["listed", "receipts", "downloaded", "expired", "revoked", "replaced", "removed", "damaged", "refused"]

SECRET_BYTES, _SIGNATURE_BYTES = 24, 18  # multiples of three, whose text has no padding
_LONGEST_TOKEN = 100
_PURPOSE = b"qbr share link 1\0"


class LinkRefused(WarehouseError):
    """A link that cannot be made or revoked."""


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link as it is kept; its secret is known to whoever was given it and to nobody else."""

    organization_id: str
    link_id: int
    token_hash: bytes
    label: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoke_reason: str | None

    def state(self, now: datetime) -> Literal["open", "expired", "revoked"]:
        """Whether it still opens anything."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else "open"


@dataclass(frozen=True, slots=True)
class UsedLink:
    """A link beside how often it was used."""

    link: ShareLink
    files: int
    views: int
    last_viewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class View:
    """One use of a link."""

    viewed_at: datetime
    outcome: str
    artefact_id: int | None
    ip_address: str | None
    user_agent: str | None


_COLUMNS = "organization_id, link_id, token_hash, label, created_by, created_at, expires_at, revoked_at, revoke_reason"


def make(
    connection: psycopg.Connection,
    organization_id: str,
    artefact_ids: Sequence[int],
    *,
    label: str,
    now: datetime,
    expires_at: datetime,
    actor: Actor,
    key: bytes,
    secret: bytes | None = None,
) -> tuple[ShareLink, str]:
    """A new link to those files of one organization, and its token, which is shown once; the caller commits.

    A `secret` is given by whoever can make the same one again.

    Raises `LinkRefused` for no file, and for one that another organization has or that lies there no more.
    """
    wanted = sorted(set(artefact_ids))
    known = connection.execute(
        "select artefact_id from app.artefacts where organization_id = %s and artefact_id = any(%s) "
        "and superseded_at is null",
        [organization_id, wanted],
    ).fetchall()
    missing = sorted(set(wanted) - {number for (number,) in known})
    if missing or not wanted:
        told = f"has no finished file {', '.join(map(str, missing))}" if missing else "was asked for no file"
        raise LinkRefused(f"{organization_id} {told}, so no link was made. `qbr link new` without --file finds them.")
    secret = secret or secrets.token_bytes(SECRET_BYTES)
    with connection.cursor(row_factory=class_row(ShareLink)) as cursor:
        link = cursor.execute(
            "insert into app.share_links (organization_id, token_hash, label, created_by, created_at, expires_at) "  # noqa: S608 - constants
            f"values (%s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
            [organization_id, hashlib.sha256(secret).digest(), label, actor.id, now, expires_at],
        ).fetchone()
    if link is None:
        raise WarehouseError("Postgres did not return the new link.")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.share_link_files (organization_id, link_id, artefact_id) values (%s, %s, %s)",
            [(organization_id, link.link_id, one) for one in wanted],
        )
    record(
        connection,
        organization_id,
        actor,
        "share_link_made",
        resource=f"link {link.link_id}",
        details={"label": label, "files": wanted, "expires_at": expires_at.isoformat()},
    )
    return link, token_of(secret, key)


def revoke(
    connection: psycopg.Connection, organization_id: str, link_id: int, *, reason: str, now: datetime, actor: Actor
) -> None:
    """Close a link at once; the caller commits. Raises `LinkRefused` when there is none that is not revoked yet."""
    closed = connection.execute(
        "update app.share_links set revoked_at = %s, revoked_by = %s, revoke_reason = %s "
        "where organization_id = %s and link_id = %s and revoked_at is null",
        [now, actor.id, reason, organization_id, link_id],
    ).rowcount
    if not closed:
        raise LinkRefused(
            f"{organization_id} has no link {link_id} that still could be revoked. `qbr link list` shows them all."
        )
    record(connection, organization_id, actor, "share_link_revoked", resource=f"link {link_id}", reason=reason)


def token_of(secret: bytes, key: bytes, purpose: bytes = _PURPOSE) -> str:
    """The secret with our signature, as it stands in an address."""
    return _text(secret) + _text(_signature(secret, key, purpose))


def secret_of(token: str, key: bytes, purpose: bytes = _PURPOSE) -> bytes | None:
    """The hash of the secret in a token; None for anything that we did not sign for this purpose. Asks no database."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    try:
        whole = base64.urlsafe_b64decode(token)
    except ValueError:
        return None
    secret, signature = whole[:SECRET_BYTES], whole[SECRET_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, key, purpose)):
        return None
    if token != _text(secret) + _text(signature):
        return None
    return hashlib.sha256(secret).digest()


def open_link(connection: psycopg.Connection, token_hash: bytes) -> ShareLink | None:
    """The link with that secret, in a session that from then on is its organization's; None where there is none."""
    found = connection.execute("select app.organization_of_share_link(%s)", [token_hash]).fetchone()
    if found is None or found[0] is None:
        return None
    connection.execute("select set_config('qbr.organization_id', %s, false)", [found[0]])
    with connection.cursor(row_factory=class_row(ShareLink)) as cursor:
        link = cursor.execute(
            f"select {_COLUMNS} from app.share_links where organization_id = %s and token_hash = %s",  # noqa: S608 - constants
            [found[0], token_hash],
        ).fetchone()
    return link if link is not None and hmac.compare_digest(link.token_hash, token_hash) else None


def note_view(
    connection: psycopg.Connection,
    link: ShareLink,
    outcome: Outcome,
    *,
    now: datetime,
    artefact_id: int | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> None:
    """Note one use of a link; the caller commits."""
    connection.execute(
        "select app.note_share_view(%s, %s, %s, %s, %s, %s)",
        [link.token_hash, artefact_id, outcome, ip_address, user_agent, now],
    )


def links(connection: psycopg.Connection, organization_id: str) -> list[UsedLink]:
    """Every link of an organization, the newest first, with how often each was used."""
    with connection.cursor(row_factory=class_row(ShareLink)) as cursor:
        found = cursor.execute(
            f"select {_COLUMNS} from app.share_links where organization_id = %s order by link_id desc",  # noqa: S608 - constants
            [organization_id],
        ).fetchall()
    counted = connection.execute(
        """
        select links.link_id, count(distinct files.artefact_id), count(distinct views.view_id), max(views.viewed_at)
        from app.share_links as links
        left join app.share_link_files as files using (organization_id, link_id)
        left join app.share_views as views using (organization_id, link_id)
        where links.organization_id = %s
        group by links.link_id
        """,
        [organization_id],
    ).fetchall()
    counts = {link_id: counts for link_id, *counts in counted}
    return [UsedLink(link, *counts[link.link_id]) for link in found]


def views(connection: psycopg.Connection, organization_id: str, link_id: int) -> list[View]:
    """Every use of a link, in order."""
    with connection.cursor(row_factory=class_row(View)) as cursor:
        return cursor.execute(
            "select viewed_at, outcome, artefact_id, host(ip_address) as ip_address, user_agent from app.share_views "
            "where organization_id = %s and link_id = %s order by view_id",
            [organization_id, link_id],
        ).fetchall()


def _signature(secret: bytes, key: bytes, purpose: bytes = _PURPOSE) -> bytes:
    return hmac.new(key, purpose + secret, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
