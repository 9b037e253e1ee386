"""One open alert per rule and scope, told once, resolved when it no longer holds; a missing value proves nothing."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from reports.alerts import evaluate, raise_run_failed, resolve_run_failed
from reports.errors import UnknownScope
from tests.reports import marts

ROOT = Path(__file__).parents[2]
AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
LATER = AS_OF + timedelta(hours=1)
SOURCES = {source: {"is_enabled": True} for source in marts.STREAMS}
RULES = {
    "threshold_crossed": ("threshold", "medium", {}),
    "source_failed": ("source_failed", "high", {}),
    "source_stale": ("source_stale", "high", {"after_hours": 26}),
    "missing_inputs": ("missing_inputs", "low", {}),
    "check_failed": ("check_failed", "high", {}),
}


@pytest.fixture
def quiet(warehouse: psycopg.Connection) -> psycopg.Connection:
    """An organization with all rules and nothing wrong."""
    marts.organization(warehouse, settings={"sources": SOURCES, "delivery": {"digest": {"at": []}}})
    marts.periods(warehouse)
    marts.smartnumbers(warehouse)
    marts.sources(warehouse)
    for rule, (kind, severity, parameters) in RULES.items():
        add_rule(warehouse, rule, kind=kind, severity=severity, parameters=parameters)
    return warehouse


def add_rule(connection, rule, *, kind, severity="medium", parameters=None, metric=None) -> None:
    row = {"organization_id": marts.ORGANIZATION, "rule": rule, "kind": kind, "metric": metric, "severity": severity}
    channels = ["email", "chat_webhook", "file"]
    marts.insert(connection, "app.alert_rules", [{**row, "parameters": parameters or {}, "channels": channels}])


def watch(connection, metric, **bounds) -> None:
    row = {"organization_id": marts.ORGANIZATION, "metric": metric}
    marts.insert(connection, "app.thresholds", [{**row, **{name: Decimal(bound) for name, bound in bounds.items()}}])


def set_value(connection, metric, value, reason=None) -> None:
    connection.execute(
        "update marts.fct_smartnumbers set value = %s, reason = %s where metric = %s and quarter = %s",
        [value, reason, metric, marts.QUARTER],
    )


def states(connection) -> list[tuple[str, str, str]]:
    return connection.execute("select rule, scope, state from app.alerts order by alert_id").fetchall()


def told(connection) -> list[tuple[str, str]]:
    return connection.execute("select topic, payload #>> '{facts,event}' from app.outbox order by outbox_id").fetchall()


def test_nothing_wrong_opens_nothing(quiet):
    summary = evaluate(quiet, marts.ORGANIZATION, AS_OF)
    assert str(summary) == "0 opened, 0 still open, 0 resolved"
    assert states(quiet) == []


def test_a_value_beyond_its_alarm_line_opens_one_alert_with_everything_a_reader_needs(quiet):
    watch(quiet, "rhem", green_max="0.20", yellow_max="0.22", red_threshold="0.24")
    [alert] = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert alert.message == (
        "Reactive hours per endpoint per month (RHEM) of Q2 2026 is 0.242 h; its alarm line is 0.240 h"
    )
    assert (alert.rule, alert.scope, alert.severity) == ("threshold_crossed", "rhem", "medium")
    assert (alert.value, alert.threshold) == (Decimal("0.2424"), Decimal("0.24"))
    assert "qbr explain rhem" in alert.next_action
    assert alert.runbook == "docs/runbooks/figures.md#threshold-crossed"
    assert told(quiet) == [
        ("alerts.email", "opened"), ("alerts.chat_webhook", "opened"), ("alerts.file", "opened"),
    ]  # fmt: skip


def test_an_alert_that_still_holds_moves_its_last_sight_and_is_not_told_again(quiet):
    watch(quiet, "rhem", green_max="0.20", yellow_max="0.22", red_threshold="0.24")
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    set_value(quiet, "rhem", Decimal("0.3000"))
    summary = evaluate(quiet, marts.ORGANIZATION, LATER)
    [alert] = summary.still_open
    assert summary.opened == ()
    assert (alert.first_seen_at, alert.last_seen_at) == (AS_OF, LATER)
    assert alert.value == Decimal("0.3000")
    assert len(told(quiet)) == 3


def test_an_alert_is_resolved_and_told_once_when_it_no_longer_holds(quiet):
    watch(quiet, "rhem", green_max="0.20", yellow_max="0.22", red_threshold="0.24")
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    set_value(quiet, "rhem", Decimal("0.1500"))
    [alert] = evaluate(quiet, marts.ORGANIZATION, LATER).resolved
    assert alert.resolved_at == LATER
    evaluate(quiet, marts.ORGANIZATION, LATER + timedelta(hours=1))
    assert states(quiet) == [("threshold_crossed", "rhem", "resolved")]
    assert [event for _, event in told(quiet)] == ["opened"] * 3 + ["resolved"] * 3


def test_a_value_that_comes_and_goes_makes_an_incident_each_time_and_never_two_at_once(quiet):
    watch(quiet, "rhem", green_max="0.20", yellow_max="0.22", red_threshold="0.24")
    for hour in range(20):
        set_value(quiet, "rhem", Decimal("0.3000") if hour % 4 < 2 else Decimal("0.1000"))
        evaluate(quiet, marts.ORGANIZATION, AS_OF + timedelta(hours=hour))
        evaluate(quiet, marts.ORGANIZATION, AS_OF + timedelta(hours=hour))
    assert states(quiet) == [("threshold_crossed", "rhem", "resolved")] * 5
    assert len(told(quiet)) == 5 * 2 * 3


def test_a_missing_value_neither_opens_nor_resolves_but_is_told_as_missing(quiet):
    watch(quiet, "rhem", green_max="0.20", yellow_max="0.22", red_threshold="0.24")
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    set_value(quiet, "rhem", None, "No device was read in the quarter.")
    summary = evaluate(quiet, marts.ORGANIZATION, LATER)
    assert [(alert.rule, alert.scope) for alert in summary.opened] == [("missing_inputs", "rhem")]
    assert [(alert.rule, alert.last_seen_at) for alert in summary.still_open] == [("threshold_crossed", AS_OF)]
    assert summary.resolved == ()
    assert summary.opened[0].message == (
        "Reactive hours per endpoint per month (RHEM) of Q2 2026 has no value, so its threshold cannot be judged: "
        "No device was read in the quarter"
    )


def test_without_an_alarm_line_red_opens_the_alert_and_yellow_does_not(quiet):
    watch(quiet, "net_profit_pct", green_min="0.20", yellow_min="0.10")
    assert evaluate(quiet, marts.ORGANIZATION, AS_OF).opened == ()
    set_value(quiet, "net_profit_pct", Decimal("0.0900"))
    [alert] = evaluate(quiet, marts.ORGANIZATION, LATER).opened
    assert alert.message == "Net profit % of Q2 2026 is 9.0%; its target is 20.0% or more"
    assert alert.threshold == Decimal("0.20")


def test_with_an_alarm_line_red_alone_opens_nothing(quiet):
    watch(quiet, "net_profit_pct", green_min="0.20", yellow_min="0.15", red_threshold="0.05")
    assert evaluate(quiet, marts.ORGANIZATION, AS_OF).opened == ()


def test_a_monthly_metric_with_a_threshold_is_judged_by_its_last_complete_month(quiet):
    watch(quiet, "cash_reserve", green_min="50000", yellow_min="20000")
    for period, value in (("2026-06", "12000"), ("2026-07", "90000")):
        row = {"organization_id": marts.ORGANIZATION, "client_id": "all", "period": period, "metric": "cash_reserve"}
        more = {
            "label": "Cash reserve",
            "value": Decimal(value),
            "unit": "usd",
            "is_complete_period": period == "2026-06",
        }
        marts.insert(quiet, "marts.fct_metrics_monthly", [{**row, **more}])
    [alert] = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert alert.message == "Cash reserve of Jun 2026 is $12,000.00; its target is $50,000.00 or more"


def test_a_source_that_failed_is_one_alert_whatever_the_number_of_streams(quiet):
    quiet.execute(
        "update marts.fct_source_freshness set last_outcome = 'failed', last_error = 'ConnectWise refused the keys.' "
        "where source = 'connectwise'"
    )
    [alert] = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert alert.message == (
        "The last read of connectwise failed for agreements, boards, companies, tickets, time_entries: "
        "ConnectWise refused the keys."
    )
    assert (alert.rule, alert.scope, alert.severity) == ("source_failed", "connectwise", "high")


@pytest.mark.parametrize(("hours", "opens"), [(26, False), (27, True)])
def test_a_source_is_stale_after_26_hours_without_a_complete_read(quiet, hours, opens):
    summary = evaluate(quiet, marts.ORGANIZATION, AS_OF + timedelta(hours=hours))
    assert [alert.scope for alert in summary.opened] == (sorted(marts.STREAMS) if opens else [])


def test_a_source_that_was_never_read_is_stale_and_one_that_is_turned_off_is_not(quiet):
    quiet.execute("delete from marts.fct_source_freshness where source in ('stripe', 'quickbooks')")
    quiet.execute(
        """update app.organizations set settings = '{"sources": {"ninjaone": {}, "connectwise": {},
        "stripe": {"is_enabled": true}, "quickbooks": {"is_enabled": false}}}'"""
    )
    [alert] = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert (alert.scope, alert.message) == (
        "stripe", "stripe was never read completely; it should be read every 26 hours",
    )  # fmt: skip


