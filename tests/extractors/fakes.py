"""Small vendors made of lists, one a paging style, behind httpx.MockTransport. They page as the real ones do."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from extractors import open_source
from extractors.core.read_ahead import Reading
from extractors.core.reading import Session
from extractors.core.stream import Stream
from extractors.core.window import Window

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
EVERYTHING = Window("all")
Handler = Callable[[httpx.Request], httpx.Response]

CONNECTIONS: dict[str, dict[str, Any]] = {
    "ninjaone": {
        "base_url": "https://rmm.test",
        "token_url": "https://rmm.test/ws/oauth/token",
        "client_id": "ninja-client",
        "client_secret": "ninja-secret-value",
    },
    "connectwise": {
        "base_url": "https://psa.test/v4_6_release/apis/3.0",
        "company_id": "lantern",
        "public_key": "public-key-value",
        "private_key": "private-key-value",
        "client_id": "integration-id",
    },
    "stripe": {"base_url": "https://billing.test", "api_key": "restricted-key-value"},
    "quickbooks": {
        "base_url": "https://books.test",
        "auth_url": "https://books.test/connect/oauth2",
        "token_url": "https://books.test/oauth2/v1/tokens/bearer",
        "revoke_url": "https://books.test/v2/oauth2/tokens/revoke",
        "client_id": "books-client",
        "client_secret": "books-secret-value",
        "realm_id": "4620816365",
        "refresh_token": "refresh-1",
        "access_token": "access-1",
        "access_expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "environment": "sandbox",
    },
}


@dataclass
class MemoryStore:
    """A token store without a database; `saved` keeps what was stored, in order."""

    connection: dict[str, Any]
    saved: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def exclusive(self) -> Iterator["MemoryStore"]:
        yield self

    def save(self, updates: dict[str, Any]) -> None:
        self.saved.append(updates)
        self.connection = {**self.connection, **updates}


class Unlimited:
    """A budget nobody exhausts."""

    def take(self, source: str) -> None:
        pass


def opened(source: str, handler: Handler, **options: Any) -> Session:
    """A session with a fake vendor that never sleeps."""
    connection = options.pop("connection", CONNECTIONS[source])
    options = {
        "as_of": NOW,
        "token_store": MemoryStore(dict(connection)),
        "budget": Unlimited(),
        "sleep": lambda _seconds: None,
    } | options
    return open_source(source, connection, transport=httpx.MockTransport(handler), **options)


def read(
    source: str,
    handler: Handler,
    stream: Stream,
    window: Window = EVERYTHING,
    resume: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[list[str], Reading]:
    """The ids read, in order and with repetitions, and the finished reading."""
    with opened(source, handler, **options) as session, session.read(stream, window, resume) as reading:
        return [record.record_id for page in reading for record in page.records], reading


@dataclass
class NinjaOne:
    """Lists by ascending id; at most `cap` rows a page whatever was asked for."""

    rows: list[dict[str, Any]]
    cap: int = 1000
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 3600})
        self.asked.append(dict(request.url.params))
        after, size = int(request.url.params.get("after", 0)), int(request.url.params.get("pageSize", 100))
        return httpx.Response(200, json=[row for row in self.rows if row["id"] > after][: min(size, self.cap)])


@dataclass
class ConnectWise:
    """Forward-only lists by path, with `/count`; `Link` on every page, empty at the end."""

    lists: dict[str, list[dict[str, Any]]]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/v4_6_release/apis/3.0")
        if path.endswith("/count"):
            return self.count(request, self.lists[path.removesuffix("/count")])
        return self.page(request, self.lists[path])

    def count(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        return httpx.Response(200, json={"count": len(rows)})

    def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        asked = request.url.params
        beyond = [row for row in rows if row["id"] > int(asked.get("pageId", 0))]
        shown = beyond[: int(asked.get("pageSize", 25))]
        if "fields" in asked:
            names = asked["fields"].split(",")
            shown = [{name: row[name] for name in names} for row in shown]
        following = request.url.copy_merge_params({"pageId": shown[-1]["id"]}) if len(beyond) > len(shown) else None
        return httpx.Response(200, json=shown, headers={"Link": f'<{following}>; rel="next"' if following else ""})


@dataclass
class Stripe:
    """Lists by path, newest first; nested lists hold their first `inner` rows."""

    lists: dict[str, list[dict[str, Any]]]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        rows = self.lists[request.url.path]
        if request.url.path == "/v1/subscription_items":
            rows = [row for row in rows if row["subscription"] == request.url.params["subscription"]]
        return self.page(request, rows)

    def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        after, size = request.url.params.get("starting_after"), int(request.url.params.get("limit", 10))
        start = 0 if after is None else [row["id"] for row in rows].index(after) + 1
        return httpx.Response(
            200, json={"object": "list", "data": rows[start : start + size], "has_more": start + size < len(rows)}
        )


_QUERY = re.compile(
    r"SELECT (?P<what>.+?) FROM (?P<entity>\w+)(?: WHERE (?P<where>.+?))?"
    r"(?: ORDERBY MetaData.LastUpdatedTime ASC STARTPOSITION (?P<position>\d+) MAXRESULTS (?P<size>\d+))?"
)


@dataclass
class QuickBooks:
    """Entities by name, queried by change time; knows the conditions on LastUpdatedTime and no others."""

    entities: dict[str, list[dict[str, Any]]]
    statements: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        statement = request.url.params["query"]
        self.statements.append(statement)
        parts = _QUERY.fullmatch(statement)
        assert parts is not None, statement
        rows = [row for row in self.entities[parts["entity"]] if self.meets(row, parts["where"] or "")]
        if parts["what"] == "COUNT(*)":
            return self.count(rows)
        rows.sort(key=changed)
        first = int(parts["position"]) - 1
        return self.page(parts["entity"], rows, rows[first : first + int(parts["size"])])

    def count(self, rows: list[dict[str, Any]]) -> httpx.Response:
        return httpx.Response(200, json={"QueryResponse": {"totalCount": len(rows)}})

    def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
        return httpx.Response(200, json={"QueryResponse": {entity: shown, "maxResults": len(shown)} if shown else {}})

    def meets(self, row: dict[str, Any], where: str) -> bool:
        for sign, text in re.findall(r"MetaData.LastUpdatedTime ([<>]=) '([^']+)'", where):
            bound = datetime.fromisoformat(text)
            if not (changed(row) >= bound if sign == ">=" else changed(row) <= bound):
                return False
        return True


def changed(row: dict[str, Any]) -> datetime:
    """The change time of a QuickBooks row."""
    return datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"])


def ledger_row(number: int, changed_at: datetime) -> dict[str, Any]:
    """A QuickBooks row."""
    return {"Id": str(number), "MetaData": {"LastUpdatedTime": changed_at.isoformat()}, "TxnDate": "2026-06-01"}
