"""What was asked of the sandbox, for tests that count requests or check that nothing was written."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENTRIES_KEPT = 50_000


@dataclass(slots=True)
class RequestLog:
    """The last requests, oldest first. The log's own address and the other control addresses are left out."""

    entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=ENTRIES_KEPT))

    def recorded(self, app: ASGIApp) -> ASGIApp:
        """The same application, with every request noted along with the status it got."""

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
                await app(scope, receive, send)
                return
            entry = {
                "source": scope["path"].split("/")[1],
                "method": scope["method"],
                "path": scope["path"],
                "query": dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
                "status": None,  # stays so when the connection was cut before an answer
                "seconds": 0.0,
            }
            self.entries.append(entry)
            began = time.perf_counter()

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    entry["status"] = message["status"]
                await send(message)

            try:
                await app(scope, receive, sending)
            finally:
                entry["seconds"] = round(time.perf_counter() - began, 6)

        return noting
