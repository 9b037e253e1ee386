"""Routes, digests, repeats, escalation, acknowledging and snoozing, on the clock of the test."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from reports.alerts import deliver, evaluate
from reports.alerts.evaluation import follow_up
from reports.alerts.handling import acknowledge, snooze
from reports.errors import UnknownScope
from tests.reports import marts
from tests.reports.alerting import AS_OF, AT_ONCE, HOUR, events, organization, portal, queued, rule
from tests.reports.receivers import Mailbox, free_port, mail_server
from warehouse.audit import Actor
from warehouse.settings import Settings

ANNA = Actor("person", "anna")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def watched(committing: psycopg.Connection) -> psycopg.Connection:
    """One critical rule over a signal, told over the file alone."""
    organization(committing, {**AT_ONCE, "channels": ["file"]})
    rule(committing, "down", "signal", severity="critical", signal="portal.up", below="1")
    committing.commit()
    return committing


def steps(connection) -> list[str]:
    return [step for step, _ in events(connection)]


@pytest.mark.parametrize(("area", "hours"), [("finance", [2, 4, 6]), ("product", [4])])
def test_people_are_told_again_until_somebody_takes_it_on(committing, area, hours):
    organization(committing, {**AT_ONCE, "channels": ["file"]})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1", area=area)
    for minutes in range(0, 7 * 60, 10):
        portal(committing, up=False, at=AS_OF + timedelta(minutes=minutes))
        committing.execute("update app.outbox set delivered_at = now()")
    assert [at - AS_OF for step, at in events(committing) if step == "reminder"] == [hour * HOUR for hour in hours]


def test_medium_and_low_alerts_are_told_once(committing):
    organization(committing, {**AT_ONCE, "channels": ["file"]})
    rule(committing, "down", "signal", severity="medium", signal="portal.up", below="1")
    for hours in range(24):
        portal(committing, up=False, at=AS_OF + hours * HOUR)
    assert steps(committing) == ["opened"]


def test_nobody_is_reminded_over_a_channel_that_still_has_to_bring_the_first_message(watched):
    for hours in range(10):
        portal(watched, up=False, at=AS_OF + hours * HOUR)
    assert steps(watched) == ["opened", "reminder", "reminder"]
    assert [event for _, event in queued(watched)] == ["opened"]


def test_an_acknowledged_alert_is_repeated_no_more_and_ends_by_itself(watched):
    portal(watched, up=False, at=AS_OF)
    acknowledge(watched, marts.ORGANIZATION, 1, actor=ANNA, as_of=AS_OF + HOUR, note="on it")
    for hours in range(2, 12):
        portal(watched, up=False, at=AS_OF + hours * HOUR)
    portal(watched, up=True, at=AS_OF + 12 * HOUR)
    assert steps(watched) == ["opened", "acknowledged", "resolved"]
    assert [event for _, event in queued(watched)] == ["opened", "resolved"]
    logged = watched.execute("select actor_id, action, resource, reason from app.audit_log").fetchall()
    assert logged == [("anna", "acknowledge_alert", "alert 1", "on it")]


def test_a_snoozed_alert_is_told_again_when_the_snooze_is_over_and_it_still_holds(watched):
    portal(watched, up=False, at=AS_OF)
    watched.execute("update app.outbox set delivered_at = now()")
    snooze(watched, marts.ORGANIZATION, 1, until=AS_OF + 6 * HOUR, actor=ANNA, as_of=AS_OF + HOUR)
    for hours in range(2, 8):
        portal(watched, up=False, at=AS_OF + hours * HOUR)
    woken = [at for step, at in events(watched) if step == "woken"]
    assert woken == [AS_OF + 6 * HOUR]
    assert [event for _, event in queued(watched)][:2] == ["opened", "woken"]


def test_a_snoozed_alert_that_ends_meanwhile_is_told_as_ended(watched):
    portal(watched, up=False, at=AS_OF)
    snooze(watched, marts.ORGANIZATION, 1, until=AS_OF + 6 * HOUR, actor=ANNA, as_of=AS_OF + HOUR)
    portal(watched, up=True, at=AS_OF + 2 * HOUR)
    assert steps(watched) == ["opened", "snoozed", "resolved"]


def test_an_alert_that_is_over_cannot_be_taken_on(watched):
    portal(watched, up=False, at=AS_OF)
    portal(watched, up=True, at=AS_OF + HOUR)
    with pytest.raises(UnknownScope, match=r"no unresolved alert 1 \(open: none is\)"):
        acknowledge(watched, marts.ORGANIZATION, 1, actor=ANNA, as_of=AS_OF)
    with pytest.raises(UnknownScope, match="up to 30 days"):
        snooze(watched, marts.ORGANIZATION, 1, until=AS_OF + timedelta(days=31), actor=ANNA, as_of=AS_OF)


def test_a_value_that_comes_and_goes_is_one_alert_where_the_rule_waits_before_it_ends(committing):
    organization(committing, {**AT_ONCE, "channels": ["file"]})
    rule(committing, "down", "signal", severity="critical", signal="portal.up", below="1", resolve_after_minutes=15)
    for minutes in range(60):
        portal(committing, up=minutes % 10 == 5 or minutes > 40, at=AS_OF + minutes * MINUTE)
    assert events(committing) == [("opened", AS_OF), ("resolved", AS_OF + 56 * MINUTE)]


def test_reminders_go_on_while_models_are_being_built(watched):
    portal(watched, up=False, at=AS_OF)
    follow_up(watched, marts.ORGANIZATION, AS_OF + 4 * HOUR)
    assert steps(watched) == ["opened", "reminder"]


@pytest.fixture
def routed(committing: psycopg.Connection) -> psycopg.Connection:
    """Finance goes to the bookkeeper, what is critical to everyone, the rest to the usual channel."""
    routes = [
        {"severities": ["critical"], "channels": ["slack", "email"], "recipients": ["owner@example.com"]},
        {"areas": ["finance"], "channels": ["email"], "recipients": ["books@example.com"]},
    ]
    organization(committing, {**AT_ONCE, "channels": ["teams"], "routes": routes})
    return committing


@pytest.mark.parametrize(
    ("severity", "area", "goes"),
    [
        ("critical", "product", {("slack", ()), ("email", ("owner@example.com",))}),
        ("critical", "finance", {("slack", ()), ("email", ("owner@example.com", "books@example.com"))}),
        ("low", "finance", {("email", ("books@example.com",))}),
        ("low", "product", {("teams", ())}),
    ],
)
def test_severity_and_area_choose_channels_and_people(routed, severity, area, goes):
    rule(routed, "down", "signal", severity=severity, signal="portal.up", below="1", area=area)
    portal(routed, up=False, at=AS_OF)
    told = routed.execute("select payload ->> 'channel', payload -> 'recipients' from app.outbox").fetchall()
    assert {(channel, tuple(people)) for channel, people in told} == goes


def test_a_rule_with_channels_of_its_own_is_not_routed(routed):
    rule(routed, "down", "signal", severity="critical", signal="portal.up", below="1", channels=("file",))
    portal(routed, up=False, at=AS_OF)
    assert queued(routed) == [("alerts.file.critical", "opened")]


def test_what_nobody_acknowledges_goes_to_the_next_and_its_end_too(committing):
    levels = [
        {"after_minutes": 30, "channels": ["email"], "recipients": ["lead@example.com"]},
        {"after_minutes": 90, "channels": ["email"], "recipients": ["owner@example.com"], "severities": ["critical"]},
    ]
    organization(committing, {**AT_ONCE, "channels": ["file"], "escalation": levels})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1")
    for minutes in range(0, 121, 1):
        portal(committing, up=minutes == 120, at=AS_OF + minutes * MINUTE)
    assert events(committing) == [
        ("opened", AS_OF), ("escalated", AS_OF + 30 * MINUTE), ("resolved", AS_OF + 120 * MINUTE),
    ]  # fmt: skip
    mails = committing.execute(
        "select payload #>> '{facts,event}', payload -> 'recipients' from app.outbox where topic like '%email%'"
    ).fetchall()
    assert mails == [("escalated", ["lead@example.com"]), ("resolved", ["lead@example.com"])]


def test_the_end_of_an_alert_reaches_every_level_that_it_was_escalated_to(committing):
    """Only the last level learned of it: the first went on looking for what was mended."""
    levels = [
        {"after_minutes": 30, "channels": ["email"], "recipients": ["lead@example.com"]},
        {"after_minutes": 60, "channels": ["email"], "recipients": ["owner@example.com"]},
        {"after_minutes": 90, "channels": ["email"], "recipients": ["owner@example.com"]},
    ]
    organization(committing, {**AT_ONCE, "channels": ["file"], "escalation": levels})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1")
    for minutes in (0, 30, 60, 90, 120):
        portal(committing, up=minutes == 120, at=AS_OF + minutes * MINUTE)
    ends = committing.execute(
        "select payload #>> '{recipients,0}' from app.outbox where topic like '%email%' "
        "and payload #>> '{facts,event}' = 'resolved' order by 1"
    ).fetchall()
    assert ends == [("lead@example.com",), ("owner@example.com",)]


def test_what_is_no_emergency_comes_together_at_the_next_digest(committing, tmp_path):
    email = {"recipients": ["owner@example.com"]}
    organization(committing, {"digest": {"at": ["08:00", "16:00"]}, "channels": ["email"], "email": email})
    for name, severity in (("portal.up", "low"), ("probe.up", "high"), ("health.up", "critical")):
        rule(committing, name, "signal", severity=severity, signal=name, below="1")
        committing.execute("insert into app.signals values (%s, %s, 0, %s)", [marts.ORGANIZATION, name, AS_OF])
    evaluate(committing, marts.ORGANIZATION, AS_OF)
    committing.commit()
    port, mailbox = free_port(), Mailbox()
    settings = Settings(
        _env_file=None, var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False
    )  # fmt: skip
    four_in_chicago = datetime(2026, 7, 6, 21, tzinfo=UTC)
    with mail_server(mailbox, port):
        assert str(deliver(committing, settings, AS_OF)) == "1 by email; 2 for the next digest by email"
        deliver(committing, settings, four_in_chicago - MINUTE)
        assert len(mailbox.mails) == 1
        deliver(committing, settings, four_in_chicago)
    (_, urgent), (_, digest) = mailbox.mails
    assert urgent["Subject"].startswith("[Critical] Fernhill IT: health.up is 0")
    assert digest["Subject"] == "[Digest] Fernhill IT: 2 alerts: probe.up is 0, below 1"
    text, page = (part.get_payload(decode=True).decode() for part in digest.get_payload())
    assert text.index("[High] probe.up is 0") < text.index("[Low] portal.up is 0")
    assert page.count("docs/runbooks/signals.md#services") == 2
    assert "<style" not in page


def test_an_escalation_goes_at_once_while_the_opening_waits_for_the_digest(committing, tmp_path):
    level = {"after_minutes": 60, "channels": ["email"], "recipients": ["boss@example.com"]}
    email = {"recipients": ["owner@example.com"]}
    organization(committing, {"channels": ["email"], "email": email, "escalation": [level]})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1")
    port, mailbox = free_port(), Mailbox()
    settings = Settings(_env_file=None, var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)
    with mail_server(mailbox, port):
        for minutes, is_up in ((0, False), (60, False), (90, True)):
            portal(committing, up=is_up, at=AS_OF + minutes * MINUTE)
            deliver(committing, settings, AS_OF + minutes * MINUTE)
        at_once = [(who, mail["Subject"].split("]")[0]) for who, mail in mailbox.mails]
        deliver(committing, settings, AS_OF + 7 * HOUR)
    assert at_once == [(["boss@example.com"], "[Escalated"), (["boss@example.com"], "[Resolved")]
    assert [(who, mail["Subject"].split("]")[0]) for who, mail in mailbox.mails[2:]] == [
        (["owner@example.com"], "[Resolved")
    ]


def test_an_alert_that_ends_before_the_digest_is_told_once_as_ended(committing, tmp_path):
    email = {"recipients": ["owner@example.com"]}
    organization(committing, {"digest": {"at": ["16:00"]}, "channels": ["email"], "email": email})
    rule(committing, "down", "signal", severity="high", signal="portal.up", below="1")
    portal(committing, up=False, at=AS_OF)
    portal(committing, up=True, at=AS_OF + HOUR)
    port, mailbox = free_port(), Mailbox()
    settings = Settings(_env_file=None, var_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)
    with mail_server(mailbox, port):
        deliver(committing, settings, AS_OF + 8 * HOUR)
    assert [mail["Subject"] for _, mail in mailbox.mails] == ["[Resolved] Fernhill IT: portal.up is 0, below 1"]
