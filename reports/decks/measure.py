"""How much room text takes, measured from the font's own widths so that it fits its box on any machine.

The tables are the advance widths of Arial (and of every font made to its metrics) in thousandths of the font size.
Accented letters are as wide as their base letter. A character the tables do not know counts as a full em, and other
fonts get a margin, so an estimate errs on the safe side.
"""

import unicodedata
from functools import lru_cache

LINE_HEIGHT = 1.2
"""Height of a line in multiples of the font size."""

_REGULAR = {
    191: "'", 222: "ijl‘’", 260: "|¦", 278: " !,./:;I[\\]ft·", 333: "()-`r“”„", 334: "{}", 350: "•", 355: '"',
    389: "*", 400: "°", 469: "^", 500: "Jcksvxyz", 549: "±÷≥≤≠", 556: "#$0123456789?L_abdeghnopqu£–€§",
    576: "µ", 584: "+<=>~×−", 604: "●", 611: "FTZß", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQØ", 833: "Mm",
    889: "%æ", 990: "▲▼", 1000: "WÆ—…", 1015: "@",
}  # fmt: skip
_BOLD = {
    238: "'", 278: " ,./I\\ijl·‘’", 280: "|¦", 333: "!()-:;[]`ft", 350: "•", 389: "*r{}", 400: "°", 474: '"',
    500: "z“”„", 549: "±÷≥≤≠", 556: "#$0123456789J_aceksvxy£–€§", 576: "µ", 584: "+<=>^~×−", 604: "●",
    611: "?FLTZbdghnopquß", 667: "EPSVXY", 722: "&ABCDHKNRU", 778: "GOQwØ", 833: "M", 889: "%mæ", 975: "@",
    990: "▲▼", 1000: "WÆ—…",
}  # fmt: skip
_WIDTHS = tuple({char: width for width, chars in table.items() for char in chars} for table in (_REGULAR, _BOLD))
_SAME_METRICS = {"arial", "helvetica", "liberation sans"}
_MARGIN = 1.03  # programs round glyphs and columns differently
_MARGIN_FOR_OTHERS = (1.18, 1.3)  # other fonts may be wider; bold figures of Verdana are, by 28 of 100


@lru_cache(maxsize=20_000)
def width(text: str, size: float, *, bold: bool = False, font: str = "Arial") -> float:
    """Width of one line of `text` in points at a font size in points, a little more than it will be."""
    table = _WIDTHS[bold]
    total = 0
    for char in text:
        known = table.get(char)
        if known is None:
            base = unicodedata.normalize("NFD", char)[0]
            known = table.get(base, 1000)
        total += known
    return total * size / 1000 * (_MARGIN if font.lower() in _SAME_METRICS else _MARGIN_FOR_OTHERS[bold])


def wrapped(text: str, size: float, room: float, *, bold: bool = False, font: str = "Arial") -> list[str]:
    """`text` broken into lines at most `room` points wide; a word longer than a line is broken where it must be."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, size, bold=bold, font=font) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, size, room, bold=bold, font=font)
            lines.extend(full)
        lines.append(line)
    return lines


def height(text: str, size: float, room: float, *, bold: bool = False, font: str = "Arial") -> float:
    """Height in points of `text` wrapped to `room` points."""
    return len(wrapped(text, size, room, bold=bold, font=font)) * size * LINE_HEIGHT


def largest(
    text: str, sizes: tuple[float, ...], room: float, tall: float, *, bold: bool = False, font: str = "Arial"
) -> float | None:
    """The first of `sizes` (descending) at which `text` fits `room` by `tall` points; None when none does."""
    for size in sizes:
        if height(text, size, room, bold=bold, font=font) <= tall:
            return size
    return None


def shortened(text: str, size: float, room: float, *, lines: int = 1, bold: bool = False, font: str = "Arial") -> str:
    """`text` cut to `lines` lines of `room` points, ending in an ellipsis where something was cut."""
    if len(wrapped(text, size, room, bold=bold, font=font)) <= lines:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(wrapped(text[:middle].rstrip() + "…", size, room, bold=bold, font=font)) <= lines:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(" ,.;:") + "…"


def _broken(word: str, size: float, room: float, *, bold: bool, font: str) -> list[str]:
    parts, part = [], ""
    for char in word:
        if part and width(part + char, size, bold=bold, font=font) > room:
            parts.append(part)
            part = ""
        part += char
    return [*parts, part]
