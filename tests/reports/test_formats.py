"""Numbers, dates and periods as an organization's readers expect them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reports.formats import NO_CHANGE, Formats, plain, utc


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("0.1250", "fraction", "12.5%"),
        ("85473.68", "usd", "$85,474"),
        ("176.81", "usd", "$176.81"),
        ("-50", "usd", "−$50.00"),
        ("661", "count", "661"),
        ("9.5", "fte", "9.5"),
        ("288.25", "hours", "288.25 h"),
        ("34.67", "tickets", "34.67"),
    ],
)
def test_a_value_reads_as_its_unit_asks(value, unit, shown):
    assert Formats().with_unit(Decimal(value), unit) == shown


def test_a_missing_value_is_said_and_not_printed_as_zero():
    assert Formats().with_unit(None, "usd") == "No data"
    assert Formats().with_unit(Decimal(0), "usd") == "$0.00"


@pytest.mark.parametrize(("value", "shown"), [("0.125", "0.12"), ("0.135", "0.14"), ("2.5", "2.50")])
def test_halves_go_to_the_even_neighbour(value, shown):
    assert Formats().number(Decimal(value), 2) == shown


def test_halves_of_money_and_shares_go_to_the_even_neighbour_too():
    assert Formats().money(Decimal("1000.5"), 0) == "$1,000"
    assert Formats().percent(Decimal("0.00125"), 1) == "0.1%"


def test_a_change_of_a_share_is_in_points_and_one_that_vanishes_says_so():
    formats = Formats()
    assert formats.signed(Decimal("-0.0050"), "fraction") == "−0.5 pts"
    assert formats.signed(Decimal("0.00004"), "fraction") == NO_CHANGE
    assert formats.signed(Decimal(600), "usd", places=0) == "+$600"


def test_another_locale_currency_and_zone_are_followed():
    formats = Formats("de_DE", "EUR", "Europe/Berlin")
    assert formats.money(Decimal("85473.68")) == "85.474 €"
    assert formats.excel("usd") == '#,##0" €"'
    assert formats.instant(datetime(2026, 7, 6, 14, tzinfo=UTC)) == "6 Juli 2026 16:00"


def test_receipts_write_instants_in_utc_and_values_without_an_exponent():
    assert utc(datetime(2026, 7, 6, 14, 5, 9, 123456, tzinfo=UTC)) == "2026-07-06T14:05:09Z"
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(None) == "no data"
