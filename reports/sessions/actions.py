"""Action items: carried from review to review while they are open, and completed wherever they stand."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from reports.sessions.content import Action as WrittenAction
from reports.sessions.errors import SessionRefused
from reports.sessions.reading import Action, Session
from reports.views.query import rows

_CHAIN = """
    with recursive chain as (
        select action_id, carried_from from app.review_actions
        where organization_id = %(organization_id)s and action_id = %(action_id)s
        union
        select other.action_id, other.carried_from
        from app.review_actions as other
        join chain on other.action_id = chain.carried_from or other.carried_from = chain.action_id
        where other.organization_id = %(organization_id)s
    )
"""
"""The same promise in every review it stands in."""


def carry_over(connection: Connection[Any], organization_id: str, earlier_id: str, session_id: str) -> int:
    """Write what is open in the earlier review into this one; how many."""
    return connection.execute(
        """
        insert into app.review_actions (
            organization_id, session_id, position, carried_from, party, description, owner_name, due_date
        )
        select organization_id, %(session_id)s, row_number() over (order by position, action_id), action_id, party,
            description, owner_name, due_date
        from app.review_actions
        where organization_id = %(organization_id)s and session_id = %(earlier_id)s and not is_completed
        order by position, action_id
        """,
        {"organization_id": organization_id, "session_id": session_id, "earlier_id": earlier_id},
    ).rowcount


def write(connection: Connection[Any], before: Session, written: Sequence[WrittenAction]) -> None:
    """Make a draft's actions equal to what was written, in its order. One without an id is known by its words."""
    standing = {one.action_id: one for one in before.actions}
    by_words = {(one.party, one.description): one for one in before.actions}
    kept: dict[int, tuple[int, WrittenAction]] = {}
    added: list[tuple[int, WrittenAction]] = []
    for position, one in enumerate(written, start=1):
        found = standing.get(one.id) if one.id else by_words.get((one.party, one.description))
        if one.id and found is None:
            raise SessionRefused(
                f"{before.session_id} has no action item {one.id}, so nothing was changed. Leave `id` out of a new one."
            )
        if found is None or found.action_id in kept:
            added.append((position, one))
        else:
            kept[found.action_id] = (position, one)
    for action_id in standing.keys() - kept.keys():
        _remove(connection, before, action_id)
    for action_id, (position, one) in kept.items():
        _update(connection, before, standing[action_id], position, one)
    for position, one in added:
        connection.execute(
            "insert into app.review_actions (organization_id, session_id, position, party, description, owner_name, "
            "due_date, is_completed, completed_date) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [before.organization_id, before.session_id, position, one.party, one.description, one.owner, one.due,
             one.done is not None, one.done],
        )  # fmt: skip


def complete(connection: Connection[Any], organization_id: str, action_id: int, day: date) -> list[str]:
    """Mark the promise as done in every review where it is open; the drafts among them, which have changed."""
    changed = rows(
        connection,
        _CHAIN  # noqa: S608 - constants of this module
        + """
        update app.review_actions as action
        set is_completed = true, completed_date = %(day)s
        from app.review_sessions as session
        where action.organization_id = %(organization_id)s and not action.is_completed
            and action.action_id in (select action_id from chain)
            and session.organization_id = action.organization_id and session.session_id = action.session_id
        returning session.session_id, session.status
        """,
        {"organization_id": organization_id, "action_id": action_id, "day": day},
    )
    return sorted(row["session_id"] for row in changed if row["status"] == "draft")


def _update(connection: Connection[Any], session: Session, was: Action, position: int, now: WrittenAction) -> None:
    key = [session.organization_id, was.action_id]
    if was.completed_date and now.done != was.completed_date and _others(connection, session, was.action_id):
        raise SessionRefused(
            f"'{was.description}' was completed on {was.completed_date} and stands in another review as well, so that "
            "day stays and nothing was changed. Write a new action item where there is more to do."
        )
    connection.execute(
        "update app.review_actions set position = %s, party = %s, description = %s, owner_name = %s, due_date = %s, "
        "is_completed = is_completed and %s::date is not null, "
        "completed_date = case when is_completed then %s::date end "
        "where organization_id = %s and action_id = %s",
        [position, now.party, now.description, now.owner, now.due, now.done, now.done, *key],
    )
    if now.done:
        for draft in complete(connection, session.organization_id, was.action_id, now.done):
            if draft != session.session_id:
                next_version(connection, session.organization_id, draft)


def next_version(connection: Connection[Any], organization_id: str, session_id: str) -> None:
    """A draft that changed from outside: whoever has it in an editor must see that first."""
    connection.execute(
        "update app.review_sessions set version = version + 1, modified_at = clock_timestamp() "
        "where organization_id = %s and session_id = %s",
        [organization_id, session_id],
    )


def _remove(connection: Connection[Any], session: Session, action_id: int) -> None:
    key = {"organization_id": session.organization_id, "action_id": action_id}
    # The review after keeps its row, and with it what lies before the one that goes.
    connection.execute(
        """
        update app.review_actions as later set carried_from = gone.carried_from
        from app.review_actions as gone
        where gone.organization_id = %(organization_id)s and gone.action_id = %(action_id)s
            and later.organization_id = gone.organization_id and later.carried_from = gone.action_id
        """,
        key,
    )
    connection.execute(
        "delete from app.review_actions where organization_id = %(organization_id)s and action_id = %(action_id)s", key
    )


def _others(connection: Connection[Any], session: Session, action_id: int) -> bool:
    key = {"organization_id": session.organization_id, "action_id": action_id}
    return len(connection.execute(f"{_CHAIN} select action_id from chain", key).fetchall()) > 1  # noqa: S608 - a constant
