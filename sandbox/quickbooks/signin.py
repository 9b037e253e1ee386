"""Intuit's sign-in: browser consent, codes used once, hour-long access, refresh tokens replaced at every refresh.

A chain of refresh tokens begins with one consent. Only its newest link works, so two programs that share a chain put
each other out, as with the vendor. ``/_sandbox/credentials`` begins a chain of its own at each call.
"""

import base64
import binascii
import secrets as random_secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.answers import form_fields, json_answer
from sandbox.credentials import Credentials
from sandbox.quickbooks.errors import error, with_tid
from sandbox.tokens import Mint

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
CODE_SECONDS = 600
FIVE_YEARS = 5 * 365 * 86_400
SCOPE = "com.intuit.quickbooks.accounting"


@dataclass(slots=True)
class SignIn:
    """Every chain of tokens of the one company."""

    secrets: Credentials
    mint: Mint
    newest: dict[str, int] = field(default_factory=dict)  # the link of each chain that works
    denies_next: bool = False

    def begin_chain(self) -> str:
        """The first refresh token of a new chain."""
        return self.refresh_token(random_secrets.token_hex(6), 1)

    def refresh_token(self, chain: str, link: int) -> str:
        self.newest[chain] = link
        return self.mint.issue("refresh", chain, str(link), seconds=REFRESH_SECONDS)

    def rotate_all(self) -> None:
        """Spend every refresh token given out, as when another program refreshed first."""
        for chain in self.newest:
            self.newest[chain] += 1

    def deny_next(self) -> None:
        """Let the next person who is asked for consent refuse it."""
        self.denies_next = True

    async def authorize(self, request: Request) -> Response:
        """The consent page. Nobody looks at it here: it sends the browser on at once, back to loopback only."""
        asked = request.query_params
        target = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.secrets.quickbooks_client_id or asked.get("response_type") != "code":
            return with_tid(Response("Unknown application.", 400, media_type="text/plain"))
        if urlsplit(target).hostname not in ("localhost", "127.0.0.1", "::1") or SCOPE not in asked.get("scope", ""):
            return with_tid(Response("The redirect_uri or scope is not registered.", 400, media_type="text/plain"))
        if self.denies_next:
            self.denies_next = False
            answer = {"error": "access_denied", "state": asked.get("state", "")}
        else:
            code = self.mint.issue("code", base64.urlsafe_b64encode(target.encode()).decode(), seconds=CODE_SECONDS)
            answer = {"code": code, "state": asked.get("state", ""), "realmId": self.secrets.quickbooks_realm_id}
        return with_tid(RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}", 302))

    async def token(self, request: Request) -> Response:
        """Exchange a code, or a refresh token, for a fresh pair."""
        if not self.knows_application(request):
            return token_error(401, "invalid_client")
        sent = await form_fields(request)
        if sent.get("grant_type") == "authorization_code":
            chain = self.spend_code(sent.get("code", ""), sent.get("redirect_uri", ""))
        elif sent.get("grant_type") == "refresh_token":
            chain = self.spend_refresh(sent.get("refresh_token", ""))
        else:
            return token_error(400, "unsupported_grant_type")
        if chain is None:
            return token_error(400, "invalid_grant", "Incorrect or invalid refresh token")
        pair = {
            "token_type": "bearer",
            "access_token": self.mint.issue("access", chain, seconds=ACCESS_SECONDS),
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.refresh_token(chain, self.newest.get(chain, 0) + 1),
            "x_refresh_token_expires_in": REFRESH_SECONDS,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            pair["x_refresh_token_hard_expires_in"] = FIVE_YEARS
        return with_tid(json_answer(pair))

    async def revoke(self, request: Request) -> Response:
        """End a chain: neither of its tokens works afterwards."""
        if not self.knows_application(request):
            return token_error(401, "invalid_client")
        try:
            token = msgspec.json.decode(await request.body(), type=dict[str, str])["token"]
        except (msgspec.MsgspecError, KeyError):
            return token_error(400, "invalid_request")
        facts = self.mint.read("refresh", token) or self.mint.read("access", token)
        if facts is None:
            return token_error(400, "invalid_request")
        self.newest[facts[0]] = -1
        return with_tid(Response(status_code=200))

    def refusal(self, request: Request) -> Response | None:
        """The answer to a call that may not read this company, or None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        facts = self.mint.read("access", token) if scheme.lower() == "bearer" else None
        if facts is None or self.newest.get(facts[0]) == -1:
            return error(401)
        if request.path_params.get("realm") != self.secrets.quickbooks_realm_id:
            return error(403)
        return None

    def knows_application(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        known = f"{self.secrets.quickbooks_client_id}:{self.secrets.quickbooks_client_secret}"
        return scheme.lower() == "basic" and given == known

    def spend_code(self, code: str, redirect_uri: str) -> str | None:
        """A new chain for a code, which works once and with the address it was given for."""
        facts = self.mint.read("code", code)
        if facts is None or base64.urlsafe_b64decode(facts[0]).decode() != redirect_uri:
            return None
        self.mint.revoke(code)
        chain = random_secrets.token_hex(6)
        self.newest[chain] = 0
        return chain

    def spend_refresh(self, token: str) -> str | None:
        """The chain of a refresh token, when the token is its newest link.

        A chain that this process never saw began before a restart: its token is taken at its word.
        """
        facts = self.mint.read("refresh", token)
        if facts is None:
            return None
        chain, link = facts[0], int(facts[1])
        if link != self.newest.setdefault(chain, link):
            return None
        return chain


def token_error(status: int, name: str, described: str | None = None) -> Response:
    """An error of the token address, which is no fault envelope."""
    body = {"error": name, **({"error_description": described} if described else {})}
    return with_tid(json_answer(body, status))
