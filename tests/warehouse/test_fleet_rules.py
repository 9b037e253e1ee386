"""A dealer's codes and settings become rows; an organization without an operational database has none."""

from pathlib import Path

import psycopg
import pytest

from warehouse.organizations import ConfigurationError, apply, load_organization

FACTS = "id: dealer\nname: Dealer\ntime_zone: America/Chicago\n"
DATABASE = "sources: {opsdb: {}}\n"


def applied(connection: psycopg.Connection, folder: Path, text: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The codes by rule, and the settings, that a file gives."""
    path = folder / "dealer.yml"
    path.write_text(text)
    apply(connection, load_organization(path))
    codes: dict[str, list[str]] = {}
    for rule, value in connection.execute(
        "select rule, value from app.rule_values where rule like 'fleet%' order by rule, position"
    ):
        codes.setdefault(rule, []).append(value)
    settings = connection.execute("select setting, value from app.settings where setting like 'fleet%'").fetchall()
    return codes, dict(settings)


def test_codes_and_settings_are_rows(connection: psycopg.Connection, tmp_path: Path) -> None:
    codes, settings = applied(
        connection,
        tmp_path,
        FACTS + DATABASE + "fleet: {planned_order_types: [PM, IN], owned: O, savings_rate: 0.25}\n",
    )
    assert codes["fleet_planned_order_types"] == ["PM", "IN"]
    assert codes["fleet_owned"] == ["O"]
    assert codes["fleet_replace"] == ["replace"]
    assert settings == {
        "fleet_scheduled_hours_per_quarter": "520",
        "fleet_savings_rate": "0.25",
        "fleet_repair_reduction_rate": "0",
    }


def test_an_agreed_rate_that_is_taken_out_of_the_file_is_agreed_no_more(
    connection: psycopg.Connection, tmp_path: Path
) -> None:
    applied(connection, tmp_path, FACTS + DATABASE + "fleet: {savings_rate: 0.25}\n")
    _, settings = applied(connection, tmp_path, FACTS + DATABASE)
    assert settings["fleet_savings_rate"] == "0"


def test_an_organization_without_a_database_has_no_codes(connection: psycopg.Connection, tmp_path: Path) -> None:
    assert applied(connection, tmp_path, FACTS) == ({}, {})


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (
            "{planned_order_types: [PM], repair_order_types: [pm]}",
            "'pm' stands under planned_order_types and repair_or",
        ),
        ("{completed_statuses: [C], void_statuses: [C]}", "'C' stands under completed_statuses and void_statuses"),
        ("{savings_rate: 1.5}", "savings_rate"),
        ("{scheduled_hours_per_quarter: 0}", "scheduled_hours_per_quarter"),
    ],
)
def test_a_code_with_two_meanings_and_an_impossible_rate_are_refused(tmp_path: Path, rules: str, told: str) -> None:
    path = tmp_path / "dealer.yml"
    path.write_text(f"{FACTS}{DATABASE}fleet: {rules}\n")
    with pytest.raises(ConfigurationError, match=told):
        load_organization(path)


def test_one_code_may_mean_different_things_in_different_columns(tmp_path: Path) -> None:
    path = tmp_path / "dealer.yml"
    path.write_text(f"{FACTS}fleet: {{owned: [R], replace: [R], repair_order_types: [R]}}\n")
    assert load_organization(path).fleet.replace == ("R",)
