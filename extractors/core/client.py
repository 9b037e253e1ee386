"""The one way to ask a vendor for something: `get`. There is no method that could change anything."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import msgspec

from extractors.core.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
    plain_code,
)
from extractors.core.source import Source

_REQUEST_IDS = ("request-id", "x-cw-request-id", "intuit_tid")


class Answer(NamedTuple):
    """A successful answer."""

    body: bytes
    headers: httpx.Headers


class ReadClient:
    """Asks one vendor and turns every refusal into a `VendorError` that says what to do."""

    def __init__(self, http: httpx.Client, source: Source, places: Mapping[str, str]) -> None:
        self._http = http
        self._places = places
        self._source = source
        self._has_answered = False
        self.proven: set[str] = set()
        """Rights that were seen to be there."""

    def get(
        self,
        path: str,
        parameters: Mapping[str, str],
        *,
        about: str,
        permission: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The vendor's answer to one GET; `about` is the stream it is for. Raises a `VendorError`."""
        try:
            response = self._http.get(path.format(**self._places), params=dict(parameters), headers=dict(headers or {}))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._out_of_reach(error, about) from error
        verdict = self._source.judge(response)
        if not response.is_success or verdict is not None:
            raise self._refusal(response, about, permission)
        self._has_answered = True
        return Answer(response.content, response.headers)

    def _out_of_reach(self, error: httpx.HTTPError, about: str) -> VendorError:
        sentences: dict[type[httpx.HTTPError], str] = {
            httpx.ConnectError: "could not be reached",
            httpx.ConnectTimeout: "could not be reached in time",
            httpx.ReadTimeout: "did not answer in time",
        }
        what = sentences.get(type(error), "broke off the connection")
        where = str(self._http.base_url.copy_with(path="/", query=None)).rstrip("/")
        return VendorUnavailable(
            f"{self._source.label} {what} at {where} ({type(error).__name__}), so {about} was not read to its end. "
            "What was loaded stays. Check the address and the network, then run again.",
            vendor=self._source.label,
            about=about,
        )

    def _refusal(self, response: httpx.Response, about: str, permission: str) -> VendorError:
        source, status = self._source, response.status_code
        verdict = source.judge(response)
        code = verdict.code if verdict else error_code(response.content)
        kind = verdict.error if verdict else self._kind(status)
        details = ", ".join(
            [f"HTTP {status}"]
            + ([code] if code else [])
            + ([f"asks to wait {wait} s"] if (wait := plain_code(response.headers.get("retry-after"))) else [])
            + [f"request {known}" for name in _REQUEST_IDS if (known := plain_code(response.headers.get(name)))]
        )
        sentence = {
            CredentialsRefused: f"{source.label} refused the sign-in when asked for {about} ({details}), so nothing "
            f"more was read from it. {source.sign_in_advice}",
            PermissionMissing: f"{source.label} does not let this sign-in read {about} ({details}), so it was not "
            f"read. Grant the right: {permission or 'see docs/sources.md'}.",
            VendorUnavailable: f"{source.label} could not answer for {about} ({details}), however often it was asked, "
            "so it was not read to its end. What was loaded stays. Run again later.",
        }.get(
            kind,
            f"{source.label} rejected the request for {about} ({details}), so it was not read. Asking again will not "
            "help: check the base address and the release of the vendor's API against docs/sources.md.",
        )
        if kind is CredentialsRefused and status == httpx.codes.NOT_FOUND:
            sentence += f" ({source.label} answers 404 to a wrong company or key.)"
        return kind(sentence, vendor=source.label, about=about, status=status, code=code)

    def _kind(self, status: int) -> type[VendorError]:
        if status == httpx.codes.NOT_FOUND and self._source.hides_refusal_as_not_found and not self._has_answered:
            return CredentialsRefused
        if status in {408, 429} or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return VendorUnavailable
        return {401: CredentialsRefused, 403: PermissionMissing}.get(status, RequestRejected)


def error_code(body: bytes) -> str | None:
    """The vendor's error code, if the body is JSON that holds one short word in a usual place; never the text."""
    try:
        answer: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None  # HTML or XML from a gateway: the status has to do
    if not isinstance(answer, dict):
        return None
    inside = answer.get("error")
    places = [inside.get("code"), inside.get("type")] if isinstance(inside, dict) else [inside]
    places += [answer.get("code"), answer.get("resultCode")]
    return next((code for place in places if (code := plain_code(place))), None)
