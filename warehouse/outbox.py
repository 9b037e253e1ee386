"""Messages to the world outside: written together with what caused them, sent afterwards, tried again until they go.

A message is claimed for a while by moving its next try: a sender that dies leaves it to the next one. So a message can
arrive twice, never not at all; receivers tell by `dedupe_key`.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=7)
LEAST_ATTEMPTS = 20
"""So often a message is tried however old it is: it may have waited long for a channel that nobody had set up."""
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A claimed message; `attempts` counts this one."""

    organization_id: str
    outbox_id: int
    topic: str
    dedupe_key: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Messages of one topic that were tried and given up."""

    topic: str
    count: int
    last_at: datetime
    error: str
    """Of the last one."""


def enqueue(
    connection: psycopg.Connection,
    organization_id: str,
    topic: str,
    dedupe_key: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Add a message, sent once the caller commits, or at `not_before`; False when one with this topic and key was."""
    statement = """
        insert into app.outbox (organization_id, topic, dedupe_key, payload, created_at, next_try_at)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (organization_id, topic, dedupe_key) do nothing
    """
    values = [organization_id, topic, dedupe_key, Jsonb(dict(payload)), now, not_before or now]
    return connection.execute(statement, values).rowcount == 1


def claim(
    connection: psycopg.Connection,
    now: datetime,
    *,
    organization_id: str | None = None,
    topics: Sequence[str] | None = None,
    limit: int = 50,
    lease: timedelta = LEASE,
) -> list[Message]:
    """Take messages that are due, oldest first; commit before sending, so that no other sender takes them too."""
    statement = """
        update app.outbox as claimed
        set attempts = claimed.attempts + 1, next_try_at = %(now)s + %(lease)s
        from (
            select organization_id, outbox_id from app.outbox
            where delivered_at is null and given_up_at is null and next_try_at <= %(now)s
                and (%(organization_id)s::text is null or organization_id = %(organization_id)s)
                and (%(topics)s::text[] is null or topic = any(%(topics)s))
            order by outbox_id
            limit %(limit)s
            for update skip locked
        ) as due
        where claimed.organization_id = due.organization_id and claimed.outbox_id = due.outbox_id
        returning claimed.organization_id, claimed.outbox_id, topic, dedupe_key, payload, attempts, created_at
    """
    values = {
        "now": now,
        "lease": lease,
        "organization_id": organization_id,
        "topics": list(topics) if topics is not None else None,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(Message)) as cursor:
        return sorted(cursor.execute(statement, values).fetchall(), key=lambda message: message.outbox_id)


def going_on_from(now: datetime) -> Callable[[], datetime]:
    """A clock that shows `now` and goes on from there: a sender's leases must not be of the instant it began at."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)


def renew(
    connection: psycopg.Connection, messages: Sequence[Message], now: datetime, *, each: timedelta = timedelta()
) -> bool:
    """Keep claimed messages for another lease, and `each` for every one of them; commit before sending.

    False, with nothing changed, when one of them is no longer ours: the claim ran out and another sender took it.
    """
    kept = connection.execute(
        """
        update app.outbox as kept
        set next_try_at = %(until)s
        from unnest(%(organizations)s::text[], %(ids)s::bigint[], %(attempts)s::int[])
            as ours (organization_id, outbox_id, attempts)
        where kept.organization_id = ours.organization_id and kept.outbox_id = ours.outbox_id
            and kept.attempts = ours.attempts and kept.delivered_at is null and kept.given_up_at is null
        """,
        {
            "until": now + LEASE + each * len(messages),
            "organizations": [message.organization_id for message in messages],
            "ids": [message.outbox_id for message in messages],
            "attempts": [message.attempts for message in messages],
        },
    ).rowcount
    if kept != len(messages):
        connection.rollback()
        return False
    return True


def delivered(connection: psycopg.Connection, message: Message, now: datetime) -> None:
    """The receiver has it."""
    connection.execute(
        "update app.outbox set delivered_at = %s, last_error = null where organization_id = %s and outbox_id = %s",
        [now, message.organization_id, message.outbox_id],
    )


def failed(connection: psycopg.Connection, message: Message, error: str, now: datetime) -> datetime | None:
    """It did not go: when it is tried next, or None when it was tried for a week and is given up, with a warning."""
    is_last = message.attempts >= LEAST_ATTEMPTS and now - message.created_at >= GIVEN_UP_AFTER
    # Beyond eight doublings the longest wait is passed in any case.
    next_try_at = None if is_last else now + min(FIRST_WAIT * 2 ** min(message.attempts - 1, 8), LONGEST_WAIT)
    if is_last:
        LOG.warning(
            "%s of %s (%s) was given up after %s attempts: %s",
            message.dedupe_key, message.organization_id, message.topic, message.attempts, error,
        )  # fmt: skip
    connection.execute(
        """
        update app.outbox
        set last_error = %s, next_try_at = coalesce(%s, next_try_at), given_up_at = %s
        where organization_id = %s and outbox_id = %s
        """,
        [error, next_try_at, now if is_last else None, message.organization_id, message.outbox_id],
    )
    return next_try_at


def given_up(connection: psycopg.Connection, organization_id: str, since: datetime) -> list[GivenUp]:
    """What was given up since then; not what nobody had to be told any more before its channel was set up."""
    statement = """
        select topic, count(*) as count, max(given_up_at) as last_at,
            (array_agg(coalesce(last_error, 'for no reason that was kept') order by given_up_at desc))[1] as error
        from app.outbox
        where organization_id = %s and given_up_at >= %s and attempts > 0
        group by topic
        order by topic
    """
    with connection.cursor(row_factory=class_row(GivenUp)) as cursor:
        return cursor.execute(statement, [organization_id, since]).fetchall()


def postpone(connection: psycopg.Connection, message: Message, reason: str, until: datetime) -> None:
    """It was not tried, because of `reason`; looked at again at `until`, and this time does not count as an attempt."""
    connection.execute(
        """
        update app.outbox set attempts = greatest(attempts - 1, 0), last_error = %s, next_try_at = %s
        where organization_id = %s and outbox_id = %s
        """,
        [reason, until, message.organization_id, message.outbox_id],
    )
