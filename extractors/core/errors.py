"""Everything that can go wrong with a vendor, and the sentence it is told in.

    VendorError
    ├── CredentialsRefused   the key, secret or token is not accepted: sign in again
    ├── PermissionMissing    signed in, but not allowed to read this: widen the role
    ├── RequestRejected      the vendor understood and said no: trying again changes nothing
    ├── VendorUnavailable    overloaded, down or out of reach: the only one worth retrying
    └── PagingBroken         the answers do not add up to a whole: loaded as it is, data would be missing
        └── ChangesCutShort  the feed of changes cannot tell all of them: the whole list can

A message names the vendor, the object and the status, says what was therefore not done and what to do next.
It never holds a secret or a vendor's body: bodies may echo the key that was sent.
"""

import re

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}|[0-9]{1,6}")


class VendorError(Exception):
    """A vendor did not give what was asked for.

    `vendor` is its name for people, `object` the stream or call, `status` the HTTP status if there was an answer,
    `code` the vendor's own.
    """

    worth_retrying = False

    def __init__(
        self, message: str, *, vendor: str, about: str, status: int | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.vendor = vendor
        self.object = about
        self.status = status
        self.code = code


class CredentialsRefused(VendorError):
    """The vendor does not accept our sign-in."""


class PermissionMissing(VendorError):
    """The sign-in is good but may not read this object, or not all of it."""


class RequestRejected(VendorError):
    """The vendor refused this request for good."""


class VendorUnavailable(VendorError):
    """The vendor could not answer now; a later run may succeed."""

    worth_retrying = True


class PagingBroken(VendorError):
    """The pages do not make a whole list, so the read must not count as complete."""


class ChangesCutShort(PagingBroken):
    """There were more changes than the vendor's feed tells, so that only a read of everything finds them all."""


def plain_code(value: object) -> str | None:
    """A vendor's error code if it is one short word or number, so that nothing secret rides along."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if _CODE.fullmatch(text) else None
