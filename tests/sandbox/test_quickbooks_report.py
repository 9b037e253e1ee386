"""The ProfitAndLoss report: a tree whose parents hold postings of their own."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from sandbox.quickbooks.report import ProfitAndLoss
from sandbox.quickbooks.trees import Columns
from sandbox.truth import monthly_inputs
from sandbox.world import build
from tests.sandbox.conftest import Served

JUNE = {"start_date": "2026-06-01", "end_date": "2026-06-30", "accounting_method": "Accrual"}


def report(quickbooks: httpx.Client, **asked: str) -> dict[str, Any]:
    answer = quickbooks.get("/reports/ProfitAndLoss", params={**JUNE, **asked})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def groups(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["group"]: row for row in told["Rows"]["Row"]}


def values(cells: list[dict[str, str]]) -> list[str]:
    return [cell["value"] for cell in cells]


def test_a_parents_own_postings_stand_in_its_header_cell(quickbooks: httpx.Client):
    parent = groups(report(quickbooks))["Income"]["Rows"]["Row"][0]
    assert parent["Header"]["ColData"] == [{"value": "Managed Services", "id": "40"}, {"value": "40.00"}]
    assert parent["Rows"]["Row"][0]["ColData"] == [{"value": "Endpoint care", "id": "41"}, {"value": "100.10"}]
    assert values(parent["Summary"]["ColData"]) == ["Total Managed Services", "140.10"]
    assert "group" not in parent


def test_the_groups_come_in_order_and_add_up(quickbooks: httpx.Client):
    told = groups(report(quickbooks))
    assert list(told) == [
        "Income",
        "GrossProfit",
        "Expenses",
        "NetOperatingIncome",
        "NetIncome",
    ]  # empty ones are missing
    assert values(told["NetIncome"]["Summary"]["ColData"]) == ["Net Income", "-759.90"]
    assert "Rows" not in told["GrossProfit"]


def test_a_month_without_postings_is_an_empty_cell_and_not_a_zero(quickbooks: httpx.Client):
    told = report(quickbooks, start_date="2026-05-01", summarize_column_by="Month")
    keys = [column["MetaData"][-1]["Value"] for column in told["Columns"]["Column"]]
    assert keys == ["account", "May 2026", "Jun 2026", "total"]
    parent = groups(told)["Income"]["Rows"]["Row"][0]
    assert values(parent["Header"]["ColData"]) == ["Managed Services", "", "40.00", "40.00"]
    assert values(parent["Rows"]["Row"][0]["ColData"]) == ["Endpoint care", "60.00", "100.10", "160.10"]


def test_the_books_are_shown_as_they_stood_at_the_clock(served: Served, quickbooks: httpx.Client):
    served.set_clock("2026-07-01T12:00:00Z")
    income = groups(report(quickbooks))["Income"]
    assert values(income["Summary"]["ColData"]) == ["Total Income", "173.43"]  # 33.33 was taken back on 2 July


def test_a_period_without_postings_says_so_and_has_no_rows(quickbooks: httpx.Client):
    told = report(quickbooks, start_date="2026-02-01", end_date="2026-02-28")
    assert told["Rows"] == {}
    assert {"Name": "NoReportData", "Value": "true"} in told["Header"]["Option"]


def test_a_lone_date_is_ignored_for_the_year_so_far(quickbooks: httpx.Client):
    answer = quickbooks.get("/reports/ProfitAndLoss", params={"end_date": "2026-02-28"})
    header = answer.json()["Header"]
    assert (header["StartPeriod"], header["EndPeriod"]) == ("2026-01-01", "2026-07-06")


def test_a_report_says_on_which_basis_it_is_and_an_unknown_one_is_refused(quickbooks: httpx.Client):
    assert report(quickbooks, accounting_method="Cash")["Header"]["ReportBasis"] == "Cash"
    answer = quickbooks.get("/reports/ProfitAndLoss", params={**JUNE, "accounting_method": "Tax"})
    assert answer.status_code == 400
    assert "neither Accrual nor Cash" in answer.json()["Fault"]["Error"][0]["Detail"]


def test_a_report_that_does_not_exist_is_404(quickbooks: httpx.Client):
    assert quickbooks.get("/reports/Nonsense").status_code == 404


def test_the_report_of_every_complete_month_holds_what_the_truth_says():
    world = build(7)
    books, now = ProfitAndLoss(world), world.default_now
    truth = monthly_inputs(world, now)
    assert len(truth) == 24
    for period, inputs in truth.items():
        first = date.fromisoformat(f"{period}-01")
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        told = groups(books.report(Columns(first, last, by_month=True), now))
        sums = {group: Decimal(values(row["Summary"]["ColData"])[-1] or 0) for group, row in told.items()}
        assert sums["Income"] == inputs["total_income"], period
        assert sums["Expenses"] + sums.get("OtherExpenses", 0) == inputs["total_expenses_qb"], period
