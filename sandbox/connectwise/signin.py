"""ConnectWise's sign-in: Basic with ``company+publicKey`` and the private key, and a ``clientId`` header.

The cloud answers a wrong company or key with 404, not 401.
"""

import base64
import binascii
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.connectwise.errors import error
from sandbox.credentials import Credentials


@dataclass(frozen=True, slots=True)
class SignIn:
    """Knows the one API member of the sandbox."""

    secrets: Credentials

    def refusal(self, request: Request) -> Response | None:
        """The answer to a call that is not signed in, or None."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return error(401)
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return error(401)
        secrets = self.secrets
        user = f"{secrets.connectwise_company_id}+{secrets.connectwise_public_key}"
        if given != f"{user}:{secrets.connectwise_private_key}":
            return error(404)
        if request.headers.get("clientid", "").lower() != secrets.connectwise_client_id:
            return error(401, "The clientId header is missing or unknown.", "Unauthorized")
        return None
