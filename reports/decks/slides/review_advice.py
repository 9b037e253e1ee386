"""What is recommended to a customer: a card a recommendation, those of a rule with the amount they are about."""

from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, Sentence
from reports.decks.layouts import Box
from reports.decks.shapes import Paragraph, Run
from reports.decks.slides.cards import Card, draw_cards, no_data
from reports.formats import Formats
from reports.views.reviews import Advice, Recommendations

CATEGORIES = {
    "equipment_refresh": "EQUIPMENT REFRESH",
    "safety_training": "SAFETY & TRAINING",
    "optimization": "OPTIMIZATION",
}


def render_recommendations(deck: Deck, view: Recommendations) -> None:
    """The first of each category side by side, all further ones as additional opportunities on the pages after."""
    if view.is_empty:
        page = deck.page(
            "Finding",
            "No recommendation yet: not every rule could be asked" if view.reasons else "Nothing is recommended",
        )
        no_data(page, "Recommendations", view.reasons or ["Every rule was asked and none applies; none was typed."])
        return
    first, further = _parted(view.advice)
    cards = [_card(deck.formats, one, CATEGORIES[one.category]) for one in first]
    named = f"{len(view.advice)} things we recommend" if len(view.advice) > 1 else "What we recommend"
    draw_cards(deck, cards, named, reserved=0.78, below=lambda page: _further(page, further, view.reasons))
    if further:
        cards = [_card(deck.formats, one, f"OPPORTUNITY: {CATEGORIES[one.category]}") for one in further]
        draw_cards(deck, cards, "Additional opportunities")


def _parted(advice: tuple[Advice, ...]) -> tuple[list[Advice], list[Advice]]:
    """Three to begin with, the first of each category, what was accepted before what is proposed; and the rest."""
    ordered = sorted(advice, key=lambda one: one.status != "accepted")
    first = []
    for category in CATEGORIES:
        first += [one for one in ordered if one.category == category][:1]
    first += [one for one in ordered if one not in first][: 3 - len(first)]
    return first, [one for one in ordered if one not in first]


def _card(formats: Formats, advice: Advice, label: str) -> Card:
    agreed = ", agreed" if advice.status == "accepted" else ""
    text = advice.description if advice.is_typed else advice.description.replace("; ", "\n")  # a machine a line
    return Card(label + agreed, advice.title, text, _impact(formats, advice), is_typed=advice.is_typed)


def _impact(formats: Formats, advice: Advice) -> Finding | None:
    say = Sentence(formats)
    if advice.amount is not None:
        return say.finding(f"Est. impact: {say.value(advice.amount)}. {advice.impact}".strip())
    return say.finding(f"Est. impact: {advice.impact}") if advice.impact else None


def _further(page: Page, further: list[Advice], reasons: tuple[str, ...]) -> None:
    """Under the cards: what else there is, or which rules could not be asked."""
    content = page.content
    box = Box(content.left, content.bottom - 0.65, content.width, 0.65)
    words = ""
    if further:
        words = "Additional opportunities: " + "; ".join(
            f"{at}. {one.title}" for at, one in enumerate(further, start=1)
        )
    elif reasons:
        words = "Not every rule could be asked: " + " ".join(reasons)
    if not words:
        return
    text, size = page.fit(words, (14, 13, 12, 11), box)
    page.text("Further", box, [Paragraph([Run(text, size, colour="tx2")])], anchor="ctr")
