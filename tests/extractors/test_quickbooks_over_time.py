"""QuickBooks over half a year of the sandbox's clock: what was read by changes is what a fresh read would hold."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from extractors import STREAMS, Stream
from extractors.core.reading import Session
from extractors.core.window import Window
from tests.extractors.fakes import MemoryStore
from tests.extractors.vendors import MONTHS, Vendors

FED = [one for one in STREAMS["quickbooks"] if one.feed_reach]
OVERLAP = timedelta(minutes=10)
# Over deletions in March and June; from 20 March on nobody reads for 45 days.
RUNS = tuple(
    datetime.fromisoformat(f"2026-{text}:00Z")
    for text in ("03-12T14:00", "03-20T14:00", "05-04T14:00", "05-30T04:30", "06-12T14:00", "06-20T21:00",
                 "06-30T03:00", "07-20T14:00")
)  # fmt: skip
Table = dict[str, bytes]


def taken(session: Session, one: Stream, window: Window, table: Table) -> Table:
    """The table after a read, as the loader would have it."""
    before = {} if window.kind == "all" else dict(table)
    with session.read(one, window) as reading:
        for page in reading:
            before |= {record.record_id: record.body for record in page.records}
            for record_id in page.deletions:
                before.pop(record_id, None)
    assert reading.certificate.rejected == 0
    return before


def window_since(run: datetime, last: datetime | None, one: Stream) -> Window:
    assert one.feed_reach is not None
    if last is None or run - (last - OVERLAP) > one.feed_reach:
        return Window("all", months=MONTHS)
    return Window("changes", since=last - OVERLAP)


def test_reads_by_the_feed_end_where_a_fresh_read_does_also_after_a_gap_of_45_days(
    set_clock: Callable[[datetime], None], stores: dict[str, MemoryStore]
) -> None:
    held: dict[str, Table] = {one.name: {} for one in FED}
    kinds, gone = [], set()
    for last, run in zip((None, *RUNS), RUNS, strict=False):
        set_clock(run)
        vendors = Vendors(stores, run)
        with vendors.open("quickbooks") as session:
            for one in FED:
                window = window_since(run, last, one)
                after = taken(session, one, window, held[one.name])
                gone |= {(one.name, window.kind) for _ in held[one.name].keys() - after.keys()}
                held[one.name] = after
            kinds.append(window.kind)
        with vendors.open("quickbooks") as session:
            for one in FED:
                assert held[one.name] == taken(session, one, Window("all", months=MONTHS), {}), (one.name, run)
    assert kinds == ["all", "changes", "all", "changes", "changes", "changes", "changes", "changes"]
    assert {name for name, kind in gone if kind == "changes"} >= {"invoices", "bills", "payments", "estimates"}


def test_a_deletion_that_nobody_heard_of_for_45_days_is_found_by_the_whole_read(
    set_clock: Callable[[datetime], None], stores: dict[str, MemoryStore]
) -> None:
    """The invoice was entered on 13 April and deleted on the 15th; the feed of 25 May no longer tells."""
    invoices = next(one for one in FED if one.name == "invoices")
    entered, much_later = (datetime.fromisoformat(f"2026-{text}:00Z") for text in ("04-14T14:00", "05-29T14:00"))
    set_clock(entered)
    with Vendors(stores, entered).open("quickbooks") as session:
        before = taken(session, invoices, Window("all", months=MONTHS), {})
    set_clock(much_later)
    with Vendors(stores, much_later).open("quickbooks") as session:
        window = window_since(much_later, entered, invoices)
        assert window.kind == "all"
        assert len(before.keys() - taken(session, invoices, window, before).keys()) == 1
        by_feed = taken(session, invoices, Window("changes", since=much_later - timedelta(days=29)), before)
        assert before.keys() <= by_feed.keys(), "the feed alone would have kept it"


@pytest.mark.parametrize(("name", "withheld"), [("employees", b"SSN"), ("vendors", b"TaxIdentifier")])
def test_numbers_of_persons_are_never_kept(vendors: Vendors, name: str, withheld: bytes) -> None:
    one = next(one for one in STREAMS["quickbooks"] if one.name == name)
    records, _ = vendors.read(one)
    assert records
    assert not [record for record in records if withheld in record.body]
