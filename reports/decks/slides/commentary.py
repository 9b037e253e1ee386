"""What changed and why, computed; and beside it what somebody wrote."""

from reports.decks import commentary
from reports.decks.deck import Deck, Page
from reports.decks.layouts import Box
from reports.decks.measure import LINE_HEIGHT
from reports.decks.shapes import SMALLEST, Cell, Column, Paragraph, Run, Table
from reports.decks.slides.parts import missing
from reports.views.commentary import Commentary, Typed

_HEIGHT = 0.88


def render_commentary(deck: Deck, view: Commentary) -> None:
    """A row for each change worth naming: what, what drove it, what to decide. Typed words stand at the right."""
    page = deck.page("Finding", commentary.headline(deck.formats, view))
    box = page.content
    if view.typed is not None:
        box, beside = box.columns(8.6, 3.2)
        _typed(page, beside, view.typed)
    found = commentary.remarks(deck.formats, view)
    for remark in found:
        page.act(f"{remark.changed.text} {remark.step}")
    if not found:
        reason = (
            "Every figure stands within a tenth of the quarter before, on the same side of its target."
            if any(change.change.value is not None for change in view.changes)
            else "The quarter before has no figure to compare with."
        )
        missing(page, box, "What changed", [reason])
        return
    page.table(
        box,
        Table(
            columns=(Column("What changed", 4), Column("What drove it", 4.3), Column("To decide", 2)),
            rows=[
                [Cell(page.words(remark.changed)), Cell(page.words(remark.driven)), Cell(remark.step)]
                for remark in found
            ],
            size=13,
            row_height=_HEIGHT,
            lines=4,
            heading_height=0.42,
        ),
        alt="What changed since the quarter before, the parts that add up to the change, and what to decide.",
    )


def _typed(page: Page, box: Box, words: Typed) -> None:
    """What somebody wrote, as large as fits; what does not fit is spoken."""
    page.text("Commentary panel", box, [], fill="bg2")
    page.text("Commentary edge", Box(box.left, box.top, 0.06, box.height), [], fill="accent1")
    inner = Box(box.left + 0.22, box.top + 0.16, box.width - 0.38, box.height - 0.32)
    heading = 14 * LINE_HEIGHT / 72
    signed = 12 * LINE_HEIGHT / 72 + 0.12
    room = Box(0, 0, inner.width, inner.height - heading - signed - 0.1)
    text, size = page.fit(page.typed(words.comment), (14, 13, 12, SMALLEST), room)
    if text != words.comment:
        page.say(f"Commentary: {words.comment}")
    page.text(
        "Commentary",
        inner,
        [
            Paragraph([Run("Commentary", 14, bold=True)]),
            *(Paragraph([Run(line, size)], before=4 if at == 0 else 0) for at, line in enumerate(text.split("\n"))),
            Paragraph([Run(words.written_by, 12, colour="tx2")], before=6),
        ],
    )
