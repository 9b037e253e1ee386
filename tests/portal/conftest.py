"""A page over one database and one folder, and links to what lies there."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn
from pydantic import SecretStr

from portal.app import application
from warehouse import share_links
from warehouse.artefacts import Artefact, store
from warehouse.audit import Actor
from warehouse.roles import ensure_roles
from warehouse.settings import Settings, get_settings

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
PERSON = Actor("person", "mira")


@dataclass
class Installation:
    """Two organizations with finished files, and the page that hands them out."""

    connection: psycopg.Connection
    settings: Settings
    page: httpx.Client
    now: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def folder(self) -> Path:
        return self.settings.var_dir / "reports"

    def file(self, name: str, content: str = "content", organization: str = "north", **facts) -> Artefact:
        """A finished file, written and noted."""
        path = self.folder / organization / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        facts = {"kind": "client_deck", "period": "2026-Q2", **facts}
        artefact = store(self.connection, organization, path, **facts)
        self.connection.commit()
        return artefact

    def link(self, *files: Artefact, organization: str = "north", days: int = 14) -> tuple[share_links.ShareLink, str]:
        """A link to the files and its address on the page."""
        link, token = share_links.make(
            self.connection,
            organization,
            [one.artefact_id for one in files],
            label="Your <review>",
            now=self.now[0],
            expires_at=self.now[0] + timedelta(days=days),
            actor=PERSON,
            key=self.settings.link_signing_key(),
        )
        self.connection.commit()
        return link, f"/l/{token}"

    def revoke(self, link: share_links.ShareLink) -> None:
        """Close a link."""
        share_links.revoke(
            self.connection,
            link.organization_id,
            link.link_id,
            reason="sent to the wrong person",
            now=NOW,
            actor=PERSON,
        )
        self.connection.commit()

    def uses(self, link: share_links.ShareLink) -> list[str]:
        """What was noted of a link."""
        return [one.outcome for one in share_links.views(self.connection, link.organization_id, link.link_id)]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def served(settings: Settings, times: list[datetime]) -> Iterator[httpx.Client]:
    """The page on a loopback port, at the time that the test says it is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = application(settings, clock=lambda: times[0])
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, server_header=False, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """The page as `make up` serves it: it signs in as the owner and takes on the portal's role."""
    monkeypatch.setenv("QBR_DATABASE_URL", database_url)
    get_settings.cache_clear()
    with psycopg.connect(database_url, options="-c timezone=UTC") as connection:
        for alias, organization in enumerate(("north", "south"), start=11):
            connection.execute(
                "insert into app.organizations (organization_id, alias, name, time_zone, history_start, currency, "
                "locale) values (%s, %s, %s, 'America/Chicago', '2026-01', 'USD', 'en_US')",
                [organization, alias, f"{organization.capitalize()} <IT>"],
            )
        connection.commit()
        ensure_roles(connection, ["north", "south"])
        settings = Settings(var_dir=tmp_path, database_url=SecretStr(database_url))
        times = [NOW]
        with served(settings, times) as page:
            yield Installation(connection, settings, page, times)
    get_settings.cache_clear()
