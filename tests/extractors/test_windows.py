"""What each vendor is asked for when a window is read: the vendor's own filter syntax, to the letter."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import VENDORS, stream
from extractors.core.errors import PagingBroken
from extractors.core.queries import by_change_time
from extractors.core.window import Window
from tests.extractors.fakes import EVERYTHING, NOW, ConnectWise, Stripe, opened, read

SINCE = datetime(2026, 7, 5, 22, 30, 15, 500_000, tzinfo=UTC)
JUNE = Window(
    "dated", start=datetime(2026, 6, 1, 5, tzinfo=UTC), end=datetime(2026, 7, 1, 5, tzinfo=UTC), months=("2026-06",)
)
CHANGES = Window("changes", since=SINCE)


def connectwise(name: str, window: Window) -> list[httpx.Request]:
    declared = stream("connectwise", name)
    vendor = ConnectWise({declared.path: []})
    read("connectwise", vendor, declared, window)
    return vendor.asked


def test_connectwise_changes_are_asked_for_by_last_updated() -> None:
    count, page = connectwise("tickets", CHANGES)
    assert page.url.params["conditions"] == "lastUpdated > [2026-07-05T22:30:15Z]"
    assert count.url.params["conditions"] == page.url.params["conditions"]
    assert page.url.params["pageSize"] == "1000"
    assert page.headers["pagination-type"] == "forward-only"
    assert "orderBy" not in page.url.params


def test_connectwise_records_without_a_mark_are_asked_for_every_time() -> None:
    """No comparison finds them, so that a read of changes alone would never see what was imported without a mark."""
    for name in ("contacts", "opportunities", "activities", "schedule_entries", "invoices"):
        _, page = connectwise(name, CHANGES)
        assert page.url.params["conditions"] == "(lastUpdated > [2026-07-05T22:30:15Z] or lastUpdated = null)"


def test_a_months_tickets_are_those_entered_or_closed_in_it() -> None:
    """From the midnight of days without a time, which ConnectWise puts in UTC, to the organization's midnight."""
    _, page = connectwise("tickets", JUNE)
    start, end = "[2026-06-01T00:00:00Z]", "[2026-07-01T05:00:00Z]"
    assert page.url.params["conditions"] == (
        f"((_info/dateEntered >= {start} and _info/dateEntered < {end}) "
        f"or (closedDate >= {start} and closedDate < {end}))"
    )


def test_a_months_time_entries_are_those_entered_in_it() -> None:
    _, page = connectwise("time_entries", JUNE)
    assert page.url.params["conditions"].startswith("((dateEntered >= [2026-06-01T00:00:00Z]")


def test_a_month_east_of_greenwich_reaches_to_the_last_days_midnight() -> None:
    """An invoice of 1 July stands at 1 July 00:00 UTC: in Auckland that is noon, and its July begins before."""
    july = Window("dated", start=datetime(2026, 6, 30, 12, tzinfo=UTC), end=datetime(2026, 7, 31, 12, tzinfo=UTC))
    vendor = ConnectWise({"/finance/invoices": []})
    read("connectwise", vendor, stream("connectwise", "invoices"), july, time_zone="Pacific/Auckland")
    expected = "((date >= [2026-06-30T12:00:00Z] and date < [2026-08-01T00:00:00Z]))"
    assert {request.url.params["conditions"] for request in vendor.asked} == {expected}


def test_a_first_read_of_connectwise_has_no_conditions() -> None:
    assert all("conditions" not in request.url.params for request in connectwise("tickets", EVERYTHING))


def test_a_streams_own_condition_is_joined_to_the_windows() -> None:
    tickets = replace(stream("connectwise", "tickets"), parameters={"conditions": "board/id = 1"})
    vendor = ConnectWise({"/service/tickets": []})
    read("connectwise", vendor, tickets, CHANGES)
    assert vendor.asked[0].url.params["conditions"] == "board/id = 1 and lastUpdated > [2026-07-05T22:30:15Z]"


