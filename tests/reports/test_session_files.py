"""A review's file says what the review says, and names every problem with its line."""

from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import sessions
from reports.sessions.content import Review
from reports.sessions.errors import ReviewFileError
from reports.sessions.review_file import _text, as_text, read_review, with_version
from tests.reports import dealer
from tests.reports.dealer import CLIENT, ORGANIZATION
from warehouse.audit import Actor
from warehouse.marked_yaml import read
from warehouse.periods import Quarter

MANAGER = Actor("person", "r.embers")
HEAD = "session: QBR-2026-Q2-acorn-freight\nversion: 1\nclient: acorn-freight\nquarter: 2026-Q2\n"
FULL = (
    HEAD
    + """\
meeting_date: 2026-07-14
next_meeting: {date: 2026-10-13, time: "10:30"}
account_manager: {name: R. Embers, email: r.embers@example.com, phone: 555 0100}
notes: "colon: and # hash"
priorities:
  - title: Uptime
    description: |
      Two lifts stood still,

      for a week.
recommendations:
  - rule: replace_units
    status: accepted
  - category: safety_training
    title: "=SUM(A1)"
    estimated_impact: 100 % safer
actions:
  - party: customer
    description: Name a contact
    due: 2026-08-15
    done: 2026-07-15
insights:
  electrification: yes
"""
)


@pytest.fixture
def reviews(warehouse: psycopg.Connection) -> psycopg.Connection:
    dealer.fill(warehouse)
    return warehouse


def test_the_starter_reads_back_as_the_review_it_was_written_from(reviews: psycopg.Connection, tmp_path: Path) -> None:
    session = sessions.new(reviews, ORGANIZATION, CLIENT, Quarter(2026, 2), MANAGER)
    path = tmp_path / "review.yml"
    path.write_text(as_text(session))
    assert "# Replace 7 machines" in path.read_text()
    assert "4,910.75: The difference between repairs" in path.read_text()
    again = sessions.save(reviews, ORGANIZATION, read_review(path), MANAGER)
    assert (again.is_changed, again.session) == (False, session)


def test_a_whole_review_goes_to_the_file_and_back_unchanged(reviews: psycopg.Connection, tmp_path: Path) -> None:
    sessions.new(reviews, ORGANIZATION, CLIENT, Quarter(2026, 2), MANAGER)
    path = tmp_path / "review.yml"
    path.write_text(FULL)
    session = sessions.save(reviews, ORGANIZATION, read_review(path), MANAGER).session
    path.write_text(as_text(session))
    again = sessions.save(reviews, ORGANIZATION, read_review(path), MANAGER)
    assert (again.is_changed, again.session) == (False, session)
    assert session.priorities[0].description == "Two lifts stood still,\n\nfor a week."
    assert session.insights == (("electrification", "yes"),)


def test_the_version_is_renewed_and_everything_else_left_as_it_was() -> None:
    assert with_version("# version: 9\nversion: 1    # mine\nnotes: version\n", 2) == (
        "# version: 9\nversion: 2    # mine\nnotes: version\n"
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives_the_file(text: str) -> None:
    text = text.strip().replace("\r", "\n") or "x"
    assert read("\n".join(_text("notes", text))).data["notes"].rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("priority:\n  - title: x\n", "line 5: priority is not a key here; did you mean priorities?"),
        ("actions:\n  - description: x\n", "line 6: actions.1.party is missing"),
        ("actions:\n  - party: dealer\n    description: x\n", "must be one of 'company' or 'customer'; 'dealer'"),
        ("actions:\n  - {party: company, description: x, due: 1.8.2026}\n", "must be a day such as 2026-06-30"),
        ("meeting_date: 20260714T10\n", "line 5: meeting_date must be a day such as 2026-06-30"),
        ("next_meeting: {time: \"10:00\"}\n", "must have a date when it has a time"),
        ("next_meeting: {date: 2026-10-01, time: noon}\n", "must be a time of day such as 10:30"),
        ("recommendations:\n  - title: x\n", "must have a category and a title, or the name of a rule"),
        ("recommendations:\n  - {rule: replace_units, title: x}\n", "must have rule and status alone"),
        ("priorities: [{title: a}, {title: b}, {title: c}, {title: d}]\n", "must have at most 3 entries; it has 4"),
        (f"priorities: [{{title: {'x' * 256}}}]\n", "must have at most 255 characters; it has 256"),
        (f"actions: [{{party: company, description: {'x' * 501}}}]\n", "must have at most 500 characters; it has 501"),
        ("account_manager: {email: r.embers}\n", "account_manager.email must be written like someone@example.com"),
        ("notes: [\n", "this is not YAML we can read"),
    ],
)  # fmt: skip
def test_a_file_that_will_not_do_says_where_and_why(tmp_path: Path, body: str, complaint: str) -> None:
    path = tmp_path / "review.yml"
    path.write_text(HEAD + body)
    with pytest.raises(ReviewFileError) as error:
        read_review(path)
    assert complaint in str(error.value)
    assert "Nothing was changed." in str(error.value)


def test_the_same_promise_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="has 'company: Call' twice under actions"):
        Review.model_validate(
            {"session": "s", "version": 1, "client": "c", "quarter": "2026-Q2",
             "actions": [{"party": "company", "description": "Call"}, {"party": "company", "description": " Call "}]}
        )  # fmt: skip
