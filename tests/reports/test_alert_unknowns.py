"""What is not known ends no alert: a month that was not read, a row that is gone, a table without rows."""

from decimal import Decimal

import psycopg
import pytest

from reports.alerts import evaluate, rules
from reports.alerts.situation import Situation
from reports.views.watching import AlertRule
from tests.reports import marts
from tests.reports.alerting import AS_OF, organization, rule

ORGANIZATION = marts.ORGANIZATION
AUGUST = AS_OF.replace(month=8)
RESOLVED = """
    select distinct payload #>> '{facts,message}', payload #>> '{facts,is_past}' from app.outbox
    where payload #>> '{facts,event}' = 'resolved'
"""


@pytest.fixture
def bare(warehouse: psycopg.Connection) -> psycopg.Connection:
    """An organization without rules or data."""
    organization(warehouse)
    return warehouse


def moved(connection, client: str, period: str, movement: str | None, churned: str = "0") -> None:
    row = {"organization_id": ORGANIZATION, "client_id": client, "period": period, "movement": movement}
    marts.insert(connection, "marts.fct_mrr_movements", [{**row, "churn_mrr": Decimal(churned)}])


def churned(connection) -> None:
    rule(connection, "ended", "subscription", movements=["churn"])
    moved(connection, "birch", "2026-06", "churn", "900")
    assert len(evaluate(connection, ORGANIZATION, AS_OF).opened) == 1


def ended(connection, as_of=AUGUST) -> list[str]:
    return [alert.scope for alert in evaluate(connection, ORGANIZATION, as_of).resolved]


def test_a_month_that_is_not_stored_yet_ends_nothing_of_the_month_before(bare):
    churned(bare)
    assert ended(bare) == []
    assert len(evaluate(bare, ORGANIZATION, AUGUST).still_open) == 1


def test_a_client_of_whom_the_new_month_is_not_known_keeps_its_alert_and_the_others_do_not(bare):
    churned(bare)
    moved(bare, "oak", "2026-06", "churn", "100")
    evaluate(bare, ORGANIZATION, AS_OF)
    moved(bare, "birch", "2026-07", None)
    moved(bare, "elm", "2026-07", "none")
    assert ended(bare) == ["oak:2026-06"]
    bare.execute("update marts.fct_mrr_movements set movement = 'none' where movement is null")
    assert ended(bare) == ["birch:2026-06"]


def test_a_newer_month_ends_what_happened_in_the_one_before_and_says_so(bare):
    churned(bare)
    moved(bare, "elm", "2026-07", "none")
    assert ended(bare) == ["birch:2026-06"]
    [(_, is_past)] = bare.execute(RESOLVED).fetchall()
    assert is_past == "true"


def test_a_move_that_was_a_mistake_is_over_in_the_usual_words(bare):
    churned(bare)
    bare.execute("update marts.fct_mrr_movements set movement = 'none'")
    assert ended(bare, AS_OF) == ["birch:2026-06"]
    [(_, is_past)] = bare.execute(RESOLVED).fetchall()
    assert is_past == "false"


def test_an_empty_table_of_moves_ends_nothing(bare):
    churned(bare)
    bare.execute("delete from marts.fct_mrr_movements")
    assert ended(bare, AS_OF) == []


def test_months_of_dunning_that_are_not_stored_end_nothing(bare):
    rule(bare, "overdue", "dunning", stages=["failed_three_times"])
    row = {"organization_id": ORGANIZATION, "period": "2026-06", "open_amount": Decimal(1250)}
    marts.insert(bare, "marts.fct_dunning_months", [{**row, "stage": "failed_three_times", "open_invoices": 1}])
    assert len(evaluate(bare, ORGANIZATION, AS_OF).opened) == 1
    assert ended(bare) == []


def books(connection, period: str, difference: str | None) -> None:
    row = {"organization_id": ORGANIZATION, "period": period, "statement": "balance_sheet", "account_name": "Cash"}
    given = {**row, "difference": difference and Decimal(difference)}
    marts.insert(connection, "marts.fct_ledger_ties", [given])


def test_books_that_differ_stay_open_when_the_quarter_goes_by_and_when_they_cannot_be_compared(bare):
    rule(bare, "ties", "reconciliation")
    books(bare, "2026-05", "-12")
    assert len(evaluate(bare, ORGANIZATION, AS_OF).opened) == 1
    next_year = AS_OF.replace(year=2027)
    assert ended(bare, next_year) == []
    bare.execute("update marts.fct_ledger_ties set difference = null")
    assert ended(bare, next_year) == []
    bare.execute("delete from marts.fct_ledger_ties")
    assert ended(bare, next_year) == []
    books(bare, "2026-05", "0")
    assert ended(bare, next_year) == ["balance sheet against the ledger:2026-05"]


def test_old_books_that_differ_open_nothing(bare):
    rule(bare, "ties", "reconciliation")
    books(bare, "2025-05", "-12")
    assert evaluate(bare, ORGANIZATION, AS_OF).opened == ()


def test_an_unusual_month_stays_until_the_next_one_is_judged(bare):
    rule(bare, "unusual", "anomaly")
    row = {"organization_id": ORGANIZATION, "client_id": "all", "unit": "hours", "metric": "reactive_time_spent"}
    facts = {"value": Decimal(300), "median": Decimal(96)}
    marts.insert(bare, "marts.fct_metric_anomalies", [{**row, **facts, "period": "2026-06", "is_anomaly": True}])
    assert len(evaluate(bare, ORGANIZATION, AS_OF).opened) == 1
    assert ended(bare) == []
    marts.insert(bare, "marts.fct_metric_anomalies", [{**row, **facts, "period": "2026-07", "is_anomaly": False}])
    assert ended(bare) == ["reactive_time_spent"]


