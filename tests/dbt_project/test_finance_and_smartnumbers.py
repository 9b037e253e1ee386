"""From a profit and loss report, or from imported history alone, to SmartNumbers: what a reader of the marts sees."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.conftest import a_database
from tests.dbt_project import books_and_paper as world
from tests.dbt_project.conftest import Warehouse

TIES = "assert_mapped_profit_and_loss_ties_to_the_report"
SECTIONS = "assert_every_section_of_a_report_adds_up"
DEPTH = "assert_no_report_is_nested_deeper_than_is_read"
LEVELS = 18
LOOKED_AT = (
    *("fct_metrics_monthly", "fct_smartnumbers", "fct_missing_inputs", "fct_unmapped_accounts"),
    *("fct_profit_and_loss_ties", "int_report_rows_walked", "int_report_lines_flattened"),
    *("stg_quickbooks__balance_sheet", "stg_quickbooks__aged_receivables"),
)
READ = tuple(f"+{model}" for model in LOOKED_AT)
"""What these tests look at, with all it is made of."""
MODELS_ALONE = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
CORRECTED = "int_manual_metrics_recorded+,+fct_metrics_monthly"
# Of what hangs on the report, what the data tests of it read.
JUDGED = [
    f"stg_quickbooks__profit_and_loss+,+{name}"
    for name in ("fct_profit_and_loss_ties", "int_report_rows_walked", "int_report_lines_flattened")
]


@pytest.fixture(scope="module")
def books(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse of its own with both organizations, built; what a test changes, it changes in a copy."""
    with a_database(postgres, template) as url:
        with psycopg.connect(url) as connection:
            world.load_books_and_paper(connection)
        warehouse = Warehouse(url, tmp_path_factory.mktemp("dbt"))
        warehouse.dbt("build", "--select", *READ, *MODELS_ALONE)
        yield warehouse


@pytest.fixture
def copied(books: Warehouse, postgres: str, tmp_path: Path) -> Iterator[Warehouse]:
    """The same in a database that goes after the test: the others see nothing of what is done there."""
    with a_database(postgres, str(psycopg.conninfo.conninfo_to_dict(books.url)["dbname"])) as url:
        yield Warehouse(url, tmp_path)


def monthly(warehouse: Warehouse, organization: str, period: str) -> dict[str, Decimal | None]:
    rows = warehouse.rows(
        "select metric, value from marts.fct_metrics_monthly "
        "where organization_id = %s and period = %s and client_id = 'all'",
        [organization, period],
    )
    return dict(rows)


def test_imported_history_alone_gives_every_smartnumber(books: Warehouse):
    """No vendor is connected: 18 SmartNumbers and 3 variants come from what was imported."""
    figures = books.rows(
        "select metric, value, is_incomplete from marts.fct_smartnumbers "
        "where organization_id = 'paper' and quarter = '2031-Q2' order by position"
    )
    assert [(metric, str(value)) for metric, value, _ in figures] == [
        ("tickets_per_tech_per_month", "34.67"),
        ("total_close_pct", "0.9905"),
        ("tickets_per_endpoint_per_month", "0.5303"),
        ("rhem", "0.2424"),
        ("avg_resolution_time", "0.4615"),
        ("reactive_service_pct", "0.0958"),
        ("net_profit_pct", "0.1250"),
        ("revenue_from_services_pct", "0.7250"),
        ("services_from_mrr_pct", "0.9015"),
        ("annual_service_rev_per_employee", "85473.68"),
        ("annual_service_rev_per_tech", "135333.33"),
        ("avg_aisp", "176.81"),
        ("avg_mrr_per_agreement", "2103.45"),
        ("new_mrr_added", "4500.00"),
        ("lost_mrr", "1750.00"),
        ("net_mrr_gain", "2750.00"),
        ("dials_per_appointment", "30.00"),
        ("sales_call_close_pct", "0.2000"),
        ("annual_service_rev_per_employee_incl_orr", "98105.26"),
        ("annual_service_rev_per_tech_incl_orr", "155333.33"),
        ("revenue_from_services_incl_orr_pct", "0.8321"),
        ("revenue_per_endpoint", "235.69"),
    ]
    assert not any(is_incomplete for _, _, is_incomplete in figures)


def test_the_quarter_still_running_shows_nothing_as_whole(books: Warehouse):
    assert books.rows(
        "select distinct value, is_incomplete, status, reason from marts.fct_smartnumbers "
        "where organization_id = 'paper' and quarter = '2031-Q3'"
    ) == [(None, True, "grey", "No month of 2031-Q3 is complete yet.")]


def test_a_smartnumber_carries_what_went_into_it(books: Warehouse):
    [(inputs,)] = books.rows(
        "select inputs from marts.fct_smartnumbers "
        "where organization_id = 'paper' and quarter = '2031-Q2' and metric = 'reactive_service_pct'"
    )
    assert inputs["working_hours_per_month"]["value"] == 167
    technicians = inputs["technical_employees"]
    assert (technicians["value"], technicians["unit"], technicians["aggregation"]) == (6, "fte", "average")
    assert (technicians["months"], technicians["method"]) == (3, "imported")
    assert technicians["by_month"] == dict.fromkeys(world.MONTHS, 6)


