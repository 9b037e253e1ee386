"""What the loader is handed, and how pages become batches.

Nothing here talks to Postgres. The shapes are structural: the warehouse imports no extractor.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

BATCH_RECORDS = 2000
BATCH_BYTES = 4 * 1024 * 1024
BATCH_SECONDS = 10.0
"""However slow the vendor, a crash loses no more than this much reading."""
LONGEST_ID = 500
"""Characters; Postgres cannot index much more than 2,000 bytes."""


class RecordLike(Protocol):
    """One JSON object of a stream as its source gave it."""

    @property
    def record_id(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def source_updated_at(self) -> datetime | None: ...


class RejectionLike(Protocol):
    """Something a source gave that does not fit, and why."""

    @property
    def body(self) -> bytes: ...
    @property
    def reason(self) -> str: ...
    @property
    def record_id(self) -> str | None: ...


class PageLike(Protocol):
    """What one answer of a source held, and where to go on once it is committed."""

    @property
    def records(self) -> Sequence[RecordLike]: ...
    @property
    def rejections(self) -> Sequence[RejectionLike]: ...
    @property
    def resume(self) -> Mapping[str, Any] | None: ...
    @property
    def requests(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def deletions(self) -> Sequence[str]: ...
    @property
    def families(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that does not fit, told by the source or found on this side, in a form that Postgres can keep."""

    body: bytes
    reason: str
    record_id: str | None

    @property
    def readable_body(self) -> str:
        """The body as text, whatever it holds; bytes that are no text appear as escapes."""
        return self.body.decode(errors="backslashreplace").replace("\0", "\\x00")

    @property
    def readable_reason(self) -> str:
        """The reason, cut to what an index can hold: it may quote the record."""
        return self.reason.encode(errors="backslashreplace").decode().replace("\0", "\\x00")[:LONGEST_ID]


@dataclass(slots=True)
class Batch:
    """Some pages, merged and committed as one: at most one version of each record."""

    records: dict[str, RecordLike] = field(default_factory=dict)
    rejections: list[Misfit] = field(default_factory=list)
    resume: Mapping[str, Any] | None = None
    pages: int = 0
    seen: int = 0
    """Records that fitted, older versions of the same record included."""
    requests: int = 0
    bytes: int = 0
    overtaken: set[str] = field(default_factory=set)
    """Ids whose version in the batch followed one without a change mark: it replaces whatever is stored."""
    deletions: set[str] = field(default_factory=set)
    """Ids that the source says are gone, once the batch's records are merged."""
    families: set[str] = field(default_factory=set)
    """Ids of parents whose children are all in the batch: what else is held of them is gone."""

    @property
    def record_ids(self) -> frozenset[str]:
        """The ids of all rows that merging the batch may touch."""
        return frozenset(self.deletions.union(self.records))

    def add(self, page: PageLike) -> None:
        """Take a page in, as if its records were merged one after the other."""
        for record in page.records:
            if reason := _misfit(record):
                self.rejections.append(Misfit(record.body, reason, _storable(record.record_id)))
            else:
                self._add(record)
        for rejection in page.rejections:
            self.rejections.append(Misfit(rejection.body, rejection.reason, _storable(rejection.record_id)))
        self.deletions.update(filter(_storable, page.deletions))
        self.families.update(filter(_storable, page.families))
        self.resume = page.resume
        self.pages += 1
        self.requests += page.requests
        self.bytes += page.bytes

    def _add(self, record: RecordLike) -> None:
        self.seen += 1
        self.deletions.discard(record.record_id)
        held = self.records.get(record.record_id)
        if held is not None:
            old, new = held.source_updated_at, record.source_updated_at
            if old is not None and new is not None and new < old:
                return
            if old is None and new is not None:
                self.overtaken.add(record.record_id)
        self.records[record.record_id] = record

    def reject(self, misfits: Iterable[Misfit]) -> None:
        """Move records that Postgres refuses out of the way."""
        for misfit in misfits:
            if misfit.record_id is not None:
                del self.records[misfit.record_id]
                self.overtaken.discard(misfit.record_id)
                self.seen -= 1
            self.rejections.append(misfit)


def cut(
    pages: Iterable[PageLike], on_page: Callable[[int], None] | None, clock: Callable[[], float] = monotonic
) -> Iterator[Batch]:
    """Pages as batches of about ``BATCH_RECORDS`` records; a batch ends where a page ends.

    When the pages break off with an error, what had been read by then comes first and the error after it.
    """
    batch, size, began = Batch(), 0, clock()
    broke_off: Exception | None = None
    remaining = iter(pages)
    while True:
        try:
            page = next(remaining)
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001 - raised again below, once the pages before it are safe
            broke_off = error
            break
        batch.add(page)
        if on_page is not None:
            on_page(len(page.records))
        size += sum(len(record.body) for record in page.records)
        if batch.seen >= BATCH_RECORDS or size >= BATCH_BYTES or clock() - began >= BATCH_SECONDS:
            yield batch
            batch, size, began = Batch(), 0, clock()
    if batch.pages:
        yield batch
    if broke_off is not None:
        raise broke_off


def record_hash(body: bytes) -> bytes:
    """SHA-256 of the vendor's own bytes.

    The bytes are taken as they came: a vendor that reorders keys makes the record look changed, which costs one
    needless update, while sorting every record's keys would cost each record more than loading it does.
    """
    return hashlib.sha256(body).digest()


def _misfit(record: RecordLike) -> str | None:
    """Why Postgres could not keep the record, as far as can be told cheaply; the rest shows when it is copied."""
    record_id = record.record_id
    if not record_id:
        return "The record has no id."
    if len(record_id) > LONGEST_ID:
        return f"The record's id is longer than {LONGEST_ID} characters."
    if _storable(record_id) is None:
        return "The record's id holds a character that Postgres cannot store."
    if not record.body.lstrip().startswith(b"{"):
        return "The record is not a JSON object."
    return None


def _storable(record_id: str | None) -> str | None:
    """The id, when there is one that can be kept as text."""
    if not record_id or len(record_id) > LONGEST_ID or "\0" in record_id:
        return None
    return record_id if record_id.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in record_id) else None
