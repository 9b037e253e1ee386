from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from warehouse.errors import WarehouseError
from warehouse.manual_metrics import ImportResult, ManualFileError, import_manual
from warehouse.metrics import catalogue
from warehouse.organizations import apply, load_organization

ORGANIZATION = "northwind-it"
INPUTS_PEOPLE_KNOW = {
    "employees",
    "technical_employees",
    "agreements",
    "owner_comp",
    "owner_comp_taxes",
    "telemarketing_dials",
    "first_time_appointments",
    "prospects_to_pbr",
    "new_agreements",
    "new_mrr",
    "lost_mrr",
    "cash_reserve",
    "cash_burn_monthly",
    "runway_months",
    "ar_over_90_usd",
    "ar_over_90_count",
    "nps",
    "customer_satisfaction",
    "management_labor_efficiency_ratio",
}


@pytest.fixture
def northwind(connection: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    path = tmp_path / f"{ORGANIZATION}.yml"
    path.write_text(f"id: {ORGANIZATION}\nname: Northwind IT\ntime_zone: America/Chicago\n")
    apply(connection, load_organization(path))
    return connection


def bring(connection: psycopg.Connection, folder: Path, text: str, method: str = "manual", **more) -> ImportResult:
    path = folder / "figures.csv"
    path.write_bytes(text.encode())
    return import_manual(connection, ORGANIZATION, path, method, "kim", **more)


def complaints(connection: psycopg.Connection, folder: Path, text: str, method: str = "manual", **more) -> list[str]:
    with pytest.raises(ManualFileError) as caught:
        bring(connection, folder, text, method, **more)
    assert connection.execute("select count(*) from app.manual_metrics").fetchone() == (0,)
    return str(caught.value).replace(f"{folder / 'figures.csv'}", "figures.csv").splitlines()


def current(connection: psycopg.Connection) -> dict[tuple[str, str], Decimal | None]:
    rows = connection.execute("select period, metric, value from app.manual_metrics where superseded_at is null")
    return {(period, metric): value for period, metric, value in rows}


def test_figures_are_taken_with_their_note_and_who_brought_them(northwind: psycopg.Connection, tmp_path: Path):
    result = bring(
        northwind,
        tmp_path,
        'period,metric,value,note\n2026-05,employees,10.5,"from payroll, checked"\n2026-05,new_mrr,1500.00,\n',
    )
    assert (result.new, result.changed, result.cleared, result.unchanged) == (2, 0, 0, 0)
    rows = northwind.execute(
        "select client_id, period, metric, method, value, note, entered_by, import_id "
        "from app.manual_metrics order by metric"
    ).fetchall()
    assert rows == [
        ("all", "2026-05", "employees", "manual", Decimal("10.5"), "from payroll, checked", "kim", result.import_id),
        ("all", "2026-05", "new_mrr", "manual", Decimal("1500.00"), None, "kim", result.import_id),
    ]
    logged = northwind.execute("select actor_id, action, details ->> 'new' from app.audit_log order by audit_id desc")
    assert logged.fetchone() == ("kim", "import_manual", "2")


def test_the_same_file_again_changes_nothing(northwind: psycopg.Connection, tmp_path: Path):
    text = "period,metric,value\n2026-05,employees,9\n2026-05,nps,\n"
    bring(northwind, tmp_path, text)
    state = "select m.*, (select count(*) from app.audit_log) from app.manual_metrics m order by manual_metric_id"
    before = northwind.execute(state).fetchall()
    result = bring(northwind, tmp_path, text.replace("9", "9.00"))
    assert (result.written, result.unchanged) == (0, 2)
    assert northwind.execute(state).fetchall() == before


def test_a_changed_figure_keeps_its_history(northwind: psycopg.Connection, tmp_path: Path):
    for value in ("9", "10", "9"):
        bring(northwind, tmp_path, f"period,metric,value\n2026-05,employees,{value}\n")
    rows = northwind.execute(
        "select value, superseded_at is null from app.manual_metrics order by manual_metric_id"
    ).fetchall()
    assert rows == [(9, False), (10, False), (9, True)]


def test_an_empty_value_clears_and_is_not_zero(northwind: psycopg.Connection, tmp_path: Path):
    bring(northwind, tmp_path, "period,metric,value\n2026-05,telemarketing_dials,300\n2026-05,new_mrr,0\n")
    result = bring(northwind, tmp_path, "period,metric,value\n2026-05,telemarketing_dials,\n")
    assert result.cleared == 1
    assert current(northwind) == {("2026-05", "telemarketing_dials"): None, ("2026-05", "new_mrr"): 0}


def test_manual_and_imported_figures_stand_side_by_side(northwind: psycopg.Connection, tmp_path: Path):
    text = "period,metric,value\n2026-05,employees,9\n"
    bring(northwind, tmp_path, text)
    assert bring(northwind, tmp_path, text, method="imported").new == 1
    assert northwind.execute("select count(*) from app.manual_metrics where superseded_at is null").fetchone() == (2,)


def test_a_spreadsheets_byte_order_mark_blank_lines_and_column_order_do_not_matter(northwind, tmp_path: Path):
    bring(northwind, tmp_path, "\ufeffMetric,Value,Period\r\n\r\nemployees, 9 ,2026-05\r\n,,\r\n")
    assert current(northwind) == {("2026-05", "employees"): 9}


def test_every_problem_is_told_with_its_line_and_nothing_is_written(northwind: psycopg.Connection, tmp_path: Path):
    text = """period,metric,value,note
2026-05,employees,9,"a note
over two lines"
2026-5,employees,9,
2026-05,emploees,9,
2026-05,net_profit_pct,0.2,
2026-05,telemarketing_dials,-1,
2026-05,owner_comp,"15,000",
2026-05,new_mrr,1,500.00,
2026-05,telemarketing_dials,1.5,
2026-05,owner_comp,1.005,
2026-05,nps,101,
2026-05,employees,10,
2026-13,nope,x,
2026-05,new_agreements
"""
    told = complaints(northwind, tmp_path, text)
    expected = [
        (4, "'2026-5' is not a month; write it as YYYY-MM, for example 2026-06."),
        (5, "'emploees' is no metric of the catalogue and cannot be entered; docs/metrics.md lists those that can."),
        (6, "'net_profit_pct' is calculated from others and cannot be entered; docs/metrics.md lists those that can."),
        (7, "telemarketing_dials cannot be negative; it is -1."),
        (8, "owner_comp must be a number such as 1234.50, without signs of currency or thousands; '15,000' is not."),
        (9, "has 5 cells for 4 columns; write 1234.50, not 1,234.50."),
        (10, "telemarketing_dials must be a whole number; 1.5 does not fit."),
        (11, "owner_comp must have at most 2 decimals; 1.005 does not fit."),
        (12, "nps must lie between -100 and 100; it is 101."),
        (13, "employees of 2026-05 stands on line 2 already."),
        (14, "'2026-13' is not a month; write it as YYYY-MM, for example 2026-06."),
        (14, "'nope' is no metric of the catalogue and cannot be entered; docs/metrics.md lists those that can."),
        (15, "has no cell for the value; to clear a figure, leave it empty but keep its comma."),
    ]
    assert told == [
        *(f"figures.csv, line {line}: {problem}" for line, problem in expected),
        "Nothing of figures.csv was imported.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty, so nothing was imported; its first line must be period,metric,value,note."),
        ("period,metric\n", "the first line must name the columns period,metric,value,note"),
        ("period,metric,value,who\n", "the first line must name the columns"),
        ("period,metric,value,value\n", "the first line must name the columns"),
        ("2026-05,employees,9\n", "it is '2026-05,employees,9'."),
        ('period,metric,value\n2026-05,employees,"9\n', "line 2: this is not CSV we can read"),
    ],
)
def test_what_is_no_file_of_figures_is_told(northwind: psycopg.Connection, tmp_path: Path, text: str, sentence: str):
    assert sentence in "\n".join(complaints(northwind, tmp_path, text))


