"""Finalising a review with the figures that were shown, and completing its action items afterwards."""

from datetime import date
from typing import Any

import psycopg
from psycopg import Connection

from reports.errors import UnknownScope
from reports.sessions import actions
from reports.sessions.errors import SessionRefused
from reports.sessions.figures import keep
from reports.sessions.proposals import no_longer_applying, proposals
from reports.sessions.reading import Session, load
from reports.sessions.saving import locked
from warehouse.audit import Actor, record
from warehouse.periods import Quarter


def finalise(
    connection: Connection[Any],
    organization_id: str,
    session_id: str,
    actor: Actor,
    *,
    version: int | None = None,
) -> tuple[Session, int]:
    """Close a draft and store every row of the marts that it rests on; the review and how many rows. Commits nothing.

    Raises StaleVersion when somebody changed it since `version`, SessionRefused while it is not fit to be closed.
    """
    with connection.transaction():
        session = locked(connection, organization_id, session_id, version)
        if problems := _unfit(connection, session):
            raise SessionRefused(f"{session_id} was not finalised: " + " ".join(problems))
        count = keep(connection, session)
        connection.execute(
            "update app.review_sessions set status = 'finalised', version = version + 1, modified_by = %(actor)s, "
            "modified_at = clock_timestamp(), finalised_by = %(actor)s, finalised_at = clock_timestamp() "
            "where organization_id = %(organization_id)s and session_id = %(session_id)s",
            {"actor": actor.id, "organization_id": organization_id, "session_id": session_id},
        )
        record(
            connection,
            organization_id,
            actor,
            "review_finalise",
            resource=session_id,
            details={"version": session.version + 1, "rows_kept": count},
        )
    return load(connection, organization_id, session_id), count


def complete_action(
    connection: Connection[Any],
    organization_id: str,
    session_id: str,
    action_id: int,
    *,
    actor: Actor,
    day: date,
    today: date,
) -> Session:
    """Mark an action item as done, in every review where it stands; possible in a finalised one too. Commits nothing.

    Raises UnknownScope when the review has no such action, SessionRefused for one that was done on another day before,
    or a day that has not come.
    """
    with connection.transaction():
        connection.execute(
            "select pg_advisory_xact_lock(hashtext('app.review_sessions'), hashtext(%s))", [organization_id]
        )
        session = load(connection, organization_id, session_id)
        found = [one for one in session.actions if one.action_id == action_id]
        if not found:
            raise UnknownScope(
                f"{session_id} has no action item {action_id}, so nothing was changed. "
                f"`qbr session show {session_id}` numbers them."
            )
        if day > today:
            raise SessionRefused(f"{day} has not come yet, so the action item {action_id} was not completed.")
        if found[0].completed_date == day:
            return session
        if found[0].completed_date:
            raise SessionRefused(
                f"The action item {action_id} was completed on {found[0].completed_date} already; nothing was changed."
            )
        for draft in actions.complete(connection, organization_id, action_id, day):
            actions.next_version(connection, organization_id, draft)
        record(
            connection,
            organization_id,
            actor,
            "review_complete_action",
            resource=session_id,
            details={"action_id": action_id, "completed_date": day.isoformat()},
        )
    return load(connection, organization_id, session_id)


def _unfit(connection: Connection[Any], session: Session) -> list[str]:
    """Why a draft cannot be closed yet, a sentence each with what to do."""
    problems = []
    if session.meeting_date is None:
        problems.append("It has no meeting_date; write the day of the meeting into its file.")
    if missing := _months_not_over(connection, session):
        problems.append(
            f"{', '.join(missing)} of {session.quarter} was not over when the marts were last built; run `qbr run` "
            "once the quarter has ended."
        )
    applying = proposals(connection, session.organization_id, session.client_id, session.quarter)
    problems += [
        f"The rule {rule} was accepted, but the figures no longer bear it out; decline it."
        for rule in no_longer_applying(applying, session.recommendations)
    ]
    now = {one.rule: (one.title, one.description, one.impact_amount) for one in applying}
    stale = [
        one.rule
        for one in session.recommendations
        if one.rule in now and (one.title, one.description, one.impact_amount) != now[one.rule]
    ]
    new = sorted(set(now) - {one.rule for one in session.recommendations})
    gone = [
        one.rule for one in session.recommendations if one.rule and one.rule not in now and one.status != "accepted"
    ]
    if stale or new or gone:
        problems.append(
            f"The figures changed since it was last saved, and with them {', '.join([*stale, *new, *gone])}; "
            f"`qbr session export {session.session_id}`, look again, `qbr session edit`."
        )
    return problems


def _months_not_over(connection: Connection[Any], session: Session) -> list[str]:
    months = [str(month) for month in Quarter.parse(session.quarter).periods]
    try:
        with connection.transaction():
            over = connection.execute(
                "select period from marts.dim_periods where organization_id = %s and period = any(%s) and is_complete",
                [session.organization_id, months],
            ).fetchall()
    except psycopg.errors.UndefinedTable:
        over = []
    return [month for month in months if (month,) not in over]
