"""Assessments that people enter are added, audited, and never changed."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from warehouse.audit import Actor
from warehouse.condition_assessments import Assessment, add_assessment

MANAGER = Actor("person", "r.embers")
SEEN = Assessment("U00012", date(2026, 6, 30), "replace", "R. Embers", annual_maintenance_cost=Decimal("4300.50"))


@pytest.fixture
def dealer(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(
        "insert into app.organizations "
        "(organization_id, alias, name, time_zone, currency, locale, history_start, config_hash) "
        "values ('dealer', 1, 'Dealer', 'America/Chicago', 'USD', 'en_US', '2026-01', '')"
    )
    return connection


def test_an_assessment_is_kept_with_who_entered_it_and_its_line_in_the_audit_log(dealer: psycopg.Connection) -> None:
    number = add_assessment(dealer, "dealer", SEEN, MANAGER)
    assert dealer.execute(
        "select assessment_id, equipment_id, assessed_on, condition, age_years, annual_maintenance_cost, actor_id "
        "from app.condition_assessments where organization_id = 'dealer'"
    ).fetchall() == [(number, "U00012", date(2026, 6, 30), "replace", None, Decimal("4300.50"), "r.embers")]
    assert dealer.execute(
        "select actor_id, action, details ->> 'equipment_id' from app.audit_log where organization_id = 'dealer'"
    ).fetchall() == [("r.embers", "assess_equipment", "U00012")]


def test_a_correction_is_another_row(dealer: psycopg.Connection) -> None:
    first = add_assessment(dealer, "dealer", SEEN, MANAGER)
    mended = Assessment("U00012", date(2026, 6, 30), "monitor", "R. Embers")
    second = add_assessment(dealer, "dealer", mended, MANAGER, reason="The mast was not the one that leaks.")
    found = dealer.execute("select assessment_id, condition, reason from app.condition_assessments order by 1")
    assert found.fetchall() == [
        (first, "replace", None),
        (second, "monitor", "The mast was not the one that leaks."),
    ]


@pytest.mark.parametrize(
    "change",
    ["update app.condition_assessments set condition = 'good'", "delete from app.condition_assessments",
     "truncate app.condition_assessments"],
)  # fmt: skip
def test_the_database_refuses_to_change_or_forget_one(dealer: psycopg.Connection, change: str) -> None:
    add_assessment(dealer, "dealer", SEEN, MANAGER)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="condition_assessments is append-only"):
        dealer.execute(change)


def test_a_condition_that_nobody_knows_is_refused(dealer: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        add_assessment(dealer, "dealer", Assessment("U1", date(2026, 1, 1), "fine", "x"), MANAGER)  # type: ignore[arg-type]
