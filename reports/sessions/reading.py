"""Reading reviews: one with all that belongs to it, or the list of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from psycopg import Connection

from reports.errors import UnknownScope
from reports.sessions.content import TOPICS
from reports.views.query import Row, one, rows


@dataclass(frozen=True, slots=True)
class Priority:
    """What matters to the client, 1 to 3."""

    number: int
    title: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Advice; `rule` is None for a typed one. `impact_amount` is in currency units, and known of a rule's only."""

    position: int
    rule: str | None
    category: str
    title: str
    description: str | None
    estimated_impact: str | None
    impact_amount: Decimal | None
    status: str


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody promised; `carried_from` is the same promise in the review before."""

    action_id: int
    party: str
    description: str
    owner: str | None
    due_date: date | None
    completed_date: date | None
    carried_from: int | None

    @property
    def is_open(self) -> bool:
        """True until somebody said when it was done."""
        return self.completed_date is None


@dataclass(frozen=True, slots=True)
class Session:
    """A review as it stands. Every sequence is in the order of the file, `insights` by topic."""

    organization_id: str
    session_id: str
    client_id: str
    client_name: str
    quarter: str
    status: Literal["draft", "finalised"]
    version: int
    meeting_date: date | None
    next_meeting_date: date | None
    next_meeting_time: time | None
    manager_name: str | None
    manager_email: str | None
    manager_phone: str | None
    notes: str | None
    modified_by: str
    modified_at: datetime
    finalised_by: str | None
    finalised_at: datetime | None
    priorities: tuple[Priority, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    actions: tuple[Action, ...] = ()
    insights: tuple[tuple[str, str], ...] = ()

    @property
    def is_finalised(self) -> bool:
        """True when only action items may still be completed."""
        return self.status == "finalised"

    @property
    def open_actions(self) -> tuple[Action, ...]:
        """Those that nobody has completed."""
        return tuple(action for action in self.actions if action.is_open)


_COLUMNS = (
    "organization_id, session_id, client_id, client_name, quarter, status, version, meeting_date, next_meeting_date, "
    "next_meeting_time, manager_name, manager_email, manager_phone, notes, modified_by, modified_at, finalised_by, "
    "finalised_at"
)


def load(connection: Connection[Any], organization_id: str, session_id: str) -> Session:
    """The review with all that belongs to it; raises UnknownScope when there is none of that name."""
    key = {"organization_id": organization_id, "session_id": session_id}
    head = one(
        connection,
        f"select {_COLUMNS} from app.review_sessions "  # noqa: S608 - a constant of this module
        "where organization_id = %(organization_id)s and session_id = %(session_id)s",
        key,
    )
    if head is None:
        raise UnknownScope(
            f"{organization_id} has no review {session_id!r}. `qbr session list` shows those there are, "
            "`qbr session new CLIENT --quarter YYYY-Qn` begins one."
        )
    return Session(
        **head,
        priorities=tuple(
            Priority(**row)
            for row in rows(
                connection,
                "select priority_number as number, title, description from app.review_priorities "
                "where organization_id = %(organization_id)s and session_id = %(session_id)s order by 1",
                key,
            )
        ),
        recommendations=tuple(
            Recommendation(**row)
            for row in rows(
                connection,
                "select position, rule, category, title, description, estimated_impact, impact_amount, status "
                "from app.review_recommendations "
                "where organization_id = %(organization_id)s and session_id = %(session_id)s order by 1",
                key,
            )
        ),
        actions=tuple(
            Action(**row)
            for row in rows(
                connection,
                "select action_id, party, description, owner_name as owner, due_date, completed_date, carried_from "
                "from app.review_actions "
                "where organization_id = %(organization_id)s and session_id = %(session_id)s "
                "order by position, action_id",
                key,
            )
        ),
        insights=_insights(connection, key),
    )


def _insights(connection: Connection[Any], key: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = rows(
        connection,
        "select topic, text from app.review_insights "
        "where organization_id = %(organization_id)s and session_id = %(session_id)s",
        key,
    )
    texts = {row["topic"]: row["text"] for row in found}
    return tuple((topic, texts[topic]) for topic in TOPICS if topic in texts)


def listed(
    connection: Connection[Any],
    organization_id: str,
    *,
    client_id: str | None = None,
    status: str | None = None,
    quarter: str | None = None,
) -> list[Row]:
    """Reviews without their contents, newest quarter first, with how many of their actions are open."""
    return rows(
        connection,
        """
        select s.session_id, s.client_id, s.client_name, s.quarter, s.status, s.version, s.meeting_date, s.modified_by,
            s.modified_at, count(a.action_id) as actions, count(a.action_id) filter (where not a.is_completed) as open
        from app.review_sessions s
        left join app.review_actions a on a.organization_id = s.organization_id and a.session_id = s.session_id
        where s.organization_id = %(organization_id)s
            and (%(client_id)s::text is null or s.client_id = %(client_id)s)
            and (%(status)s::text is null or s.status = %(status)s)
            and (%(quarter)s::text is null or s.quarter = %(quarter)s)
        group by s.organization_id, s.session_id
        order by s.quarter desc, s.created_at desc, s.session_id
        """,
        {"organization_id": organization_id, "client_id": client_id, "status": status, "quarter": quarter},
    )
