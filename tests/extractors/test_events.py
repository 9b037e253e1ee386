"""Reading by Stripe's events: what is due, how it is asked for, and every way in which the two may not fit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import stream
from extractors.core import read_ahead
from extractors.core.errors import PagingBroken, PermissionMissing
from extractors.core.events import WORTH_A_PAGE
from extractors.core.window import Window
from tests.extractors.fakes import NOW, opened, read

SINCE = NOW - timedelta(days=3)
CHANGES = Window("changes", since=SINCE)
CHARGES = stream("stripe", "charges")
LONG_AGO = int((NOW - timedelta(days=400)).timestamp())
RECENTLY = int((NOW - timedelta(hours=5)).timestamp())


def thing(record_id: str, created: int = LONG_AGO, **more: Any) -> dict[str, Any]:
    return {"id": record_id, "object": "charge", "created": created, **more}


def event(kind: str, about: dict[str, Any], created: int = RECENTLY) -> dict[str, Any]:
    """An event whose own copy of the object is stale."""
    held = {**about, "stale": True}
    name = f"evt_{kind}_{about.get('id')}_{created}"
    return {"id": name, "object": "event", "type": kind, "created": created, "data": {"object": held}}


@dataclass
class Account:
    """Stripe with one list, its events and single objects; lists newest first, `created` bounds kept."""

    objects: list[dict[str, Any]]
    events: list[dict[str, Any]]
    path: str = "/v1/charges"
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path, asked = request.url.path, request.url.params
        if path == "/v1/events":
            types = {value for name, value in asked.items() if name.startswith("types[")}
            assert len(types) <= 20
            return self.page(request, [one for one in self.events if one["type"] in types])
        if path == self.path:
            return self.page(request, self.objects)
        number = path.rpartition("/")[2]
        if number in self.answers:
            return self.answers[number]
        found = [one for one in self.objects if one["id"] == number]
        return httpx.Response(200, json=found[0]) if found else missing()

    def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
        asked = request.url.params
        low, high = int(asked.get("created[gte]", 0)), int(asked.get("created[lte]", 1 << 40))
        rows = sorted(
            (row for row in rows if low <= row["created"] <= high),
            key=lambda row: (row["created"], row["id"]),
            reverse=True,
        )
        start = 0
        if "starting_after" in asked:
            start = [row["id"] for row in rows].index(asked["starting_after"]) + 1
        shown = rows[start : start + int(asked.get("limit", 10))]
        return httpx.Response(200, json={"object": "list", "data": shown, "has_more": start + len(shown) < len(rows)})

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def missing() -> httpx.Response:
    return httpx.Response(404, json={"error": {"type": "invalid_request_error", "code": "resource_missing"}})


def deletions(account: Account) -> list[str]:
    with opened("stripe", account) as session, session.read(CHARGES, CHANGES) as reading:
        return [gone for page in reading for gone in page.deletions]


@pytest.fixture(autouse=True)
def one_answer_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "PAGE_RECORDS", 1)


def test_an_object_is_asked_for_once_however_many_events_tell_of_it() -> None:
    told = [event("charge.succeeded", thing("ch_1")), event("charge.refunded", thing("ch_1"), RECENTLY + 9)]
    account = Account([thing("ch_1"), thing("ch_2")], told)
    found, reading = read("stripe", account, CHARGES, CHANGES)
    assert found == ["ch_1"]
    assert account.paths() == ["/v1/events", "/v1/charges/ch_1"]
    assert not reading.certificate.is_complete_set


def test_the_object_is_taken_as_it_is_now_and_not_as_the_event_has_it() -> None:
    account = Account([thing("ch_1", amount=5)], [event("charge.refunded", thing("ch_1"))])
    with opened("stripe", account) as session, session.read(CHARGES, CHANGES) as reading:
        (record,) = [record for page in reading for record in page.records]
    assert b'"amount":5' in record.body
    assert b"stale" not in record.body


def test_events_are_asked_for_from_the_watermark_to_the_runs_instant() -> None:
    account = Account([], [])
    read("stripe", account, CHARGES, CHANGES)
    assert account.asked[0].url.params["created[gte]"] == str(int(SINCE.timestamp()))
    assert account.asked[0].url.params["created[lte]"] == str(int(NOW.timestamp()))


def test_an_event_may_name_the_object_instead_of_being_about_it() -> None:
    dispute = {"id": "dp_1", "object": "dispute", "created": RECENTLY, "charge": "ch_1"}
    account = Account([thing("ch_1")], [event("charge.dispute.created", dispute)])
    assert read("stripe", account, CHARGES, CHANGES)[0] == ["ch_1"]


def test_an_id_may_be_a_whole_object_and_may_stand_in_an_older_place() -> None:
    coupons = stream("stripe", "coupons")
    discounts: list[dict[str, Any]] = [
        {"id": "di_1", "created": 1, "coupon": {"id": "A", "object": "coupon"}},
        {"id": "di_2", "created": 1, "source": {"coupon": "B"}},
        {"id": "di_3", "created": 1, "source": {"coupon": None}},
    ]
    told = [event("customer.discount.created", discount) for discount in discounts]
    account = Account([thing("A"), thing("B")], told, "/v1/coupons")
    assert sorted(read("stripe", account, coupons, CHANGES)[0]) == ["A", "B"]


def test_a_stub_and_a_missing_object_are_deletions_once_an_event_said_so() -> None:
    products = stream("stripe", "products")
    told = [event("product.deleted", thing(one)) for one in ("prod_1", "prod_2")]
    stub = httpx.Response(200, json={"id": "prod_1", "object": "product", "deleted": True})
    account = Account([], told, "/v1/products", {"prod_1": stub})
    with opened("stripe", account) as session, session.read(products, CHANGES) as reading:
        pages = list(reading)
    assert sorted(gone for page in pages for gone in page.deletions) == ["prod_1", "prod_2"]
    assert not any(page.records for page in pages)


def test_a_canceled_subscription_is_kept_although_its_event_says_deleted() -> None:
    subscriptions = stream("stripe", "subscriptions")
    canceled = thing("sub_1", status="canceled")
    account = Account([canceled], [event("customer.subscription.deleted", canceled)], "/v1/subscriptions")
    found, reading = read("stripe", account, subscriptions, CHANGES)
    assert found == ["sub_1"]
    assert reading.certificate.cursor_closed


def test_an_object_that_is_missing_without_an_event_that_says_so_stops_the_read() -> None:
    account = Account([], [event("charge.refunded", thing("ch_1"))])
    with pytest.raises(PagingBroken, match="ch_1, which it does not have and never told was deleted"):
        read("stripe", account, CHARGES, CHANGES)


def test_another_object_than_the_one_asked_for_stops_the_read() -> None:
    wrong = httpx.Response(200, json=thing("ch_2"))
    account = Account([], [event("charge.refunded", thing("ch_1"))], answers={"ch_1": wrong})
    with pytest.raises(PagingBroken, match="another object"):
        read("stripe", account, CHARGES, CHANGES)


def test_an_event_that_does_not_say_what_it_is_about_stops_the_read() -> None:
    account = Account([], [event("charge.refunded", {"object": "charge"})])
    with pytest.raises(PagingBroken, match="does not say which object"):
        read("stripe", account, CHARGES, CHANGES)


def test_a_refused_object_names_the_right_that_is_missing() -> None:
    refused = httpx.Response(403, json={"error": {"type": "invalid_request_error"}})
    account = Account([], [event("charge.refunded", thing("ch_1"))], answers={"ch_1": refused})
    with pytest.raises(PermissionMissing, match="Charges: Read"):
        read("stripe", account, CHARGES, CHANGES)


def test_a_key_that_may_not_read_events_is_told_which_right_is_missing_before_the_first_page() -> None:
    def stripe(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/events":
            return httpx.Response(403, json={"error": {"type": "invalid_request_error"}})
        return httpx.Response(200, json={"data": [], "has_more": False})

    with opened("stripe", stripe) as session, pytest.raises(PermissionMissing, match="Events: Read"):
        session.preflight([CHARGES])


def test_the_right_to_read_events_is_looked_for_once_in_a_session() -> None:
    account = Account([], [])
    account_of_invoices = replace(CHARGES, name="more_charges")
    with opened("stripe", account) as session:
        session.preflight([CHARGES, account_of_invoices])
    assert account.paths().count("/v1/events") == 1


def test_expansions_of_the_list_are_expansions_of_the_single_object() -> None:
    prices = stream("stripe", "prices")
    account = Account([thing("price_1")], [event("price.updated", thing("price_1"))], "/v1/prices")
    read("stripe", account, prices, CHANGES)
    assert dict(account.asked[-1].url.params) == {"expand[0]": "tiers"}


def changed(count: int, gap: int = 60) -> list[dict[str, Any]]:
    return [thing(f"ch_{number:04d}", LONG_AGO + number * gap) for number in range(count)]


def test_many_changed_objects_that_lie_close_together_are_taken_from_the_list() -> None:
    rows = changed(350)
    account = Account(rows, [event("charge.updated", row) for row in rows])
    found, reading = read("stripe", account, CHARGES, CHANGES)
    assert sorted(found) == [row["id"] for row in rows]
    assert len(found) == 350
    assert reading.certificate.requests <= 4 + 5  # events, and the list


def test_changed_objects_that_lie_far_apart_are_asked_for_one_by_one() -> None:
    rows = changed(40 * 100)
    due = rows[::100]
    account = Account(rows, [event("charge.updated", row) for row in due])
    found, reading = read("stripe", account, CHARGES, CHANGES)
    assert sorted(found) == [row["id"] for row in due]
    assert reading.certificate.requests <= 1 + 1 + len(due)
    assert account.paths().count("/v1/charges") == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=60),
    st.sets(st.integers(0, 59)),
    st.sets(st.integers(0, 59)),
    st.integers(2, 9),
)
def test_every_changed_object_comes_once_and_every_deleted_one_is_told(
    seconds: list[int], told: set[int], deleted: set[int], page_size: int
) -> None:
    """Objects created in few seconds (ties), some changed, some of these deleted, on pages of any size."""
    rows = [thing(f"ch_{number:02d}", LONG_AGO + second) for number, second in enumerate(seconds)]
    due = [row for number, row in enumerate(rows) if number in told]
    gone = [row for number, row in enumerate(rows) if number in told & deleted]
    declared = replace(CHARGES, page_size=page_size, events={"charge.updated": "id", "charge.deleted": "id"})
    events = [event("charge.updated", row) for row in due] + [event("charge.deleted", row) for row in gone]
    account = Account([row for row in rows if row not in gone], events)
    with opened("stripe", account) as session, session.read(declared, CHANGES) as reading:
        pages = list(reading)
    assert sorted(one.record_id for page in pages for one in page.records) == sorted(
        row["id"] for row in due if row not in gone
    )
    assert sorted(one for page in pages for one in page.deletions) == sorted(row["id"] for row in gone)
    asked = [path for path in account.paths() if path != "/v1/events"]
    assert len(asked) <= len(due) + 1 + len(due) // WORTH_A_PAGE


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(0, 40), st.integers(1, 3))
def test_a_read_that_broke_off_goes_on_without_a_gap(count: int, stop: int, gap: int) -> None:
    rows = changed(count, gap // 2)
    declared = replace(CHARGES, page_size=4)
    account = Account(rows, [event("charge.updated", row) for row in rows])
    before, resume = [], None
    with opened("stripe", account) as session, session.read(declared, CHANGES) as reading:
        for page in _some(reading, stop):
            before += [record.record_id for record in page.records]
            resume = page.resume
    after, _ = read("stripe", account, declared, CHANGES, resume)
    assert {*before, *after} == {row["id"] for row in rows}
    if resume is not None:
        assert not {*before} & {*after}, "what is committed need not be read again"


def _some(pages: Any, count: int) -> Iterator[Any]:
    for _, page in zip(range(count), pages, strict=False):
        yield page


def test_new_records_that_no_event_announces_are_taken_from_the_list() -> None:
    sessions = stream("stripe", "checkout_sessions")
    old, new, both = thing("cs_old"), thing("cs_new", RECENTLY), thing("cs_both", RECENTLY)
    told = [event("checkout.session.completed", one) for one in (old, both)]
    account = Account([old, new, both, thing("cs_quiet")], told, "/v1/checkout/sessions")
    found, _ = read("stripe", account, sessions, CHANGES)
    assert sorted(found) == ["cs_both", "cs_new", "cs_old"]


def test_all_children_of_a_changed_parent_are_given_and_said_to_be_all() -> None:
    items = stream("stripe", "subscription_items")
    nested = {"data": [{"id": "si_1", "subscription": "sub_1"}], "has_more": False}
    parent = thing("sub_1", items=nested)
    told = [event("customer.subscription.updated", parent), event("customer.subscription.updated", thing("sub_9"))]
    stub = httpx.Response(200, json={"id": "sub_9", "deleted": True})
    account = Account([parent], told, "/v1/subscriptions", {"sub_9": stub})
    with opened("stripe", account) as session, session.read(items, CHANGES) as reading:
        pages = list(reading)
    assert [one.record_id for page in pages for one in page.records] == ["si_1"]
    assert sorted(one for page in pages for one in page.families) == ["sub_1", "sub_9"]


def test_only_reads_of_changes_say_that_children_are_all() -> None:
    items = stream("stripe", "subscription_items")
    nested = {"data": [{"id": "si_1", "subscription": "sub_1"}], "has_more": False}
    account = Account([thing("sub_1", items=nested)], [], "/v1/subscriptions")
    with opened("stripe", account) as session, session.read(items, Window("all")) as reading:
        assert not any(page.families for page in reading)
