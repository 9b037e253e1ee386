"""Records as blocks that ``COPY ... (format binary)`` takes. Nothing here talks to Postgres."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from warehouse.raw_batches import RecordLike, record_hash

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"

WAITING_COLUMNS = "record_id, record, source_updated_at, record_hash"
"""What ``waiting_block`` holds, the record as text."""
ROW_COLUMNS = "organization_id, record_id, record, source_updated_at, record_hash, first_seen_at, extracted_at, run_id"
"""What ``row_block`` holds, the record as jsonb."""


def waiting_block(records: Iterable[RecordLike]) -> bytes:
    """The records as they wait to be merged."""
    pieces = [_HEADER]
    for record in records:
        body = record.body
        pieces += (b"\0\4", _text(record.record_id), _sized(body), _instant(record.source_updated_at))
        pieces += (b"\0\0\0\x20", record_hash(body))
    return b"".join([*pieces, _TRAILER])


def row_block(records: Iterable[RecordLike], *, organization_id: str, run_id: str, extracted_at: datetime) -> bytes:
    """The records as whole new rows of a raw table."""
    head = b"\0\x08" + _text(organization_id)
    tail = _instant(extracted_at) * 2 + _text(run_id)
    pieces = [_HEADER]
    for record in records:
        body = record.body
        pieces += (head, _text(record.record_id), struct.pack(">iB", len(body) + 1, 1), body)
        pieces += (_instant(record.source_updated_at), b"\0\0\0\x20", record_hash(body), tail)
    return b"".join([*pieces, _TRAILER])


def _text(value: str) -> bytes:
    return _sized(value.encode())


def _sized(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _instant(moment: datetime | None) -> bytes:
    return _NULL if moment is None else struct.pack(">iq", 8, (moment - _POSTGRES_EPOCH) // _MICROSECOND)
