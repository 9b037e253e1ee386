"""What needs a decision: the first slide after the cover, because it is what the meeting is for."""

from collections.abc import Sequence

from reports.decks.decisions import Decision, decisions
from reports.decks.deck import Deck
from reports.decks.shapes import Cell, Column, Table
from reports.decks.slides.parts import missing
from reports.views.company import Evidence

_COLOURS = {"Alarm": "accent6", "Off target": "accent6", "Watch": "accent5"}
_MOST = 8


def render_decisions(deck: Deck, view: Evidence) -> None:
    """A table of at most eight; the rest are read out in the notes."""
    found = decisions(deck.formats, view)
    has_values = any(number.figure.value is not None for number in view.numbers)
    page = deck.page("Table", headline(found, has_values=has_values))
    for decision in found:
        page.act(f"{decision.matter.text}. {decision.next_step}")
    if not found:
        reason = (
            "Every SmartNumber with a target meets it, none moved by a tenth or more, and no input is missing."
            if has_values
            else "No SmartNumber has a value for this quarter, so there is nothing to weigh."
        )
        missing(page, page.place("Table"), "Decisions", [reason])
        return
    rows = []
    for decision in found[:_MOST]:
        colour = _COLOURS.get(decision.urgency, "tx2")
        rows.append(
            [
                Cell(decision.urgency, bold=True, colour=colour),
                Cell(page.words(decision.matter)),
                Cell(decision.next_step),
            ]
        )
    for decision in found[_MOST:]:
        page.say(f"Also: {page.words(decision.matter)}. {decision.next_step}")
    page.table(
        "Table",
        Table(
            columns=(Column("Why", 1), Column("What the figures say", 6.6), Column("Decision", 4.2)),
            rows=rows,
            size=13,
            row_height=0.53,
            lines=2,
        ),
        alt="Matters that need a decision, the most pressing first, with a next step each.",
    )


def headline(found: Sequence[Decision], *, has_values: bool) -> str:
    """The most pressing matter in a few words."""
    pressing = [decision for decision in found if decision.urgency in _COLOURS]
    if pressing:
        first = pressing[0].matter.figures[0][0].label
        if len(pressing) == 1:
            return f"One SmartNumber calls for a decision: {first}"
        return f"Several SmartNumbers call for a decision, {first} first"
    if any(decision.urgency == "Change" for decision in found):
        return "Nothing is off target; these figures moved most"
    if found:
        return "The figures rest on incomplete data; complete it first"
    return "Nothing calls for a decision" if has_values else "No decision can be drawn from this quarter"
