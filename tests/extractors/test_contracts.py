"""Records are held to the contract of their stream: what does not fit is kept aside, and the field is named."""

import copy
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import stream
from extractors.contracts import contracts_of
from extractors.core.contract import contract_from
from extractors.core.cutting import Cutter
from extractors.core.records import Record, Rejection
from extractors.core.window import Window
from tests.extractors.fakes import EVERYTHING, ConnectWise, QuickBooks, opened

TICKET: dict[str, Any] = {
    "id": 7,
    "summary": "Printer is on fire",
    "board": {"id": 1, "name": "Help Desk"},
    "status": {"id": 5, "name": "New"},
    "company": {"id": 9, "name": "Acme"},
    "closedFlag": False,
    "actualHours": 1,
    "_info": {"lastUpdated": "2026-06-01T08:00:00Z", "dateEntered": "2026-06-01T07:00:00Z"},
}


def cut(source: str, name: str, record: Any) -> Record | Rejection:
    return Cutter(stream(source, name), contracts_of(source)[name]).cut(msgspec.json.encode(record))


def reason(source: str, name: str, record: Any) -> str:
    piece = cut(source, name, record)
    assert isinstance(piece, Rejection), piece
    return piece.reason


def changed(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The record with another value at a dotted path."""
    made = copy.deepcopy(record)
    *above, last = path.split(".")
    holder = made
    for name in above:
        holder = holder[name]
    holder[last] = value
    return made


def without(record: dict[str, Any], path: str) -> dict[str, Any]:
    made = copy.deepcopy(record)
    *above, last = path.split(".")
    holder = made
    for name in above:
        holder = holder[name]
    del holder[last]
    return made


def test_a_record_that_fits_is_kept_as_it_came() -> None:
    piece = cut("connectwise", "tickets", TICKET)
    assert isinstance(piece, Record)
    assert piece.body == msgspec.json.encode(TICKET)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("board.id", "1", "board.id should be a whole number and is text"),
        ("board.id", 1.0, "board.id should be a whole number and is a number with decimals"),
        ("board.id", 2**70, "board.id should be a whole number and is too large a number"),
        ("board", "Help Desk", "board should be an object and is text"),
        ("board", None, "board is null"),
        ("summary", 5, "summary should be text and is a whole number"),
        ("closedFlag", "yes", "closedFlag should be true or false and is text"),
        ("actualHours", [1], "actualHours should be a number and is a list"),
        ("closedDate", "last Friday", "closedDate should be an instant or empty text and is other text"),
        ("_info.dateEntered", {"at": 1}, "_info.dateEntered should be an instant and is an object"),
    ],
)
def test_another_type_is_told_by_field_and_never_by_value(path: str, value: Any, told: str) -> None:
    assert reason("connectwise", "tickets", changed(TICKET, path, value)) == f"does not fit tickets: {told}"


def test_a_field_that_must_be_there_is_missed() -> None:
    assert reason("connectwise", "tickets", without(TICKET, "status.name")).endswith(": status.name is missing")


def test_of_two_places_one_must_hold_the_value() -> None:
    old = without(TICKET, "_info.dateEntered") | {"dateEntered": "2015-06-01T07:00:00Z"}
    assert isinstance(cut("connectwise", "tickets", old), Record)
    neither = reason("connectwise", "tickets", without(TICKET, "_info.dateEntered"))
    assert neither.endswith("_info.dateEntered and dateEntered are missing, of which it needs one")


@pytest.mark.parametrize(
    "record",
    [
        without(TICKET, "company"),
        changed(TICKET, "company", None),
        TICKET | {"closedDate": ""},
        TICKET | {"actualHours": 0.25},
        TICKET | {"sentiment": {"score": 3}, "board": {"id": 1, "name": "Help Desk", "isAi": True}},
        changed(TICKET, "status.name", "A status nobody has heard of"),
    ],
    ids=["absent", "null", "empty text for an instant", "decimals", "new fields", "new words"],
)
def test_what_a_vendor_may_do_passes(record: dict[str, Any]) -> None:
    assert isinstance(cut("connectwise", "tickets", record), Record)


PATCH = {"deviceId": 5, "id": "9b1f", "installedAt": 1767225600.5, "status": "INSTALLED"}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("deviceId", "5", "deviceId should be a whole number and is text"),
        ("id", 7, "id should be text and is a whole number"),
        ("installedAt", "yesterday", "installedAt should be an instant in seconds and is text"),
    ],
)
def test_parts_of_a_key_are_held_to_the_contract_too(field: str, value: Any, told: str) -> None:
    """They are read apart, in the vendor's own digits, and once passed for that reason whatever they were."""
    assert isinstance(cut("ninjaone", "os_patch_installs", PATCH), Record)
    piece = cut("ninjaone", "os_patch_installs", PATCH | {field: value})
    assert isinstance(piece, Rejection)
    assert piece.reason == f"does not fit os_patch_installs: {told}"
    assert piece.record_id is not None


def test_a_reference_is_an_id_or_the_object_that_has_it() -> None:
    refund = {"id": "re_1", "currency": "usd", "amount": 500, "created": 1767225600}
    assert isinstance(cut("stripe", "refunds", {**refund, "charge": "ch_1"}), Record)
    assert isinstance(cut("stripe", "refunds", {**refund, "charge": {"id": "ch_1", "amount": 1}}), Record)
    assert reason("stripe", "refunds", {**refund, "charge": {"key": "ch_1"}}).endswith("charge.id is missing")
    assert reason("stripe", "refunds", {**refund, "charge": 12}).endswith("text or an object and is a whole number")


def test_a_list_of_objects_is_looked_through_and_each_fault_named_once() -> None:
    period = {"current_period_start": 1767225600, "current_period_end": 1769904000}
    subscription = {
        "id": "sub_1", "customer": "cus_1", "status": "active", "currency": "usd", "start_date": 1767225600,
        "cancel_at_period_end": False, "created": 1767225600, "items": {"data": [period, period]},
    }  # fmt: skip
    assert isinstance(cut("stripe", "subscriptions", subscription), Record)
    late = {"data": [period, period | {"current_period_end": "soon"}, period | {"current_period_end": "later"}]}
    told = reason("stripe", "subscriptions", subscription | {"items": late})
    assert told.count("items.data[].current_period_end should be an instant in seconds and is text") == 1
    bare = reason("stripe", "subscriptions", subscription | {"items": {"data": []}})
    assert "items.data[].current_period_start and current_period_start are missing" in bare


def test_many_faults_are_counted_after_the_first_few() -> None:
    told = reason("stripe", "charges", {"id": "ch_1"})
    assert told.count(" is missing") == 5
    assert told.endswith("; and 5 more")


def test_a_stream_without_a_contract_is_cut_by_its_key_alone() -> None:
    assert "no_such_stream" not in contracts_of("stripe")
    assert contracts_of("no_such_source") == {}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"name": "txt"}, "name is of a kind 'txt' that there is not"),
        ({"items[]": "text"}, r"items\[\] is a list of objects"),
        ({"name": "text", "any of": [["nme", "name"]]}, "nme is asked for"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(table: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        contract_from(table)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


PLACES = (
    *("board", "board.id", "company", "company.name", "closedDate", "_info", "_info.dateEntered", "dateEntered"),
    *("actualHours", "isInSla", "parentTicketId"),
)


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(PLACES), value=ANYTHING)
def test_what_passes_at_full_speed_passes_on_a_close_look(path: str, value: Any) -> None:
    record = changed(TICKET, path, value)
    fits = contracts_of("connectwise")["tickets"].misfits(msgspec.json.encode(record)) == []
    is_kept = isinstance(cut("connectwise", "tickets", record), Record)
    assert fits or not is_kept
    assert is_kept or not fits or path == "_info"  # where the change mark lies too


def test_ids_alone_are_not_held_to_the_contract() -> None:
    """A sweep asks for nothing but ids; were they rejected, every record would count as deleted."""
    vendor = ConnectWise({"/service/tickets": [TICKET | {"id": number} for number in range(1, 4)]})
    with opened("connectwise", vendor, contracts=contracts_of("connectwise")) as session:
        assert list(session.ids(stream("connectwise", "tickets"))) == [["1", "2", "3"]]


def test_a_misfit_of_a_parent_keeps_no_child_back() -> None:
    vendor = ConnectWise(
        {
            "/service/boards": [{"id": 1, "name": 17}, {"id": 2, "name": "Projects"}],
            "/service/boards/1/statuses": [{"id": 11, "name": "New"}],
            "/service/boards/2/statuses": [{"id": 21, "name": "New"}],
        }
    )
    statuses = stream("connectwise", "board_statuses")
    with (
        opened("connectwise", vendor, contracts=contracts_of("connectwise")) as session,
        session.read(statuses, EVERYTHING) as reading,
    ):
        assert [record.record_id for page in reading for record in page.records] == ["11", "21"]


def test_a_list_that_is_paged_by_change_time_goes_on_past_misfits() -> None:
    """A page of nothing but misfits still says up to when it was read."""
    rows = [
        {"Id": str(n), "TxnDate": "2026-06-01", "TotalAmt": "12", "CustomerRef": {"value": "1"},
         "MetaData": {"LastUpdatedTime": f"2026-06-01T00:00:{n:02d}+00:00"}}
        for n in range(10)
    ]  # fmt: skip
    rows[7]["TotalAmt"] = 12
    invoices = stream("quickbooks", "invoices")
    with (
        opened("quickbooks", QuickBooks({"Invoice": rows}), contracts=contracts_of("quickbooks")) as session,
        session.read(replace(invoices, page_size=3), EVERYTHING) as reading,
    ):
        pages = list(reading)
    assert [record.record_id for page in pages for record in page.records] == ["7"]
    rejected = [piece.record_id for page in pages for piece in page.rejections]
    assert sorted(rejected) == sorted(set(rejected)) == [str(n) for n in range(10) if n != 7]
    assert reading.certificate.vendor_count == 10


def test_a_report_is_held_to_its_contract_too() -> None:
    header = {"ReportBasis": "Accrual", "StartPeriod": "2026-06-01", "EndPeriod": "2026-06-30", "Time": "just now"}
    report = {"Header": header, "Rows": {"Row": [{"group": "NetIncome"}]}}

    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=report)

    with (
        opened("quickbooks", vendor, contracts=contracts_of("quickbooks")) as session,
        session.read(stream("quickbooks", "profit_and_loss"), Window("all", months=("2026-06",))) as reading,
    ):
        [page] = list(reading)
    piece = page.rejections[0]  # one on each basis
    assert piece.record_id == "ProfitAndLoss:Accrual:2026-06"
    assert "Header.Time should be an instant or digits in quotes and is other text" in piece.reason
