"""Slides of a dealer's customer review that people prepare: what stands in the session, and what the dealer says."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from psycopg import Connection

from reports.errors import UnknownScope
from reports.sessions.content import TOPICS
from reports.sessions.figures import current, figures_of
from reports.sessions.reading import Session, listed, load
from reports.views.figures import Figure, Receipt
from reports.views.query import rows
from reports.views.review_rows import Rows
from reports.views.scope import Scope

NO_SESSION = "No review session was begun for this quarter."
AGENDA = (
    ("Welcome & Check-In", 5),
    ("Fleet Health Dashboard", 10),
    ("Service Performance", 10),
    ("Parts & Rental Activity", 5),
    ("Value & ROI Summary", 5),
    ("Recommendations", 10),
    ("Action Items & Next Steps", 5),
)
PROMPTS = (
    "What changes do you expect in the coming months: sites, shifts, volumes?",
    "How do you rate our service, and what should we do better?",
    "Which machines, parts or training will you need next?",
)


@dataclass(frozen=True, slots=True)
class Cover:
    """Whose review, when, and the dealer's slogan."""

    meeting_date: date | None
    slogan: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is talked about, with minutes."""

    items: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Priorities:
    """The client's priorities, title and description; `reason` says why there are none."""

    priorities: tuple[tuple[str, str], ...]
    reason: str

    @property
    def is_empty(self) -> bool:
        """True when none was entered."""
        return not self.priorities


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation; `amount` is the figure a rule's is about."""

    category: str
    title: str
    description: str
    impact: str
    amount: Figure | None
    status: str
    is_typed: bool


@dataclass(frozen=True, slots=True)
class Recommendations:
    """What is recommended and was not declined, and why rules could not be asked."""

    advice: tuple[Advice, ...]
    reasons: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """True when nothing is recommended."""
        return not self.advice


@dataclass(frozen=True, slots=True)
class Insights:
    """What is said of the trade: topic and text."""

    texts: tuple[tuple[str, str], ...]
    reason: str

    @property
    def is_empty(self) -> bool:
        """True when nothing was entered."""
        return not self.texts


@dataclass(frozen=True, slots=True)
class Promise:
    """One action item."""

    description: str
    owner: str | None
    due: date | None
    done: date | None
    is_carried: bool


@dataclass(frozen=True, slots=True)
class Actions:
    """What both sides do next, and when they meet again."""

    company_name: str
    company: tuple[Promise, ...]
    customer: tuple[Promise, ...]
    next_date: date | None
    next_time: time | None
    reason: str


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask the customer."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Whom the customer calls: label to what was entered, None where nothing was."""

    entries: tuple[tuple[str, str | None], ...]


def cover(connection: Connection[Any], scope: Scope) -> Cover:
    """The meeting's day and the slogan."""
    session = session_of(connection, scope)
    return Cover(
        session.meeting_date if session else None,
        str(_brand(scope).get("slogan") or ""),
    )


def agenda(_connection: Connection[Any], scope: Scope) -> Agenda:
    """The dealer's own agenda, else the usual one."""
    own = _brand(scope).get("agenda") or ()
    return Agenda(tuple((item["item"], int(item["minutes"])) for item in own) or AGENDA)


def priorities(connection: Connection[Any], scope: Scope) -> Priorities:
    """As they stand in the session."""
    session = session_of(connection, scope)
    if session is None:
        return Priorities((), NO_SESSION)
    found = tuple((one.title, one.description or "") for one in session.priorities)
    return Priorities(found, f"No priority was entered in {session.session_id}.")


def recommendations(connection: Connection[Any], scope: Scope) -> Recommendations:
    """What stands in the session and was not declined; without a session, what the rules say."""
    session, found = session_of(connection, scope), rows_of(connection, scope)
    reasons = dict.fromkeys(
        str(row["reason"])
        for row in found.of("fct_recommendations")
        if row.get("reason") and row["is_recommended"] is None
    )
    if session is None:
        advice = tuple(
            Advice(
                row["category"],
                row["title"],
                row["description"] or "",
                row["impact_basis"] or "",
                _amount(found, row["rule"], row["impact_amount"]),
                "proposed",
                is_typed=False,
            )
            for row in found.of("fct_recommendations")
            if row["is_recommended"]
        )
        return Recommendations(advice, tuple(reasons))
    advice = tuple(
        Advice(
            one.category,
            one.title,
            one.description or "",
            one.estimated_impact or "",
            _amount(found, one.rule, one.impact_amount),
            one.status,
            is_typed=one.rule is None,
        )
        for one in session.recommendations
        if one.status != "declined"
    )
    return Recommendations(advice, tuple(reasons))


