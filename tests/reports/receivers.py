"""Real receivers on loopback: a mail server, and a web server that is webhook, Teams, Apprise and Slack at once."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """What the mail server took; it can be told to refuse someone, for now or for good, or to be down."""

    def __init__(self) -> None:
        self.mails: list = []
        self.received: list[tuple[str, datetime | None]] = []
        self.refused: set[str] = set()
        self.not_now: set[str] = set()
        self.is_down = False
        self.now: datetime | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return "550 no such mailbox"
        if address in self.not_now:
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.is_down:
            return "451 not now"
        mail = message_from_bytes(envelope.content)
        self.mails.append((list(envelope.rcpt_tos), mail))
        self.received.append((str(make_header(decode_header(mail["Subject"]))), self.now))
        return "250 taken"


@contextmanager
def mail_server(mailbox: Mailbox, port: int, **options) -> Iterator[None]:
    server = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield
    finally:
        server.stop()


class Web:
    """What was posted: to any path as it came, to ``/api/chat.*`` as Slack keeps it."""

    def __init__(self, answers: list[int]) -> None:
        self.answers = answers
        self.is_down = False
        self.now: datetime | None = None
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.hooks: list[dict[str, Any]] = []
        self.slack: dict[str, dict[str, Any]] = {}
        self.forgotten: set[str] = set()

    def take(self, path: str, headers: dict[str, str], content: bytes) -> tuple[int, dict[str, Any]]:
        """The answer to one post."""
        status = 503 if self.is_down else self.answers.pop(0) if self.answers else 200
        if status >= 400:
            return status, {}
        self.posts.append((path, headers, content))
        body = json.loads(content)
        if "/chat." not in path:
            self.hooks.append(body)
            return status, {}
        if headers.get("authorization") != "Bearer xoxb-test":
            return status, {"ok": False, "error": "invalid_auth"}
        if path.endswith("chat.update"):
            if body["ts"] not in self.slack or body["ts"] in self.forgotten:
                return status, {"ok": False, "error": "message_not_found"}
            self.slack[body["ts"]] |= {"text": body["text"], "attachments": body["attachments"]}
            return status, {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        stamp = f"1750000000.{len(self.slack):06}"
        self.slack[stamp] = body
        return status, {"ok": True, "channel": body["channel"], "ts": stamp}


@contextmanager
def web_server(port: int, answers: list[int] | None = None) -> Iterator[Web]:
    web = Web(answers or [])

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = web.take(self.path, headers, content)
            told = json.dumps(answer).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("retry-after", "120")
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_arguments) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
