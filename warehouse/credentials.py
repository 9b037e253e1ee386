"""Signing in: the credentials of each (organization, source), sealed in `app.credentials`.

`qbr connect` stores them; environment variables may serve one named organization instead. Tokens that a vendor
replaces are kept by `token_store.py`. Nothing here writes a secret into a message or the audit log.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from warehouse.audit import RUN, Actor, record
from warehouse.credential_shapes import REQUIRED, CredentialsIncomplete, completed, from_environment, missing
from warehouse.errors import WarehouseError
from warehouse.sealing import Seal, Sealed
from warehouse.settings import Settings, get_settings

__all__ = [
    "Connected",
    "CredentialsIncomplete",
    "NotConnected",
    "connect_source",
    "connected_sources",
    "connection_for",
    "disconnect_source",
    "load_row",
    "save_row",
]


class NotConnected(WarehouseError):
    """The organization is not signed in to that source."""


@dataclass(frozen=True, slots=True)
class Connected:
    """That a source is connected, and since when; `origin` is `connected` (by a person) or `environment`."""

    source: str
    environment: str
    origin: str
    connected_at: datetime | None
    connected_by: str


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One row of `app.credentials`, still sealed."""

    environment: str
    key_id: str
    nonce: bytes
    sealed: bytes
    origin: str
    origin_hash: str | None

    def opened(self, organization_id: str, source: str, seal: Seal) -> dict[str, Any]:
        """The credentials themselves; raises `SealBroken`."""
        return seal.open(Sealed(self.key_id, self.nonce, self.sealed), owner(organization_id, source))


def connect_source(
    connection: psycopg.Connection,
    organization_id: str,
    source: str,
    values: dict[str, Any],
    *,
    environment: str = "production",
    actor: Actor = RUN,
    reason: str | None = None,
    settings: Settings | None = None,
) -> None:
    """Store credentials in place of any earlier ones; the caller commits.

    Addresses that everybody shares may be left out of `values`. Raises `CredentialsIncomplete` naming what is missing,
    `WarehouseError` when the organization or source is unknown.
    """
    _known(connection, organization_id, source)
    content = {**completed(source, values, environment), "environment": environment}
    if lacking := missing(source, content):
        raise CredentialsIncomplete(
            f"{source} was not connected for {organization_id}, because these are missing: {', '.join(lacking)}."
        )
    seal = Seal((settings or get_settings()).encryption_key())
    with connection.transaction():
        save_row(connection, organization_id, source, content, seal=seal, origin="connected", by=actor.id)
        connection.execute(
            "update app.credentials set connected_at = clock_timestamp(), connected_by = %s "
            "where organization_id = %s and source = %s",
            [actor.id, organization_id, source],
        )
        record(
            connection,
            organization_id,
            actor,
            "connect_source",
            resource=source,
            reason=reason,
            details={"environment": environment, "key_id": seal.key_id},
        )


