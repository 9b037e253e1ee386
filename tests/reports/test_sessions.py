"""A review is prepared as a draft, closed with the figures that were shown, and followed up by its action items."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from reports import sessions
from reports.errors import UnknownScope
from reports.sessions import Review, SessionRefused, StaleVersion
from reports.sessions.figures import current, figures_of
from reports.sessions.saving import session_name
from tests.reports import dealer
from tests.reports.dealer import CLIENT, ORGANIZATION, SPARSE
from warehouse.audit import Actor
from warehouse.periods import Quarter

MANAGER = Actor("person", "r.embers")
Q1, Q2, Q3 = Quarter(2026, 1), Quarter(2026, 2), Quarter(2026, 3)
TODAY = date(2026, 7, 20)


@pytest.fixture
def reviews(warehouse: psycopg.Connection) -> psycopg.Connection:
    dealer.fill(warehouse)
    return warehouse


def begun(connection: psycopg.Connection, client: str = CLIENT, quarter: Quarter = Q2) -> sessions.Session:
    return sessions.new(connection, ORGANIZATION, client, quarter, MANAGER)


def written(session: sessions.Session, **facts: Any) -> Review:
    given = {"session": session.session_id, "version": session.version, "client": session.client_id,
             "quarter": session.quarter, "meeting_date": "2026-07-14"}  # fmt: skip
    return Review.model_validate({**given, **facts})


def saved(connection: psycopg.Connection, session: sessions.Session, **facts: Any) -> sessions.Session:
    return sessions.save(connection, ORGANIZATION, written(session, **facts), MANAGER).session


def closed(connection: psycopg.Connection, session: sessions.Session) -> sessions.Session:
    return sessions.finalise(connection, ORGANIZATION, session.session_id, MANAGER)[0]


def deed(text: str, **facts: Any) -> dict[str, Any]:
    return {"party": "company", "description": text, **facts}


def test_a_review_begins_with_what_the_rules_propose(reviews: psycopg.Connection) -> None:
    session = begun(reviews)
    assert (session.session_id, session.status, session.version) == ("QBR-2026-Q2-acorn-freight", "draft", 1)
    assert [(one.rule, one.title, one.impact_amount, one.status) for one in session.recommendations] == [
        ("replace_units", "Replace 7 machines", Decimal(25200), "proposed"),
        ("more_planned_maintenance", "Plan more maintenance", Decimal("4910.75"), "proposed"),
        ("operator_training", "Train the operators", Decimal(5100), "proposed"),
    ]
    assert begun(reviews, SPARSE).recommendations == ()


@pytest.mark.parametrize("client", ["nobody", "unassigned", "all"])
def test_only_a_client_has_reviews(reviews: psycopg.Connection, client: str) -> None:
    with pytest.raises(UnknownScope, match=f"no client '{client}'"):
        begun(reviews, client)


def test_a_quarter_has_one_draft_and_a_second_review_after_the_first_is_closed(reviews: psycopg.Connection) -> None:
    first = begun(reviews)
    with pytest.raises(SessionRefused, match="has the draft QBR-2026-Q2-acorn-freight already"):
        begun(reviews)
    closed(reviews, saved(reviews, first))
    assert begun(reviews).session_id == "QBR-2026-Q2-acorn-freight-2"


def test_a_long_name_fits_and_stays_unlike_others() -> None:
    names = {session_name("north-american-consolidated-warehousing-" + end, Q2, 12) for end in ("east", "west")}
    assert len(names) == 2
    assert max(map(len, names)) <= 50


def test_what_is_written_is_what_is_read(reviews: psycopg.Connection) -> None:
    session = saved(
        reviews,
        begun(reviews),
        next_meeting={"date": "2026-10-13", "time": "10:30"},
        account_manager={"name": "R. Embers", "email": "r.embers@example.com", "phone": "555 0100"},
        priorities=[{"title": "Uptime"}, {"title": "Safety", "description": "No accident in the cold store."}],
        recommendations=[
            {"rule": "replace_units", "status": "accepted"},
            {"rule": "operator_training", "status": "declined"},
            {"category": "optimization", "title": "Charge at night", "estimated_impact": "about two hours a day"},
        ],
        actions=[deed("Send the offer", owner="R. Embers", due="2026-08-01"), {**deed("Count"), "party": "customer"}],
        insights={"automation": "Two vendors show tuggers without drivers."},
    )
    assert session.version == 2
    assert [(one.number, one.title) for one in session.priorities] == [(1, "Uptime"), (2, "Safety")]
    assert [(one.title, one.status) for one in session.recommendations] == [
        ("Replace 7 machines", "accepted"),
        ("Plan more maintenance", "proposed"),
        ("Train the operators", "declined"),
        ("Charge at night", "proposed"),
    ]
    assert [(one.party, one.description, one.owner, one.due_date) for one in session.actions] == [
        ("company", "Send the offer", "R. Embers", date(2026, 8, 1)),
        ("customer", "Count", None, None),
    ]
    assert session.insights == (("automation", "Two vendors show tuggers without drivers."),)
    audited = reviews.execute("select action, details from app.audit_log order by audit_id desc limit 1").fetchone()
    assert audited is not None
    assert audited[0] == "review_save"
    assert {"priorities", "actions", "recommendations", "insights", "manager_email"} <= set(audited[1]["changed"])


def test_saving_the_same_again_changes_nothing(reviews: psycopg.Connection) -> None:
    first = saved(reviews, begun(reviews), priorities=[{"title": "Uptime"}], actions=[deed("Send the offer")])
    again = sessions.save(
        reviews,
        ORGANIZATION,
        written(first, priorities=[{"title": "Uptime"}], actions=[deed("Send the offer")]),
        MANAGER,
    )
    assert (again.is_changed, again.session) == (False, first)


def test_who_comes_second_does_not_write_over_the_first(reviews: psycopg.Connection) -> None:
    session = begun(reviews)
    saved(reviews, session, notes="from one editor")
    with pytest.raises(StaleVersion, match=r"at version 2, by r\.embers .* yours rests on version 1"):
        saved(reviews, session, notes="from another")
    assert sessions.load(reviews, ORGANIZATION, session.session_id).notes == "from one editor"


def test_a_review_does_not_move_to_another_client(reviews: psycopg.Connection) -> None:
    with pytest.raises(SessionRefused, match="is the review of acorn-freight for 2026-Q2, not of birch"):
        saved(reviews, begun(reviews), client=SPARSE)


def test_figures_that_change_change_the_proposals_and_say_so(reviews: psycopg.Connection) -> None:
    session = saved(reviews, begun(reviews), recommendations=[
        {"rule": "replace_units", "status": "accepted"}, {"rule": "operator_training", "status": "accepted"}
    ])  # fmt: skip
    reviews.execute("update marts.fct_recommendations set title = 'Replace 8 machines' where rule = 'replace_units'")
    reviews.execute("update marts.fct_recommendations set is_recommended = false where rule = 'operator_training'")
    with pytest.raises(SessionRefused, match=r"operator_training was accepted.*The figures changed .* replace_units"):
        closed(reviews, session)
    result = sessions.save(
        reviews,
        ORGANIZATION,
        written(session, recommendations=[{"rule": "operator_training", "status": "declined"}]),
        MANAGER,
    )
    assert [(one.title, one.status) for one in result.session.recommendations] == [
        ("Replace 8 machines", "accepted"),
        ("Plan more maintenance", "proposed"),
    ]
    assert result.notes == (
        "The rule replace_units was accepted as 'Replace 7 machines'; the figures now make it 'Replace 8 machines'.",
        "The rule operator_training no longer applies to the figures and was taken out.",
    )
    assert closed(reviews, result.session).is_finalised


def test_a_review_is_closed_with_the_figures_as_they_were(reviews: psycopg.Connection) -> None:
    session = saved(reviews, begun(reviews))
    shown = current(reviews, ORGANIZATION, CLIENT, str(Q2))
    final = closed(reviews, session)
    reviews.execute("update marts.fct_service_costs set total_spend = 1")
    assert current(reviews, ORGANIZATION, CLIENT, str(Q2)) != shown
    assert figures_of(reviews, final) == shown
    assert shown["fct_service_costs"][0]["total_spend"] == Decimal("48210.75")
    assert [len(shown[mart]) for mart in ("fct_fleet_mix", "fct_service_calls_monthly", "fct_fleet_units")] == [
        11,
        12,
        21,
    ]


def test_a_review_is_not_closed_before_its_time(reviews: psycopg.Connection) -> None:
    with pytest.raises(SessionRefused, match="no meeting_date"):
        closed(reviews, begun(reviews))
    with pytest.raises(SessionRefused, match=r"2026-07, 2026-08, 2026-09 of 2026-Q3 was not over"):
        closed(reviews, saved(reviews, begun(reviews, quarter=Q3)))


CHANGES = [
    "update app.review_sessions set notes = 'later'",
    "delete from app.review_sessions",
    "update app.review_priorities set title = 'Other'",
    "delete from app.review_recommendations",
    "update app.review_actions set description = 'Other' where not is_completed",
    "update app.review_actions set is_completed = false, completed_date = null where is_completed",
    "insert into app.review_priorities values ('hollowbrook-lift', 'QBR-2026-Q2-acorn-freight', 2, 'New')",
    "update app.review_insights set text = 'Other'",
    "update app.review_figures set facts = '{}'",
    "truncate app.review_sessions cascade",
    "truncate app.review_insights",
    "insert into app.review_figures values ('hollowbrook-lift', 'QBR-2026-Q2-acorn-freight', 'fct_new', 1, '{}')",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_what_is_finalised(reviews: psycopg.Connection, change: str) -> None:
    closed(
        reviews,
        saved(reviews, begun(reviews), priorities=[{"title": "Uptime"}], insights={"automation": "None."},
              actions=[deed("Send the offer"), deed("Done already", done="2026-07-01")]),
    )  # fmt: skip
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"is finalised|append-only"):
        reviews.execute(change)


def test_a_finalised_review_refuses_an_edit_and_lets_actions_be_completed(reviews: psycopg.Connection) -> None:
    final = closed(reviews, saved(reviews, begun(reviews), actions=[deed("Send the offer")]))
    with pytest.raises(SessionRefused, match=r"was finalised by r\.embers"):
        saved(reviews, final, notes="later")
    after = sessions.complete_action(
        reviews, ORGANIZATION, final.session_id, final.actions[0].action_id, actor=MANAGER, day=TODAY, today=TODAY
    )
    assert (after.open_actions, after.version) == ((), final.version)
    with pytest.raises(SessionRefused, match="was completed on 2026-07-20 already"):
        sessions.complete_action(
            reviews, ORGANIZATION, final.session_id, final.actions[0].action_id, actor=MANAGER,
            day=date(2026, 7, 19), today=TODAY,
        )  # fmt: skip


def test_what_is_open_is_carried_over_and_completed_wherever_it_stands(reviews: psycopg.Connection) -> None:
    spring = closed(
        reviews,
        saved(reviews, begun(reviews, quarter=Q1),
              actions=[deed("Send the offer", due="2026-05-01"), deed("Call", done="2026-04-20"), deed("Train")]),
    )  # fmt: skip
    summer = begun(reviews)
    assert [(one.description, one.carried_from) for one in summer.actions] == [
        ("Send the offer", spring.actions[0].action_id),
        ("Train", spring.actions[2].action_id),
    ]
    sessions.complete_action(
        reviews, ORGANIZATION, spring.session_id, spring.actions[0].action_id, actor=MANAGER, day=TODAY, today=TODAY
    )
    now = sessions.load(reviews, ORGANIZATION, summer.session_id)
    assert ([one.description for one in now.open_actions], now.version) == (["Train"], 2)
    saved(reviews, now, actions=[deed("Send the offer", done="2026-07-20"), deed("Train", done="2026-07-19")])
    assert sessions.load(reviews, ORGANIZATION, spring.session_id).open_actions == ()


def test_an_action_taken_out_of_a_draft_leaves_the_next_reviews_chain_whole(reviews: psycopg.Connection) -> None:
    spring = saved(reviews, begun(reviews, quarter=Q1), actions=[deed("Train")])
    assert begun(reviews).actions[0].carried_from == spring.actions[0].action_id
    saved(reviews, spring, actions=[])
    assert sessions.load(reviews, ORGANIZATION, "QBR-2026-Q2-acorn-freight").actions[0].carried_from is None


def test_a_day_that_has_not_come_completes_nothing(reviews: psycopg.Connection) -> None:
    session = saved(reviews, begun(reviews), actions=[deed("Train")])
    number = session.actions[0].action_id
    with pytest.raises(SessionRefused, match="2026-07-21 has not come yet"):
        sessions.complete_action(reviews, ORGANIZATION, session.session_id, number, actor=MANAGER,
                                 day=date(2026, 7, 21), today=TODAY)  # fmt: skip
    with pytest.raises(UnknownScope, match="no action item 4711"):
        sessions.complete_action(reviews, ORGANIZATION, session.session_id, 4711, actor=MANAGER, day=TODAY, today=TODAY)


def test_reviews_are_listed_newest_first_with_what_is_open(reviews: psycopg.Connection) -> None:
    begun(reviews, quarter=Q1)
    saved(reviews, begun(reviews), actions=[deed("Train"), deed("Call", done="2026-07-02")])
    begun(reviews, SPARSE)
    found = sessions.listed(reviews, ORGANIZATION, client_id=CLIENT)
    assert [(row["session_id"], row["open"], row["actions"]) for row in found] == [
        ("QBR-2026-Q2-acorn-freight", 1, 2),
        ("QBR-2026-Q1-acorn-freight", 0, 0),
    ]
    assert sessions.listed(reviews, ORGANIZATION, status="finalised") == []


def test_another_organizations_portal_sees_no_review(committing: psycopg.Connection) -> None:
    from warehouse.roles import ensure_roles

    dealer.fill(committing)
    closed(committing, saved(committing, begun(committing), priorities=[{"title": "Uptime"}]))
    ensure_roles(committing, [ORGANIZATION])
    committing.execute("set role qbr_portal")
    for organization, count in ((ORGANIZATION, 1), ("another", 0)):
        committing.execute("select set_config('qbr.organization_id', %s, false)", [organization])
        for table in ("review_sessions", "review_priorities"):
            assert committing.execute(f"select count(*) from app.{table}").fetchone() == (count,)  # type: ignore[arg-type]
