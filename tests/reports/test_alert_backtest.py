"""A rule tried on the past says which alerts it would have brought: the same that it brings when each month comes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.alerts import evaluate, rules
from reports.alerts.backtest import _lived, backtest, rule_named
from reports.alerts.conditions import Condition, Judgement
from reports.alerts.evaluation import reporter_of
from reports.alerts.incidents import settle, unresolved
from reports.alerts.routing import routing_of
from reports.errors import UnknownScope
from reports.views import organizations as views
from reports.views.watching import AlertRule
from tests.reports import marts
from tests.reports.alerting import organization, rule
from warehouse.periods import Period

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
MONTHS = [str(Period(2025, 6) + number) for number in range(13)]


@pytest.fixture
def kept(warehouse: psycopg.Connection) -> psycopg.Connection:
    """Thirteen months of uptime, and a rule over it."""
    organization(warehouse)
    rule(warehouse, "uptime", "threshold", metric="uptime_percentage", below="0.995")
    rule(warehouse, "source_failed", "source_failed")
    return warehouse


def uptime(connection, values: list[str | None]) -> None:
    row = {"organization_id": marts.ORGANIZATION, "client_id": "all", "metric": "uptime_percentage", "unit": "fraction"}
    connection.execute("delete from marts.fct_metrics_monthly")
    given = [
        {**row, "period": month, "value": None if value is None else Decimal(value)}
        for month, value in zip(MONTHS, values, strict=True)
    ]
    marts.insert(connection, "marts.fct_metrics_monthly", given)


def tried(connection, name="uptime", **bounds):
    return backtest(connection, marts.ORGANIZATION, rule_named(connection, marts.ORGANIZATION, name), NOW, **bounds)


def test_months_in_a_row_are_one_alert_and_what_is_not_known_ends_none(kept):
    good, bad = "0.999", "0.99"
    uptime(kept, [good, bad, bad, good, good, bad, None, bad, good, good, good, good, "0.98"])
    done = tried(kept)
    assert [(str(one.opened_at.date()), one.resolved_at and str(one.resolved_at.date())) for one in done.incidents] == [
        ("2025-08-01", "2025-10-01"), ("2025-12-01", "2026-03-01"), ("2026-07-01", None),
    ]  # fmt: skip
    assert str(done) == (
        "uptime would have brought 3 alerts from 2025-06 to 2026-06; at 1 of 13 moments it could not judge"
    )


def test_another_span_of_months_can_be_asked_for(kept):
    uptime(kept, ["0.99"] * 13)
    done = tried(kept, first=Period(2026, 1), last=Period(2026, 3))
    assert (done.first, done.last, len(done.incidents)) == (Period(2026, 1), Period(2026, 3), 1)


def test_a_rule_that_breaks_is_said_and_brings_nothing(kept, monkeypatch):
    uptime(kept, ["0.99"] * 13)

    def breaks(_rule, situation):
        situation._connection.execute("select 1 / 0")

    monkeypatch.setitem(rules.KINDS, "threshold", breaks)
    done = tried(kept)
    assert done.incidents == ()
    assert "at 13 of 13 moments it could not judge (judging broke (DivisionByZero at " in str(done)


def test_nothing_is_written(kept):
    uptime(kept, ["0.99"] * 13)
    tried(kept)
    assert kept.execute("select count(*) from app.alerts").fetchone() == (0,)


def test_a_rule_of_the_present_has_no_past(kept):
    with pytest.raises(UnknownScope, match="looks at the present moment alone"):
        tried(kept, "source_failed")


def test_a_rule_that_is_not_there_is_told_with_those_that_are(kept):
    with pytest.raises(UnknownScope, match="has no alert rule 'downtime'; it has source_failed, uptime"):
        tried(kept, "downtime")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["0.999", "0.99", None]), min_size=13, max_size=13))
def test_the_past_brings_the_alerts_that_the_months_would_have_brought_one_by_one(kept, values):
    uptime(kept, values)
    kept.execute("delete from app.outbox")
    known = kept.execute("select coalesce(max(alert_id), 0) from app.alerts").fetchone()[0]
    kept.execute("update app.alerts set state = 'resolved', resolved_at = now() where state <> 'resolved'")
    for month in MONTHS:
        moment = (Period.parse(month) + 1).bounds("America/Chicago")[0]
        evaluate(kept, marts.ORGANIZATION, moment.replace(hour=13))
    lived = kept.execute(
        "select first_seen_at::date, resolved_at::date from app.alerts where alert_id > %s order by 1", [known]
    ).fetchall()
    done = tried(kept, first=Period.parse(MONTHS[0]))
    assert [(one.opened_at.date(), one.resolved_at and one.resolved_at.date()) for one in done.incidents] == lived


SCOPES, STEP = ("a", "b"), timedelta(minutes=10)
SAYS = st.sampled_from(["wrong", "wrong but old", "right", "unknown", "not looked at"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(SCOPES, SAYS)), min_size=1, max_size=10),
    st.sampled_from([0, 10, 25]),
    st.sampled_from([0, 10, 25]),
)
def test_alerts_of_the_past_live_by_the_rules_of_alerts_of_the_present(kept, said, held, resolves):
    tried_rule = AlertRule(
        "lived", "threshold", None, "medium", {"for_minutes": held, "resolve_after_minutes": resolves}, ()
    )
    judged = [(NOW + number * STEP, judgement(each)) for number, each in enumerate(said)]
    about = views.organization(kept, marts.ORGANIZATION)
    kept.execute("delete from app.alert_pending")
    kept.execute("update app.alerts set state = 'resolved', resolved_at = last_seen_at where state <> 'resolved'")
    known = kept.execute("select coalesce(max(alert_id), 0) from app.alerts").fetchone()[0]
    for moment, each in judged:
        reporter = reporter_of(kept, about, moment)
        settle(reporter, routing_of(about), tried_rule, each, unresolved(reporter))
    lived = kept.execute(
        "select scope, first_seen_at, last_seen_at, resolved_at from app.alerts where alert_id > %s order by 2, 1",
        [known],
    ).fetchall()
    incidents, _ = _lived(tried_rule, iter(judged))
    assert [(one.scope, one.opened_at, one.resolved_at) for one in incidents] == [
        (scope, opened, resolved) for scope, opened, _, resolved in lived
    ]


def judgement(said: dict[str, str]) -> Judgement:
    found = [
        Condition(scope, f"{scope} is wrong", "Mend it.", "docs/runbooks/figures.md", may_open=words == "wrong")
        for scope, words in said.items()
        if words.startswith("wrong")
    ]
    unknown = frozenset(scope for scope, words in said.items() if words == "unknown")
    return Judgement(found, unknown, judged=frozenset(said) - {one for one in said if said[one] == "not looked at"})