def disconnect_source(
    connection: psycopg.Connection,
    organization_id: str,
    source: str,
    *,
    actor: Actor = RUN,
    reason: str | None = None,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Remove the stored credentials and return them, so that the caller can revoke them with the vendor and commit.

    Raises `NotConnected` when none are stored, also when only the environment serves the organization.
    """
    row = load_row(connection, organization_id, source, for_update=True)
    if row is None:
        raise NotConnected(
            f"{source} is not connected for {organization_id} by `qbr connect`, so there is nothing to disconnect; "
            f"credentials in the environment are removed by unsetting QBR_{source.upper()}_... ."
        )
    content = row.opened(organization_id, source, Seal((settings or get_settings()).encryption_key()))
    with connection.transaction():
        connection.execute(
            "delete from app.credentials where organization_id = %s and source = %s", [organization_id, source]
        )
        details = {"environment": row.environment, "origin": row.origin}
        record(connection, organization_id, actor, "disconnect_source", resource=source, reason=reason, details=details)
    return content


def connection_for(
    connection: psycopg.Connection, organization_id: str, source: str, *, settings: Settings | None = None
) -> dict[str, Any]:
    """What the extractors sign in with. Raises `NotConnected`, `CredentialsIncomplete` or `SealBroken`.

    What a person connected comes first; then the environment, if it serves this organization. Tokens that were
    renewed since the environment was last changed are in the stored row and are used in its place.
    """
    settings = settings or get_settings()
    seal = Seal(settings.encryption_key())
    row = load_row(connection, organization_id, source)
    if row and row.origin == "connected":
        return row.opened(organization_id, source, seal)
    given = served_by_environment(organization_id, source, settings)
    if given is None:
        raise NotConnected(
            f"{source} is not connected for {organization_id}, so nothing was read from it. Run `qbr connect {source} "
            f"--organization {organization_id}`, or set QBR_{source.upper()}_... together with "
            f"QBR_CREDENTIALS_ORGANIZATION={organization_id}."
        )
    if row and row.origin_hash == seal.fingerprint(given):
        return row.opened(organization_id, source, seal)
    return given


def connected_sources(
    connection: psycopg.Connection, organization_id: str, *, settings: Settings | None = None
) -> dict[str, Connected]:
    """The sources this organization can sign in to, by name, without opening a secret."""
    settings = settings or get_settings()
    found = {
        source: Connected(source, str(given["environment"]), "environment", None, "environment")
        for source in REQUIRED
        if (given := served_by_environment(organization_id, source, settings))
    }
    with connection.cursor(row_factory=class_row(Connected)) as cursor:
        rows = cursor.execute(
            "select source, environment, origin, connected_at, connected_by from app.credentials "
            "where organization_id = %s and origin = 'connected' order by source",
            [organization_id],
        ).fetchall()
    return found | {row.source: row for row in rows}


def served_by_environment(organization_id: str, source: str, settings: Settings) -> dict[str, Any] | None:
    """The credentials in the environment if they are meant for this organization, else None."""
    if settings.credentials_organization != organization_id:
        return None
    given = from_environment(source, settings)
    if given is None:
        return None
    return {**given, "environment": settings.quickbooks_environment if source == "quickbooks" else "production"}


def load_row(
    connection: psycopg.Connection, organization_id: str, source: str, *, for_update: bool = False
) -> CredentialRow | None:
    """The stored row, locked until the transaction ends if asked for."""
    statement = (
        "select environment, key_id, nonce, sealed, origin, origin_hash from app.credentials "
        "where organization_id = %s and source = %s"
    )
    with connection.cursor(row_factory=class_row(CredentialRow)) as cursor:
        return cursor.execute(
            statement + " for update" if for_update else statement, [organization_id, source]
        ).fetchone()


def save_row(
    connection: psycopg.Connection,
    organization_id: str,
    source: str,
    content: dict[str, Any],
    *,
    seal: Seal,
    origin: str,
    by: str = "environment",
    origin_hash: str | None = None,
) -> None:
    """Seal and store, over what was there."""
    sealed = seal.close(content, owner(organization_id, source))
    connection.execute(
        """
        insert into app.credentials (
            organization_id, source, environment, key_id, nonce, sealed, origin, origin_hash, connected_by
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (organization_id, source) do update
        set environment = excluded.environment, key_id = excluded.key_id, nonce = excluded.nonce,
            sealed = excluded.sealed, origin = excluded.origin, origin_hash = excluded.origin_hash,
            updated_at = clock_timestamp()
        """,
        [
            organization_id,
            source,
            content["environment"],
            sealed.key_id,
            sealed.nonce,
            sealed.content,
            origin,
            origin_hash,
            by,
        ],
    )


def owner(organization_id: str, source: str) -> str:
    """What sealed credentials are bound to: moved to another organization or source, they do not open."""
    return f"The credentials of {source} for {organization_id}"


def _known(connection: psycopg.Connection, organization_id: str, source: str) -> None:
    if source not in REQUIRED:
        raise WarehouseError(f"'{source}' is not a source; there are {', '.join(REQUIRED)}.")
    found = connection.execute("select 1 from app.organizations where organization_id = %s", [organization_id])
    if found.fetchone() is None:
        raise WarehouseError(
            f"There is no organization '{organization_id}' yet; write config/{organization_id}.yml (`qbr init`) first."
        )
