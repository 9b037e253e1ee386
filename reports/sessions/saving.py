"""Beginning and changing a review while it is a draft. Nothing here commits; the caller does, or nothing was done."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection

from reports.errors import UnknownScope
from reports.sessions import actions
from reports.sessions.content import Review
from reports.sessions.errors import SessionRefused, StaleVersion
from reports.sessions.proposals import Proposal, proposals, refreshed
from reports.sessions.reading import Recommendation, Session, load
from reports.views.query import one, rows
from warehouse.audit import Actor, record
from warehouse.clients import UNASSIGNED
from warehouse.periods import Quarter

LONGEST_ID = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """The review as it stands now, whether anything changed, and what a person should know of, a sentence each."""

    session: Session
    is_changed: bool
    notes: tuple[str, ...] = ()


def new(connection: Connection[Any], organization_id: str, client_id: str, quarter: Quarter, actor: Actor) -> Session:
    """A draft with what the rules propose and what is still open of the client's review before.

    Raises UnknownScope for a client that does not exist, SessionRefused while the quarter has a draft already.
    """
    client = one(
        connection,
        "select name, merged_into_client_id from app.clients "
        "where organization_id = %(organization_id)s and client_id = %(client_id)s",
        {"organization_id": organization_id, "client_id": client_id},
    )
    if client is None or client_id == UNASSIGNED:
        raise UnknownScope(
            f"{organization_id} has no client {client_id!r}, so no review was begun. "
            "A client's id is what `qbr deck build --client` takes too."
        )
    if merged := client["merged_into_client_id"]:
        raise UnknownScope(f"The client {client_id!r} is {merged!r} by now, so no review was begun for it; ask there.")
    connection.execute("select pg_advisory_xact_lock(hashtext('app.review_sessions'), hashtext(%s))", [organization_id])
    earlier = rows(
        connection,
        "select session_id, quarter, status from app.review_sessions "
        "where organization_id = %(organization_id)s and client_id = %(client_id)s and quarter <= %(quarter)s "
        "order by quarter desc, created_at desc",
        {"organization_id": organization_id, "client_id": client_id, "quarter": str(quarter)},
    )
    same = [row for row in earlier if row["quarter"] == str(quarter)]
    if drafts := [row["session_id"] for row in same if row["status"] == "draft"]:
        raise SessionRefused(
            f"{quarter} of {client_id} has the draft {drafts[0]} already, so no other was begun. "
            f"`qbr session export {drafts[0]}` writes it to a file again."
        )
    session_id = session_name(client_id, quarter, len(same) + 1)
    connection.execute(
        "insert into app.review_sessions "
        "(organization_id, session_id, client_id, client_name, quarter, created_by, modified_by) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [organization_id, session_id, client_id, client["name"], str(quarter), actor.id, actor.id],
    )
    found = proposals(connection, organization_id, client_id, str(quarter))
    _write_recommendations(connection, organization_id, session_id, [(one, "proposed") for one in found], ())
    carried = actions.carry_over(connection, organization_id, earlier[0]["session_id"], session_id) if earlier else 0
    record(
        connection,
        organization_id,
        actor,
        "review_new",
        resource=session_id,
        details={"proposals": len(found), "carried_actions": carried},
    )
    return load(connection, organization_id, session_id)


def session_name(client_id: str, quarter: Quarter, number: int) -> str:
    """`QBR-2026-Q2-<client>`, with `-2` for a second review; a long client is shortened and told apart by a hash."""
    suffix = f"-{number}" if number > 1 else ""
    room = LONGEST_ID - len(f"QBR-{quarter}-") - len(suffix)
    if len(client_id) > room:
        mark = hashlib.sha256(client_id.encode()).hexdigest()[:6]
        client_id = f"{client_id[: room - len(mark) - 1].rstrip('-')}-{mark}"
    return f"QBR-{quarter}-{client_id}{suffix}"


def save(connection: Connection[Any], organization_id: str, review: Review, actor: Actor) -> Saved:
    """Make the draft equal to `review`; the same again changes nothing and keeps the version.

    Raises UnknownScope when there is no such review, StaleVersion when somebody changed it since `review.version`,
    SessionRefused when it is finalised or says what cannot be.
    """
    with connection.transaction():
        before = locked(connection, organization_id, review.session, review.version)
        if (review.client, review.quarter) != (before.client_id, before.quarter):
            raise SessionRefused(
                f"{review.session} is the review of {before.client_id} for {before.quarter}, not of {review.client} "
                f"for {review.quarter}, so nothing was changed. Begin another with `qbr session new`."
            )
        _write_head(connection, organization_id, review)
        _write_texts(connection, organization_id, review)
        applying = proposals(connection, organization_id, before.client_id, before.quarter)
        decided = {one.rule: one.status for one in review.recommendations if one.rule}
        by_rule, notes = refreshed(applying, before.recommendations, decided)
        typed = [one for one in review.recommendations if not one.rule]
        _write_recommendations(
            connection,
            organization_id,
            review.session,
            by_rule,
            [
                Recommendation(
                    0,
                    None,
                    one.category or "",
                    one.title or "",
                    one.description,
                    one.estimated_impact,
                    None,
                    one.status,
                )
                for one in typed
            ],
        )
        actions.write(connection, before, review.actions)
        after = load(connection, organization_id, review.session)
        if changed := _sections_changed(before, after):
            after = touch(connection, after, actor)
            record(
                connection,
                organization_id,
                actor,
                "review_save",
                resource=review.session,
                details={"version": after.version, "changed": changed},
            )
    return Saved(after, bool(changed), tuple(notes))


def locked(connection: Connection[Any], organization_id: str, session_id: str, version: int | None) -> Session:
    """The draft, which nobody else changes until this transaction ends."""
    connection.execute(
        "select from app.review_sessions where organization_id = %s and session_id = %s for update",
        [organization_id, session_id],
    )
    session = load(connection, organization_id, session_id)
    if session.is_finalised:
        raise SessionRefused(
            f"{session_id} was finalised by {session.finalised_by} on {session.finalised_at:%Y-%m-%d} and stays as it "
            "was, so nothing was changed. `qbr session complete` marks its action items as done; "
            "`qbr session new` begins another review."
        )
    if version is not None and version != session.version:
        raise StaleVersion(
            f"{session_id} has changed since: it is at version {session.version}, by {session.modified_by} on "
            f"{session.modified_at:%Y-%m-%d %H:%M} UTC, and yours rests on version {version}. Nothing was changed. "
            f"`qbr session export {session_id}` writes what it says now."
        )
    return session


def touch(connection: Connection[Any], session: Session, actor: Actor) -> Session:
    """The next version of a draft."""
    connection.execute(
        "update app.review_sessions set version = version + 1, modified_by = %s, modified_at = clock_timestamp() "
        "where organization_id = %s and session_id = %s",
        [actor.id, session.organization_id, session.session_id],
    )
    return load(connection, session.organization_id, session.session_id)


def _write_head(connection: Connection[Any], organization_id: str, review: Review) -> None:
    connection.execute(
        """
        update app.review_sessions
        set meeting_date = %s, next_meeting_date = %s, next_meeting_time = %s, manager_name = %s, manager_email = %s,
            manager_phone = %s, notes = %s
        where organization_id = %s and session_id = %s
        """,
        [
            review.meeting_date,
            review.next_meeting.date,
            review.next_meeting.time,
            review.account_manager.name,
            review.account_manager.email,
            review.account_manager.phone,
            review.notes,
            organization_id,
            review.session,
        ],
    )


def _write_texts(connection: Connection[Any], organization_id: str, review: Review) -> None:
    key = [organization_id, review.session]
    connection.execute("delete from app.review_priorities where organization_id = %s and session_id = %s", key)
    connection.execute("delete from app.review_insights where organization_id = %s and session_id = %s", key)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.review_priorities (organization_id, session_id, priority_number, title, description) "
            "values (%s, %s, %s, %s, %s)",
            [(*key, number, one.title, one.description) for number, one in enumerate(review.priorities, start=1)],
        )
        cursor.executemany(
            "insert into app.review_insights (organization_id, session_id, topic, text) values (%s, %s, %s, %s)",
            [(*key, topic, text) for topic, text in review.insights if text],
        )


def _write_recommendations(
    connection: Connection[Any],
    organization_id: str,
    session_id: str,
    by_rule: list[tuple[Proposal, str]],
    typed: tuple[Recommendation, ...] | list[Recommendation],
) -> None:
    connection.execute(
        "delete from app.review_recommendations where organization_id = %s and session_id = %s",
        [organization_id, session_id],
    )
    facts = [
        (one.rule, one.category, one.title, one.description, one.estimated_impact, one.impact_amount, status)
        for one, status in by_rule
    ] + [(None, one.category, one.title, one.description, one.estimated_impact, None, one.status) for one in typed]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.review_recommendations (organization_id, session_id, position, rule, category, title, "
            "description, estimated_impact, impact_amount, status) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(organization_id, session_id, position, *row) for position, row in enumerate(facts, start=1)],
        )


_HEAD = (
    "meeting_date",
    "next_meeting_date",
    "next_meeting_time",
    "manager_name",
    "manager_email",
    "manager_phone",
    "notes",
)


def _sections_changed(before: Session, after: Session) -> list[str]:
    """The parts that differ, for the audit log."""
    parts = [*_HEAD, "priorities", "recommendations", "insights"]
    changed = [part for part in parts if getattr(before, part) != getattr(after, part)]
    # A new row of the same promise is none: ids count only where they stay.
    if [replace(one, action_id=0) for one in before.actions] != [replace(one, action_id=0) for one in after.actions]:
        changed.append("actions")
    return changed
