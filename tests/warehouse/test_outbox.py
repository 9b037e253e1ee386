from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from warehouse import outbox

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def enqueue(connection: psycopg.Connection, key: str = "alert-1/email", topic: str = "alert") -> bool:
    return outbox.enqueue(connection, "northwind-it", topic, key, {"text": "A source is stale."}, now=NOW)


def test_the_same_message_is_taken_once(connection: psycopg.Connection):
    assert enqueue(connection) is True
    assert enqueue(connection) is False
    assert enqueue(connection, topic="invoice") is True
    assert connection.execute("select count(*) from app.outbox").fetchone() == (2,)


def test_a_delivered_message_is_not_sent_again(connection: psycopg.Connection):
    enqueue(connection)
    [message] = outbox.claim(connection, NOW)
    outbox.delivered(connection, message, NOW)
    assert message.payload == {"text": "A source is stale."}
    assert outbox.claim(connection, NOW + timedelta(days=1)) == []


def test_two_senders_never_claim_the_same_message(connection: psycopg.Connection, database_url: str):
    for number in range(4):
        enqueue(connection, f"alert-{number}")
    connection.commit()
    with psycopg.connect(database_url) as other:
        mine = outbox.claim(connection, NOW, limit=3)
        theirs = outbox.claim(other, NOW, limit=3)  # does not wait for the first one's transaction
    assert len(mine) == 3
    assert len(theirs) == 1
    assert {m.dedupe_key for m in mine} & {m.dedupe_key for m in theirs} == set()


def test_a_message_of_a_sender_that_died_is_sent_by_the_next_one(connection: psycopg.Connection):
    enqueue(connection)
    outbox.claim(connection, NOW)
    assert outbox.claim(connection, NOW + MINUTE) == []
    [again] = outbox.claim(connection, NOW + outbox.LEASE)
    assert again.attempts == 2


def test_a_lease_is_renewed_by_who_holds_it_and_by_nobody_else(connection: psycopg.Connection):
    enqueue(connection)
    [mine] = outbox.claim(connection, NOW)
    assert outbox.renew(connection, [mine], NOW + 4 * MINUTE)
    connection.commit()
    assert outbox.claim(connection, NOW + 6 * MINUTE) == []
    [theirs] = outbox.claim(connection, NOW + 9 * MINUTE)
    connection.commit()
    assert not outbox.renew(connection, [mine], NOW + 10 * MINUTE)
    outbox.delivered(connection, theirs, NOW + 10 * MINUTE)
    connection.commit()
    assert not outbox.renew(connection, [theirs], NOW + 10 * MINUTE)


def test_waits_grow_until_an_hour_and_after_a_week_the_message_is_given_up_with_a_warning(
    connection: psycopg.Connection, caplog: pytest.LogCaptureFixture
):
    enqueue(connection)
    waits, now = [], NOW
    while claimed := outbox.claim(connection, now):
        assert outbox.given_up(connection, "northwind-it", NOW) == []
        next_try_at = outbox.failed(connection, claimed[0], "connection refused", now)
        if next_try_at is None:
            break
        waits.append(next_try_at - now)
        now = next_try_at
    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert max(waits) == waits[-1] == timedelta(hours=1)
    assert timedelta(days=7) <= sum(waits, timedelta()) <= timedelta(days=7, hours=1)
    assert outbox.claim(connection, now + timedelta(days=9)) == []
    [lost] = outbox.given_up(connection, "northwind-it", NOW)
    assert (lost.topic, lost.count, lost.last_at, lost.error) == ("alert", 1, now, "connection refused")
    assert "alert-1/email of northwind-it (alert) was given up" in caplog.text


def test_a_message_that_waited_long_for_its_channel_is_not_given_up_at_its_first_failure(
    connection: psycopg.Connection,
):
    enqueue(connection)
    later = NOW + timedelta(days=30)
    [message] = outbox.claim(connection, later)
    assert outbox.failed(connection, message, "connection refused", later) == later + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("filters", "expected"), [({"topics": ["invoice"]}, ["b"]), ({"organization_id": "other"}, [])]
)
def test_a_sender_takes_what_it_asks_for(connection: psycopg.Connection, filters: dict, expected: list[str]):
    enqueue(connection, "a")
    enqueue(connection, "b", topic="invoice")
    assert [message.dedupe_key for message in outbox.claim(connection, NOW, **filters)] == expected