def stripe(name: str, window: Window) -> dict[str, str]:
    declared = stream("stripe", name)
    vendor = Stripe({(declared.parent or declared).path: []})
    read("stripe", vendor, declared, window)
    return dict(vendor.asked[0].url.params)


def test_stripe_changes_go_back_as_far_as_movements_of_the_balance_may_still_settle() -> None:
    asked = stripe("balance_transactions", CHANGES)
    earliest = int((SINCE - timedelta(days=35)).timestamp())
    assert asked == {"created[gte]": str(earliest), "created[lte]": str(int(NOW.timestamp())), "limit": "100"}


def test_a_months_stripe_charges_are_half_open() -> None:
    asked = stripe("charges", JUNE)
    assert asked["created[gte]"] == str(int(datetime(2026, 6, 1, 5, tzinfo=UTC).timestamp()))
    assert asked["created[lt]"] == str(int(datetime(2026, 7, 1, 5, tzinfo=UTC).timestamp()))
    assert "created[lte]" not in asked


def test_lines_are_read_for_the_invoices_of_the_window() -> None:
    assert stripe("invoice_lines", JUNE) == stripe("invoices", JUNE)


def test_canceled_subscriptions_are_asked_for() -> None:
    assert stripe("subscriptions", EVERYTHING)["status"] == "all"
    assert stripe("subscription_items", EVERYTHING)["status"] == "all"


def quickbooks(name: str, window: Window, *, changes: Any = None, **options: Any) -> list[str]:
    """The statements a read sends; `changes` pages the stream another way than it is declared."""
    declared = stream("quickbooks", name)
    declared = replace(declared, pages=changes or declared.pages)
    statements: list[str] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v3/company/4620816365/query"
        assert request.url.params["minorversion"] == "75"
        statements.append(request.url.params["query"])
        body = {"totalCount": 0} if "COUNT" in statements[-1] else {}
        return httpx.Response(200, json={"QueryResponse": body})

    read("quickbooks", vendor, declared, window, **options)
    return statements


def test_quickbooks_changes_are_bounded_by_the_runs_instant() -> None:
    where = (
        "MetaData.LastUpdatedTime >= '2026-07-05T22:30:15+00:00' "
        "AND MetaData.LastUpdatedTime <= '2026-07-06T14:00:00+00:00'"
    )
    assert quickbooks("invoices", CHANGES, changes=by_change_time) == [
        f"SELECT COUNT(*) FROM Invoice WHERE {where}",
        f"SELECT * FROM Invoice WHERE {where} ORDERBY MetaData.LastUpdatedTime ASC STARTPOSITION 1 MAXRESULTS 1000",
    ]


