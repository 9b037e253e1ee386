"""A review as a YAML file for an editor: written with a comment to every section, read with every problem named."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import yaml
from pydantic import ValidationError

from reports.sessions.content import TOPICS, Review
from reports.sessions.errors import ReviewFileError
from reports.sessions.reading import Action, Recommendation, Session
from warehouse.configuration_errors import sentences
from warehouse.marked_yaml import YamlProblem, read

_VERSION = re.compile(r"^version:[ \t]*\d*", re.MULTILINE)


def read_review(path: Path) -> Review:
    """The file's review; raises ReviewFileError with every problem in it, each with its line."""
    try:
        marked = read(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewFileError(
            f"{path} cannot be read ({error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}), so "
            "nothing was changed. `qbr session export SESSION` writes a review's file."
        ) from error
    except YamlProblem as problem:
        raise ReviewFileError(
            f"{path}, line {problem.line}: this is not YAML we can read: {problem}. Nothing was changed."
        ) from problem
    if not isinstance(marked.data, dict):
        raise ReviewFileError(
            f"{path} holds no keys, so nothing was changed. `qbr session export SESSION` writes a review's file."
        )
    try:
        return Review.model_validate(marked.data)
    except ValidationError as error:
        raise ReviewFileError(f"{sentences(path, marked, error, Review)}\nNothing was changed.") from error


def with_version(text: str, version: int) -> str:
    """The file's text resting on another version, with all else as its author left it."""
    return _VERSION.sub(f"version: {version}", text, count=1)


def as_text(session: Session) -> str:
    """The review as a file, which says the same when it is read back."""
    return "\n".join(_lines(session)) + "\n"


def _lines(session: Session) -> Iterator[str]:
    yield f"# The review of {session.client_name} for {session.quarter}. Store it with `qbr session edit FILE`."
    yield "# docs/how-to/prepare-a-review.md explains every key. What is left empty reads as 'not entered' on the deck."
    yield ""
    yield f"session: {session.session_id}"
    yield f"version: {session.version}    # what this file rests on; an edit of a version that is past is refused"
    yield f"client: {session.client_id}"
    yield f"quarter: {session.quarter}"
    yield from _pair("meeting_date", session.meeting_date, "    # such as 2026-07-14; needed to finalise")
    yield "next_meeting:"
    yield from _pair("  date", session.next_meeting_date)
    time = session.next_meeting_time
    yield from _pair("  time", f"{time:%H:%M}" if time else None, '    # such as "10:30"')
    yield "account_manager:"
    yield from _pair("  name", session.manager_name)
    yield from _pair("  email", session.manager_email)
    yield from _pair("  phone", session.manager_phone)
    yield from _text("notes", session.notes, comment="    # for yourselves; never on the deck")
    yield ""
    yield "# What matters to the client now, the most important first: three at most, each with a title and, if you"
    yield "# like, a description."
    yield "priorities:"
    for priority in session.priorities:
        yield from _text("  - title", priority.title)
        yield from _text("    description", priority.description, indent=6)
    if not session.priorities:
        yield from _example("  - title: Fewer breakdowns in the cold store", "    description: Two lifts stood still.")
    yield ""
    yield "# Advice. What a rule proposes is worded by the rule: decide its status (proposed, accepted, declined). Type"
    yield "# your own with category (equipment_refresh, safety_training, optimization), title and, if you like,"
    yield "# description and estimated_impact. What is declined is not on the deck."
    yield "recommendations:"
    for advice in session.recommendations:
        yield from _advice(advice)
    if not any(advice.rule is None for advice in session.recommendations):
        yield from _example(
            "  - category: optimization", "    title: Charge the batteries at night", "    status: proposed"
        )
    yield ""
    yield "# Who does what by when: party is company (you) or customer. `done` is the day it was completed. What has an"
    yield "# id stands in the review already: keep the id, and the rest may be changed; an item taken out is removed."
    yield "actions:"
    for action in session.actions:
        yield from _action(action)
    if not session.actions:
        yield from _example(
            "  - party: company",
            "    description: Send the offer for two reach trucks",
            "    owner: A. Person",
            "    due: 2026-08-15",
        )
    yield ""
    yield "# What you say of the trade, a paragraph a topic."
    yield "insights:"
    said = dict(session.insights)
    for topic in TOPICS:
        yield from _text(f"  {topic}", said.get(topic), indent=4)


def _advice(advice: Recommendation) -> Iterator[str]:
    if advice.rule:
        yield f"  - rule: {advice.rule}"
        for text in (advice.title, advice.description, _impact(advice)):
            yield from (f"    # {line}" for line in (text or "").splitlines())
    else:
        yield f"  - category: {advice.category}"
        yield from _text("    title", advice.title)
        yield from _text("    description", advice.description, indent=6)
        yield from _text("    estimated_impact", advice.estimated_impact)
    yield f"    status: {advice.status}"


def _impact(advice: Recommendation) -> str | None:
    if advice.impact_amount is None:
        return advice.estimated_impact
    return f"{_amount(advice.impact_amount)}: {advice.estimated_impact or ''}".rstrip(": ")


def _action(action: Action) -> Iterator[str]:
    carried = "    # carried over from the review before" if action.carried_from else ""
    yield f"  - id: {action.action_id}{carried}"
    yield f"    party: {action.party}"
    yield from _text("    description", action.description, indent=6)
    yield from _text("    owner", action.owner)
    yield from _pair("    due", action.due_date)
    yield from _pair("    done", action.completed_date)


def _pair(key: str, value: object, comment: str = "") -> Iterable[str]:
    shown = "" if value is None else f' "{value}"' if ":" in str(value) else f" {value}"
    return [f"{key}:{shown}{'' if value is not None else comment}"]


def _text(key: str, text: str | None, *, indent: int = 2, comment: str = "") -> Iterable[str]:
    if text is None:
        return [f"{key}:{comment}"]
    lines = text.split("\n")
    if len(lines) == 1 or not all(line.isprintable() for line in lines):
        return [f"{key}: {_quoted(text)}"]
    return [f"{key}: |", *(f"{' ' * indent}{line}" if line else "" for line in lines)]


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).rstrip("\n")


def _example(*lines: str) -> Iterable[str]:
    return [f"  #{line[1:]}" for line in lines]


def _amount(value: Decimal) -> str:
    return f"{value:,.2f}"
