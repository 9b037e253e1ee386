"""Stripe's sign-in: the key as bearer or as the user of Basic, and a pinned API version.

Stripe itself would fall back to the account's old default version; the sandbox refuses a request without
``Stripe-Version``, because a reader that forgets it gets records whose shape depends on the account. It has two
versions: today's, and one from before basil.
"""

import base64
import binascii
from dataclasses import dataclass

from starlette.requests import Request

from sandbox.credentials import Credentials
from sandbox.stripe.errors import Refused
from sandbox.stripe.older import VERSION as OLDER_VERSION

VERSION = "2026-10-28.endive"
LIMITED_KEY_READS = frozenset({"customers", "products", "prices"})


@dataclass(frozen=True, slots=True)
class SignIn:
    """Knows the full key, and a restricted one that may read only part."""

    secrets: Credentials

    def check(self, request: Request, resource: str) -> None:
        """Raise ``Refused`` unless this request may read the resource."""
        key = key_of(request.headers.get("authorization", ""))
        if key not in (self.secrets.stripe_api_key, self.secrets.stripe_limited_key):
            raise Refused("Invalid API Key provided." if key else "You did not provide an API key.", 401)
        if key == self.secrets.stripe_limited_key and resource not in LIMITED_KEY_READS:
            permission = f"rak_{resource.replace('/', '_').rstrip('s')}_read"
            raise Refused(
                f"The provided key does not have the required permissions for this endpoint. Having the '{permission}' "
                "permission would allow this request to continue.",
                403,
                "more_permissions_required",
            )
        version = request.headers.get("stripe-version")
        if version not in (VERSION, OLDER_VERSION):
            told = f"Invalid Stripe API version: {version}" if version else "No Stripe-Version header was sent"
            raise Refused(f"{told}. This sandbox has the shapes of {VERSION} and {OLDER_VERSION} only.")


def key_of(authorization: str) -> str | None:
    """The key in an Authorization header, whichever of the two ways it was sent."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None
