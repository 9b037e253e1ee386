"""QuickBooks' feed of changes: one answer for all streams, nothing cut, nothing live taken for deleted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import stream
from extractors.core.errors import ChangesCutShort, PagingBroken, RequestRejected
from extractors.core.reading import Session
from extractors.core.records import Page
from extractors.core.window import Window
from tests.extractors.fakes import NOW, ledger_row, opened

SINCE = NOW - timedelta(days=1)
CHANGES = Window("changes", since=SINCE)
GONE = {"domain": "QBO", "status": "Deleted"}


def stub(number: int, **changes: Any) -> dict[str, Any]:
    return {**GONE, "Id": str(number), "MetaData": {"LastUpdatedTime": "2026-07-06T06:00:00-07:00"}, **changes}


@dataclass
class Feed:
    """The books' changes by entity. `found` are live by the query, `alive` when asked for one by one."""

    changes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    alive: list[dict[str, Any]] = field(default_factory=list)
    limit: int = 1000
    asked: list[httpx.URL] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        path = request.url.path.removeprefix("/v3/company/4620816365")
        if path == "/cdc":
            return httpx.Response(200, json=self.answer(request.url.params["entities"].split(",")))
        if path == "/query":
            return httpx.Response(200, json={"QueryResponse": {"Invoice": self.found} if self.found else {}})
        held = [row for row in self.alive if row["Id"] == path.rsplit("/", 1)[-1]]
        if held:
            return httpx.Response(200, json={"Invoice": held[0], "time": "2026-07-06T07:00:00-07:00"})
        fault = {"Error": [{"Message": "Object Not Found", "code": "610"}], "type": "ValidationFault"}
        return httpx.Response(400, json={"Fault": fault})

    def answer(self, entities: list[str]) -> dict[str, Any]:
        parts, room = [], self.limit
        for entity in entities:
            rows = self.changes.get(entity, [])[:room]
            room -= len(rows)
            parts.append({entity: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {})
        return {"CDCResponse": [{"QueryResponse": parts}], "time": "2026-07-06T07:00:00-07:00"}

    @property
    def feeds(self) -> list[str]:
        return [url.params["entities"] for url in self.asked if url.path.endswith("/cdc")]


def read(session: Session, name: str, window: Window = CHANGES) -> list[Page]:
    with session.read(stream("quickbooks", name), window) as reading:
        return list(reading)


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


def deletions(pages: list[Page]) -> list[str]:
    return [record_id for page in pages for record_id in page.deletions]


def test_all_streams_of_a_session_share_one_answer() -> None:
    feed = Feed({"Invoice": [ledger_row(1, NOW)], "Bill": [ledger_row(2, NOW)], "Employee": [ledger_row(3, NOW)]})
    with opened("quickbooks", feed) as session:
        assert [ids(read(session, name)) for name in ("invoices", "payments", "bills", "employees")] == [
            ["1"],
            [],
            ["2"],
            ["3"],
        ]
    assert len(feed.asked) == 1
    assert feed.asked[0].params["changedSince"] == "2026-07-05T14:00:00+00:00"
    told = set(feed.feeds[0].split(","))
    assert not told & {"Term", "Account", "Customer", "Vendor", "Item"}, "balances may move without a change of time"


def test_a_stream_that_goes_on_from_another_moment_asks_for_itself() -> None:
    feed = Feed()
    earlier = Window("changes", since=SINCE - timedelta(days=3))
    with opened("quickbooks", feed) as session:
        for name, window in (("invoices", CHANGES), ("bills", earlier), ("bills", CHANGES)):
            read(session, name, window)
    assert [url.params["changedSince"][:10] for url in feed.asked] == ["2026-07-05", "2026-07-02"]


def test_a_stream_that_is_read_again_is_asked_for_again_and_alone() -> None:
    feed = Feed({"Invoice": [ledger_row(1, NOW)]})
    with opened("quickbooks", feed) as session:
        assert ids(read(session, "invoices")) == ids(read(session, "invoices")) == ["1"]
    assert feed.feeds[1:] == ["Invoice"]


def test_after_an_answer_that_failed_the_next_stream_asks_again() -> None:
    feed = Feed({"Invoice": [ledger_row(1, NOW)], "Bill": [ledger_row(2, NOW)]})
    broken = iter([httpx.Response(400)])
    with opened("quickbooks", lambda request: next(broken, None) or feed(request)) as session:
        with pytest.raises(RequestRejected):
            read(session, "invoices")
        assert [ids(read(session, name)) for name in ("bills", "invoices")] == [["2"], ["1"]]


def test_an_older_month_and_a_first_read_do_not_ask_the_feed() -> None:
    feed = Feed()
    month = Window("dated", start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
    with opened("quickbooks", feed) as session, pytest.raises(PagingBroken, match="no total"):
        read(session, "invoices", month)
    assert feed.feeds == []


@pytest.mark.parametrize("word", ["Deleted", "deleted", "DELETED"])
def test_a_stub_that_nothing_finds_any_more_is_a_deletion(word: str) -> None:
    feed = Feed({"Invoice": [ledger_row(1, NOW), stub(7, status=word)]})
    with opened("quickbooks", feed) as session:
        pages = read(session, "invoices")
    assert (ids(pages), deletions(pages)) == (["1"], ["7"])
    assert feed.asked[1].params["query"] == "SELECT * FROM Invoice WHERE Id IN ('7') MAXRESULTS 1000"


def test_a_live_invoice_that_is_marked_as_deleted_stays() -> None:
    live = ledger_row(7, NOW - timedelta(days=90))
    feed = Feed({"Invoice": [stub(7), stub(8)]}, found=[live], alive=[live])
    with opened("quickbooks", feed) as session:
        pages = read(session, "invoices")
    assert (ids(pages), deletions(pages)) == (["7"], ["8"])


def test_an_invoice_that_only_the_querys_index_still_holds_is_gone() -> None:
    feed = Feed({"Invoice": [stub(7)]}, found=[ledger_row(7, NOW)])
    with opened("quickbooks", feed) as session:
        pages = read(session, "invoices")
    assert (ids(pages), deletions(pages)) == ([], ["7"])
    assert feed.asked[-1].path.endswith("/invoice/7")


def test_an_answer_that_reaches_its_limit_is_asked_for_in_halves() -> None:
    rows = {name: [ledger_row(number, NOW) for number in range(base, base + 400)]
            for name, base in (("Class", 0), ("Invoice", 1000), ("Transfer", 2000))}  # fmt: skip
    feed = Feed(rows)
    with opened("quickbooks", feed) as session:
        found = [ids(read(session, name)) for name in ("classes", "invoices", "transfers")]
    assert [len(one) for one in found] == [400, 400, 400]
    assert [name.count(",") + 1 for name in feed.feeds] == [16, 8, 8]


def test_one_entity_that_alone_reaches_the_limit_cannot_be_told_by_the_feed() -> None:
    feed = Feed({"Invoice": [ledger_row(number, NOW) for number in range(1000)], "Bill": [ledger_row(5000, NOW)]})
    with opened("quickbooks", feed) as session:
        with pytest.raises(ChangesCutShort, match="so they were not read from its feed of changes"):
            read(session, "invoices")
        assert ids(read(session, "bills")) == ["5000"]
    assert "Invoice" in feed.feeds, "it was halved until it stood alone"


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=4, max_size=4))
def test_however_changes_are_spread_each_arrives_once_or_its_stream_says_it_cannot(sizes: list[int]) -> None:
    """With a limit of 8: every entity below it is read in full, every other refuses."""
    from extractors.core import change_capture

    names = {"classes": "Class", "invoices": "Invoice", "bills": "Bill", "transfers": "Transfer"}
    feed = Feed(limit=8)
    for place, (entity, size) in enumerate(zip(names.values(), sizes, strict=True)):
        feed.changes[entity] = [ledger_row(100 * place + number, NOW) for number in range(size)]
    with pytest.MonkeyPatch.context() as patch, opened("quickbooks", feed) as session:
        patch.setattr(change_capture, "MOST_OBJECTS", 8)
        for name, entity in names.items():
            expected = [row["Id"] for row in feed.changes[entity]]
            if len(expected) >= 8:
                with pytest.raises(ChangesCutShort):
                    read(session, name)
            else:
                assert ids(read(session, name)) == expected


