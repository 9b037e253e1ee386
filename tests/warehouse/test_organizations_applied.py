"""What a file says becomes rows, once; what was changed since by a person or another file stays."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.organization_file import FACTS, account_rules, load, write
from warehouse.organizations import (
    ConfigurationError,
    apply,
    load_organization,
)

FULL = """\
alias: 7
tickets: {service_boards: [Help Desk, Remote], closed_statuses: [Done], parents_only: false}
devices: {excluded_organizations: [Northwind IT], spare_words: [spare, stock]}
agreements: {managed_types: [Managed Services]}
accounts: {rules: [{metric: nrr, match: exact, pattern: Projects}, {metric: mrr, match: contains, pattern: Managed}]}
thresholds: {net_profit_pct: {green_min: 0.2, yellow_min: 0, red_threshold: -0.1}}
clients: [{name: Juniper Dental, ninjaone: [4, Juniper], stripe: cus_1}]
brand: {primary_color: "#102030"}
"""


def rows(connection: psycopg.Connection, statement: str) -> list[tuple]:
    return connection.execute(statement).fetchall()


def test_the_file_becomes_rows(tmp_path: Path, connection: psycopg.Connection):
    changed = apply(connection, load(tmp_path, FULL))
    assert changed == [
        "organizations",
        "clients",
        "rule_values",
        "account_rules",
        "client_mappings",
        "settings",
        "thresholds",
        "alert_rules",
    ]
    assert rows(
        connection, "select alias, time_zone, settings -> 'brand' ->> 'primary_color' from app.organizations"
    ) == [(7, "America/Chicago", "#102030")]
    assert rows(connection, "select rule, value from app.rule_values order by rule, position") == [
        ("closed_status", "Done"),
        ("excluded_device_class", "VMWARE_VM_GUEST"),
        ("excluded_device_class", "HYPERV_VMM_GUEST"),
        ("excluded_ninjaone_organization", "Northwind IT"),
        ("managed_agreement_type", "Managed Services"),
        ("parent_tickets_only", "false"),
        ("seat_device_class", "WINDOWS_WORKSTATION"),
        ("seat_device_class", "MAC"),
        ("seat_device_class", "LINUX_WORKSTATION"),
        ("service_board", "Help Desk"),
        ("service_board", "Remote"),
        ("spare_word", "spare"),
        ("spare_word", "stock"),
    ]
    assert rows(connection, "select position, metric, match_type, pattern from app.account_rules order by 1") == [
        (1, "nrr", "exact", "Projects"),
        (2, "mrr", "contains", "Managed"),
    ]
    assert rows(connection, "select source, source_key, client_name from app.client_mappings order by 1, 2") == [
        ("ninjaone", "4", "Juniper Dental"),
        ("ninjaone", "Juniper", "Juniper Dental"),
        ("stripe", "cus_1", "Juniper Dental"),
    ]
    assert rows(connection, "select setting, value from app.settings order by 1") == [
        ("device_snapshot", "in_month"),
        ("high_churn_rate", "0.05"),
        ("history_start", "2024-01"),
        ("lead_conversion_days", "30"),
        ("low_churn_rate", "0.02"),
        ("low_risk_growth_rate", "0.05"),
        ("profit_and_loss_basis", "Accrual"),
        ("strong_growth_rate", "0.10"),
        ("working_hours_per_month", "167"),
    ]
    # A bound of 0 is a bound.
    assert rows(connection, "select metric, green_max, yellow_min from app.current_thresholds") == [
        ("net_profit_pct", None, 0)
    ]
    assert rows(connection, "select client_id, client_alias, is_confirmed from app.clients") == [
        ("unassigned", 0, True)
    ]
    assert rows(connection, "select parameters from app.alert_rules where rule = 'source_stale'") == [
        ({"area": "data", "after_hours": 26},)
    ]


def test_applying_again_changes_no_row_and_is_not_logged(tmp_path: Path, connection: psycopg.Connection):
    state = "select xmin::text, * from app.{}"
    tables = ("organizations", "rule_values", "account_rules", "settings", "thresholds", "alert_rules", "audit_log")
    apply(connection, load(tmp_path, FULL))
    connection.commit()
    before = [rows(connection, state.format(table)) for table in tables]
    assert apply(connection, load(tmp_path, FULL)) == []
    connection.commit()
    assert [rows(connection, state.format(table)) for table in tables] == before


def test_a_change_is_logged_with_what_it_touched(tmp_path: Path, connection: psycopg.Connection):
    apply(connection, load(tmp_path))
    apply(connection, load(tmp_path, "tickets: {parents_only: false}\n"))
    logged = rows(connection, "select action, resource, details -> 'changed' from app.audit_log order by audit_id")
    assert logged[-1] == ("apply_configuration", "config/northwind-it.yml", ["organizations", "rule_values"])


def test_an_organization_without_alias_takes_the_next_and_keeps_it(tmp_path: Path, connection: psycopg.Connection):
    for name in ("northwind", "southwind", "northwind"):
        path = write(tmp_path, facts=FACTS.replace("northwind", name), name=f"{name}-it.yml")
        apply(connection, load_organization(path))
    assert rows(connection, "select organization_id, alias from app.organizations order by 1") == [
        ("northwind-it", 1),
        ("southwind-it", 2),
    ]


def test_an_alias_of_another_organization_is_refused(tmp_path: Path, connection: psycopg.Connection):
    apply(connection, load(tmp_path, "alias: 1\n"))
    path = write(tmp_path, "alias: 1\n", facts=FACTS.replace("northwind", "southwind"), name="southwind-it.yml")
    with pytest.raises(ConfigurationError, match="alias 1 belongs to the organization 'northwind-it'"):
        apply(connection, load_organization(path))


def test_a_setting_changed_in_the_app_survives_an_unchanged_file(tmp_path: Path, connection: psycopg.Connection):
    apply(connection, load(tmp_path))
    connection.execute(
        "update app.settings set value = '160', changed_by = 'kim' where setting = 'working_hours_per_month'"
    )
    assert apply(connection, load(tmp_path, "locale: en_GB\n")) == ["organizations"]
    current = "select value, version, changed_by from app.settings where setting = 'working_hours_per_month'"
    assert rows(connection, current) == [("160", 2, "kim")]
    apply(connection, load(tmp_path, "settings: {working_hours_per_month: 173.33}\n"))
    assert rows(connection, current) == [("173.33", 3, "yaml")]
    assert rows(connection, "select version, content ->> 'value' from app.rule_versions order by 1") == [
        (1, "167"),
        (2, "160"),
    ]


def test_a_threshold_taken_out_of_the_file_is_retired_unless_someone_changed_it(
    tmp_path: Path, connection: psycopg.Connection
):
    apply(connection, load(tmp_path, "thresholds: {rhem: {green_max: 0.2}, avg_aisp: {green_min: 60}}\n"))
    connection.execute("update app.thresholds set green_min = 70, changed_by = 'kim' where metric = 'avg_aisp'")
    assert apply(connection, load(tmp_path)) == ["organizations", "thresholds"]
    assert rows(connection, "select metric, green_min from app.current_thresholds") == [("avg_aisp", 70)]
    apply(connection, load(tmp_path, "thresholds: {rhem: {green_max: 0.3}, avg_aisp: {green_min: 60}}\n"))
    assert rows(connection, "select metric, green_min, green_max from app.current_thresholds order by 1") == [
        ("avg_aisp", 70, None),
        ("rhem", None, Decimal("0.3")),
    ]


def test_an_alert_rule_switched_off_in_the_file_is_switched_off(tmp_path: Path, connection: psycopg.Connection):
    apply(connection, load(tmp_path))
    apply(connection, load(tmp_path, "alerts: {missing_inputs: {is_active: false}}\n"))
    assert rows(connection, "select is_active, version from app.alert_rules where rule = 'missing_inputs'") == [
        (False, 2)
    ]


def test_rules_of_one_organization_leave_the_others_alone(tmp_path: Path, connection: psycopg.Connection):
    apply(connection, load(tmp_path, FULL))
    before = rows(connection, "select * from app.rule_values")
    path = write(tmp_path, facts=FACTS.replace("northwind", "southwind"), name="southwind-it.yml")
    apply(connection, load_organization(path))
    assert rows(connection, "select * from app.rule_values where organization_id = 'northwind-it'") == before


def test_a_regular_expression_that_only_python_knows_is_refused_when_applied(
    tmp_path: Path, connection: psycopg.Connection
):
    organization = load(tmp_path, account_rules("mrr regex '(?P<kind>managed)'"))
    with pytest.raises(ConfigurationError, match="which Postgres does not accept as a regular expression"):
        apply(connection, organization)
    assert rows(connection, "select * from app.organizations") == []
