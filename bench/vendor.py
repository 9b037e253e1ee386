"""A loopback vendor that costs next to nothing: ``python -m bench.vendor`` serves two lists of rendered records.

The address says how many records there are and how long each answer takes: ``/<records>/<milliseconds>/...``.

- ``service/tickets``: as ConnectWise pages forward, ids ascending, each page's Link naming the next; ``/count`` beside.
- ``v1/invoices``: as Stripe pages, newest first, ``starting_after`` the last id, filters on ``created``.

Prints its port when it listens. Knows nothing of sign-in or of limits, which the sandbox does.
"""

import asyncio
from urllib.parse import parse_qs, urlsplit

from bench import records

TICKETS, INVOICES = records.tickets(), records.invoices()


class Vendor(asyncio.Protocol):
    """One kept-alive connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].decode("latin-1")
            self._received = self._received[end + 4 :]
            host = next(line[5:].strip() for line in head.split("\r\n") if line[:5].lower() == "host:")
            latency, answer = respond(head.split(" ", 2)[1], host)
            if latency:
                asyncio.get_running_loop().call_later(latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


def respond(target: str, host: str) -> tuple[float, bytes]:
    """Seconds to wait, and the whole answer to a request for ``target`` at ``host``."""
    parts = urlsplit(target)
    _, total, latency, path = parts.path.split("/", 3)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    headers = b""
    match path:
        case "service/tickets/count":
            body = b'{"count":%d}' % int(total)
        case "service/tickets":
            body, headers = _tickets(int(total), asked, f"http://{host}{parts.path}")
        case "v1/invoices":
            body = _invoices(int(total), asked)
        case _:
            raise ValueError(f"there is no list {path}")
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n" % (headers, len(body))
    return int(latency) / 1000, head + body


def _tickets(total: int, asked: dict[str, str], address: str) -> tuple[bytes, bytes]:
    first = int(asked["pageId"]) + 1 - records.FIRST_TICKET if "pageId" in asked else 0
    size = int(asked["pageSize"])
    beyond = min(first + size, total)
    if asked.get("fields") == "id":
        rows = [b'{"id":%d}' % (records.FIRST_TICKET + number) for number in range(first, beyond)]
    else:
        rows = [records.ticket(TICKETS, number) for number in range(first, beyond)]
    following = f"{address}?pageId={records.FIRST_TICKET + beyond - 1}&pageSize={size}"
    link = f'<{following}>; rel="next"' if beyond < total else ""
    return b"[" + b",".join(rows) + b"]", f"link: {link}\r\n".encode()


def _invoices(total: int, asked: dict[str, str]) -> bytes:
    newest, oldest = total - 1, 0
    if "created[lte]" in asked:
        newest = min(newest, (int(asked["created[lte]"]) - records.FIRST_CREATED) // 60)
    if "created[lt]" in asked:
        newest = min(newest, (int(asked["created[lt]"]) - 1 - records.FIRST_CREATED) // 60)
    if "created[gte]" in asked:
        oldest = max(oldest, -((records.FIRST_CREATED - int(asked["created[gte]"])) // 60))
    if "starting_after" in asked:
        newest = min(newest, records.invoice_number(asked["starting_after"]) - 1)
    last = max(oldest, newest - int(asked["limit"]) + 1)
    rows = [records.invoice(INVOICES, number) for number in range(newest, last - 1, -1)]
    more = b"true" if last > oldest else b"false"
    return b'{"object":"list","data":[' + b",".join(rows) + b'],"has_more":' + more + b"}"


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
