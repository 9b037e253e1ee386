from datetime import UTC, datetime, timedelta

import psycopg

from warehouse.check_results import CheckResult, failed_checks, forget_checks, record_checks

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)


def result(name: str, *, passed: bool, severity: str = "error") -> CheckResult:
    return CheckResult(name, "marts.fct_profit_and_loss", severity, passed, f"{name} was looked at.", {"rows": 3})


def write(connection: psycopg.Connection, *results: CheckResult, at: datetime = NOW) -> None:
    record_checks(connection, "northwind-it", results, run_id="run-1", checked_at=at)


def test_the_latest_outcome_of_a_check_replaces_the_earlier_one(connection: psycopg.Connection):
    write(connection, result("ties", passed=False))
    assert failed_checks(connection, "northwind-it") == [result("ties", passed=False)]
    write(connection, result("ties", passed=True))
    assert failed_checks(connection, "northwind-it") == []


def test_errors_are_told_from_warnings_and_one_organization_from_another(connection: psycopg.Connection):
    write(connection, result("swing", passed=False, severity="warning"), result("ties", passed=False))
    assert [r.check_name for r in failed_checks(connection, "northwind-it")] == ["ties", "swing"]
    assert [r.check_name for r in failed_checks(connection, "northwind-it", "error")] == ["ties"]
    assert failed_checks(connection, "someone-else") == []


def test_a_check_that_is_no_longer_made_is_forgotten(connection: psycopg.Connection):
    write(connection, result("retired", passed=False), at=NOW - timedelta(days=1))
    write(connection, result("ties", passed=False))
    assert forget_checks(connection, "northwind-it", NOW) == 1
    assert [r.check_name for r in failed_checks(connection, "northwind-it")] == ["ties"]