def test_a_file_in_another_encoding_is_told(northwind: psycopg.Connection, tmp_path: Path):
    path = tmp_path / "figures.csv"
    path.write_bytes("period,metric,value,note\n2026-05,employees,9,Zürich\n".encode("latin-1"))
    with pytest.raises(ManualFileError, match="is not UTF-8 text"):
        import_manual(northwind, ORGANIZATION, path, "manual", "kim")


def test_a_file_that_is_not_there_is_told(northwind: psycopg.Connection, tmp_path: Path):
    with pytest.raises(ManualFileError, match=r"none\.csv cannot be read \(No such file"):
        import_manual(northwind, ORGANIZATION, tmp_path / "none.csv", "manual", "kim")


def test_an_unknown_organization_is_told(connection: psycopg.Connection, tmp_path: Path):
    (tmp_path / "figures.csv").write_text("period,metric,value\n")
    with pytest.raises(WarehouseError, match="There is no organization 'northwind-it', so nothing was imported"):
        import_manual(connection, ORGANIZATION, tmp_path / "figures.csv", "manual", "kim")


def test_months_that_have_not_begun_are_refused(northwind: psycopg.Connection, tmp_path: Path):
    evening = datetime(2026, 7, 1, 3, tzinfo=UTC)  # still June in Chicago
    told = complaints(northwind, tmp_path, "period,metric,value\n2026-07,employees,9\n", as_of=evening)
    assert told[0] == "figures.csv, line 2: 2026-07 has not begun yet."


