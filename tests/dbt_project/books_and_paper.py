"""Two organizations for the finance models: one with books in QuickBooks, one that only imported its history."""

import csv
import json
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from orchestration.transformation import PROJECT
from tests.dbt_project.two_organizations import put

AS_OF = "2031-07-06T14:00:00+00:00"
MONTHS = ("2031-04", "2031-05", "2031-06")
WORKED_QUARTER = PROJECT / "tests" / "fixtures" / "metrics_of_a_whole_quarter.csv"
# What the worked quarter leaves out because no SmartNumber needs it, or because it is calculated from these.
LINES = {
    "product_sales": (20000, 11000, 14000),
    "misc_revenue": (0, 2000, 0),
    "employee_expense": (30000, 30000, 31000),
    "owner_comp_taxes": (4000, 4000, 4000),
    "owner_comp": (15000, 15000, 15000),
    "product_cogs": (14000, 8000, 10000),
    "other_expenses": (22000, 21000, 22000),
    "total_expenses": (85000, 78000, 82000),
}
CALCULATED = {"total_revenue", "net_profit"}

ACCOUNT_RULES = [
    ("nrr", "exact", "Managed Services:Out of Scope"),
    ("mrr", "exact", "Managed Services"),
    ("mrr", "children", "Managed Services"),
    ("orr", "contains", "annual"),
    ("product_sales", "id", "5"),
    ("misc_revenue", "regex", "^Interest"),
    ("product_cogs", "exact", "Hardware Cost"),
    ("payroll_total", "children", "Payroll"),
    ("uncategorized_expenses", "contains", "6999"),
    ("other_expenses", "exact", "Rent"),
]


def row(name: str, account: str | None, amount: str) -> dict[str, Any]:
    """An account without accounts below it, as the report prints it."""
    return {"type": "Data", "ColData": [{"value": name, **({"id": account} if account else {})}, {"value": amount}]}


def section(group: str | None, head: dict[str, Any] | None, rows: list[dict[str, Any]], total: str) -> dict[str, Any]:
    """A section with its head, rows and total; a computed result has only the total."""
    return {
        "type": "Section",
        **({"group": group} if group else {}),
        **({"Header": {"ColData": head["ColData"]}} if head else {}),
        **({"Rows": {"Row": rows}} if rows else {}),
        "Summary": {"ColData": [{"value": "Total"}, {"value": total}]},
    }


def report(period: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A profit and loss report of one month."""
    start = {"Name": "StartDate", "Value": f"{period}-01"}
    columns = [{"ColTitle": "", "ColType": "Account"}, {"ColTitle": period, "ColType": "Money", "MetaData": [start]}]
    return {
        "Header": {"ReportName": "ProfitAndLoss", "ReportBasis": "Accrual", "StartPeriod": f"{period}-01"},
        "Columns": {"Column": columns},
        "Rows": {"Row": rows},
    }


APRIL = report(
    "2031-04",
    [
        section(
            "Income",
            row("Income", None, ""),
            [
                # 500.00 were posted on the parent itself, 59 500.00 below it
                section(
                    None,
                    row("Managed Services", "1", "500.00"),
                    [row("Seats", "2", "59500.00"), row("Out of Scope", "3", "8000.00")],
                    "68000.00",
                ),
                row("Annual Contracts", "4", "9000.00"),
                row("Hardware", "5", "20000.00"),
                row("Shipping", "6", "125.50"),
            ],
            "97125.50",
        ),
        section("COGS", row("COGS", None, ""), [row("Hardware Cost", "7", "14000.00")], "14000.00"),
        section("GrossProfit", None, [], "83125.50"),
        section(
            "Expenses",
            row("Expenses", None, ""),
            [
                section(None, row("Payroll", "8", ""), [row("Wages", "9", "40000.00")], "40000.00"),
                row("Rent", "10", "21500.00"),
                row("6999 Unsorted", "11", "500.00"),
            ],
            "62000.00",
        ),
        section("NetOperatingIncome", None, [], "21125.50"),
        section("OtherIncome", None, [], ""),
        section("NetIncome", None, [], "21125.50"),
    ],
)


def load_books_and_paper(connection: psycopg.Connection) -> None:
    """Configure both, load one month of books for the first and a quarter of imported history for the second."""
    for alias, organization in enumerate(("books", "paper"), start=1):
        connection.execute(
            "insert into app.organizations (organization_id, alias, name, time_zone, history_start, as_of) "
            "values (%s, %s, %s, 'America/Chicago', %s, %s)",
            # The history of the second begins with its first import, whatever its file says.
            [organization, alias, organization.title(), "2031-04" if organization == "books" else "2031-07", AS_OF],
        )
    for position, (metric, match, pattern) in enumerate(ACCOUNT_RULES):
        connection.execute(
            "insert into app.account_rules values ('books', %s, %s, %s, %s)", [position, metric, match, pattern]
        )
    put(connection, "raw_quickbooks.profit_and_loss", "books", {"id": "ProfitAndLoss:Accrual:2031-04", **APRIL})
    connection.execute(
        "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
        "values ('books', 'quickbooks', 'profit_and_loss', tstzmultirange(tstzrange(null, %s)), now(), %s)",
        [AS_OF, AS_OF],
    )
    for metric, value in {"owner_comp": 15000, "owner_comp_taxes": 4000}.items():
        enter(connection, "books", "2031-04", metric, Decimal(value), method="manual")
    with WORKED_QUARTER.open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["metric"] not in CALCULATED:
                enter(connection, "paper", line["period"], line["metric"], Decimal(line["value"]), method="imported")
    for metric, values in LINES.items():
        for period, value in zip(MONTHS, values, strict=True):
            enter(connection, "paper", period, metric, Decimal(value), method="imported")


def enter(
    connection: psycopg.Connection, organization: str, period: str, metric: str, value: Decimal, *, method: str
) -> None:
    """A figure that holds, as an import or a person leaves it."""
    connection.execute(
        "insert into app.manual_metrics (organization_id, period, metric, method, value, entered_by, entered_at) "
        "values (%s, %s, %s, %s, %s, 'finance', '2031-07-01T00:00:00Z')",
        [organization, period, metric, method, value],
    )


def replace_report(connection: psycopg.Connection, changed: dict[str, Any]) -> None:
    """Put another report in the place of April's."""
    connection.execute(
        "update raw_quickbooks.profit_and_loss set record = %s, extracted_at = clock_timestamp() "
        "where organization_id = 'books'",
        [Jsonb(changed)],
    )


def april_with(changes: dict[str, str]) -> dict[str, Any]:
    """April's report with pieces of its text changed, each of which stands there once."""
    text = json.dumps(APRIL)
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the report.")
        text = text.replace(old, new)
    changed: dict[str, Any] = json.loads(text)
    return changed
