"""What each kind of rule finds wrong, what it leaves alone, and what it waits for."""

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from reports.alerts import evaluate
from tests.reports import marts
from tests.reports.alerting import AS_OF, HOUR, organization, rule
from warehouse.signals import tell

ORGANIZATION = marts.ORGANIZATION


@pytest.fixture
def bare(warehouse: psycopg.Connection) -> psycopg.Connection:
    """An organization without rules or data."""
    organization(warehouse, sources={"quickbooks": {}})
    return warehouse


def monthly(connection, metric, values: dict[str, str | None], unit="count") -> None:
    row = {"organization_id": ORGANIZATION, "client_id": "all", "metric": metric, "unit": unit, "label": metric}
    given = [
        {**row, "period": month, "value": value and Decimal(value), "reason": None if value else "Nobody counted it."}
        for month, value in values.items()
    ]
    marts.insert(connection, "marts.fct_metrics_monthly", given)


def daily(connection, metric, values: dict[str, str | None], bucket="daily", **reasons) -> None:
    row = {"organization_id": ORGANIZATION, "environment": "production", "client_id": "all", "bucket_type": bucket}
    given = [
        {
            **row,
            "bucket_date": date.fromisoformat(day),
            "last_date": date.fromisoformat(day) + timedelta(days=6 if bucket == "weekly" else 0),
            metric: value and Decimal(value),
            "reasons": {} if value else {metric: "No job was queued"},
        }
        for day, value in values.items()
    ]
    marts.insert(connection, "marts.fct_executive_snapshots", given)


def opened(connection, as_of=AS_OF) -> list[str]:
    return [alert.message for alert in evaluate(connection, ORGANIZATION, as_of).opened]


def test_a_limit_of_the_rules_own_needs_no_threshold(bare):
    rule(bare, "uptime", "threshold", metric="uptime_percentage", below="0.995")
    monthly(bare, "uptime_percentage", {"2026-06": "0.9949"}, "fraction")
    assert opened(bare) == ["Uptime of Jun 2026 is 99.49%, below the limit of 99.50%"]


def test_a_value_on_its_limit_is_not_beyond_it(bare):
    rule(bare, "uptime", "threshold", metric="uptime_percentage", below="0.995")
    monthly(bare, "uptime_percentage", {"2026-06": "0.995"}, "fraction")
    assert opened(bare) == []


def test_a_rule_over_days_looks_at_the_last_day_that_has_a_snapshot(bare):
    rule(bare, "jobs", "threshold", metric="job_failure_rate", above="0.1", bucket="daily")
    daily(bare, "job_failure_rate", {"2026-07-04": "0.01", "2026-07-05": "0.25"})
    assert opened(bare) == ["Job failure rate of Jul 5, 2026 is 25.0%, above the limit of 10.0%"]


def test_a_snapshot_of_last_week_says_nothing_about_today(bare):
    rule(bare, "jobs", "threshold", metric="job_failure_rate", above="0.1", bucket="daily")
    rule(bare, "missing", "missing_inputs")
    daily(bare, "job_failure_rate", {"2026-06-20": "0.25"})
    [alert] = evaluate(bare, ORGANIZATION, AS_OF).opened
    assert (alert.rule, alert.scope) == ("missing", "rule jobs")
    assert alert.message.endswith("Job failure rate, daily, has no value now: the last daily snapshot is of 2026-06-20")


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ("10", "12", None),
        ("10", "13", "up 30.0%, more than 20.0%"),
        ("0", "2", None),
        ("0", "3", "from none, 3 or more are too many"),
        ("13", "2", None),
    ],
)
def test_more_customers_leave_than_the_week_before(bare, before, now, says):
    rule(bare, "churn", "change", metric="churned_customers", bucket="weekly", rises_by="0.2", from_zero=3)
    daily(bare, "churned_customers", {"2026-06-22": before, "2026-06-29": now}, bucket="weekly")
    assert [message.split("; ")[1] for message in opened(bare)] == ([says] if says else [])