def test_money_may_be_negative_and_a_negative_revenue_line_is_worth_a_word(northwind, tmp_path: Path):
    text = "period,metric,value\n2026-05,nrr,-7000\n2026-05,cash_burn_monthly,-5\n2026-05,seats_managed,0\n"
    result = bring(northwind, tmp_path, text, method="imported")
    assert result.warnings == [
        "line 2: nrr is negative (-7000); right if credits outweigh the month's revenue.",
        "line 4: seats_managed is 0; leave the value empty if it is not known.",
    ]


@pytest.mark.parametrize("metric", ["lost_mrr", "new_mrr", "employees", "reactive_time_spent", "runway_months"])
def test_what_is_entered_positive_cannot_be_negative(northwind: psycopg.Connection, tmp_path: Path, metric: str):
    assert "cannot be negative" in complaints(northwind, tmp_path, f"period,metric,value\n2026-05,{metric},-1\n")[0]


def read_devices_on(connection: psycopg.Connection, day: str) -> None:
    connection.execute(
        "insert into raw_ninjaone.devices_daily values (%s, '1', %s, '{}', '', now(), 'run')", [ORGANIZATION, day]
    )


@pytest.mark.parametrize("metric", ["endpoints_managed", "seats_managed"])
def test_a_device_count_that_was_collected_cannot_be_typed_over(northwind, tmp_path: Path, metric: str):
    read_devices_on(northwind, "2026-05-31")
    told = complaints(northwind, tmp_path, f"period,metric,value\n2026-05,{metric},400\n")
    assert told[0].startswith(f"figures.csv, line 2: {metric} of 2026-05 was collected and cannot be entered by hand")


def test_a_device_count_may_be_imported_or_entered_where_none_was_collected(northwind, tmp_path: Path):
    read_devices_on(northwind, "2026-05-31")
    assert bring(northwind, tmp_path, "period,metric,value\n2026-05,seats_managed,400\n", "imported").new == 1
    assert bring(northwind, tmp_path, "period,metric,value\n2026-04,seats_managed,400\n").new == 1


def test_with_starting_positions_a_reading_speaks_for_the_month_after(northwind, tmp_path: Path):
    read_devices_on(northwind, "2026-04-30")
    northwind.execute("update app.settings set value = 'previous_month' where setting = 'device_snapshot'")
    told = complaints(northwind, tmp_path, "period,metric,value\n2026-05,seats_managed,400\n")
    assert "seats_managed of 2026-05 was collected" in told[0]


def test_all_monthly_inputs_and_what_only_people_know_can_be_entered():
    enterable = {metric.key for metric in catalogue().values() if metric.is_enterable}
    assert enterable >= INPUTS_PEOPLE_KNOW
    assert len(enterable) >= 27 + 8
    assert "total_income" not in enterable
