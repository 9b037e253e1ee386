"""NinjaOne's sign-in: OAuth client credentials with scopes, and the bearer token on every call."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import form_fields, json_answer
from sandbox.credentials import Credentials
from sandbox.ninjaone.errors import error
from sandbox.tokens import Mint

GRANTED_SCOPES = frozenset({"monitoring", "management"})
TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class SignIn:
    """Gives out access tokens and knows them again."""

    secrets: Credentials
    mint: Mint

    async def token(self, request: Request) -> Response:
        """Answer the token address. There is never a refresh token: ask again with the same secret."""
        sent = await form_fields(request)
        if sent.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        known = (self.secrets.ninjaone_client_id, self.secrets.ninjaone_client_secret)
        if (sent.get("client_id"), sent.get("client_secret")) != known:
            described = "Client app does not exist or the client secret is wrong"
            return json_answer({"error": "invalid_client", "error_description": described}, 401)
        scopes = sent.get("scope", "").split() or sorted(GRANTED_SCOPES)
        if not GRANTED_SCOPES.issuperset(scopes):
            described = "The application was not granted every scope asked for"
            return json_answer({"error": "invalid_scope", "error_description": described}, 400)
        return json_answer(
            {
                "access_token": self.mint.issue("access", "+".join(scopes), seconds=TOKEN_SECONDS),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": " ".join(scopes),
            }
        )

    def refusal(self, request: Request) -> Response | None:
        """The answer to a call that may not read, or None when it may."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        facts = self.mint.read("access", token) if scheme.lower() == "bearer" else None
        if facts is None:
            return error(401)
        return None if "monitoring" in facts[0].split("+") else error(403)
