"""The limit: the fastest way in which such lists can be brought into Postgres, page after page.

It proves nothing: no count, no certificate, no hash, no merge, no log.
"""

import http.client
import queue
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode, urlsplit

import msgspec

from bench import copying

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


def read(source: str, url: str, address: str, _records: int) -> None:
    """A thread that fetches and cuts ahead of bare COPY connections."""
    ahead: queue.Queue[Sequence[copying.Row] | BaseException | None] = queue.Queue(PAGES_AHEAD)

    def fetch() -> None:
        try:
            for page in _cut_pages(address, source):
                ahead.put(page)
        except BaseException as error:  # noqa: BLE001 - raised where the pages are taken
            ahead.put(error)
        else:
            ahead.put(None)

    def pages() -> Iterator[Sequence[copying.Row]]:
        while (page := ahead.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page

    threading.Thread(target=fetch, daemon=True).start()
    copying.copy_rows(url, pages())


def _cut_pages(base: str, source: str) -> Iterator[list[copying.Row]]:
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