def test_the_books_become_the_lines_of_a_service_business(books: Warehouse):
    """The parent's own 500.00 are MRR, the unmapped shipping income stays in product sales, orr has its rule."""
    april = monthly(books, "books", "2031-04")
    assert {metric: april[metric] for metric in ("nrr", "mrr", "orr", "product_sales", "misc_revenue")} == {
        "nrr": 8000,
        "mrr": 60000,
        "orr": 9000,
        "product_sales": Decimal("20125.50"),
        "misc_revenue": 0,
    }
    # Payroll 40 000 without the owner's 19 000; what is left of 62 000; and uncategorized expenses taken off.
    assert {metric: april[metric] for metric in ("employee_expense", "other_expenses", "total_expenses")} == {
        "employee_expense": 21000,
        "other_expenses": 22000,
        "total_expenses": 75500,
    }
    assert april["net_profit"] == Decimal("97125.50") - 75500


def test_an_unread_month_is_missing_and_not_zero(books: Warehouse):
    may = monthly(books, "books", "2031-05")
    assert may["mrr"] is None
    assert may["net_profit"] is None
    reasons = dict(
        books.rows(
            "select metric, reason from marts.fct_missing_inputs where organization_id = 'books' and period = '2031-05'"
        )
    )
    assert reasons["mrr"] == "QuickBooks gave no profit and loss report of 2031-05 on the basis Accrual."
    assert reasons["total_revenue"] == "Cannot be calculated without mrr, nrr, orr, total_income."


def test_an_account_nobody_mapped_is_listed_with_its_amount(books: Warehouse):
    assert books.rows("select account_name, report_group, amount from marts.fct_unmapped_accounts") == [
        ("Shipping", "Income", Decimal("125.50"))
    ]


def test_a_sound_report_ties_to_the_cent(books: Warehouse):
    books.dbt("test", "--select", TIES, SECTIONS)
    assert books.rows("select report_group from marts.fct_profit_and_loss_ties where mapped_total <> 0 order by 1") == [
        (group,) for group in ("COGS", "Expenses", "GrossProfit", "Income", "NetIncome", "NetOperatingIncome")
    ]


def test_a_correction_wins_and_reaches_every_total_above_it(copied: Warehouse):
    before = monthly(copied, "books", "2031-04")
    with psycopg.connect(copied.url) as connection:
        world.enter(connection, "books", "2031-04", "mrr", Decimal(61000), method="corrected")
    copied.dbt("run", "--select", CORRECTED)
    after = monthly(copied, "books", "2031-04")
    assert after["mrr"] == 61000
    # What is no longer recurring revenue is product sales, so the total stays that of the books.
    assert after["product_sales"] == Decimal(before["product_sales"] or 0) - 1000
    assert after["total_revenue"] == before["total_revenue"]
    assert copied.rows(
        "select method, won_because from marts.fct_metrics_monthly "
        "where organization_id = 'books' and period = '2031-04' and metric = 'mrr' and client_id = 'all'"
    ) == [("corrected", "Corrected ranks above accounting (60000).")]


def test_a_report_that_does_not_add_up_fails_the_build(copied: Warehouse):
    """Rent is a cent short, so its section no longer ties; wages are wrong inside Payroll, whose own total tells."""
    with psycopg.connect(copied.url) as connection:
        changes = {'"21500.00"': '"21499.99"', '"id": "9"}, {"value": "40000.00"}': '"id": "9"}, {"value": "39000.00"}'}
        world.replace_report(connection, world.april_with(changes))
    copied.dbt("run", "--select", *JUDGED)
    with pytest.raises(AssertionError) as failure:
        copied.dbt("test", "--select", TIES, SECTIONS)
    assert TIES in str(failure.value)
    assert SECTIONS in str(failure.value)
    assert copied.rows(
        "select report_group, difference from marts.fct_profit_and_loss_ties where difference <> 0 "
        "order by difference, report_group desc"
    ) == [
        ("Expenses", Decimal("-1000.01")),
        ("NetOperatingIncome", Decimal("1000.01")),
        ("NetIncome", Decimal("1000.01")),
    ]


@pytest.mark.parametrize("levels", [LEVELS, LEVELS + 1])
def test_rows_are_read_to_a_depth_and_what_lies_deeper_fails_the_build(copied: Warehouse, levels: int):
    """Sections within sections; QuickBooks comes to half as many."""
    with psycopg.connect(copied.url) as connection:
        rows = world.row("Deepest", "99", "7.00")
        for _ in range(levels - 1):
            rows = world.section(None, world.row("Section", None, ""), [rows], "7.00")
        world.replace_report(connection, world.report("2031-04", [{**rows, "group": "Income"}]))
    copied.dbt("run", "--select", *JUDGED)
    read = copied.rows(
        "select max(depth), count(*), max(own_amount) from intermediate.int_report_rows_walked "
        "where organization_id = 'books'"
    )
    if levels == LEVELS:
        copied.dbt("test", "--select", DEPTH)
        assert read == [(LEVELS, LEVELS, 7)]
    else:
        with pytest.raises(AssertionError, match=DEPTH):
            copied.dbt("test", "--select", DEPTH)
        assert read == [(LEVELS, LEVELS, None)]
