"""Slides of a customer review that people prepare: cover, agenda, priorities, insights, actions, contacts."""

from collections.abc import Sequence

from reports.decks.deck import Deck, Page
from reports.decks.layouts import Box
from reports.decks.measure import LINE_HEIGHT
from reports.decks.shapes import Cell, Column, Paragraph, Run, Table
from reports.decks.slides.cards import Card, band, draw_cards, no_data
from reports.formats import Formats
from reports.views.reviews import Actions, Agenda, Contacts, Cover, Insights, Priorities, Promise, Questions

NOT_ENTERED = "Not entered"
INVITATION = "Which of these should we look into for you?"
_TOPICS = {
    "manufacturer_news": "Manufacturer news",
    "industry_trend": "Industry trend",
    "electrification": "Electrification",
    "automation": "Automation",
    "safety_compliance": "Safety & compliance",
}


def render_cover(deck: Deck, view: Cover) -> None:
    """Dealer, customer, quarter, the day of the meeting, the slogan."""
    formats, page, client = deck.formats, deck.cover(), deck.snapshot.client
    page.fill("Owner", deck.snapshot.owner.name)
    page.fill("Title", deck.title, sizes=(40, 36, 32, 28))
    day = formats.day(view.meeting_date) if view.meeting_date else "meeting date not entered"
    name = "" if client is None else client.name
    page.fill("Subtitle", f"{name}  |  {formats.quarter(deck.quarter.quarter)}  |  {day}", sizes=(22, 20, 18, 16))
    state = deck.snapshot.state
    lines = [view.slogan, "" if deck.quarter.is_complete else deck.incomplete_words]
    lines.append(f"Data as of {formats.instant(state.as_of)}" if state.as_of else "No source was read")
    page.fill("Facts", "\n".join(line for line in lines if line))


def render_agenda(deck: Deck, view: Agenda) -> None:
    """The points with their minutes, and how long it takes."""
    total = sum(minutes for _, minutes in view.items)
    page = deck.page("Table", f"About {total} minutes, and your questions")
    rows = [[Cell(item), Cell(f"{minutes} min")] for item, minutes in view.items]
    rows.append([Cell("In all, before questions"), Cell(f"{total} min")])
    height = min(0.55, 4.8 / (len(rows) + 1))
    page.table(
        "Table",
        Table((Column("What we talk about", 5), Column("Time", 1, "r")), rows, frozenset({len(rows) - 1}), 16, height),
        alt="The agenda: each point with its minutes.",
    )


def render_priorities(deck: Deck, view: Priorities) -> None:
    """A card a priority, and the question whether they still hold."""
    question = "Has anything changed since we last met?"
    if view.is_empty:
        page = deck.page("Finding", "Your priorities are not entered yet")
        no_data(page, "Business priorities", [view.reason])
        return
    cards = [
        Card(f"PRIORITY {number}", title, description, is_typed=True)
        for number, (title, description) in enumerate(view.priorities, start=1)
    ]
    named = "What matters most to you" if len(cards) > 1 else f"What matters most to you: {cards[0].title}"
    draw_cards(deck, cards, named, reserved=0.82, below=lambda page: band(page, question))


def render_insights(deck: Deck, view: Insights) -> None:
    """A card a topic, and an invitation."""
    if view.is_empty:
        page = deck.page("Finding", "Nothing is entered on the trade")
        no_data(page, "Industry insights", [view.reason])
        return
    cards = [Card("INSIGHT", _TOPICS[topic], text, is_typed=True) for topic, text in view.texts]
    draw_cards(
        deck,
        cards,
        "What moves the trade, and what it could mean for you",
        lines=1 if len(cards) <= 3 else 2,
        reserved=0.82,
        below=lambda page: band(page, INVITATION),
    )


def render_actions(deck: Deck, view: Actions) -> None:
    """Both sides' promises in two columns, as many pages as they take, and when we meet again."""
    sides = [(view.company_name, list(view.company)), ("You", list(view.customer))]
    open_items = sum(1 for _, items in sides for item in items if item.done is None)
    everything = sum(len(items) for _, items in sides)
    title = f"{open_items} of {everything} action items are open" if everything else "No action item is entered yet"
    is_first = True
    while is_first or any(items for _, items in sides):
        page = deck.page("Finding", title)
        content = page.content
        content = Box(content.left, content.top, content.width, content.height - 0.8)
        if not everything:
            page.text("Actions missing", content, [Paragraph([Run(view.reason, 14, colour="tx2")])])
        for at, box in enumerate(content.columns(1, 1, gap=0.4) if everything else ()):
            name, items = sides[at]
            drawn = _promises(page, box, name, items, is_first=is_first)
            sides[at] = (name, items[drawn:])
        band(page, _next_meeting(deck.formats, view))
        is_first = False


