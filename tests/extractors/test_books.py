"""QuickBooks' reports beside the profit and loss: both bases, and what each must hold to count as whole."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from extractors import stream
from extractors.core.errors import PagingBroken
from extractors.core.window import Window
from tests.extractors.fakes import read

JUNE = Window("all", months=("2026-06",))


def row(group: str, *values: str, **more: Any) -> dict[str, Any]:
    cells = [{"value": group}, *({"value": value} for value in values)]
    return {"Summary": {"ColData": cells}, "type": "Section", "group": group, **more}


def report(basis: str | None, *rows: dict[str, Any], start: str = "2026-06-01", end: str = "2026-06-30") -> Any:
    header = {"Time": "2026-07-06T07:00:00-07:00", "StartPeriod": start, "EndPeriod": end, "Option": []}
    return {"Header": header | ({"ReportBasis": basis} if basis else {}), "Rows": {"Row": list(rows)}}


SHEET = (row("TotalAssets", "120.10"), row("TotalLiabilitiesAndEquity", "120.10"))
BEGIN = {"ColData": [{"value": "Cash at beginning"}, {"value": "100.00"}], "type": "Data", "group": "BeginningCash"}
FLOW = (row("CashIncrease", "-20.50"), BEGIN, row("EndingCash", "79.50"))


def test_a_report_is_asked_for_on_both_bases_each_a_record_of_its_own() -> None:
    asked = []

    def vendor(request: httpx.Request) -> httpx.Response:
        basis = request.url.params["accounting_method"]
        asked.append((request.url.params["start_date"], basis))
        end = {"2026-05-01": "2026-05-31", "2026-06-01": "2026-06-30"}[request.url.params["start_date"]]
        return httpx.Response(200, json=report(basis, *SHEET, start=request.url.params["start_date"], end=end))

    window = Window("all", months=("2026-06", "2026-05"))
    seen, reading = read("quickbooks", vendor, stream("quickbooks", "balance_sheet"), window)
    assert seen == [f"BalanceSheet:{basis}:2026-{month}" for month in ("05", "06") for basis in ("Accrual", "Cash")]
    assert len(asked) == 4
    assert not reading.certificate.is_complete_set


def test_a_read_that_broke_between_the_bases_goes_on_with_the_other() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=report(request.url.params["accounting_method"], *SHEET))

    declared = stream("quickbooks", "balance_sheet")
    resume = {
        "window": JUNE.as_json(),
        "as_of": "2026-07-06T14:00:00+00:00",
        "cursor": {"month": "2026-06", "basis": "Accrual"},
        "received": 1,
        "expected": None,
    }
    assert read("quickbooks", vendor, declared, JUNE, resume)[0] == ["BalanceSheet:Cash:2026-06"]


@pytest.mark.parametrize(("month", "day"), [("2026-06", "2026-06-30"), ("2026-07", "2026-07-06")])
def test_receivables_are_aged_at_the_months_end_or_today(month: str, day: str) -> None:
    asked = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return httpx.Response(200, json=report(None, row("GrandTotal", "9.00"), start=day, end=day))

    seen, _ = read("quickbooks", vendor, stream("quickbooks", "aged_receivables"), Window("all", months=(month,)))
    assert seen == [f"AgedReceivables:none:{month}"]
    assert asked == [{"report_date": day, "aging_method": "Report_Date", "minorversion": "75"}]


@pytest.mark.parametrize(
    ("name", "answer", "why"),
    [
        ("balance_sheet", report("Accrual", SHEET[0], row("TotalLiabilitiesAndEquity", "120.11")), "two sides differ"),
        ("balance_sheet", report("Accrual", SHEET[0]), "two sides differ"),
        ("balance_sheet", report("Accrual"), "ends before its totals"),
        ("balance_sheet", report("Cash", *SHEET), "another basis or time"),
        ("balance_sheet", report(None, *SHEET), "another basis or time"),
        ("balance_sheet", report("Accrual", *SHEET, start="2026-01-01"), "another basis or time"),
        ("balance_sheet", report("Accrual", row("TotalAssets", "1,2")), "no amount"),
        ("cash_flow", report("Accrual", FLOW[0], FLOW[1], row("EndingCash", "79.49")), "does not come to"),
        ("cash_flow", report("Accrual", *FLOW[:2]), "ends before the cash at its end"),
        ("aged_receivables", report(None), "ends before its total"),
        ("aged_receivables", report(None, row("GrandTotal", "1"), end="2026-07-06"), "another basis or time"),
    ],
    ids=[
        "other side differs",
        "one side only",
        "no side",
        "other basis",
        "no basis",
        "year to date",
        "no amount",
        "cash differs",
        "no cash at the end",
        "no total",
        "other day",
    ],
)
def test_a_report_that_is_not_whole_is_refused(name: str, answer: Any, why: str) -> None:
    declared = stream("quickbooks", name)
    declared = replace(declared, bases=("Accrual",) if declared.bases else ())
    with pytest.raises(PagingBroken, match=why):
        read("quickbooks", lambda _: httpx.Response(200, json=answer), declared, JUNE)


def test_whole_reports_pass_and_so_does_a_month_in_which_nothing_is_to_be_told() -> None:
    flow = replace(stream("quickbooks", "cash_flow"), bases=("Accrual",))
    assert read("quickbooks", lambda _: httpx.Response(200, json=report("Accrual", *FLOW)), flow, JUNE)[0]
    empty = report("Accrual")
    empty["Header"]["Option"] = [{"Name": "NoReportData", "Value": "true"}]
    empty["Rows"] = {}
    assert read("quickbooks", lambda _: httpx.Response(200, json=empty), flow, JUNE)[0] == ["CashFlow:Accrual:2026-06"]
