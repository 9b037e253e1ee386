"""R27: ten thousand evaluations of values that flap, on an injected clock, with channels that are down for an hour.

At most one message an incident, one resolution, escalations within a minute of their time, and nothing lost. The
receivers are real: an HTTP server and a mail server on loopback.
"""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from reports.alerts import deliver, evaluate
from tests.reports import flapping, marts
from tests.reports.receivers import Mailbox, free_port, mail_server, web_server
from warehouse.settings import Settings
from warehouse.signals import tell

START = datetime(2026, 7, 6, 14, tzinfo=UTC)
STEP = timedelta(seconds=30)
SCOPES = ("portal.up", "probe.up", "health.up", "other.up")
ESCALATES = timedelta(minutes=30)
HOLDS, LASTS = timedelta(minutes=2), timedelta(minutes=3)


@pytest.fixture
def watched(committing: psycopg.Connection) -> psycopg.Connection:
    """One rule a signal: two that open at once and end at once, two that wait a little for either."""
    escalation = {"after_minutes": 30, "severities": ["critical"], "channels": ["email"],
                  "recipients": ["boss@example.com"]}  # fmt: skip
    delivery = {"channels": ["webhook", "slack"], "escalation": [escalation], "digest": {"at": []}}
    marts.organization(committing, settings={"delivery": delivery})
    marts.periods(committing)
    for number, signal in enumerate(SCOPES):
        waits = {"for_minutes": 2, "resolve_after_minutes": 3} if number >= 2 else {}
        marts.insert(
            committing,
            "app.alert_rules",
            [
                {
                    "organization_id": marts.ORGANIZATION,
                    "rule": f"watch {signal}",
                    "kind": "signal",
                    "severity": "critical",
                    "parameters": {"signal": signal, "below": "1", "area": "finance", **waits},
                    "channels": [],
                }
            ],
        )
    committing.commit()
    return committing


def plan(number: int, evaluations: int) -> list[bool]:
    """Flapping: mostly short bursts, now and then an outage of hours; each signal by its own stream."""
    draw = random.Random(f"flapping-{number}")
    states: list[bool] = []
    while len(states) < evaluations:
        [length] = draw.choices([1, 2, 3, 5, 8, 40, 300], weights=[60, 40, 30, 20, 10, 4, 1])
        states += [bool(draw.getrandbits(1))] * length
    return states[:evaluations]


@pytest.mark.parametrize("evaluations", [1_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_thousands_of_evaluations_of_flapping_values(watched, tmp_path, evaluations):
    plans = [plan(number, evaluations) for number in range(len(SCOPES))]
    mailbox, down = Mailbox(), range(400, 520)  # an hour without webhook, Slack and mail
    watched.execute("set synchronous_commit = off")  # nothing here is about a crash
    port, mail_port = free_port(), free_port()
    settings = Settings(
        _env_file=None,
        var_dir=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=mail_port,
        smtp_starttls=False,
        alert_webhook_url=f"http://127.0.0.1:{port}/hook",
        alert_webhook_secret="a secret",
        slack_bot_token="xoxb-test",
        slack_channel="C1",
        slack_api_url=f"http://127.0.0.1:{port}/api",
    )
    with mail_server(mailbox, mail_port), web_server(port) as server:
        for number in range(evaluations):
            now = START + number * STEP
            server.is_down = mailbox.is_down = number in down
            server.now = mailbox.now = now
            for signal, states in zip(SCOPES, plans, strict=True):
                tell(watched, marts.ORGANIZATION, signal, 0 if states[number] else 1, now)
            evaluate(watched, marts.ORGANIZATION, now)
            watched.commit()
            if has_something_due(watched, now):
                deliver(watched, settings, now)
        for minutes in range(1, 180):
            server.now = mailbox.now = now + timedelta(minutes=minutes)
            deliver(watched, settings, server.now)

    expected = [expected_of(number, plans[number]) for number in range(len(SCOPES))]
    by_scope = defaultdict(list)
    for scope, alert_id, first_seen_at, resolved_at in watched.execute(
        "select scope, alert_id, first_seen_at, resolved_at from app.alerts order by alert_id"
    ).fetchall():
        by_scope[scope].append((alert_id, first_seen_at, resolved_at))
    assert [[(opened, ended) for _, opened, ended in by_scope[scope]] for scope in SCOPES] == [
        [(one.opened, one.resolved) for one in incidents] for incidents in expected
    ]
    assert sum(map(len, expected)) > evaluations / 20

    posts = Counter((post["data"]["alert_id"], post["type"]) for post in server.hooks)
    ids = {number: incident for scope, found in zip(SCOPES, expected, strict=True)
           for (number, *_), incident in zip(by_scope[scope], found, strict=True)}  # fmt: skip
    for number, incident in ids.items():
        assert posts[number, "alert.opened"] == 1
        assert posts[number, "alert.resolved"] == (incident.resolved is not None)
    # In Slack an incident is one message, and what it says in the end is what has become of it.
    roots = [message for message in server.slack.values() if "thread_ts" not in message]
    assert len(roots) == len(ids)
    assert sum("[Resolved]" in message["text"] for message in roots) == sum(
        incident.resolved is not None for incident in ids.values()
    )
    reminders = {number: posts[number, "alert.reminder"] for number in ids}
    assert reminders == {number: len(incident.reminders) for number, incident in ids.items()}

    due = {number: incident for number, incident in ids.items() if incident.escalated}
    escalated = dict(
        watched.execute("select alert_id, occurred_at from app.alert_events where step = 'escalated'").fetchall()
    )
    assert escalated.keys() == due.keys()
    minute = timedelta(seconds=60)
    assert all(abs(escalated[number] - incident.escalated) <= minute for number, incident in due.items())
    # Where an incident does not pause before it ends, the oracle's time is the plain one.
    assert all(
        abs(escalated[number] - incident.opened - ESCALATES) <= minute
        for number, incident in due.items()
        if number in {alert_id for scope in SCOPES[:2] for alert_id, *_ in by_scope[scope]}
    )
    assert sum("[Escalated]" in subject for subject, _ in mailbox.received) == len(due)
    lost = watched.execute("select count(*) from app.outbox where delivered_at is null").fetchone()
    assert lost == (0,)
    print(f"{len(ids)} incidents, {len(server.hooks)} posts, {len(due)} escalations")


def expected_of(number: int, states: list[bool]) -> list[flapping.Incident]:
    waits = number >= 2
    return flapping.incidents(
        states,
        START,
        STEP,
        holds_for=HOLDS if waits else timedelta(0),
        resolves_after=LASTS if waits else timedelta(0),
        repeat=timedelta(hours=2),
        escalates_after=ESCALATES,
    )


def has_something_due(connection, now: datetime) -> bool:
    row = connection.execute(
        "select exists (select from app.outbox where delivered_at is null and given_up_at is null "
        "and next_try_at <= %s)",
        [now],
    ).fetchone()
    return bool(row[0])
