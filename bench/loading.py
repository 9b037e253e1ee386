"""How near the loader comes to the fastest way into Postgres: ``python -m bench.loading``.

The limit is a bare COPY of the same records into a table without a key, over as many connections as the loader uses.
The loader also hashes, merges, keeps resume points and logs. Both take pages that are cut already, so neither a vendor
nor a network is measured. Runs are interleaved in pairs, because a shared machine drifts; only the ratio means much.
"""

import argparse
import json
import random
import shutil
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from extractors.core.certificate import Certificate
from extractors.core.records import Page, Record
from extractors.core.window import Window
from warehouse.embedded import EmbeddedPostgres
from warehouse.loader import load
from warehouse.raw import ensure_raw_tables
from warehouse.raw_batches import BATCH_RECORDS
from warehouse.raw_lanes import LANES

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
PAGE = 1000


def tickets(count: int, seed: int = 7) -> list[Page]:
    """Pages of made-up service tickets of about 4 KB, as varied as real ones to a compressor."""
    dice = random.Random(seed)

    def reference(name: str, most: int) -> dict[str, object]:
        number = dice.randint(1, most)
        return {"id": number, "name": f"{name} {number}", "_info": {f"{name.lower()}_href": _link(name, number)}}

    def body(number: int) -> bytes:
        entered = AS_OF - timedelta(minutes=dice.randint(0, 10**6))
        names = ("Board", "Status", "Company", "Site", "Contact", "Type", "Team", "Owner", "Priority", "Source", "Sla")
        return json.dumps(
            {
                "id": number,
                "summary": f"Issue {dice.getrandbits(96):x}",
                "dateEntered": entered.isoformat(),
                "closedFlag": dice.random() < 0.8,
                "actualHours": dice.randint(0, 40) / 4,
                **{name.lower(): reference(name, 400) for name in names},
                "customFields": [
                    {"id": each, "caption": f"Field {each}", "type": "Text", "value": f"{dice.getrandbits(64):x}"}
                    for each in range(12)
                ],
                "_info": {"lastUpdated": entered.isoformat(), **{f"href_{n}": _link(n, number) for n in names}},
            }
        ).encode()

    pool = [body(10_000_000 + number) for number in range(1000)]
    pages = []
    for start in range(0, count, PAGE):
        records = []
        for number in range(start, min(start + PAGE, count)):
            text = pool[number % len(pool)].replace(b"1000%04d" % (number % len(pool)), b"%d" % (20_000_000 + number))
            records.append(Record(str(number), text, AS_OF))
        size = sum(len(record.body) for record in records)
        pages.append(Page(tuple(records), (), {"page": start // PAGE + 1}, requests=1, bytes=size))
    return pages


def _link(name: str, number: int) -> str:
    return f"https://psa.example.com/v4_6_release/apis/3.0/{name.lower()}s/{number}"


def copy_only(url: str, pages: Sequence[Page]) -> None:
    """The limit: COPY, and nothing else."""
    batches: list[list[Record]] = [[]]
    for page in pages:
        if len(batches[-1]) >= BATCH_RECORDS:
            batches.append([])
        batches[-1].extend(page.records)

    def write(batches: Sequence[list[Record]]) -> None:
        with psycopg.connect(url) as connection:
            for batch in batches:
                with connection.cursor().copy("copy bench_limit from stdin (format binary)") as copy:
                    copy.write(block(batch))
                connection.commit()

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(write, [batches[lane::LANES] for lane in range(LANES)]))


def block(records: Sequence[Record]) -> bytes:
    """Records as ``COPY (record_id, record jsonb)`` takes them in binary."""
    pieces = [b"PGCOPY\n\xff\r\n\0" + bytes(8)]
    for record in records:
        key, body = record.record_id.encode(), record.body
        pieces += (struct.pack(">hi", 2, len(key)), key, struct.pack(">iB", len(body) + 1, 1), body)
    return b"".join([*pieces, b"\xff\xff"])


def through_the_loader(url: str, pages: Sequence[Page]) -> None:
    """The same records as the pipeline loads them."""
    total = sum(len(page.records) for page in pages)
    load(
        lambda: psycopg.connect(url),
        organization_id="bench",
        source="bench",
        stream="tickets",
        pages=pages,
        run_id="bench",
        as_of=AS_OF,
        window=Window("all"),
        certificate=lambda: Certificate(len(pages), total, 0, total, True, True, len(pages), 0, 0, 0, 0.0),
    )


def timed(url: str, work: Callable[[str, Sequence[Page]], None], pages: Sequence[Page], *, empty: bool) -> float:
    """Records a second, into empty tables or over what is there."""
    with psycopg.connect(url, autocommit=True) as connection:
        if empty:
            connection.execute("truncate bench_limit, raw_bench.tickets, raw_meta.cursors")
        connection.execute("checkpoint")
    began = time.perf_counter()
    work(url, pages)
    return sum(len(page.records) for page in pages) / (time.perf_counter() - began)


@contextmanager
def postgres() -> Iterator[str]:
    """A server of its own, with the settings the pipeline runs with, but for background work that would disturb."""
    folder = Path(tempfile.mkdtemp(prefix="qbr-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, 0, {"autovacuum": "off"})
    try:
        yield server.start()
    finally:
        server.remove()
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    pages = tickets(arguments.records)
    size = sum(page.bytes for page in pages) / arguments.records
    speeds: dict[str, list[float]] = {"copy only": [], "loader, all new": [], "loader, all unchanged": []}
    with postgres() as url:
        with psycopg.connect(url) as connection:
            ensure_raw_tables(connection, [("bench", "tickets", False)])
            connection.execute("create table bench_limit (record_id text, record jsonb)")
        for _ in range(arguments.pairs):
            speeds["copy only"].append(timed(url, copy_only, pages, empty=True))
            speeds["loader, all new"].append(timed(url, through_the_loader, pages, empty=True))
            speeds["loader, all unchanged"].append(timed(url, through_the_loader, pages, empty=False))
    print(
        f"{arguments.records:,} records of {size:,.0f} bytes, {arguments.pairs} interleaved rounds, records a second:"
    )
    for what, each in speeds.items():
        ratios = [mine / limit for mine, limit in zip(each, speeds["copy only"], strict=True)]
        print(
            f"  {what:24} median {statistics.median(each):8,.0f}  ({min(each):,.0f} to {max(each):,.0f})"
            f"  of the limit {statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
