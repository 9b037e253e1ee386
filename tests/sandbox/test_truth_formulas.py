"""The truth's own formulas, on a quarter small enough to work out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from sandbox.truth import smartnumbers_of
from sandbox.truth.money import completed
from sandbox.truth.quarterly import SMARTNUMBERS, half_even

# One column per month of the worked quarter.
COLUMNS = {
    "reactive_tickets_created": "210 198 222",
    "reactive_tickets_closed": "204 201 219",
    "reactive_time_spent": "96.50 88.25 103.25",
    "endpoints_managed": "390 396 402",
    "seats_managed": "340 345 350",
    "employees": "9 9 10.5",
    "technical_employees": "6 6 6",
    "agreements": "28 29 30",
    "nrr": "8000 5500 6500",
    "mrr": "60000 61000 62000",
    "orr": "9000 12000 9000",
    "misc_revenue": "0 2000 0",
    "total_income": "97000 89500 91500",
    "payroll_total": "49000 49000 50000",
    "owner_comp": "15000 15000 15000",
    "owner_comp_taxes": "4000 4000 4000",
    "product_cogs": "14000 8000 10000",
    "total_expenses_qb": "71000 70000 72000",
    "uncategorized_expenses": "0 0 0",
    "telemarketing_dials": "300 260 340",
    "first_time_appointments": "10 8 12",
    "new_agreements": "2 1 3",
    "new_mrr": "1500 900 2100",
    "lost_mrr": "400 0 1350",
}
EXPECTED = {
    "tickets_per_tech_per_month": "34.67",
    "total_close_pct": "0.9905",
    "tickets_per_endpoint_per_month": "0.5303",
    "rhem": "0.2424",
    "avg_resolution_time": "0.4615",
    "reactive_service_pct": "0.0958",
    "net_profit_pct": "0.1250",
    "revenue_from_services_pct": "0.7250",
    "services_from_mrr_pct": "0.9015",
    "annual_service_rev_per_employee": "85473.68",
    "annual_service_rev_per_tech": "135333.33",
    "avg_aisp": "176.81",
    "avg_mrr_per_agreement": "2103.45",
    "new_mrr_added": "4500.00",
    "lost_mrr": "1750.00",
    "net_mrr_gain": "2750.00",
    "dials_per_appointment": "30.00",
    "sales_call_close_pct": "0.2000",
}


def quarter(**changes: str | None) -> list[dict[str, Decimal | None]]:
    """The worked quarter, completed month by month; a change replaces a column, ``-`` in it is a missing figure."""
    columns = {**COLUMNS, **{name: text for name, text in changes.items() if text is not None}}
    months = [{name: parsed(text.split()[index]) for name, text in columns.items()} for index in range(3)]
    return [completed(month) for month in months]


def parsed(text: str) -> Decimal | None:
    return None if text == "-" else Decimal(text)


def test_the_worked_quarter_gives_the_worked_smartnumbers():
    assert {key: str(value) for key, value in smartnumbers_of(quarter(), 167).items()} == EXPECTED


def test_there_are_eighteen():
    assert len({number.key for number in SMARTNUMBERS}) == 18


def test_months_are_completed_as_the_owner_would():
    april, may, _ = quarter()
    assert april["product_sales"] == Decimal(20000)
    assert may["total_revenue"] == Decimal(91500)
    assert april["employee_expense"] == Decimal(30000)
    assert april["other_expenses"] == Decimal(22000)
    assert april["total_expenses"] == Decimal(85000)
    assert april["net_profit"] == Decimal(12000)


def test_the_owners_figures_only_move_money_between_lines():
    given = {"payroll_total": "40000", "owner_comp": "15000", "owner_comp_taxes": "4000", "total_expenses_qb": "62000",
             "product_cogs": "14000", "uncategorized_expenses": "500"}  # fmt: skip
    month = completed({name: Decimal(text) for name, text in given.items()})
    assert (month["employee_expense"], month["other_expenses"], month["total_expenses"]) == (21000, 22000, 75500)


@pytest.mark.parametrize("missing", ["nrr", "mrr", "orr", "total_income"])
def test_revenue_is_missing_when_a_part_is(missing):
    month = quarter(**{missing: "- - -"})[0]
    assert month["total_revenue"] is None
    assert month["net_profit"] is None


def test_revenue_does_without_miscellaneous_revenue():
    assert quarter(misc_revenue="- 2000 0")[0]["total_revenue"] == Decimal(97000)


def test_expenses_are_missing_when_the_owner_gave_no_figure():
    month = quarter(owner_comp="- 15000 15000")[0]
    assert (month["employee_expense"], month["total_expenses"], month["net_profit"]) == (None, None, None)


def test_a_month_without_a_figure_is_left_out_of_that_number_and_of_no_other():
    values = smartnumbers_of(quarter(telemarketing_dials="300 - 340"), 167)
    assert values["dials_per_appointment"] == half_even(Fraction(640, 22), 2)
    assert values["sales_call_close_pct"] == Decimal("0.2000")


def test_a_quarter_of_two_months_is_not_divided_by_three():
    values = smartnumbers_of(quarter(endpoints_managed="390 - 402"), 167)
    assert values["rhem"] == half_even(Fraction("199.75") / 396 / 2, 4)
    two = smartnumbers_of(quarter(technical_employees="6 6 -"), 167)
    assert two["annual_service_rev_per_tech"] == half_even(Fraction(134500, 6) * 6, 2)


@pytest.mark.parametrize(("changes", "key"), [
    ({"technical_employees": "0 0 0"}, "tickets_per_tech_per_month"),
    ({"reactive_tickets_created": "0 0 0"}, "total_close_pct"),
    ({"endpoints_managed": "- - -"}, "tickets_per_endpoint_per_month"),
    ({"endpoints_managed": "0 0 0"}, "rhem"),
    ({"reactive_tickets_closed": "0 0 0"}, "avg_resolution_time"),
    ({"reactive_time_spent": "- - -"}, "reactive_service_pct"),
    ({"nrr": "- - -", "mrr": "- - -"}, "revenue_from_services_pct"),
    ({"mrr": "- - -"}, "services_from_mrr_pct"),
    ({"nrr": "0 0 0", "mrr": "0 0 0"}, "services_from_mrr_pct"),
    ({"seats_managed": "0 0 0"}, "avg_aisp"),
    ({"agreements": "- - -"}, "avg_mrr_per_agreement"),
    ({"new_mrr": "- - -"}, "net_mrr_gain"),
    ({"first_time_appointments": "0 0 0"}, "dials_per_appointment"),
    ({"first_time_appointments": "0 0 0"}, "sales_call_close_pct"),
])  # fmt: skip
def test_nothing_is_made_up_where_a_figure_or_a_divisor_is_missing(changes, key):
    assert smartnumbers_of(quarter(**changes), 167)[key] is None


def test_a_measured_zero_is_a_zero():
    values = smartnumbers_of(quarter(telemarketing_dials="0 0 0", lost_mrr="0 0 0", reactive_time_spent="0 0 0"), 167)
    assert values["dials_per_appointment"] == Decimal("0.00")
    assert values["lost_mrr"] == Decimal("0.00")
    assert values["reactive_service_pct"] == Decimal("0.0000")


def test_a_loss_is_a_negative_share():
    loss = smartnumbers_of(quarter(product_cogs="84000 0 0"), 167)["net_profit_pct"]
    assert loss is not None
    assert loss < 0


@pytest.mark.parametrize(("exact", "rounded"), [
    (Fraction(1, 8), "0.12"), (Fraction(3, 8), "0.38"), (Fraction(-1, 8), "-0.12"), (Fraction(1, 3), "0.33"),
    (Fraction(1005, 1000), "1.00"), (Fraction(1015, 1000), "1.02"),
])  # fmt: skip
def test_a_tie_goes_to_the_even_digit(exact, rounded):
    assert str(half_even(exact, 2)) == rounded
