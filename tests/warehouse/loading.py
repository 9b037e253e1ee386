"""A made-up stream for the loader's tests: pages cut by hand, and a load with everything else filled in."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from extractors.core.certificate import Certificate
from extractors.core.records import Page, Record, Rejection
from extractors.core.window import Window
from warehouse.loader import LoadResult, load
from warehouse.raw import ensure_raw_tables

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
EVERYTHING = Window("all")


def moment(day: int) -> datetime:
    """Noon of a day in June 2026."""
    return datetime(2026, 6, day, 12, tzinfo=UTC)


def record(record_id: str, day: int | None = None, **facts: Any) -> Record:
    """A record with a change mark of that day in June, and some facts."""
    body = {"id": record_id, "day": day, **facts}
    return Record(record_id, json.dumps(body).encode(), moment(day) if day else None)


def page(
    *records: Record,
    resume: dict[str, Any] | None = None,
    rejections: Sequence[Rejection] = (),
    deletions: Sequence[str] = (),
    families: Sequence[str] = (),
) -> Page:
    return Page(
        records,
        tuple(rejections),
        resume,
        requests=1,
        bytes=sum(len(one.body) for one in records),
        deletions=tuple(deletions),
        families=tuple(families),
    )


def numbered_pages(pages: int, size: int, start: int = 0, **facts: Any) -> Iterator[Page]:
    """Pages of records 0, 1, 2 ..., each page telling the number of the next."""
    for number in range(start, pages):
        ids = range(number * size, (number + 1) * size)
        yield page(*(record(str(each), 1, **facts) for each in ids), resume={"page": number + 1})


def certificate(**changes: Any) -> Certificate:
    facts: dict[str, Any] = {
        "pages": 1,
        "records": 1,
        "rejected": 0,
        "vendor_count": None,
        "cursor_closed": True,
        "is_complete_set": False,
        "requests": 1,
        "retries": 0,
        "rate_limit_waits": 0,
        "bytes": 1,
        "seconds": 0.1,
    }
    return Certificate(**facts | changes)


class Widgets:
    """Stream `widgets` of source `acme`, in one test's database."""

    def __init__(self, database_url: str) -> None:
        self.url = database_url
        with self.connect() as connection:
            ensure_raw_tables(connection, [("acme", "widgets", True)])

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, options="-c timezone=UTC")

    def load(self, pages: Iterable[Page], *, is_complete_set: bool = False, **changes: Any) -> LoadResult:
        facts: dict[str, Any] = {
            "organization_id": "lanternfield",
            "source": "acme",
            "stream": "widgets",
            "run_id": "run-1",
            "as_of": AS_OF,
            "window": EVERYTHING,
            "certificate": lambda: certificate(is_complete_set=is_complete_set),
        }
        return load(self.connect, pages=pages, **facts | changes)

    def ask(self, question: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(question, parameters).fetchall()

    def one(self, question: str, *parameters: Any) -> Any:
        return self.ask(question, *parameters)[0][0]

    def bodies(self) -> dict[str, Any]:
        return dict(self.ask("select record_id, record from raw_acme.widgets where deleted_at is null"))

    def on_each(self, pages: Iterable[Page], do: Callable[[int], None]) -> Iterator[Page]:
        """The pages, with something happening before each is handed over."""
        for number, each in enumerate(pages):
            do(number)
            yield each
