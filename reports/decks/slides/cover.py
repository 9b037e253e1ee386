"""The cover: whose review, of which quarter, as of when, and the result in a line or two."""

from collections.abc import Sequence

from reports.decks import headlines
from reports.decks import headlines_of_growth as growth
from reports.decks.deck import Deck
from reports.decks.findings import Finding
from reports.views.client import Overview
from reports.views.company import FLEET, SERVICE, SmartNumbers
from reports.views.investor import Overview as InvestorOverview


def render_cover(deck: Deck, view: SmartNumbers) -> None:
    """The organization's own review: how many SmartNumbers have a value and meet their target."""
    draw_cover(deck, deck.snapshot.subject, [headlines.summary(deck.formats, deck.quarter, view.numbers)])


def render_client_cover(deck: Deck, view: Overview) -> None:
    """A client's review: devices and tickets."""
    created, closed = (view.tickets[metric] for metric in SERVICE[:2])
    endpoints, seats = (view.fleet[metric] for metric in FLEET)
    client = deck.snapshot.client
    facts = [
        headlines.fleet(deck.formats, endpoints, seats),
        headlines.tickets(deck.formats, created, closed),
    ]
    draw_cover(deck, "" if client is None else client.name, facts)


def render_investor_cover(deck: Deck, view: InvestorOverview) -> None:
    """What investors are sent: recurring revenue in one line."""
    draw_cover(deck, deck.snapshot.subject, [growth.overview(deck.formats, view)])


def draw_cover(deck: Deck, subject: str, facts: Sequence[Finding]) -> None:
    """The organization presents; `subject` is reviewed: the organization itself, or one of its clients."""
    formats, page, quarter, state = deck.formats, deck.cover(), deck.quarter, deck.snapshot.state
    page.fill("Owner", deck.snapshot.owner.name)
    page.fill("Title", deck.title, sizes=(40, 36, 32, 28))
    months = f"{formats.month(quarter.months[0])} to {formats.month(quarter.months[2])}"
    page.fill("Subtitle", f"{subject}  |  {formats.quarter(quarter.quarter)}, {months}", sizes=(22, 20, 18, 16))
    lines = [page.words(fact) for fact in facts]
    if not quarter.is_complete:
        lines.append(deck.incomplete_words)
    if state.as_of is not None:
        lines.append(f"Data as of {formats.instant(state.as_of)}")
    else:
        lines.append("No source was read: every figure was imported or entered by hand")
    page.fill("Facts", "\n".join(lines))
