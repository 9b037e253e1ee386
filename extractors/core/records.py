"""What a page of vendor records looks like when it leaves an extractor. Nothing here talks to anyone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Record(NamedTuple):
    """One vendor object, ready to load.

    `body` is the vendor's own JSON text, byte for byte (but for fields a stream withholds).
    `source_updated_at` is the vendor's change mark in UTC, None where it keeps none.
    """

    record_id: str
    body: bytes
    source_updated_at: datetime | None


class Rejection(NamedTuple):
    """One vendor object that does not fit, and why: it cannot be keyed or stored, or breaks its stream's contract.

    `source_updated_at` is known where only the contract is broken, since some lists are paged by it.
    """

    body: bytes
    reason: str
    record_id: str | None
    source_updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What the vendor sent since the page before.

    `resume` says where to go on once this page is committed; None where a broken read starts over.
    `requests` and `bytes` are what this page cost. `deletions` are the ids of records that the vendor says are gone,
    as of after the page's records. `families` are the ids of parents whose children are all among the records (and
    rejections): what else is held of them is gone.
    """

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...]
    resume: dict[str, Any] | None
    requests: int
    bytes: int
    deletions: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
