"""Where tokens are kept that a vendor replaces: one refresher at a time, and a new token is safe before it is used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from warehouse.audit import RUN, record
from warehouse.credentials import NotConnected, load_row, save_row, served_by_environment
from warehouse.engine import connect
from warehouse.sealing import Seal
from warehouse.settings import Settings, get_settings


class PostgresTokenStore:
    """The token store of one organization's source; every `exclusive()` opens a connection of its own."""

    def __init__(
        self,
        organization_id: str,
        source: str,
        *,
        connect: Callable[[], psycopg.Connection] = connect,
        settings: Settings | None = None,
    ) -> None:
        self._organization_id = organization_id
        self._source = source
        self._connect = connect
        self._settings = settings or get_settings()

    @contextmanager
    def exclusive(self) -> Iterator["HeldCredentials"]:
        """Hold the row lock: others wait, and then see what was saved. Raises `NotConnected` or `SealBroken`."""
        with self._connect() as connection:
            held = HeldCredentials(connection, self._organization_id, self._source, self._settings)
            held.take()
            yield held


class HeldCredentials:
    """The credentials while nobody else can change them."""

    def __init__(self, connection: psycopg.Connection, organization_id: str, source: str, settings: Settings) -> None:
        self._sql = connection
        self._organization_id = organization_id
        self._source = source
        self._settings = settings
        self._seal = Seal(settings.encryption_key())
        self._content: dict[str, Any] = {}
        self._origin = "connected"
        self._origin_hash: str | None = None

    @property
    def connection(self) -> dict[str, Any]:
        """The credentials as they are stored now.

        `previous_refresh_token` is there while the present one has not yet proved itself by a refresh: should the
        vendor's answer have been damaged on its way, the previous one may still work.
        """
        return dict(self._content)

    def take(self) -> None:
        """Lock the row and read it; the first time, make it from the environment."""
        # A row that is not there yet cannot be locked; two first users would each seed it, the later one with a token
        # that the earlier has spent by then.
        self._sql.execute(
            "select pg_advisory_xact_lock(hashtext('app.credentials'), hashtext(%s))",
            [f"{self._organization_id}/{self._source}"],
        )
        row = load_row(self._sql, self._organization_id, self._source, for_update=True)
        given = served_by_environment(self._organization_id, self._source, self._settings)
        if given is not None and (row is None or row.origin == "environment"):
            fingerprint = self._seal.fingerprint(given)
            if row is None or row.origin_hash != fingerprint:
                # New variables replace what was kept of the old ones.
                save_row(
                    self._sql,
                    self._organization_id,
                    self._source,
                    given,
                    seal=self._seal,
                    origin="environment",
                    origin_hash=fingerprint,
                )
                row = load_row(self._sql, self._organization_id, self._source, for_update=True)
        if row is None or (row.origin == "environment" and given is None):
            raise NotConnected(
                f"{self._source} is not connected for {self._organization_id}. Run `qbr connect {self._source} "
                f"--organization {self._organization_id}`."
            )
        self._content = row.opened(self._organization_id, self._source, self._seal)
        self._origin, self._origin_hash = row.origin, row.origin_hash

    def save(self, updates: dict[str, Any]) -> None:
        """Store new values at once: when this returns they outlive a crash. The lock is then taken anew."""
        content = {**self._content, **updates}
        present, new = self._content.get("refresh_token"), updates.get("refresh_token")
        is_rotated = new is not None and new != present
        if is_rotated:
            content["previous_refresh_token"] = present
        elif "access_token" in updates:
            content.pop("previous_refresh_token", None)  # the present one has just worked
        save_row(
            self._sql,
            self._organization_id,
            self._source,
            content,
            seal=self._seal,
            origin=self._origin,
            origin_hash=self._origin_hash,
        )
        if is_rotated:
            details = {"key_id": self._seal.key_id}
            record(self._sql, self._organization_id, RUN, "refresh_token", resource=self._source, details=details)
        self._sql.commit()
        self.take()