def test_growth_that_is_too_slow_names_both_months(bare):
    rule(bare, "growth", "change", metric="mrr_run_rate", rises_less_than="0.05")
    monthly(bare, "mrr_run_rate", {"2026-05": "100000", "2026-06": "104000"}, "usd")
    [alert] = evaluate(bare, ORGANIZATION, AS_OF).opened
    assert alert.message == (
        "MRR run rate of Jun 2026 is $104,000.00 after $100,000.00 of May 2026; "
        "up 4.0%, where at least 5.0% more is expected"
    )
    assert alert.threshold == Decimal(105000)


def test_an_unusual_month_is_told_beside_what_was_usual(bare):
    rule(bare, "unusual", "anomaly")
    row = {"organization_id": ORGANIZATION, "client_id": "all", "period": "2026-06", "unit": "hours"}
    facts = {"metric": "reactive_time_spent", "value": Decimal(300), "median": Decimal(96), "is_anomaly": True}
    marts.insert(bare, "marts.fct_metric_anomalies", [{**row, **facts}])
    assert opened(bare) == [
        "Total time on reactive tickets of Jun 2026 is 300.00 h; the year before, 96.00 h was usual"
    ]


def test_books_that_do_not_tie_are_one_alert_a_statement_and_month(bare):
    rule(bare, "ties", "reconciliation", at_least="0.01")
    row = {"organization_id": ORGANIZATION, "period": "2026-05", "basis": "Accrual"}
    groups = [("Income", "0"), ("Expenses", "-412.5"), ("NetIncome", "412.5")]
    given = [{**row, "report_group": group, "difference": Decimal(amount)} for group, amount in groups]
    marts.insert(bare, "marts.fct_profit_and_loss_ties", [*given, {**given[1], "period": "2025-05"}])
    assert opened(bare) == [
        "Profit and loss of May 2026 does not tie: 2 lines differ, most of all Expenses by \u2212$412.50"
    ]


def test_a_client_who_ends_its_subscriptions_is_named(bare):
    rule(bare, "ended", "subscription", movements=["churn", "contraction"], at_least="100")
    marts.insert(
        bare, "marts.dim_clients", [{"organization_id": ORGANIZATION, "client_id": "birch", "name": "Birch Freight"}]
    )
    row = {"organization_id": ORGANIZATION, "period": "2026-06", "closing_mrr": Decimal(0)}
    moves = [
        {**row, "client_id": "birch", "movement": "churn", "churn_mrr": Decimal(900)},
        {**row, "client_id": "small", "movement": "contraction", "contraction_mrr": Decimal(99)},
        {**row, "client_id": "new", "movement": "new", "new_mrr": Decimal(500)},
    ]
    marts.insert(bare, "marts.fct_mrr_movements", moves)
    assert opened(bare) == [
        "Birch Freight has ended its subscriptions: $900.00 of monthly recurring revenue less in Jun 2026"
    ]


def test_invoices_at_the_last_stage_of_dunning(bare):
    rule(bare, "overdue", "dunning", stages=["failed_three_times"])
    row = {"organization_id": ORGANIZATION, "period": "2026-06", "open_amount": Decimal(1250)}
    stages = [{**row, "stage": "failed_once", "open_invoices": 4}, {**row, "stage": "failed_three_times",
              "open_invoices": 1}]  # fmt: skip
    marts.insert(bare, "marts.fct_dunning_months", stages)
    assert opened(bare) == [
        "1 invoice, $1,250, could not be collected three times and stood open at the end of Jun 2026"
    ]


@pytest.mark.parametrize(("days", "opens"), [(85, False), (86, True), (120, True)])
def test_a_sign_in_that_lapses_within_two_weeks(bare, days, opens):
    rule(bare, "token", "token_expiry", within_days=14, lives_days=100)
    sealed = {"key_id": "k", "nonce": b"n", "sealed": b"s", "origin": "connected", "connected_by": "owner"}
    row = {"organization_id": ORGANIZATION, "source": "quickbooks", "environment": "production"}
    marts.insert(bare, "app.credentials", [{**row, **sealed, "updated_at": AS_OF - timedelta(days=days)}])
    assert len(opened(bare)) == opens


