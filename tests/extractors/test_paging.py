"""Whatever a vendor holds and however long its pages are: every record is read exactly once."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import stream
from extractors.core import read_ahead
from tests.extractors.fakes import (
    EVERYTHING,
    ConnectWise,
    NinjaOne,
    QuickBooks,
    Stripe,
    ledger_row,
    opened,
    read,
)

ids = st.sets(st.integers(1, 10_000), max_size=60).map(sorted)
page_sizes = st.integers(1, 30)
EXAMPLES = settings(max_examples=40, deadline=None)


@EXAMPLES
@given(ids=ids, page_size=page_sizes, cap=st.integers(1, 30))
def test_ninjaone_lists_are_whole_even_when_the_server_caps_the_page_in_silence(
    ids: list[int], page_size: int, cap: int
) -> None:
    vendor = NinjaOne([{"id": number, "name": "x"} for number in ids], cap=cap)
    seen, reading = read("ninjaone", vendor, replace(stream("ninjaone", "devices"), page_size=page_size))
    assert seen == [str(number) for number in ids]
    assert reading.certificate.is_complete_set


@EXAMPLES
@given(ids=ids, page_size=page_sizes.filter(lambda size: size != 25))
def test_connectwise_lists_are_whole_and_equal_their_own_count(ids: list[int], page_size: int) -> None:
    vendor = ConnectWise({"/service/tickets": [{"id": number} for number in ids]})
    seen, reading = read("connectwise", vendor, replace(stream("connectwise", "tickets"), page_size=page_size))
    assert seen == [str(number) for number in ids]
    assert reading.certificate.vendor_count == len(ids)


@EXAMPLES
@given(children=st.lists(st.integers(0, 20), max_size=8), page_size=page_sizes.filter(lambda size: size != 25))
def test_connectwise_child_lists_are_read_for_every_parent(children: list[int], page_size: int) -> None:
    numbers = count(1)
    lists: dict[str, list[dict[str, Any]]] = {"/finance/agreements": []}
    for parent, size in enumerate(children, start=1):
        lists["/finance/agreements"].append({"id": parent, "name": "Managed"})
        lists[f"/finance/agreements/{parent}/additions"] = [{"id": next(numbers)} for _ in range(size)]
    additions = stream("connectwise", "agreement_additions")
    small = replace(additions, page_size=page_size)
    seen, reading = read("connectwise", ConnectWise(lists), small)
    assert sorted(map(int, seen)) == list(range(1, sum(children) + 1))
    assert reading.certificate.is_complete_set


@EXAMPLES
@given(ids=ids, page_size=page_sizes)
def test_stripe_lists_are_whole_in_the_vendors_order(ids: list[int], page_size: int) -> None:
    rows = [{"id": f"cus_{number}"} for number in reversed(ids)]
    seen, reading = read(
        "stripe", Stripe({"/v1/customers": rows}), replace(stream("stripe", "customers"), page_size=page_size)
    )
    assert seen == [row["id"] for row in rows]
    assert reading.certificate.cursor_closed


@EXAMPLES
@given(items=st.lists(st.integers(1, 12), max_size=8), inner=st.integers(1, 5), page_size=st.integers(1, 5))
def test_stripe_nested_lists_are_paged_to_their_end(items: list[int], inner: int, page_size: int) -> None:
    subscriptions, all_items = [], []
    for parent, size in enumerate(items):
        own = [{"id": f"si_{parent}_{number}", "subscription": f"sub_{parent}"} for number in range(size)]
        all_items += own
        nested = {"object": "list", "data": own[:inner], "has_more": len(own) > inner}
        subscriptions.append({"id": f"sub_{parent}", "items": nested})
    vendor = Stripe({"/v1/subscriptions": subscriptions, "/v1/subscription_items": all_items})
    seen, _ = read("stripe", vendor, replace(stream("stripe", "subscription_items"), page_size=page_size))
    assert seen == [item["id"] for item in all_items]


@EXAMPLES
@given(seconds=st.lists(st.integers(0, 6), max_size=60), page_size=page_sizes)
def test_quickbooks_entities_are_whole_however_many_change_in_one_second(seconds: list[int], page_size: int) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [ledger_row(number, start + timedelta(seconds=second)) for number, second in enumerate(seconds)]
    seen, reading = read(
        "quickbooks", QuickBooks({"Account": rows}), replace(stream("quickbooks", "accounts"), page_size=page_size)
    )
    assert Counter(seen) == Counter(str(number) for number in range(len(rows)))
    assert reading.certificate.vendor_count == len(rows)


@EXAMPLES
@given(
    ids=st.sets(st.integers(1, 500), min_size=2, max_size=40).map(sorted),
    page_size=st.integers(1, 10),
    broken_after=st.integers(0, 10),
)
def test_a_read_broken_anywhere_and_gone_on_with_misses_nothing(
    ids: list[int], page_size: int, broken_after: int
) -> None:
    vendor = ConnectWise({"/service/tickets": [{"id": number} for number in ids]})
    tickets = replace(stream("connectwise", "tickets"), page_size=page_size)
    first: list[str] = []
    resume = None
    # One vendor page a Page, so that the break can fall between any two of them.
    with (
        patch.object(read_ahead, "PAGE_RECORDS", 1),
        opened("connectwise", vendor) as session,
        session.read(tickets, EVERYTHING) as reading,
    ):
        for page in islice(reading, broken_after):
            first += [record.record_id for record in page.records]
            resume = page.resume
    rest, _ = read("connectwise", vendor, tickets, resume=resume)
    if resume is None:
        assert set(first + rest) == {str(number) for number in ids}
    else:
        assert first + rest == [str(number) for number in ids]
