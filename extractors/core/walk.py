"""One walk through one stream: what a paging function is given, and how it checks that the walk is whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from extractors.core.client import Answer, ReadClient
from extractors.core.contract import Contract
from extractors.core.cutting import Cut, Cutter
from extractors.core.errors import PagingBroken, VendorUnavailable
from extractors.core.records import Record
from extractors.core.source import Source
from extractors.core.stream import Stream
from extractors.core.window import Window

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a walk covers. `as_of` is the upper bound of a read of changes, the same after a crash as before it."""

    stream: Stream
    window: Window
    as_of: datetime
    time_zone: ZoneInfo


class Walk:
    """A walk in progress.

    `cursor` is where an earlier, broken walk of the same scope stopped. `received` counts vendor objects,
    including that earlier walk's; `expected` is the vendor's own total, once asked for. `contract` is what the records
    must look like to be kept; a walk that only looks for ids has none.
    """

    def __init__(
        self,
        client: ReadClient,
        source: Source,
        scope: Scope,
        *,
        cursor: Mapping[str, Any] | None = None,
        received: int = 0,
        expected: int | None = None,
        contract: Contract | None = None,
    ) -> None:
        self.client = client
        self.source = source
        self.scope = scope
        self.stream = scope.stream
        self.cursor = cursor or {}
        self.received = received
        self.expected = expected
        self.is_closed = False
        self._cutter = Cutter(scope.stream, contract)

    def filters(self) -> dict[str, str]:
        """The stream's fixed parameters and the vendor's own filter for this window."""
        return {**self.stream.parameters, **self.source.narrow(self.scope)}

    def get(self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Ask the vendor, in this stream's name."""
        stream = self.stream
        return self.client.get(path, parameters, about=stream.name, permission=stream.permission, headers=headers)

    def ask_once(self, path: str, parameters: Mapping[str, str], permission: str) -> None:
        """See that something else may be read that this stream needs; once in a session is enough."""
        if permission not in self.client.proven:
            self.client.get(path, parameters, about=self.stream.name, permission=permission)
            self.client.proven.add(permission)

    def decode(self, body: bytes, shape: type[T]) -> T:
        """The answer in the shape that was agreed; raises VendorUnavailable for no JSON, PagingBroken for other."""
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError as error:
            # msgspec names the place and the types, never the values.
            self.broken(f"an answer of another shape ({error})", error)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise VendorUnavailable(
                f"{self.source.label} answered for {self.stream.name} with something that is not JSON, so it was not "
                "read to its end. What was loaded stays. Run again; if it stays so, check the base address.",
                vendor=self.source.label,
                about=self.stream.name,
            ) from error

    def cut(self, rows: list[msgspec.Raw]) -> Cut:
        """The rows as records and rejections."""
        return self._cutter.cut_all(rows)

    def cut_one(self, body: bytes, record_id: str, changed_at: datetime | None) -> Cut:
        """An object that is keyed by what it was asked for, such as a report, as a record or a rejection."""
        piece = self._cutter.held_to_contract(Record(record_id, body, changed_at))
        return Cut([piece], []) if isinstance(piece, Record) else Cut([], [piece])

    def take(self, cut: Cut) -> Cut:
        """Count what is about to be handed over."""
        self.received += cut.received
        return cut

    def reach(self, count: Callable[[], int]) -> None:
        """Hold the walk against the vendor's total from before it, and, if short, from now; raises PagingBroken."""
        if self.expected is not None and self.received < self.expected:
            # Records may have gone while we read: what the vendor has now must be reached all the same.
            self.expected = min(self.expected, count())
            if self.received < self.expected:
                self.broken(f"{self.received} records where its own count says {self.expected}")

    def close(self) -> None:
        """The vendor said that nothing follows."""
        self.is_closed = True

    def broken(self, what: str, cause: Exception | None = None) -> NoReturn:
        """Stop the read: the pages do not make a whole list."""
        raise PagingBroken(
            f"{self.source.label} sent {what} for {self.stream.name}, so the read was stopped rather than taken as "
            "complete. Nothing was marked as deleted and the next run reads this part again. If it happens again, "
            f"the vendor's paging has changed: compare extractors/{self.source.name}.py with its documentation.",
            vendor=self.source.label,
            about=self.stream.name,
        ) from cause