def insights(connection: Connection[Any], scope: Scope) -> Insights:
    """As typed, topic by topic."""
    session = session_of(connection, scope)
    if session is None:
        return Insights((), NO_SESSION)
    said = dict(session.insights)
    texts = tuple((topic, said[topic]) for topic in TOPICS if topic in said)
    return Insights(texts, f"Nothing was entered in {session.session_id}.")


def actions(connection: Connection[Any], scope: Scope) -> Actions:
    """Both sides' action items in their order, and the next meeting."""
    session = session_of(connection, scope)
    name = str(_brand(scope).get("company") or scope.organization.name)
    if session is None:
        return Actions(name, (), (), None, None, NO_SESSION)
    by_party = {
        party: tuple(
            Promise(one.description, one.owner, one.due_date, one.completed_date, one.carried_from is not None)
            for one in session.actions
            if one.party == party
        )
        for party in ("company", "customer")
    }
    return Actions(
        name,
        by_party["company"],
        by_party["customer"],
        session.next_meeting_date,
        session.next_meeting_time,
        f"No action item was entered in {session.session_id}.",
    )


def questions(_connection: Connection[Any], scope: Scope) -> Questions:
    """The dealer's own questions, else the usual ones."""
    return Questions(tuple(_brand(scope).get("questions") or PROMPTS))


def contacts(connection: Connection[Any], scope: Scope) -> Contacts:
    """The account manager of the session, and the dealer's lines."""
    session, brand = session_of(connection, scope), _brand(scope)
    return Contacts(
        (
            ("Account manager", session.manager_name if session else None),
            ("E-mail", session.manager_email if session else None),
            ("Phone", session.manager_phone if session else None),
            ("Service dispatch", brand.get("service_dispatch")),
            ("Parts", brand.get("parts")),
            ("Web", brand.get("web")),
        )
    )


def session_of(connection: Connection[Any], scope: Scope) -> Session | None:
    """The review of the scope's client and quarter that was begun last."""
    if scope.client is None:
        raise UnknownScope("A customer review speaks of one client; name it with --client.")
    return scope.once(_session, connection, scope.organization_id, scope.client_id, scope.quarter.quarter)


def customers_to_review(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[str, ...]:
    """Clients with machines in the quarter, which is what a customer review is about."""
    found = rows(
        connection,
        """
        select client_id from marts.fct_fleet_overview
        where organization_id = %(organization_id)s and quarter = %(quarter)s
            and client_id not in ('all', 'unassigned') and units > 0
        order by client_id
        """,
        {"organization_id": organization_id, "quarter": quarter},
    )
    return tuple(row["client_id"] for row in found)


def rows_of(connection: Connection[Any], scope: Scope) -> Rows:
    """What the review rests on: kept rows of a finalised one, else the marts as they are now."""
    session = session_of(connection, scope)
    kept = session.session_id if session and session.is_finalised else None
    quarter = scope.quarter.quarter
    if session is not None:
        found = scope.once(_rows_of_session, connection, scope.organization_id, session.session_id)
    else:
        found = scope.once(current, connection, scope.organization_id, scope.client_id, quarter)
    return Rows(found, quarter, scope.client_id, kept)


def _session(connection: Connection[Any], organization_id: str, client_id: str, quarter: str) -> Session | None:
    found = listed(connection, organization_id, client_id=client_id, quarter=quarter)
    return load(connection, organization_id, found[0]["session_id"]) if found else None


def _rows_of_session(connection: Connection[Any], organization_id: str, session_id: str) -> dict[str, list[Any]]:
    return figures_of(connection, load(connection, organization_id, session_id))


def _amount(found: Rows, rule: str | None, amount: Decimal | None) -> Figure | None:
    if rule is None or amount is None:
        return None
    note = f"rule {rule}, as kept with {found.kept_in}" if found.kept_in else f"rule {rule}"
    freshest_at = found.figure("fct_fleet_overview.units").receipt.freshest_at
    receipt = Receipt("marts.fct_recommendations", "impact_amount", source="opsdb", freshest_at=freshest_at, note=note)
    return Figure(
        f"recommendation_impact.{rule}", "Amount", found.quarter, amount, "usd", receipt, client_id=found.client_id
    )


def _brand(scope: Scope) -> dict[str, Any]:
    return dict(scope.organization.brand.get("review") or {})