@pytest.mark.parametrize("part", [[], [{}], [{"Payment": [], "maxResults": 0}]], ids=["none", "empty", "of another"])
def test_an_entity_without_changes_may_be_missing_or_empty(part: list[dict[str, Any]]) -> None:
    answer = {"CDCResponse": [{"QueryResponse": part}], "time": "2026-07-06T07:00:00-07:00"}
    with opened("quickbooks", lambda _: httpx.Response(200, json=answer)) as session:
        assert read(session, "invoices") == []


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"Invoice": [ledger_row(1, NOW)], "maxResults": 2}, "another number of changes"),
        ({"TimeActivity": [ledger_row(1, NOW)]}, "not asked for"),
        ({"Invoice": [stub(7, Id="7' OR '1")]}, "without a usable id"),
        ({"Invoice": {"Id": "1"}}, "another shape"),
    ],
    ids=["cut", "other entity", "bad id", "no list"],
)
def test_an_answer_that_does_not_hold_together_is_refused(part: dict[str, Any], why: str) -> None:
    answer = {"CDCResponse": [{"QueryResponse": [part]}], "time": "2026-07-06T07:00:00-07:00"}
    vendor = lambda _: httpx.Response(200, json=answer)  # noqa: E731 - one line, one vendor
    with opened("quickbooks", vendor) as session, pytest.raises(PagingBroken, match=why):
        read(session, "invoices")


def test_the_clock_of_a_shared_answer_is_known_to_every_stream_that_uses_it() -> None:
    """Intuit's clock is an hour behind: each stream's watermark has to allow for that, whoever asked."""
    feed = Feed()
    late = (datetime.now(UTC) - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")

    def vendor(request: httpx.Request) -> httpx.Response:
        answer = feed(request)
        answer.headers["date"] = late
        return answer

    with opened("quickbooks", vendor) as session:
        behind = []
        for name in ("invoices", "bills"):
            with session.read(stream("quickbooks", name), CHANGES) as reading:
                list(reading)
            behind.append(reading.certificate.clock_behind)
    assert len(feed.asked) == 1
    assert all(3000 < seconds < 4000 for seconds in behind)