def test_missing_inputs_are_one_alert_a_month_and_old_months_open_none(quiet):
    for period in ("2025-04", "2026-05", "2026-06"):
        row = {
            "organization_id": marts.ORGANIZATION,
            "period": period,
            "metric": "employees",
            "label": "# of employees",
        }
        marts.insert(quiet, "marts.fct_missing_inputs", [{**row, "reason": "nobody entered one"}])
    opened = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert [(alert.scope, alert.message) for alert in opened] == [
        ("2026-05", "1 input is missing for May 2026: employees"),
        ("2026-06", "1 input is missing for Jun 2026: employees"),
    ]


def test_a_month_that_still_misses_an_input_keeps_its_alert_when_its_quarter_is_past(quiet):
    row = {"organization_id": marts.ORGANIZATION, "period": "2026-05", "metric": "employees", "label": "# of employees"}
    marts.insert(quiet, "marts.fct_missing_inputs", [{**row, "reason": "nobody entered one"}])
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    quiet.execute("update marts.fct_source_freshness set completed_as_of = '2026-11-02'")
    summary = evaluate(quiet, marts.ORGANIZATION, datetime(2026, 11, 2, tzinfo=UTC))
    assert [alert.scope for alert in summary.still_open] == ["2026-05"]
    assert summary.resolved == ()