def test_a_plus_sign_in_a_quickbooks_time_is_encoded() -> None:
    """A bare plus arrives as a space."""
    urls = []

    def vendor(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        return httpx.Response(200, json={"CDCResponse": [{}], "time": "2026-07-06T07:00:00-07:00"})

    read("quickbooks", vendor, stream("quickbooks", "invoices"), CHANGES)
    assert [bool(re.search(r"15%2B00(:|%3A)00", url)) for url in urls] == [True]


@pytest.mark.parametrize("name", ["accounts", "customers"])
def test_inactive_names_are_asked_for(name: str) -> None:
    assert all("WHERE Active IN (true, false)" in statement for statement in quickbooks(name, EVERYTHING))


def test_a_months_transactions_are_days_in_the_organizations_zone() -> None:
    statement = quickbooks("payments", JUNE, time_zone="America/Chicago")[1]
    assert "WHERE TxnDate >= '2026-06-01' AND TxnDate < '2026-07-01'" in statement


def report(month: str, **changes: Any) -> dict[str, Any]:
    header = {
        "Time": "2026-07-06T07:00:00-07:00",
        "ReportName": "ProfitAndLoss",
        "ReportBasis": "Accrual",
        "StartPeriod": f"{month}-01",
        "EndPeriod": f"{month}-30",
        "Option": [{"Name": "NoReportData", "Value": "false"}],
    }
    rows = {"Row": [{"group": "Income", "type": "Section"}, {"group": "NetIncome", "type": "Section"}]}
    return {"Header": header, "Columns": {}, "Rows": rows} | changes


PROFIT = replace(stream("quickbooks", "profit_and_loss"), bases=("Accrual",))
MONTHS = Window("changes", since=SINCE, months=("2026-06", "2026-04"))


def test_a_report_is_asked_for_once_a_month_with_both_dates_and_its_basis() -> None:
    asked = []

    def vendor(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v3/company/4620816365/reports/ProfitAndLoss"
        asked.append(dict(request.url.params))
        return httpx.Response(200, json=report(request.url.params["start_date"][:7]))

    with opened("quickbooks", vendor) as session, session.read(PROFIT, MONTHS) as reading:
        records = [record for page in reading for record in page.records]
    assert [record.record_id for record in records] == [
        "ProfitAndLoss:Accrual:2026-04",
        "ProfitAndLoss:Accrual:2026-06",
    ]
    assert records[0].source_updated_at == datetime(2026, 7, 6, 14, tzinfo=UTC)
    assert asked[1] == {
        "accounting_method": "Accrual",
        "minorversion": "75",
        "start_date": "2026-06-01",
        "end_date": "2026-06-30",
    }
    assert not reading.certificate.is_complete_set


REPORT = report("2026-06")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (REPORT | {"Rows": {"Row": [{"group": "Income"}]}}, "ends before its net income"),
        (REPORT | {"Rows": {}}, "ends before its net income"),
        (REPORT | {"Header": REPORT["Header"] | {"ReportBasis": "Cash"}}, "another basis or time"),
        (REPORT | {"Header": REPORT["Header"] | {"StartPeriod": "2026-01-01"}}, "another basis or time"),
        ({"Header": REPORT["Header"]}, "another shape"),
    ],
    ids=["cut", "no rows", "other basis", "year to date", "no rows member"],
)
def test_a_report_that_is_not_whole_is_refused(answer: dict[str, Any], why: str) -> None:
    """One connector cut the report at 100 rows and showed expenses of zero."""
    with pytest.raises(PagingBroken, match=why):
        read("quickbooks", lambda _: httpx.Response(200, json=answer), PROFIT, Window("all", months=("2026-06",)))


def test_a_month_without_any_postings_is_a_record_too() -> None:
    empty = report("2026-06", Rows={})
    empty["Header"]["Option"] = [{"Name": "NoReportData", "Value": "true"}]
    seen, _ = read("quickbooks", lambda _: httpx.Response(200, json=empty), PROFIT, Window("all", months=("2026-06",)))
    assert seen == ["ProfitAndLoss:Accrual:2026-06"]


def test_reports_without_months_are_a_mistake_and_not_an_empty_success() -> None:
    with pytest.raises(ValueError, match="names no months"):
        read("quickbooks", lambda _: httpx.Response(200), PROFIT, EVERYTHING)


def test_a_stream_that_cannot_be_read_by_a_window_says_so() -> None:
    unfiltered = replace(stream("stripe", "customers"), reads="windowed", feed_reach=None)
    with opened("stripe", Stripe({})) as session, pytest.raises(ValueError, match="cannot be read by changes"):
        session.read(unfiltered, CHANGES)


@pytest.mark.parametrize(
    "declared",
    [one for vendor in VENDORS.values() for one in vendor.streams],
    ids=lambda one: f"{one.source}-{one.name}",
)
def test_every_windowed_stream_can_be_read_by_changes_and_by_month(declared: Any) -> None:
    if declared.reads == "windowed" and not declared.by_month:
        assert declared.change_filter or declared.feed_reach
        assert declared.date_filters


def test_a_window_without_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 'since'"):
        Window("changes")
    with pytest.raises(ValueError, match="needs 'end'"):
        Window("dated", start=NOW)
    with pytest.raises(ValueError, match="time zone"):
        Window("changes", since=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("window", [EVERYTHING, CHANGES, JUNE], ids=["all", "changes", "dated"])
def test_a_window_survives_being_stored(window: Window) -> None:
    assert Window.from_json(window.as_json()) == window