def test_a_renewal_that_was_refused_is_told_whenever_it_lapses(bare):
    rule(bare, "token", "token_expiry", within_days=14, lives_days=100)
    sealed = {"key_id": "k", "nonce": b"n", "sealed": b"s", "origin": "connected", "connected_by": "owner"}
    row = {"organization_id": ORGANIZATION, "source": "quickbooks", "environment": "production"}
    marts.insert(bare, "app.credentials", [{**row, **sealed, "updated_at": AS_OF - timedelta(days=1)}])
    fresh = {"organization_id": ORGANIZATION, "source": "quickbooks", "stream": "accounts", "last_outcome": "failed"}
    told = "QuickBooks refused the refresh token of realm 9."
    marts.insert(bare, "marts.fct_source_freshness", [{**fresh, "last_error": told}])
    [message] = opened(bare)
    assert message == f"quickbooks: the last renewal was refused: {told}. It was last renewed on 2026-07-05"


def test_a_signal_must_be_wrong_for_as_long_as_the_rule_asks(bare):
    rule(bare, "down", "signal", signal="portal.up", below="1", for_minutes=5)
    for minute in range(12):
        now = AS_OF + timedelta(minutes=minute)
        tell(bare, ORGANIZATION, "portal.up", 1 if minute == 3 else 0, now)
        found = evaluate(bare, ORGANIZATION, now).opened
        assert len(found) == (minute == 9), minute  # wrong since minute 4, after a good reading in minute 3
    assert found == ()


def test_an_hour_without_a_new_reading_neither_opens_nor_ends_a_signals_alert(bare):
    rule(bare, "down", "signal", signal="portal.up", below="1")
    rule(bare, "missing", "missing_inputs")
    tell(bare, ORGANIZATION, "portal.up", 0, AS_OF)
    assert len(opened(bare)) == 1
    later = evaluate(bare, ORGANIZATION, AS_OF + HOUR)
    assert [alert.rule for alert in later.still_open] == ["down"]
    assert [alert.scope for alert in later.opened] == ["rule down"]


def test_a_signal_speaks_only_while_its_companion_does(bare):
    rule(bare, "stalled", "signal", signal="invoices.created_24h", below="1", only_while="payments.received_24h")
    tell(bare, ORGANIZATION, "invoices.created_24h", 0, AS_OF)
    assert evaluate(bare, ORGANIZATION, AS_OF).waiting == {
        "stalled": "nobody has told the signal payments.received_24h yet"
    }
    tell(bare, ORGANIZATION, "payments.received_24h", 0, AS_OF)
    assert opened(bare) == []
    tell(bare, ORGANIZATION, "payments.received_24h", 4, AS_OF)
    assert len(opened(bare)) == 1


def test_a_companion_that_is_not_known_ends_nothing(bare):
    rule(bare, "stalled", "signal", signal="invoices.created_24h", below="1", only_while="payments.received_24h")
    tell(bare, ORGANIZATION, "invoices.created_24h", 0, AS_OF)
    tell(bare, ORGANIZATION, "payments.received_24h", 4, AS_OF)
    assert len(opened(bare)) == 1
    later = AS_OF + HOUR
    tell(bare, ORGANIZATION, "invoices.created_24h", 0, later)
    assert evaluate(bare, ORGANIZATION, later).resolved == ()
    tell(bare, ORGANIZATION, "payments.received_24h", 0, later)
    assert len(evaluate(bare, ORGANIZATION, later).resolved) == 1


def test_a_signal_that_comes_no_more(bare):
    rule(bare, "silent", "signal_stale", signal="scrape.samples", after_minutes=10)
    assert evaluate(bare, ORGANIZATION, AS_OF).waiting == {"silent": "nobody has told the signal scrape.samples yet"}
    tell(bare, ORGANIZATION, "scrape.samples", 5, AS_OF)
    assert opened(bare, AS_OF + timedelta(minutes=10)) == []
    assert len(opened(bare, AS_OF + timedelta(minutes=11))) == 1


def test_a_rule_that_never_had_its_figure_waits_and_opens_nothing(bare):
    rule(bare, "jobs", "threshold", metric="job_failure_rate", above="0.1", bucket="daily")
    rule(bare, "missing", "missing_inputs")
    daily(bare, "job_failure_rate", {"2026-07-05": None})
    summary = evaluate(bare, ORGANIZATION, AS_OF)
    assert summary.opened == ()
    assert summary.waiting == {"jobs": "Job failure rate has no value yet: No job was queued"}
