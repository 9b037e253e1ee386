"""Opening a session with a source: signed in, patient, within its budget. Where everything else comes together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from extractors.core.auth import TokenStore
from extractors.core.budget import Budget, TokenBuckets
from extractors.core.client import ReadClient
from extractors.core.contract import Contract
from extractors.core.effort import pause
from extractors.core.errors import CredentialsRefused, PermissionMissing
from extractors.core.plan import Plan
from extractors.core.read_ahead import Reading
from extractors.core.session import Session
from extractors.core.source import Origin, Source
from extractors.core.stream import Stream
from extractors.core.transport import Patient
from extractors.core.walk import Scope, Walk
from extractors.core.window import Window

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Seconds. ConnectWise needs up to a minute for a full page of tickets."""


class VendorSession(Session):
    """A session with a vendor's HTTP interface."""

    def __init__(
        self,
        source: Source,
        client: ReadClient,
        http: httpx.Client,
        *,
        as_of: datetime,
        time_zone: ZoneInfo,
        contracts: Mapping[str, Contract],
    ) -> None:
        super().__init__(client, as_of=as_of, time_zone=time_zone)
        self._source = source
        self._http = http
        self._asked = client
        self._contracts = contracts

    @property
    def version(self) -> str:
        """The pinned version of the vendor's interface."""
        return self._source.version

    def _plan(self, scope: Scope, resume: dict[str, Any] | None) -> Plan:
        return Plan(self._source, scope, resume, self._contracts.get(scope.stream.name))

    def ids(self, stream: Stream) -> Iterator[list[str]]:
        """The ids of all records the vendor has, page by page, to find deletions by.

        Counted against the vendor's total; raises ValueError for a stream that needs no sweep, or a `VendorError`:
        then no record may be taken for deleted.
        """
        if not stream.sweeps_deletions or self._source.only_ids is None:
            raise ValueError(f"{stream.source}.{stream.name} has no id sweep")
        only_ids = replace(self._source.only_ids(stream), changed_at=None, withheld_fields=())
        walk = Walk(self._asked, self._source, self._scope(only_ids, Window("all")))
        for cut in only_ids.pages(walk):
            yield [record.record_id for record in cut.records]

    def preflight(self, streams: Iterable[Stream]) -> None:
        """Try a few records of each stream; raises CredentialsRefused or PermissionMissing, naming the right.

        A role that is too small often leaves fields out instead of refusing, so the fields each stream needs are
        looked for as well.
        """
        for stream in streams:
            walk = Walk(self._asked, self._source, self._scope(stream, Window("all")))
            sample = [walk.decode(bytes(row), dict[str, msgspec.Raw]) for row in self._source.sample(walk)]
            seen = {name for row in sample for name, value in row.items() if bytes(value) != b"null"}
            hidden = [name for name in stream.vendor_fields if name not in seen]
            if sample and hidden:
                raise PermissionMissing(
                    f"{self._source.label} shows records of {stream.name} without {', '.join(hidden)}, so "
                    f"{stream.name} was not read. The role hides fields: grant {stream.permission}.",
                    vendor=self._source.label,
                    about=stream.name,
                )
            self._permitted.add(stream.name)

    def close(self) -> None:
        """End every read and close the connections."""
        super().close()
        self._http.close()


def open_source(
    source: str | Origin,
    connection: Mapping[str, Any],
    *,
    as_of: datetime,
    time_zone: str | ZoneInfo = "UTC",
    token_store: TokenStore | None = None,
    budget: Budget | None = None,
    contracts: Mapping[str, Contract] | None = None,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = pause,
) -> Session:
    """A session with a source, signed in by `connection`.

    `as_of` is the run's instant, the upper bound of reads of changes; `time_zone` the organization's. A `budget` is
    best shared by all sessions of a process; without one the source's own rate holds for this session alone.
    `contracts`, by stream, are what records must look like to be kept; without them only key and change mark matter.
    `transport` and `sleep` are handed in by tests. Raises CredentialsRefused for a connection that cannot work.
    """
    if isinstance(source, str):
        from extractors import SOURCES  # here, since the sources themselves are built from this package

        source = SOURCES[source]
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    if not isinstance(source, Source):
        from extractors.core.tables import open_tables  # SQLAlchemy takes a while to import, and few need it

        return open_tables(source, connection, as_of=as_of, time_zone=ZoneInfo(str(time_zone)), budget=budget)
    _check(source, connection)
    patient = Patient(
        transport or httpx.HTTPTransport(),
        source=source,
        budget=budget or TokenBuckets({source.name: source.rate}),
        token_urls=frozenset(str(connection[key]) for key in source.token_urls),
        sleep=sleep,
    )
    places = {name: str(connection[name]) for name in source.places}
    http = httpx.Client(
        base_url=str(connection["base_url"]).rstrip("/") + source.api_path.format(**places),
        auth=source.sign_in(connection, token_store),
        headers={"Accept": "application/json", "User-Agent": "qbr", **source.headers(connection)},
        transport=patient,
        timeout=TIMEOUT,
    )
    client = ReadClient(http, source, places)
    return VendorSession(
        source, client, http, as_of=as_of, time_zone=ZoneInfo(str(time_zone)), contracts=contracts or {}
    )


def _check(source: Source, connection: Mapping[str, Any]) -> None:
    lacking = [name for name in source.needs if not connection.get(name)]
    if lacking:
        raise CredentialsRefused(
            f"The {source.label} connection lacks {', '.join(lacking)}, so nothing was read. {source.sign_in_advice}",
            vendor=source.label,
            about="sign-in",
        )
    for key in ("base_url", *source.token_urls):
        url = httpx.URL(str(connection[key]))
        if url.scheme != "https" and url.host not in {"127.0.0.1", "localhost", "::1"}:
            raise CredentialsRefused(
                f"The {source.label} connection's {key} is not https, so nothing was sent: keys would travel in the "
                "clear. Only this machine itself may be addressed over http.",
                vendor=source.label,
                about="sign-in",
            )


__all__ = ["Reading", "Session", "open_source"]
