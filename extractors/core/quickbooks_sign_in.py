"""The first token of a QuickBooks connection: a person signs in with a browser and is sent back to this machine.

Used by `qbr connect quickbooks` and `qbr disconnect quickbooks`; from then on `RotatingRefresh` keeps the connection.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self

import httpx

from extractors.core.auth import read_token, token_request
from extractors.core.errors import CredentialsRefused, VendorUnavailable

PORT = 8766
"""Fixed, since Intuit compares the redirect address, port included, with those registered for the app."""
SCOPE = "com.intuit.quickbooks.accounting"
VALID_FOR = timedelta(minutes=10)
"""As long as Intuit's own code lives."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

_VENDOR = "QuickBooks"
_UNDONE = "no connection was stored"
_AGAIN = "Run again: qbr connect quickbooks."
_TAKEN = b"<!doctype html><title>qbr</title><p>Thank you. You can close this window; the terminal says how it went."
_STRANGE = b"<!doctype html><title>qbr</title><p>This is not the sign-in that qbr is waiting for."


class SignIn:
    """One sign-in in progress: a state good for one answer, and a listener on 127.0.0.1. A context manager.

    `port` 0 takes a free one. Raises CredentialsRefused when the port is taken.
    """

    def __init__(
        self, connection: Mapping[str, Any], *, port: int = PORT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._deadline = clock() + VALID_FOR.total_seconds()
        try:
            self._listener = _Listener(port, secrets.token_urlsafe(32))
        except OSError as error:
            raise _refused(f"port {port} of this machine, where the browser is sent back to, is taken") from error

    @property
    def redirect_uri(self) -> str:
        """Where the browser is sent back to; Intuit takes plain http for the name localhost only."""
        return f"http://localhost:{self._listener.server_port}/callback"

    @property
    def authorize_url(self) -> str:
        """The address a person opens to sign in and to choose the company."""
        question = {
            "client_id": str(self._connection["client_id"]),
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": self.redirect_uri,
            "state": self._listener.state or "",
        }
        return str(httpx.URL(str(self._connection["auth_url"]), params=question))

    def wait(self, *, transport: httpx.BaseTransport | None = None) -> dict[str, Any]:
        """Wait for the browser, trade its code for tokens and return the whole connection, realm id included.

        Raises CredentialsRefused when the person declined, the time is up or the answer names no company;
        VendorUnavailable when QuickBooks cannot answer. `transport` is handed in by tests.
        """
        answer = self._answer()
        if "error" in answer:
            raise _refused("the sign-in was declined in the browser")
        code, realm_id = answer.get("code", ""), answer.get("realmId", "")
        if not code or not realm_id.isdigit():
            raise _refused("the browser came back without a code or a company")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        response = _send(token_request(self._connection, form), transport)
        token = read_token(response, vendor=_VENDOR, advice=_AGAIN, undone=_UNDONE)
        if not token.refresh_token:
            raise _refused("QuickBooks sent no refresh token")
        return {
            **self._connection,
            "realm_id": realm_id,
            "refresh_token": token.refresh_token,
            "access_token": token.access_token,
            "access_expires_at": (datetime.now(UTC) + timedelta(seconds=token.expires_in)).isoformat(),
        }

    def _answer(self) -> dict[str, str]:
        while self._listener.answer is None:
            left = self._deadline - self._clock()
            if left <= 0:
                raise _refused(f"nobody signed in within {VALID_FOR.seconds // 60} minutes")
            self._listener.timeout = left
            self._listener.handle_request()
        return self._listener.answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.server_close()


def sign_in_with_browser(
    connection: Mapping[str, Any],
    *,
    show: Callable[[str], object],
    port: int = PORT,
    transport: httpx.BaseTransport | None = None,
) -> dict[str, Any]:
    """`show` a person where to sign in, wait for the answer and return the connection; raises as `SignIn.wait`."""
    with SignIn(connection, port=port) as sign_in:
        show(sign_in.authorize_url)
        return sign_in.wait(transport=transport)


def revoke(connection: Mapping[str, Any], *, transport: httpx.BaseTransport | None = None) -> None:
    """End the connection at QuickBooks; its tokens are dead afterwards. Raises a VendorError if that failed.

    A token that QuickBooks no longer knows counts as revoked.
    """
    signed = httpx.BasicAuth(str(connection["client_id"]), str(connection["client_secret"]))
    request = httpx.Request(
        "POST",
        str(connection["revoke_url"]),
        json={"token": str(connection["refresh_token"])},
        headers={"Accept": "application/json"},
    )
    response = _send(next(signed.auth_flow(request)), transport, "the connection was not revoked")
    if not response.is_success and response.status_code != httpx.codes.BAD_REQUEST:
        raise VendorUnavailable(
            f"QuickBooks did not revoke the connection (HTTP {response.status_code}), so its tokens still work. "
            "Run again, or disconnect the app inside QuickBooks.",
            vendor=_VENDOR,
            about="sign-in",
            status=response.status_code,
        )


class _Listener(HTTPServer):
    """Takes the one redirect that carries our state; everything else is turned away."""

    def __init__(self, port: int, state: str) -> None:
        self.state: str | None = state
        self.answer: dict[str, str] | None = None
        super().__init__(("127.0.0.1", port), _Redirect)

    def offer(self, answer: dict[str, str]) -> bool:
        """Keep the answer if it is to our question; the state is good once."""
        if self.state is None or not secrets.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            return False
        self.state, self.answer = None, answer
        return True


class _Redirect(BaseHTTPRequestHandler):
    timeout = 5.0  # seconds for a browser that connects and says nothing

    def do_GET(self) -> None:
        """Answer the browser."""
        url = httpx.URL(self.path)
        listener = self.server
        is_ours = isinstance(listener, _Listener) and url.path == "/callback" and listener.offer(dict(url.params))
        self.send_response(200 if is_ours else 400)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(_TAKEN if is_ours else _STRANGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the address holds the code."""


def _send(request: httpx.Request, transport: httpx.BaseTransport | None, undone: str = _UNDONE) -> httpx.Response:
    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT) as http:
            return http.send(request)
    except httpx.TransportError as error:
        raise VendorUnavailable(
            f"QuickBooks could not be reached ({type(error).__name__}), so {undone}. "
            "Check the network, then run again.",
            vendor=_VENDOR,
            about="sign-in",
        ) from error


def _refused(why: str) -> CredentialsRefused:
    return CredentialsRefused(f"QuickBooks was not connected: {why}. {_AGAIN}", vendor=_VENDOR, about="sign-in")
