"""Two other ways to bring the same vendor lists into Postgres: the fastest that can be, and the first one writes.

Both walk the lists as our extractors do, page after page, and prove nothing: no count, no certificate, no merge.
"""

import http.client
import json
import queue
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
import psycopg

from bench import limit

PAGE_SIZES = {"connectwise": 1000, "stripe": 100}
_PATHS = {"connectwise": "/service/tickets", "stripe": "/v1/invoices"}
PAGES_AHEAD = 4


class _Id(msgspec.Struct):
    id: str | int


class _Listing(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LISTING = msgspec.json.Decoder(_Listing)
_ID = msgspec.json.Decoder(_Id)


def fastest(url: str, base: str, source: str) -> None:
    """The limit: a thread that fetches and cuts ahead of bare COPY connections."""
    ahead: queue.Queue[Sequence[limit.Row] | BaseException | None] = queue.Queue(PAGES_AHEAD)

    def fetch() -> None:
        try:
            for page in _cut_pages(base, source):
                ahead.put(page)
        except BaseException as error:  # noqa: BLE001 - raised where the pages are taken
            ahead.put(error)
        else:
            ahead.put(None)

    def pages() -> Iterator[Sequence[limit.Row]]:
        while (page := ahead.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page

    threading.Thread(target=fetch, daemon=True).start()
    limit.copy_rows(url, pages())


def naive(url: str, base: str, source: str) -> None:
    """One page, one insert of parsed and written-out records, one commit; then the next page."""
    with httpx.Client(timeout=60) as client, psycopg.connect(url) as connection:
        place: dict[str, str] | None = {}
        while place is not None:
            answer = client.get(base + _PATHS[source], params={**_sized(source), **place})
            body = answer.json()
            found = body if source == "connectwise" else body["data"]
            rows = [(str(record["id"]), json.dumps(record)) for record in found]
            with connection.cursor() as cursor:
                cursor.executemany("insert into bench_limit values (%s, %s)", rows)
            connection.commit()
            more = bool(answer.headers.get("link")) if source == "connectwise" else body["has_more"]
            place = _after(source, rows[-1][0]) if more else None


def _cut_pages(base: str, source: str) -> Iterator[list[limit.Row]]:
    address = urlsplit(base)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    place: dict[str, str] | None = {}
    while place is not None:
        connection.request("GET", f"{address.path}{_PATHS[source]}?{urlencode({**_sized(source), **place})}")
        response = connection.getresponse()
        body = response.read()
        if source == "connectwise":
            rows, more = _LIST.decode(body), bool(response.headers["link"])
        else:
            listing = _LISTING.decode(body)
            rows, more = listing.data, listing.has_more
        cut = [(str(_ID.decode(row).id).encode(), bytes(row)) for row in rows]
        yield cut
        place = _after(source, cut[-1][0].decode()) if more else None
    connection.close()


def _sized(source: str) -> dict[str, str]:
    return {"pageSize" if source == "connectwise" else "limit": str(PAGE_SIZES[source])}


def _after(source: str, last_id: str) -> dict[str, str]:
    return {"pageId" if source == "connectwise" else "starting_after": last_id}
