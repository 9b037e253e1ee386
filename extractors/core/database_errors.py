"""What a database's error means, in a sentence without the error's own text: that may hold what is secret."""

from typing import Any

from sqlalchemy import exc as failures

from extractors.core.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
    plain_code,
)
from extractors.core.source import Origin

_NOT_LET_IN = "refused the user or the password"
_NO_DATABASE = "has no database of that name, or does not let this user in"
_NO_RIGHT = "does not let this user read it"
_NO_NAME = "does not know the mapped table or one of its columns"
_TOO_SLOW = "did not answer within the time a statement may take"
_OUT_OF_REACH = "could not be reached"
_OVERLOADED = "took no more connections"

# Postgres says five letters; SQL Server a number. https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_CODE: dict[str, tuple[type[VendorError], str]] = {
    "28P01": (CredentialsRefused, _NOT_LET_IN),
    "28000": (CredentialsRefused, "does not let this user in from here"),
    "3D000": (CredentialsRefused, _NO_DATABASE),
    "42501": (PermissionMissing, _NO_RIGHT),
    "42P01": (RequestRejected, _NO_NAME),
    "42703": (RequestRejected, _NO_NAME),
    "57014": (VendorUnavailable, _TOO_SLOW),
    "53300": (VendorUnavailable, _OVERLOADED),
    "18456": (CredentialsRefused, _NOT_LET_IN),
    "4060": (CredentialsRefused, _NO_DATABASE),
    "229": (PermissionMissing, _NO_RIGHT),
    "230": (PermissionMissing, _NO_RIGHT),
    "208": (RequestRejected, _NO_NAME),
    "207": (RequestRejected, _NO_NAME),
    "3952": (PermissionMissing, "does not allow snapshots, without which a long read would mix states"),
    "20003": (VendorUnavailable, _TOO_SLOW),
    "20009": (VendorUnavailable, _OUT_OF_REACH),
}
# What libpq says before there is a server to give a code.
_BY_WORDS: tuple[tuple[str, type[VendorError], str], ...] = (
    ("password authentication failed", CredentialsRefused, _NOT_LET_IN),
    ("no password supplied", CredentialsRefused, _NOT_LET_IN),
    ("role ", CredentialsRefused, _NOT_LET_IN),
    ("pg_hba.conf", CredentialsRefused, "does not let this user in from here"),
    ("database ", CredentialsRefused, _NO_DATABASE),
    ("certificate", CredentialsRefused, "shows a certificate that cannot be verified"),
    ("does not support ssl", CredentialsRefused, "does not offer an encrypted connection"),
    ("too many", VendorUnavailable, _OVERLOADED),
    ("timeout", VendorUnavailable, _OUT_OF_REACH),
)
_PASSING = ("08", "40", "53", "55", "57")
"""Classes of Postgres's codes that may pass by themselves: connections, conflicts, resources, locks, shutdowns."""


def told(error: failures.SQLAlchemyError, source: Origin, about: str) -> VendorError:
    """The error in one of ours."""
    kind, what, code = _understood(error)
    shown = f" ({code})" if code else ""
    then = {
        CredentialsRefused: f"so nothing was read. {source.sign_in_advice}",
        PermissionMissing: f"so it was not read. Grant the right and run again: "
        f"{'ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON' if code == '3952' else 'GRANT SELECT on its table'}.",
        VendorUnavailable: "so it was not read to its end. What was loaded stays. Run again later; if it stays so, "
        "check the address, the network and the load of the database.",
    }.get(
        kind,
        "so it was not read. Asking again will not help: compare its mapping under `sources: opsdb:` in the "
        "organization's file with the database.",
    )
    return kind(f"{source.label} {what} when asked for {about}{shown}, {then}", vendor=source.label, about=about)


def _understood(error: failures.SQLAlchemyError) -> tuple[type[VendorError], str, str | None]:
    driver = getattr(error, "orig", None)
    code = _code(driver)
    if code in _BY_CODE:
        return (*_BY_CODE[code], code)
    if code and code.startswith(_PASSING) and len(code) == 5:
        return VendorUnavailable, "broke off", code
    if isinstance(error, failures.OperationalError | failures.InterfaceError) and code is None:
        text = str(driver).lower()
        for words, kind, what in _BY_WORDS:
            if words in text:
                return kind, what, None
        return VendorUnavailable, _OUT_OF_REACH, None
    if isinstance(error, failures.DataError) or not isinstance(error, failures.DBAPIError):
        return (
            RequestRejected,
            "holds something that cannot be read or compared as the mapping asks",
            code,
        )
    return RequestRejected, "refused the statement", code


def _code(driver: Any) -> str | None:
    """The server's own code: psycopg's sqlstate, or the number that pymssql puts first."""
    first = driver.args[0] if getattr(driver, "args", ()) else None
    if isinstance(first, tuple) and first:
        first = first[0]
    return plain_code(getattr(driver, "sqlstate", None) or (first if isinstance(first, int) else None))
