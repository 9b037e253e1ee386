"""Signing in, as httpx.Auth: who sends which header, and how an expired token is replaced.

No token is written here except through the TokenStore that is handed in, and none ever reaches a message.
"""

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import msgspec

from extractors.core.client import error_code
from extractors.core.errors import CredentialsRefused, VendorUnavailable

Flow = Generator[httpx.Request, httpx.Response, None]

RENEW_EARLY = timedelta(minutes=5)
"""Replace a token this long before it lapses, so that none lapses between two pages."""


class HeldConnection(Protocol):
    """A connection nobody else can change while it is held."""

    @property
    def connection(self) -> dict[str, Any]:
        """The connection as stored now, read after the lock was taken."""

    def save(self, updates: dict[str, Any]) -> None:
        """Store the new values; durable when this returns."""


class TokenStore(Protocol):
    """Where a connection's tokens are kept."""

    def exclusive(self) -> AbstractContextManager[HeldConnection]:
        """Hold the connection: one refresher at a time, over all processes."""


class Token(msgspec.Struct):
    """A token endpoint's answer (RFC 6749 5.1)."""

    access_token: str
    expires_in: float = 3600.0
    refresh_token: str | None = None


def read_token(response: httpx.Response, *, vendor: str, advice: str, undone: str = "nothing was read") -> Token:
    """The token in a token endpoint's answer; raises CredentialsRefused or VendorUnavailable."""
    status = response.status_code
    if status in {408, 429} or response.is_server_error:
        raise VendorUnavailable(
            f"{vendor} could not answer the sign-in (HTTP {status}), so {undone}. Run again later.",
            vendor=vendor,
            about="sign-in",
            status=status,
        )
    try:
        if response.is_success:
            return msgspec.json.decode(response.content, type=Token)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VendorUnavailable(
            f"{vendor} answered the sign-in with something that holds no token (HTTP {status}), so {undone}. "
            "Check the token address, then run again.",
            vendor=vendor,
            about="sign-in",
            status=status,
        ) from error
    code = error_code(response.content)
    raise CredentialsRefused(
        f"{vendor} refused the sign-in (HTTP {status}{', ' + code if code else ''}), so {undone}. {advice}",
        vendor=vendor,
        about="sign-in",
        status=status,
    )


class Basic(httpx.BasicAuth):
    """User name and password on every call (ConnectWise: `company+publicKey` and the private key)."""


class Bearer(httpx.Auth):
    """A fixed key on every call (Stripe)."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Send the key; a refusal is final."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class ClientCredentials(httpx.Auth):
    """OAuth 2 client credentials (NinjaOne): a token is asked for, used until it lapses or is refused, then replaced.

    There is no refresh token in this grant. A 401 with a fresh token is final.
    """

    requires_response_body = True

    def __init__(
        self,
        *,
        vendor: str,
        advice: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        scope: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vendor = vendor
        self._advice = advice
        self._token_url = token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": scope,
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Sign the request, with one fresh token if the one at hand is refused."""
        token = yield from self._current(refused=None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = yield from self._current(refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _current(self, refused: str | None) -> Generator[httpx.Request, httpx.Response, str]:
        with self._lock:
            if self._token is None or self._token == refused or self._clock() >= self._renew_at:
                response = yield httpx.Request("POST", self._token_url, data=self._form)
                token = read_token(response, vendor=self._vendor, advice=self._advice)
                self._token = token.access_token
                self._renew_at = self._clock() + max(0.0, token.expires_in - RENEW_EARLY.total_seconds())
            return self._token


class RotatingRefresh(httpx.Auth):
    """OAuth 2 with a refresh token that the vendor replaces as it is used (QuickBooks).

    The new token is stored before it is used: a crash in between must not leave us with a dead one. Two refreshes
    at once would make one of them the loser of the rotation, so the store's lock is held and the token read again
    after getting it: whoever comes second uses what the first one brought.
    """

    requires_response_body = True

    def __init__(
        self,
        *,
        vendor: str,
        advice: str,
        connection: Mapping[str, Any],
        store: TokenStore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._vendor = vendor
        self._advice = advice
        self._store = store
        self._now = now
        self._access: str | None = self._usable(connection)

    def auth_flow(self, request: httpx.Request) -> Flow:
        """Sign the request, with one refresh if the token at hand is refused."""
        if self._access is None:
            yield from self._renew(refused=None)
        token = self._access
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            yield from self._renew(refused=token)
            request.headers["Authorization"] = f"Bearer {self._access}"
            yield request

    def _renew(self, refused: str | None) -> Flow:
        with self._store.exclusive() as held:
            connection = held.connection
            stored = self._usable(connection)
            if stored is not None and stored != refused:
                self._access = stored
                return
            response = yield refresh_request(connection)
            previous = connection.get("previous_refresh_token")
            if response.status_code == httpx.codes.BAD_REQUEST and previous:
                # The present one has never worked yet, and the vendor takes the one before for up to a day: its last
                # answer may have been damaged on its way.
                connection = {**connection, "refresh_token": previous}
                response = yield refresh_request(connection)
            token = read_token(response, vendor=self._vendor, advice=self._advice)
            expires_at = self._now() + timedelta(seconds=token.expires_in)
            held.save(
                {
                    "access_token": token.access_token,
                    "access_expires_at": expires_at.isoformat(),
                    # It may or may not have been replaced; what came back is what counts from now on.
                    "refresh_token": token.refresh_token or connection["refresh_token"],
                }
            )
            self._access = token.access_token

    def _usable(self, connection: Mapping[str, Any]) -> str | None:
        token, expires_at = connection.get("access_token"), connection.get("access_expires_at")
        if not token or not expires_at:
            return None
        lapses = expires_at if isinstance(expires_at, datetime) else datetime.fromisoformat(str(expires_at))
        return str(token) if lapses - RENEW_EARLY > self._now() else None


def refresh_request(connection: Mapping[str, Any]) -> httpx.Request:
    """The request that trades a refresh token for new tokens."""
    return token_request(connection, {"grant_type": "refresh_token", "refresh_token": str(connection["refresh_token"])})


def token_request(connection: Mapping[str, Any], form: Mapping[str, str]) -> httpx.Request:
    """A request to the token endpoint, signed with the app's own id and secret."""
    request = httpx.Request(
        "POST", str(connection["token_url"]), data=dict(form), headers={"Accept": "application/json"}
    )
    return next(httpx.BasicAuth(str(connection["client_id"]), str(connection["client_secret"])).auth_flow(request))
