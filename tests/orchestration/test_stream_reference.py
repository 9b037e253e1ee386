"""The page of streams says of each what its declaration says."""

from dataclasses import replace
from datetime import timedelta

import pytest

import extractors
from extractors import Stream, stream
from extractors.core.table_stream import TableStream
from orchestration import stream_reference
from orchestration.stream_reference import COLUMNS, row
from warehouse.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "streams.md"
# Of a database's table the page tells what it is where every column is mapped.
ALL = [
    (source, one.mapped_in_full() if isinstance(one, TableStream) else one)
    for source, streams in extractors.STREAMS.items()
    for one in streams
]


def cells(one: Stream, **changes: object) -> dict[str, str]:
    return dict(zip(COLUMNS, row(one.source, replace(one, **changes)), strict=True))


def test_the_page_has_one_row_for_each_stream_and_no_other() -> None:
    lines = PAGE.read_text().splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `") and line.count("|") > len(COLUMNS)]
    assert listed == [f"{source}.{one.name}" for source, one in ALL]


@pytest.mark.parametrize(("source", "one"), ALL, ids=[f"{source}-{one.name}" for source, one in ALL])
def test_every_fact_of_a_stream_is_told(source: str, one: Stream) -> None:
    told = cells(one)
    assert [name for name, text in told.items() if not text and name != "daily history"] == []
    assert one.path in told["endpoint"]
    assert all(field in told["key"] for field in ((one.key,) if isinstance(one.key, str) else one.key))
    assert (one.changed_at or "none") in told["change mark"]
    assert all(name in told["read"] for name in one.date_filters)
    assert one.permission in told["right"]
    assert "|" not in told["right"].replace("\\|", "")


def test_each_way_of_reading_is_told_in_words() -> None:
    boards, tickets = stream("connectwise", "boards"), stream("connectwise", "tickets")
    assert cells(boards)["read"] == "whole"
    assert cells(boards)["deletions"] == "missing from a whole read"
    fed = cells(boards, feed_reach=timedelta(days=30), whole_every=timedelta(days=28))
    assert fed["read"] == "what the vendor's feed of changes tells; it reaches 30 days back; whole every 28 days"
    assert fed["deletions"] == "told by the feed; missing from a whole read"
    changes = cells(tickets, look_back=timedelta(days=90))["read"]
    assert changes.startswith("changes by `lastUpdated`, 10 minutes of overlap, from 90 days earlier; an older month")
    assert "ids compared after each run" in cells(tickets)["deletions"]
    assert cells(tickets)["proof"] == "`forward_only`; the vendor's own count reached"
    assert cells(tickets, sweeps_deletions=False, whole_every=None)["deletions"].endswith("when one is asked for")
    assert cells(tickets, keeps_purged=True)["deletions"] == "never: what the vendor forgets is kept"


def test_the_walks_are_explained_below() -> None:
    text = stream_reference.page().partition("## How lists are walked")[2]
    assert (
        "| `after_largest_id` | NinjaOne's lists: ask for ids after the largest one seen, until an empty page." in text
    )
