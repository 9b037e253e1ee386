"""What a source is: its streams, its sign-in and its manners, as data. One `Source` per vendor module."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import msgspec

from extractors.core.budget import Rate
from extractors.core.errors import VendorError
from extractors.core.stream import Stream

if TYPE_CHECKING:
    from extractors.core.auth import TokenStore
    from extractors.core.walk import Scope, Walk


class Verdict(NamedTuple):
    """What a vendor's answer really means where its HTTP status alone would mislead."""

    error: type[VendorError]
    code: str | None


def by_status(_response: httpx.Response) -> Verdict | None:
    """No second opinion: the HTTP status says it all."""
    return None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What every source has, whatever it is asked through."""

    name: str
    label: str
    """The source's name as people say it."""
    streams: tuple[Stream, ...]
    needs: tuple[str, ...]
    """What a connection must hold."""
    sign_in_advice: str
    """What to do when the sign-in is refused."""
    version: str = ""
    """The pinned version of the vendor's API: another one gives records of another shape."""

    def stream(self, name: str) -> Stream:
        """The stream called `name`; KeyError with the choices if there is none."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(f"{self.label} has no stream {name!r}; it has {', '.join(s.name for s in self.streams)}")


@dataclass(frozen=True, kw_only=True)
class Source(Origin):
    """One vendor, asked over HTTP."""

    sign_in: Callable[[Mapping[str, Any], "TokenStore | None"], httpx.Auth]
    narrow: Callable[["Scope"], dict[str, str]]
    """The vendor's own filter for a window."""
    rate: Rate
    first_wait: float
    """Seconds before the first retry when the vendor does not say; doubles from there."""
    sample: Callable[["Walk"], list[msgspec.Raw]]
    """A few records of a stream, to see whether we may read it."""
    headers: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda _connection: {}
    """Sent with every call."""
    only_ids: Callable[[Stream], Stream] | None = None
    """The same stream asked for its ids alone, where the vendor can."""
    api_path: str = ""
    """Below the connection's base_url."""
    places: tuple[str, ...] = ()
    """The connection's values that may stand in a path, as `{name}`."""
    token_urls: tuple[str, ...] = ()
    """The connection's keys that hold a token address: the only places a POST may go."""
    judge: Callable[[httpx.Response], Verdict | None] = by_status
    hides_refusal_as_not_found: bool = False
    """Answers 404 to bad credentials, so a first 404 is one."""
