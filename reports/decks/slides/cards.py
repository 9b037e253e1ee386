"""Cards side by side whose text goes on where it does not fit, and tiles with one figure each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reports.decks.deck import Deck, Page
from reports.decks.findings import Finding, places_of
from reports.decks.layouts import Box
from reports.decks.measure import LINE_HEIGHT
from reports.decks.shapes import SMALLEST, Paragraph, Run
from reports.decks.slides.parts import missing
from reports.views.figures import Figure, reason_of

_MARGIN = 0.18
_BODY_SIZES = (18.0, 16.0, 14.0, 13.0, 12.0)
Below = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Card:
    """A framed text: what it is, its title, its body, and a line at its foot with the figures it states."""

    label: str
    title: str
    body: str = ""
    foot: Finding | None = None
    is_typed: bool = False
    is_continued: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its label; `under` is a second line, such as a number of orders."""

    label: str
    figure: Figure
    places: int | None = None
    suffix: str = ""
    under: Finding | None = None
    dot: str | None = None
    """A theme colour that marks the tile; the label says the same in words."""


def draw_cards(
    deck: Deck,
    cards: Sequence[Card],
    title: str | Finding,
    *,
    columns: int = 3,
    lines: int = 1,
    reserved: float = 0,
    below: Below | None = None,
) -> None:
    """As many pages as the cards take, `lines` rows of `columns` a page; `below` adds what stands under the first,
    in the `reserved` inches at its foot.
    """
    waiting, is_first = list(cards), True
    while waiting:
        page = deck.page("Finding", title if is_first or isinstance(title, Finding) else f"{title}, continued")
        content = page.content
        if is_first:
            content = Box(content.left, content.top, content.width, content.height - reserved)
        count = min(len(waiting), columns * lines)
        rows = -(-count // columns)
        least = 1 if waiting[0].is_continued else 2  # a lone card needs no whole line, unless its text is long
        cells = [
            cell
            for row in content.rows(*(1 for _ in range(rows)))
            for cell in row.columns(*(1 for _ in range(max(least, count) if rows == 1 else columns)))
        ]
        rest = [draw_card(page, cell, card) for cell, card in zip(cells, waiting, strict=False)]
        waiting = [card for card in rest if card is not None] + waiting[count:]
        if below is not None and is_first:
            below(page)
        is_first = False


def draw_card(page: Page, box: Box, card: Card) -> Card | None:
    """The card in its box; what did not fit comes back as a card that goes on."""
    page.text(f"{card.label} {card.title} card", box, [], fill="bg2")
    page.text(f"{card.label} {card.title} edge", Box(box.left, box.top, box.width, 0.06), [], fill="accent1")
    inner = box.inset(_MARGIN)
    label, size = page.fit(card.label, (12, SMALLEST), Box(0, 0, inner.width, 0.22), bold=True)
    head = [Paragraph([Run(label, size, bold=True, colour="accent1")])]
    title, title_size = page.fit(
        card.title, (20, 18, 16, 14, 13, 12, SMALLEST), Box(0, 0, inner.width, inner.height * 0.42), bold=True
    )
    title_height = _height(page, title, title_size, inner.width, bold=True)
    head.append(Paragraph([Run(title, title_size, bold=True, colour="tx1")], before=3))
    top = inner.top + 0.22 + title_height + 0.16
    foot_height = 0.0
    if card.foot is not None:
        words, foot_size = page.fit(page.words(card.foot), (13, 12, SMALLEST), Box(0, 0, inner.width, 1.3), bold=True)
        foot_height = _height(page, words, foot_size, inner.width, bold=True) + 0.1
    room = Box(inner.left, top, inner.width, inner.bottom - top - foot_height)
    size, now, later = _parted(page, card.body, room, _BODY_SIZES[2:] if card.is_continued else _BODY_SIZES)
    page.text(f"{card.title} head", Box(inner.left, inner.top, inner.width, top - inner.top), head)
    if card.is_typed:
        page.typed(card.title)
    if now:
        page.text(f"{card.title} text", room, [Paragraph([Run(line, size, colour="tx1")]) for line in now.split("\n")])
        if card.is_typed:
            page.typed(now)
    if card.foot is not None:
        place = Box(inner.left, inner.bottom - foot_height + 0.1, inner.width, foot_height - 0.1)
        page.text(f"{card.title} foot", place, [Paragraph([Run(words, foot_size, bold=True, colour="tx2")])])
    if not later:
        return None
    return replace(
        card, label=card.label if card.label.endswith("continued") else f"{card.label}, continued", body=later
    )


def draw_tiles(page: Page, boxes: Sequence[Box], tiles: Sequence[Tile]) -> None:
    """A tile a box; one without a value says why."""
    for box, tile in zip(boxes, tiles, strict=True):
        _draw_tile(page, box, tile)


def band(page: Page, text: str, *, height: float = 0.6) -> None:
    """A line of words across the foot of the content."""
    content = page.content
    box = Box(content.left, content.bottom - height, content.width, height)
    words, size = page.fit(text, (16, 14, 12), box, bold=True, margin=0.12)
    said = Paragraph([Run(words, size, bold=True, colour=page.on_primary)], align="ctr")
    page.text("Band", box, [said], fill="folHlink", margin=0.12, anchor="ctr")


def no_data(page: Page, heading: str, reasons: Sequence[str]) -> None:
    """The whole content of a page that has none."""
    missing(page, page.content, heading, reasons)


def _draw_tile(page: Page, box: Box, tile: Tile) -> None:
    page.text(f"{tile.label} tile", box, [], fill="bg2")
    left = box.left + 0.15
    if tile.dot is not None:
        page.text(f"{tile.label} mark", Box(left, box.top + 0.16, 0.16, 0.16), [], fill=tile.dot, shape="ellipse")
        left += 0.26
    text = Box(left, box.top + 0.1, box.right - left - 0.12, box.height - 0.14)
    label, label_size = page.fit(tile.label, (13, 12, SMALLEST), Box(0, 0, text.width, 0.25))
    if label != tile.label:
        label, label_size = page.fit(tile.label, (SMALLEST,), Box(0, 0, text.width, 0.4))
    lines = [Paragraph([Run(label, label_size, colour="tx2")])]
    room = text.height - _height(page, label, label_size, text.width) - 2 / 72
    figure = tile.figure
    if figure.value is None:
        page.cite(figure, page.formats.value(None, figure.unit))
        reason, size = page.fit(reason_of(figure), (12, SMALLEST), Box(0, 0, text.width, room - 14 * LINE_HEIGHT / 72))
        lines += [
            Paragraph([Run("No data", 14, bold=True, colour="tx2")], before=2),
            Paragraph([Run(reason, size, colour="tx2")]),
        ]
    else:
        places = places_of(figure) if tile.places is None else tile.places
        shown = page.formats.value(figure.value, figure.unit, places=places) + tile.suffix
        page.cite(figure, shown)
        # Digits of some fonts are wider than measured, and a number must not be broken.
        shown, size = page.fit(shown, (26, 22, 18, 14), Box(0, 0, text.width * 0.85, 0.45), bold=True)
        lines.append(Paragraph([Run(shown, size, bold=True, colour="tx1")], before=2))
        if tile.under is not None:
            room -= size * LINE_HEIGHT / 72
            under, size = page.fit(page.words(tile.under), (12, SMALLEST), Box(0, 0, text.width, room))
            lines.append(Paragraph([Run(under, size, colour="tx2")]))
    page.text(tile.label, text, lines)


def _height(page: Page, text: str, size: float, width: float, *, bold: bool = False) -> float:
    return page.lines(text, size, width, bold=bold) * size * LINE_HEIGHT / 72


def _parted(page: Page, text: str, room: Box, sizes: tuple[float, ...]) -> tuple[float, str, str]:
    """The size, what fits the room, and what is left over, parted between words."""
    for size in sizes:
        if page.fit(text, (size,), room)[0] == text:
            return size, text, ""
    size = sizes[-1]
    most = max(1, int(room.height * 72 / (size * LINE_HEIGHT)))
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if page.lines(text[:middle], size, room.width) <= most else (low, middle - 1)
    line_end, word_end = text.rfind("\n", 0, low + 1), text.rfind(" ", 0, low + 1)
    cut = line_end if line_end > low / 2 else max(line_end, word_end)
    cut = cut if cut > 0 else low
    return size, text[:cut].rstrip(), text[cut:].lstrip()
