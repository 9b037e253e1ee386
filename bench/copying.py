"""A bare COPY of records that were cut raw, which loading and extracting are held against.

No hash, no key, no merge, no resume point, no log; as many connections as the loader uses, and its batches.
"""

import queue
import struct
import threading
from collections.abc import Iterable, Sequence

import psycopg

from warehouse.raw_batches import BATCH_BYTES, BATCH_RECORDS
from warehouse.raw_lanes import LANES

TABLE = "create table if not exists bench_limit (record_id text, record jsonb)"
_COPY = "copy bench_limit from stdin (format binary)"

Row = tuple[bytes, bytes]
"""An id and the record's JSON."""


def copy_rows(url: str, pages: Iterable[Sequence[Row]]) -> None:
    """COPY the pages' rows over ``LANES`` connections, while the caller's iterator brings more."""
    waiting: queue.Queue[list[Row] | None] = queue.Queue(maxsize=LANES)
    failures: list[BaseException] = []

    def write() -> None:
        with psycopg.connect(url) as connection:
            while (batch := waiting.get()) is not None:
                if failures:
                    continue
                try:
                    with connection.cursor().copy(_COPY) as copy:
                        copy.write(_block(batch))
                    connection.commit()
                except psycopg.Error as error:
                    failures.append(error)

    lanes = [threading.Thread(target=write) for _ in range(LANES)]
    for lane in lanes:
        lane.start()
    try:
        for batch in _batches(pages):
            waiting.put(batch)
    finally:
        for _ in lanes:
            waiting.put(None)
        for lane in lanes:
            lane.join()
    if failures:
        raise failures[0]


def _batches(pages: Iterable[Sequence[Row]]) -> Iterable[list[Row]]:
    batch: list[Row] = []
    size = 0
    for page in pages:
        batch.extend(page)
        size += sum(len(body) for _, body in page)
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _block(rows: Iterable[Row]) -> bytes:
    """Rows as ``COPY (record_id text, record jsonb)`` takes them in binary."""
    pieces = [b"PGCOPY\n\xff\r\n\0" + bytes(8)]
    for key, body in rows:
        pieces += (struct.pack(">hi", 2, len(key)), key, struct.pack(">iB", len(body) + 1, 1), body)
    return b"".join([*pieces, b"\xff\xff"])