def test_a_failing_error_check_opens_an_alert_and_a_warning_does_not(quiet):
    marts.checks(quiet, failing=True)
    [alert] = evaluate(quiet, marts.ORGANIZATION, AS_OF).opened
    assert (alert.rule, alert.scope) == ("check_failed", "every_account_is_mapped")
    assert "2 accounts have no rule" in alert.message


def test_what_a_rule_found_is_resolved_when_the_rule_is_switched_off(quiet):
    marts.checks(quiet, failing=True)
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    quiet.execute("update app.alert_rules set is_active = false where rule = 'check_failed'")
    assert [alert.rule for alert in evaluate(quiet, marts.ORGANIZATION, LATER).resolved] == ["check_failed"]


def test_an_acknowledged_alert_is_not_opened_again(quiet):
    marts.checks(quiet, failing=True)
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    quiet.execute("update app.alerts set state = 'acknowledged'")
    assert [alert.state for alert in evaluate(quiet, marts.ORGANIZATION, LATER).still_open] == ["acknowledged"]


def test_a_channel_the_organization_turned_off_is_told_nothing(quiet):
    quiet.execute(
        """update app.organizations set settings = settings || '{"delivery": {"email": {"is_enabled": false},
        "chat_webhook": false}}'"""
    )
    marts.checks(quiet, failing=True)
    evaluate(quiet, marts.ORGANIZATION, AS_OF)
    assert told(quiet) == [("alerts.file", "opened")]


def test_a_failed_run_is_one_alert_a_job_until_a_run_of_it_succeeds(quiet):
    for number in (1, 2):
        raise_run_failed(
            quiet, marts.ORGANIZATION, job="nightly", run_id=f"run-{number}", message="disk\nfull", as_of=AS_OF
        )
    raise_run_failed(quiet, marts.ORGANIZATION, job="devices", run_id="run-3", message="", as_of=AS_OF)
    assert evaluate(quiet, marts.ORGANIZATION, LATER).resolved == ()
    [alert] = resolve_run_failed(quiet, marts.ORGANIZATION, job="nightly", as_of=LATER).resolved
    assert alert.message == "Run run-2 of nightly failed: disk full"
    assert states(quiet) == [("run_failed", "nightly", "resolved"), ("run_failed", "devices", "open")]


def test_a_rule_of_an_unknown_kind_is_named_and_nothing_is_written(quiet):
    add_rule(quiet, "odd", kind="phase_of_the_moon")
    with pytest.raises(LookupError, match="'odd' of fernhill-it has the kind 'phase_of_the_moon'"):
        evaluate(quiet, marts.ORGANIZATION, AS_OF)


def test_alerts_of_an_organization_nobody_configured_end_in_one_sentence(quiet):
    with pytest.raises(UnknownScope, match="No organization 'nobody' is configured"):
        evaluate(quiet, "nobody", AS_OF)


def test_every_page_of_the_runbook_that_a_message_names_is_there_with_its_heading():
    code = "".join(path.read_text() for path in (ROOT / "reports" / "alerts").rglob("*.py"))
    named = set(re.findall(r"docs/runbooks/([a-z]+)\.md(?:#([a-z-]+))?\"", code))
    assert len(named) >= 12
    for page, anchor in named:
        headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "runbooks" / f"{page}.md").read_text(), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, (page, anchor)
