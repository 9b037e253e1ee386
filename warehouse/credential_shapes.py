"""What each source needs to be signed in to, and where it comes from when the environment provides it."""

from pydantic import SecretStr

from warehouse.errors import WarehouseError
from warehouse.settings import Settings

REQUIRED: dict[str, tuple[str, ...]] = {
    "ninjaone": ("base_url", "token_url", "client_id", "client_secret"),
    "connectwise": ("base_url", "company_id", "public_key", "private_key", "client_id"),
    "stripe": ("base_url", "api_key"),
    "quickbooks": (
        "base_url",
        "auth_url",
        "token_url",
        "revoke_url",
        "client_id",
        "client_secret",
        "realm_id",
        "refresh_token",
    ),
    "opsdb": ("kind", "host", "port", "database", "user", "password", "tls"),
}
# Taken where they are given.
OPTIONAL = {"opsdb": ("tls_ca",)}

# Set by signing in, not by configuration.
_FROM_SIGN_IN = {"quickbooks": ("realm_id", "refresh_token")}

# Where the vendors serve everybody; NinjaOne and ConnectWise have an address per region or customer.
_INTUIT = {
    "auth_url": "https://appcenter.intuit.com/connect/oauth2",
    "token_url": "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    "revoke_url": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
}
_ADDRESSES = {
    ("stripe", "production"): {"base_url": "https://api.stripe.com"},
    ("quickbooks", "production"): {**_INTUIT, "base_url": "https://quickbooks.api.intuit.com"},
    ("quickbooks", "sandbox"): {**_INTUIT, "base_url": "https://sandbox-quickbooks.api.intuit.com"},
}


class CredentialsIncomplete(WarehouseError):
    """What was given is not enough to sign in; the message names what is missing."""


def completed(source: str, values: dict[str, str], environment: str) -> dict[str, str]:
    """The values with the vendors' usual addresses filled in where none was given."""
    filled = {**_ADDRESSES.get((source, environment), {}), **{key: value for key, value in values.items() if value}}
    if source == "ninjaone" and "base_url" in filled:
        filled.setdefault("token_url", filled["base_url"].rstrip("/") + "/ws/oauth/token")
    if source == "opsdb" and filled:
        filled.setdefault("kind", "postgres")
        filled.setdefault("port", "1433" if filled["kind"] == "sqlserver" else "5432")
        filled.setdefault("tls", "no" if filled.get("host") in {"localhost", "127.0.0.1", "::1"} else "yes")
    return filled


def missing(source: str, values: dict[str, str]) -> list[str]:
    """The required values that are not there."""
    return [key for key in REQUIRED[source] if not values.get(key)]


def from_environment(source: str, settings: Settings) -> dict[str, str] | None:
    """The credentials in the environment variables `QBR_<SOURCE>_...`; None when the source is not set there.

    QuickBooks' application keys alone do not count: they serve the sign-in of every organization. Raises
    `CredentialsIncomplete` when some variables are set and others are not.
    """
    given = application_keys(source, settings)
    values = completed(source, given, settings.quickbooks_environment if source == "quickbooks" else "production")
    signed_in = _FROM_SIGN_IN.get(source, ())
    if not given or (signed_in and not any(key in given for key in signed_in)):
        return None
    if lacking := [key for key in missing(source, values) if f"{source}_{key}" in Settings.model_fields]:
        names = ", ".join(f"QBR_{source}_{key}".upper() for key in lacking)
        raise CredentialsIncomplete(
            f"The environment holds some of the credentials of {source} but not {names}. Set what is missing, or unset "
            f"every QBR_{source.upper()}_... variable and run `qbr connect {source}`."
        )
    return values


def application_keys(source: str, settings: Settings) -> dict[str, str]:
    """Everything the environment says of a source, as far as it goes."""
    found = {}
    for key in (*REQUIRED[source], *OPTIONAL.get(source, ())):
        value = getattr(settings, f"{source}_{key}", None)
        if value:
            found[key] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return found
