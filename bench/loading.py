"""How near the loader comes to the fastest way into Postgres.

Both take pages that are cut already, so neither a vendor nor a network is measured. The loader also hashes, merges,
keeps resume points and logs. Loading what is there already shows what an unchanged day costs.
"""

import time
from collections.abc import Callable, Sequence

import psycopg

from bench import copying, records
from bench.figures import Figure, say, speeds
from bench.workshop import Size, postgres
from extractors.core.certificate import Certificate
from extractors.core.records import Page, Record
from extractors.core.window import Window
from warehouse.loader import load
from warehouse.raw import ensure_raw_tables

PAGE = 1000


def measure(size: Size) -> list[Figure]:
    """The loader against a bare COPY, everything new and everything known."""
    pages = _pages(size.loaded)
    bare: list[float] = []
    new: list[float] = []
    known: list[float] = []
    with postgres(autovacuum="off") as url:
        with psycopg.connect(url) as connection:
            ensure_raw_tables(connection, [("bench", "tickets", False)])
            connection.execute(copying.TABLE)
        for pair in range(size.rounds):
            say(f"loading: pair {pair + 1} of {size.rounds}")
            bare.append(_timed(url, _copy_only, pages, empty=True))
            new.append(_timed(url, _through_the_loader, pages, empty=True))
            known.append(_timed(url, _through_the_loader, pages, empty=False))
    return [
        speeds(f"{size.loaded:,} new records", new, bare, against="bare COPY", target=">= 0.75"),
        speeds(f"{size.loaded:,} unchanged records", known, bare, against="bare COPY"),
    ]


def _pages(count: int) -> list[Page]:
    pool = records.tickets()
    pages = []
    for start in range(0, count, PAGE):
        numbers = range(start, min(start + PAGE, count))
        held = tuple(Record(str(number), records.ticket(pool, number), records.AS_OF) for number in numbers)
        size = sum(len(record.body) for record in held)
        pages.append(Page(held, (), {"page": start // PAGE + 1}, requests=1, bytes=size))
    return pages


def _copy_only(url: str, pages: Sequence[Page]) -> None:
    copying.copy_rows(url, ([(record.record_id.encode(), record.body) for record in page.records] for page in pages))


def _through_the_loader(url: str, pages: Sequence[Page]) -> None:
    total = sum(len(page.records) for page in pages)
    load(
        lambda: psycopg.connect(url),
        organization_id="bench",
        source="bench",
        stream="tickets",
        pages=pages,
        run_id="bench",
        as_of=records.AS_OF,
        window=Window("all"),
        certificate=lambda: Certificate(len(pages), total, 0, total, True, True, len(pages), 0, 0, 0, 0.0),
    )


def _timed(url: str, work: Callable[[str, Sequence[Page]], None], pages: Sequence[Page], *, empty: bool) -> float:
    """Records a second, into empty tables or over what is there."""
    with psycopg.connect(url, autocommit=True) as connection:
        if empty:
            connection.execute("truncate bench_limit, raw_bench.tickets, raw_meta.cursors")
        connection.execute("checkpoint")
    began = time.perf_counter()
    work(url, pages)
    return sum(len(page.records) for page in pages) / (time.perf_counter() - began)