def render_questions(deck: Deck, view: Questions) -> None:
    """What we would like to know."""
    page = deck.page("Finding", "What should we know that we have not asked?")
    for number, (prompt, box) in enumerate(
        zip(view.prompts, page.content.rows(*(1 for _ in view.prompts), gap=0.3), strict=True), start=1
    ):
        page.text(f"Question {number} card", box, [], fill="bg2")
        page.text(f"Question {number} edge", Box(box.left, box.top, 0.08, box.height), [], fill="accent1")
        text, size = page.fit(prompt, (20, 18, 16, 14, 12), box.inset(0.25))
        page.text(f"Question {number}", box.inset(0.25), [Paragraph([Run(text, size, colour="tx1")])], anchor="ctr")


def render_contacts(deck: Deck, view: Contacts) -> None:
    """Thanks, and whom to call."""
    page = deck.page("Table", "Thank you for working with us")
    rows = [[Cell(label, bold=True), _entered(page, text)] for label, text in view.entries]
    page.table(
        "Table",
        Table((Column("Your contacts", 1), Column("", 3)), rows, size=16, row_height=0.55),
        alt="Whom to call: account manager, service dispatch, parts and web address.",
    )


def _entered(page: Page, text: str | None) -> Cell:
    return Cell(page.typed(text)) if text else Cell(NOT_ENTERED, colour="tx2")


def _promises(page: Page, box: Box, name: str, items: Sequence[Promise], *, is_first: bool) -> int:
    """As many of one side's promises as fit under each other; how many that were."""
    page.text(f"{name} heading rule", Box(box.left, box.top + 0.36, box.width, 0.03), [], fill="accent1")
    head, size = page.fit(
        name if is_first else f"{name}, continued", (16, 14, 12), Box(0, 0, box.width, 0.32), bold=True
    )
    page.text(
        f"{name} heading",
        Box(box.left, box.top, box.width, 0.34),
        [Paragraph([Run(head, size, bold=True, colour="tx1")])],
    )
    top, drawn = box.top + 0.5, 0
    if not items and is_first:
        page.text(f"{name} none", Box(box.left, top, box.width, 0.3), [Paragraph([Run("Nothing", 13, colour="tx2")])])
    for item in items:
        facts = _facts(page.formats, item)
        width = box.width - 0.42
        lines = page.lines(item.description, 14, width) * 14 + page.lines(facts, 12, width) * 12
        height = lines * LINE_HEIGHT / 72 + 0.05
        if drawn and top + height > box.bottom:
            break
        mark = Box(box.left, top + 0.03, 0.2, 0.2)
        cross = [Paragraph([Run("×", 12, bold=True, colour="tx1")], align="ctr")]
        alt = "done" if item.done else "open"
        page.text(f"{name} check box", mark, cross if item.done else [], line="tx1", alt=alt, anchor="ctr")
        description = page.typed(item.description)
        page.text(
            f"{name} item",
            Box(box.left + 0.36, top, width, height),
            [Paragraph([Run(description, 14, colour="tx1")]), Paragraph([Run(facts, 12, colour="tx2")])],
        )
        if item.done is None:
            page.act(f"{name}: {description}")
        top += height + 0.14
        drawn += 1
    return drawn


def _facts(formats: Formats, item: Promise) -> str:
    parts = [item.owner or "no owner entered", f"due {formats.day(item.due)}" if item.due else "no due date entered"]
    if item.done:
        parts.append(f"done {formats.day(item.done)}")
    if item.is_carried:
        parts.append("from the last review")
    return ", ".join(parts)


def _next_meeting(formats: Formats, view: Actions) -> str:
    if view.next_date is None:
        return "NEXT QBR: date not entered"
    return f"NEXT QBR: {formats.day(view.next_date)}" + (
        f" at {formats.time(view.next_time)}" if view.next_time else ""
    )
