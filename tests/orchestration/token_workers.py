"""Processes that meet an expired QuickBooks token, and a token endpoint that they meet it at."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import httpx
import msgspec

import extractors
from extractors.core.errors import VendorError
from tests.installation import installed
from warehouse import token_store
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.settings import PROJECT_ROOT
from warehouse.token_store import HeldCredentials, PostgresTokenStore

MOMENTS = ("answered", "written", "committed")
"""When a worker dies: with the vendor's answer in memory, with the new token written, with it committed and unused."""


class TokenVendor:
    """A vendor that replaces the refresh token at each use and honours the one before for a while, as Intuit does."""

    def __init__(self) -> None:
        self.refreshes = 0
        self.refused = 0
        self.number = 1
        self.url = ""
        self._lock = threading.Lock()

    def refresh(self, token: str) -> dict[str, Any] | None:
        with self._lock:
            if token not in {f"refresh-{self.number}", f"refresh-{self.number - 1}"}:
                self.refused += 1
                return None
            self.refreshes += 1
            self.number += 1
            return {
                "access_token": f"access-{self.number}",
                "refresh_token": f"refresh-{self.number}",
                "expires_in": 3600,
            }

    @contextmanager
    def served(self) -> Iterator["TokenVendor"]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                answer = vendor.refresh(sent["refresh_token"][0])
                self.reply(200 if answer else 400, answer or {"error": "invalid_grant"})

            def do_GET(self) -> None:
                known = self.headers["Authorization"] == f"Bearer access-{vendor.number}"
                self.reply(200 if known else 401, {})

            def reply(self, status: int, body: dict[str, Any]) -> None:
                content = msgspec.json.encode(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()


def ask(path: str) -> str:
    """One read with the stored connection; "read", or the sentence that a person would see."""
    with connect() as connection:
        facts = connection_for(connection, "demo-msp", "quickbooks")
    store = PostgresTokenStore("demo-msp", "quickbooks")
    sign_in = extractors.SOURCES["quickbooks"].sign_in(facts, store)
    with httpx.Client(auth=sign_in, timeout=60) as client:
        try:
            answer = client.get(f"{facts['base_url']}{path}".format(**facts))
        except VendorError as error:
            return str(error)
    return "read" if answer.is_success else f"HTTP {answer.status_code}"


def ask_at_once(url: str, var_dir: Path, path: str, threads: int, together: tuple[Any, Any]) -> None:
    """So many workers of one process, each with a session of its own, beginning when all processes are ready."""

    barrier, answers = together

    def work() -> None:
        barrier.wait(60)
        answers.put(ask(path))

    with installed(url, var_dir, PROJECT_ROOT / "config"):
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def ask_and_die(url: str, var_dir: Path, path: str, moment: str) -> None:
    """A worker that is killed between the vendor's answer and the use of the new token."""
    save, save_row = HeldCredentials.save, token_store.save_row

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying(after: Callable[..., None]) -> Callable[..., None]:
        def then_die(*given: Any, **named: Any) -> None:
            after(*given, **named)
            die()

        return then_die

    patches = {
        "answered": mock.patch.object(HeldCredentials, "save", die),
        "written": mock.patch.object(token_store, "save_row", dying(save_row)),
        "committed": mock.patch.object(HeldCredentials, "save", dying(save)),
    }
    with installed(url, var_dir, PROJECT_ROOT / "config"), patches[moment]:
        ask(path)


def any_moment(dice: random.Random) -> str:
    return dice.choice(MOMENTS)
