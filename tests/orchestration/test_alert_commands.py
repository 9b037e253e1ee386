"""`qbr alerts` as a person types it, and what Dagster does twice a minute."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from orchestration import alerting, pipeline, turns
from orchestration.selection import chosen_organizations
from reports.alerts import rules
from tests.command import qbr
from tests.installation import installed
from tests.reports import marts
from warehouse.settings import PROJECT_ROOT, get_settings, now
from warehouse.signals import tell

AS_OF = "2026-07-06T14:00:00Z"


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The demonstration's organization with empty marts and a portal that is down."""
    (tmp_path / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / "demo-msp.yml", tmp_path / "config")
    with installed(database_url, tmp_path / "var", tmp_path / "config", as_of=AS_OF):
        pipeline.prepare(chosen_organizations())
        with psycopg.connect(database_url) as connection:
            marts.create(connection)
            tell(connection, "demo-msp", "portal.up", 0, now() - timedelta(minutes=6))
        yield database_url


@pytest.fixture
def alarmed(installation: str) -> str:
    """One critical alert, told to the file."""
    alerting.watch(chosen_organizations())
    with psycopg.connect(installation) as connection:
        connection.execute("update app.alert_pending set since = since - interval '10 minutes'")
    alerting.watch(chosen_organizations())
    return installation


def test_without_alerts_the_list_says_so(installation):
    assert qbr("alerts", "list").out == "No alert of demo-msp is open.\n"


def test_an_open_alert_is_listed_shown_taken_on_and_found_again(alarmed):
    listed = json.loads(qbr("alerts", "list", "--severity", "critical", "--json").out)
    [alert] = [one for one in listed if one["rule"] == "CrmApiDown"]
    number = str(alert["alert_id"])
    shown = qbr("alerts", "show", number).out
    assert f"Alert {number} (critical, open): portal.up is 0, below 1 for 5 minutes" in shown
    assert "opened by file to" in shown
    assert f"Alert {number} is yours." in qbr("alerts", "ack", number, "--note", "restarting it").out
    assert "acknowledged by" in qbr("alerts", "show", number).out
    found = qbr("alerts", "history", "--search", "restarting")
    assert "1 alerts." in found.out
    kept = json.loads((get_settings().var_dir / "alerts" / "demo-msp" / "alert_history.json").read_text())
    assert any(one["rule"] == "CrmApiDown" and one["state"] == "acknowledged" for one in kept["alerts"])


def test_a_snooze_says_until_when(alarmed):
    [alert] = [one for one in json.loads(qbr("alerts", "list", "--json").out) if one["rule"] == "CrmApiDown"]
    ended = qbr("alerts", "snooze", str(alert["alert_id"]), "--hours", "8")
    assert ended.out == f"Nobody is told of alert {alert['alert_id']} until 2026-07-06 22:00 UTC.\n"


def test_every_rule_says_how_it_stands(alarmed):
    told = " ".join(qbr("alerts", "rules").out.split())
    assert "finds 1 wrong" in told
    assert "waits: nobody has told the signal" in told


def test_a_rule_that_breaks_is_named_and_the_others_are_shown_as_they_stand(alarmed, monkeypatch):
    monkeypatch.setitem(rules.KINDS, "subscription", lambda _rule, _situation: {}["no such"])
    told = " ".join(qbr("alerts", "rules").out.split())
    assert "cannot judge: judging broke" in told
    assert "(KeyError" in told
    assert "finds 1 wrong" in told


def test_channels_that_lack_something_say_what(installation):
    ended = qbr("alerts", "test")
    assert ended.exit_code == 0
    told = " ".join(ended.out.split())
    assert "not configured" in told
    assert "QBR_SMTP_HOST" in told
    assert (get_settings().var_dir / "alerts" / "demo-msp.jsonl").exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("show 99", "demo-msp has no alert 99"),
        ("ack 99", "There is no unresolved alert 99"),
        ("test --channel pigeon", "There is no channel 'pigeon'"),
        ("backtest", "Name a rule, or a --metric with a limit"),
        ("backtest nothing", "demo-msp has no alert rule 'nothing'"),
        ("backtest threshold_crossed --above 3", "say with --metric which one"),
        ("backtest --metric luck --above 3", "'luck' is no metric"),
        ("history --since June", "'June' is not a day"),
    ],
)
def test_what_cannot_be_is_answered_in_a_sentence(installation, typed, told):
    ended = qbr("alerts", *typed.split())
    assert ended.exit_code == 2
    assert told in ended.sentence


def test_while_models_are_built_nothing_is_judged(installation):
    with psycopg.connect(installation, autocommit=True) as builder:
        builder.execute("select pg_advisory_lock(%s)", [turns.BUILD_LOCK])
        said = alerting.watch(chosen_organizations())
        builder.execute("select pg_advisory_unlock(%s)", [turns.BUILD_LOCK])  # the end of a connection is noticed late
    assert said["demo-msp"].startswith("models are built or about to be; reminders only")
    assert "opened" in alerting.watch(chosen_organizations())["demo-msp"]


def test_who_only_reads_the_models_keeps_nobody_from_judging(installation):
    with psycopg.connect(installation, autocommit=True) as reader:
        reader.execute("select pg_advisory_lock_shared(%s)", [turns.BUILD_LOCK])
        said = alerting.watch(chosen_organizations())
    assert "reminders only" not in said["demo-msp"]


def test_an_organization_that_cannot_be_judged_is_told_of_and_the_rest_go_on(alarmed, monkeypatch):
    [demo] = chosen_organizations()
    served: list[str] = []
    monkeypatch.setattr(alerting, "deliver", lambda *_arguments, organization_id, **_: served.append(organization_id))

    def half_built(_connection, organization_id, _as_of):
        if organization_id == demo.id:
            raise psycopg.errors.UndefinedTable("relation marts.fct_metrics_monthly does not exist")
        return "judged"

    monkeypatch.setattr(alerting, "evaluate", half_built)
    other = demo.model_copy(update={"id": "other-msp"})
    with pytest.raises(ExceptionGroup, match="1 of 2 organizations could not be watched"):
        alerting.watch([demo, other])
    assert served == ["demo-msp", "other-msp"]


def test_the_doctor_names_messages_that_were_given_up(alarmed):
    assert "given up" not in qbr("doctor", "--offline").out
    with psycopg.connect(alarmed) as connection:
        connection.execute(
            "update app.outbox set given_up_at = now(), last_error = 'nobody answers', attempts = 200, "
            "delivered_at = null where topic = 'alerts.file.critical'"
        )
    told = qbr("doctor", "--offline").out
    assert "warn demo-msp alerts.file.critical: 1 messages were given up in the last 30 days" in told
    assert "nobody answers" in told


def test_before_the_first_build_nothing_is_judged(database_url, tmp_path):
    (tmp_path / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / "demo-msp.yml", tmp_path / "config")
    with installed(database_url, tmp_path / "var", tmp_path / "config", as_of=AS_OF):
        pipeline.prepare(chosen_organizations())
        assert alerting.watch(chosen_organizations()) == {}
        ended = qbr("alerts", "rules")
    assert ended.exit_code == 2
    assert ended.sentence.endswith("Run `qbr run` first.")
