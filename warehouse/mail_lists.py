"""Lists of report mails: who was sent one, who has left, and the link by which one leaves without signing in.

The secret in a link is made from the signing key, the list and the address: the same in every mail, known to whoever
got one, and kept nowhere. The database has its SHA-256, which tells nobody the secret.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from warehouse.audit import Actor, record
from warehouse.errors import WarehouseError
from warehouse.share_links import SECRET_BYTES, secret_of, token_of

_PURPOSE = b"qbr mail list 1\0"


class ListUnchanged(WarehouseError):
    """An address that cannot be put back."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An address on a list of report mails; `left_at` says since when it gets none."""

    organization_id: str
    mail_list: str
    recipient: str
    left_at: datetime | None


def listed(
    connection: psycopg.Connection, organization_id: str, mail_list: str, recipient: str, *, key: bytes, now: datetime
) -> str:
    """Note that the address is sent mails of this list; the token that takes it off. The caller commits."""
    address = recipient.lower()
    named = f"{organization_id}\0{mail_list}\0{address}".encode()
    secret = hmac.new(key, _PURPOSE + b"secret\0" + named, hashlib.sha256).digest()[:SECRET_BYTES]
    connection.execute(
        "insert into app.mail_recipients (organization_id, mail_list, recipient, token_hash, first_mailed_at) "
        "values (%s, %s, %s, %s, %s) "
        "on conflict (organization_id, mail_list, recipient) do update set token_hash = excluded.token_hash",
        [organization_id, mail_list, address, hashlib.sha256(secret).digest(), now],
    )
    return token_of(secret, key, _PURPOSE)


def left(connection: psycopg.Connection, organization_id: str, mail_list: str) -> frozenset[str]:
    """The addresses that are off the list, in small letters."""
    found = connection.execute(
        "select recipient from app.mail_recipients "
        "where organization_id = %s and mail_list = %s and left_at is not null",
        [organization_id, mail_list],
    ).fetchall()
    return frozenset(address for (address,) in found)


def those_who_left(connection: psycopg.Connection, organization_id: str) -> Sequence[Listed]:
    """Everyone who is off a list."""
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(
            "select organization_id, mail_list, recipient, left_at from app.mail_recipients "
            "where organization_id = %s and left_at is not null order by mail_list, recipient",
            [organization_id],
        ).fetchall()


def put_back(
    connection: psycopg.Connection, organization_id: str, mail_list: str, recipient: str, *, actor: Actor
) -> None:
    """Send to the address again; the caller commits. Raises `ListUnchanged` when it has not left."""
    changed = connection.execute(
        "update app.mail_recipients set left_at = null "
        "where organization_id = %s and mail_list = %s and recipient = %s and left_at is not null",
        [organization_id, mail_list, recipient.lower()],
    ).rowcount
    if not changed:
        raise ListUnchanged(
            f"{recipient} has not left {mail_list} of {organization_id}, so nothing was changed. "
            "`qbr report recipients` shows who has."
        )
    record(connection, organization_id, actor, "mail_list_put_back", resource=mail_list, reason=recipient.lower())


def hash_of(token: str, key: bytes) -> bytes | None:
    """The hash of the secret in a token; None for anything that was not signed by us. Asks no database."""
    return secret_of(token, key, _PURPOSE)


def named_by(connection: psycopg.Connection, token_hash: bytes) -> Listed | None:
    """The list and address of that secret, in a session that from then on is its organization's."""
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        found = cursor.execute("select * from app.mail_list_of(%s)", [token_hash]).fetchone()
    if found is not None:
        connection.execute("select set_config('qbr.organization_id', %s, false)", [found.organization_id])
    return found


def leave(
    connection: psycopg.Connection,
    token_hash: bytes,
    *,
    now: datetime,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> None:
    """Take the address off the list; once it is, nothing more happens. The caller commits."""
    connection.execute("select app.leave_mail_list(%s, %s, %s, %s)", [token_hash, now, ip_address, user_agent])
