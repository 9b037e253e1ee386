"""The cover: whose review, of which quarter, as of when, and the result in one line."""

from collections.abc import Sequence

from reports.decks.deck import Deck
from reports.decks.findings import Finding
from reports.views.organizations import QuarterFacts, Snapshot


def render_cover(
    deck: Deck, *, owner: str, subject: str, quarter: QuarterFacts, snapshot: Snapshot, facts: Sequence[Finding]
) -> None:
    """`owner` presents; `subject` is reviewed: the organization itself, or one of its clients."""
    formats, page = deck.formats, deck.cover()
    page.fill("Owner", owner)
    page.fill("Title", deck.title, sizes=(40, 36, 32, 28))
    months = f"{formats.month(quarter.months[0])} to {formats.month(quarter.months[2])}"
    page.fill("Subtitle", f"{subject}  |  {formats.quarter(quarter.quarter)}, {months}", sizes=(22, 20, 18, 16))
    lines = [page.words(fact) for fact in facts]
    if not quarter.is_complete:
        lines.append(deck.incomplete_words)
    if snapshot.as_of is not None:
        lines.append(f"Data as of {formats.instant(snapshot.as_of)}")
    else:
        lines.append("No source was read: every figure was imported or entered by hand")
    page.fill("Facts", "\n".join(lines))