def watched(connection, value: str | None) -> None:
    rule(connection, "crossed", "threshold")
    rule(connection, "missing", "missing_inputs")
    row = {"organization_id": ORGANIZATION, "metric": "rhem"}
    marts.insert(
        connection,
        "app.thresholds",
        [{**row, "green_max": Decimal("0.2"), "yellow_max": Decimal("0.22"), "red_threshold": Decimal("0.24")}],
    )
    if value:
        number = {**row, "quarter": "2026-Q2", "value": Decimal(value), "unit": "hours", "label": "RHEM"}
        marts.insert(connection, "marts.fct_smartnumbers", [number])


def test_a_number_whose_row_is_gone_keeps_its_alert_and_is_told_as_missing(bare):
    watched(bare, "0.3")
    assert [one.rule for one in evaluate(bare, ORGANIZATION, AS_OF).opened] == ["crossed"]
    october = AS_OF.replace(month=10)
    found = evaluate(bare, ORGANIZATION, october)
    assert ([one.rule for one in found.opened], found.resolved) == (["missing"], ())
    assert found.opened[0].message.endswith("cannot be judged: the marts hold no figure of that time")


def test_a_quarters_number_is_not_replaced_by_a_months(bare):
    watched(bare, "0.3")
    evaluate(bare, ORGANIZATION, AS_OF)
    row = {"organization_id": ORGANIZATION, "client_id": "all", "metric": "rhem", "unit": "hours", "label": "RHEM"}
    marts.insert(bare, "marts.fct_metrics_monthly", [{**row, "period": "2026-09", "value": Decimal("0.1")}])
    assert ended(bare, AS_OF.replace(month=10)) == []


def test_a_number_that_nobody_ever_had_is_not_missed(bare):
    watched(bare, None)
    assert evaluate(bare, ORGANIZATION, AS_OF).opened == ()


def divides(*_: object) -> None:
    1 // 0  # noqa: B018 - it is there to break


def asks_wrongly(_rule: object, situation: Situation) -> None:
    situation._connection.execute("select 1 / 0")


def takes_too_long(_rule: object, situation: Situation) -> None:
    situation._connection.execute("set local statement_timeout = '1ms'")
    situation._connection.execute("select pg_sleep(60)")


@pytest.mark.parametrize("breaks", [divides, asks_wrongly, takes_too_long])
def test_a_rule_that_breaks_ends_nothing_of_its_own_holds_up_no_other_and_is_told(bare, monkeypatch, breaks):
    """One value that nobody had foreseen silenced every alert of the organization."""
    churned(bare)
    rule(bare, "missing", "missing_inputs")
    rule(bare, "over_limit", "signal", signal="portal.up", below="1")
    bare.execute("insert into app.signals values (%s, 'portal.up', 0, %s)", [ORGANIZATION, AUGUST])
    monkeypatch.setitem(rules.KINDS, "subscription", breaks)
    found = evaluate(bare, ORGANIZATION, AUGUST)
    assert [one.rule for one in found.still_open] == ["ended"]
    assert found.resolved == ()
    told = {one.rule: one.message for one in found.opened}
    assert set(told) == {"missing", "over_limit"}
    assert told["missing"].startswith("The alert rule ended cannot be judged: judging broke (")
    assert list(found.waiting) == ["ended"]


def test_rules_that_break_at_one_place_share_one_alert_which_ends_with_the_last_of_them(bare, monkeypatch):
    """One mart that was not what twenty rules asked it for opened twenty."""
    rule(bare, "missing", "missing_inputs")
    names = [f"over_{number}" for number in range(20)]
    for name in names:
        rule(bare, name, "signal", signal="portal.up", below="1")
    bare.execute("insert into app.signals values (%s, 'portal.up', 5, %s)", [ORGANIZATION, AUGUST])
    judges = rules.KINDS["signal"]
    monkeypatch.setitem(rules.KINDS, "signal", asks_wrongly)
    [opened] = evaluate(bare, ORGANIZATION, AUGUST).opened
    assert opened.message.startswith("20 alert rules (")
    assert all(name in opened.message for name in names)
    assert opened.value == 20

    def only_one(of: AlertRule, situation: Situation) -> object:
        return asks_wrongly(of, situation) if of.rule == "over_7" else judges(of, situation)

    monkeypatch.setitem(rules.KINDS, "signal", only_one)
    [still] = evaluate(bare, ORGANIZATION, AUGUST).still_open
    assert (still.alert_id, still.value) == (opened.alert_id, 1)
    assert still.message.startswith("The alert rule over_7 cannot be judged: judging broke (")
    monkeypatch.setitem(rules.KINDS, "signal", judges)
    assert [one.alert_id for one in evaluate(bare, ORGANIZATION, AUGUST).resolved] == [opened.alert_id]


def test_a_server_that_went_is_not_taken_for_a_rule_that_breaks(bare, monkeypatch):
    churned(bare)

    def goes(*_: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setitem(rules.KINDS, "subscription", goes)
    with pytest.raises(psycopg.OperationalError):
        evaluate(bare, ORGANIZATION, AUGUST)
