"""Where things stand on a slide: one grid, and the layouts of the template with their placeholders by name."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from pptx.util import Inches

SLIDE_WIDTH, SLIDE_HEIGHT = Inches(13.333), Inches(7.5)
GUTTER = 0.25
"""Inches between neighbours on the grid."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the slide, in inches from its top left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        """The same as python-pptx takes it."""
        left, top = Inches(self.left), Inches(self.top)
        return left, top, Inches(self.width), Inches(self.height)

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    def inset(self, by: float) -> "Box":
        """The box without a margin of `by` inches on each side."""
        return Box(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)

    def columns(self, *shares: float, gap: float = GUTTER) -> tuple["Box", ...]:
        """The box cut from left to right in proportion to `shares`."""
        usable, left, boxes = self.width - gap * (len(shares) - 1), self.left, []
        for share in shares:
            width = usable * share / sum(shares)
            boxes.append(Box(left, self.top, width, self.height))
            left += width + gap
        return tuple(boxes)

    def rows(self, *shares: float, gap: float = GUTTER) -> tuple["Box", ...]:
        """The box cut from top to bottom in proportion to `shares`."""
        usable, top, boxes = self.height - gap * (len(shares) - 1), self.top, []
        for share in shares:
            height = usable * share / sum(shares)
            boxes.append(Box(self.left, top, self.width, height))
            top += height + gap
        return tuple(boxes)


Align = Literal["l", "ctr", "r"]


class Kind(Enum):
    """A placeholder's type in the file format (ECMA-376, ST_PlaceholderType)."""

    TITLE = "title"
    COVER_TITLE = "ctrTitle"
    SUBTITLE = "subTitle"
    TEXT = "body"
    CHART = "chart"
    TABLE = "tbl"
    FOOTER = "ftr"
    NUMBER = "sldNum"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A named place of a layout. `size` is the font size in points its text starts from."""

    name: str
    kind: Kind
    index: int
    box: Box
    size: float = 14
    bold: bool = False
    colour: str = "tx1"
    anchor: str = "t"
    align: Align = "l"


LEFT, WIDTH = 0.6, 12.133
CONTENT = Box(LEFT, 1.78, WIDTH, 4.97)
KICKER = Placeholder("Kicker", Kind.TEXT, 13, Box(LEFT, 0.42, 9.0, 0.3), 12, bold=True, colour="accent1", anchor="b")
TITLE = Placeholder("Title", Kind.TITLE, 0, Box(LEFT, 0.72, WIDTH, 0.86), 24, bold=True, anchor="t")
FOOTER = Placeholder("Footer", Kind.FOOTER, 11, Box(LEFT, 7.03, 10.7, 0.28), 11, colour="tx2", anchor="ctr")
NUMBER = Placeholder(
    "Slide Number", Kind.NUMBER, 12, Box(LEFT + WIDTH - 1.2, 7.03, 1.2, 0.28), 11, colour="tx2", anchor="ctr", align="r"
)
_FRAME = (KICKER, TITLE, FOOTER, NUMBER)
_MAIN, _SIDE = CONTENT.columns(8.4, 3.4)
_UPPER, _LOWER = _MAIN.rows(1, 1)
_HALF_LEFT, _HALF_RIGHT = CONTENT.columns(6.4, 5.4)

LAYOUTS: dict[str, tuple[Placeholder, ...]] = {
    "Cover": (
        Placeholder("Title", Kind.COVER_TITLE, 0, Box(1.0, 2.2, 10.8, 1.3), 40, bold=True, colour="bg1", anchor="b"),
        Placeholder("Subtitle", Kind.SUBTITLE, 1, Box(1.0, 3.6, 10.8, 0.6), 22, colour="bg1"),
        Placeholder("Facts", Kind.TEXT, 13, Box(1.0, 4.75, 10.8, 1.5), 14, colour="bg1"),
        Placeholder("Owner", Kind.TEXT, 14, Box(1.0, 0.8, 10.8, 0.5), 18, bold=True, colour="bg1"),
    ),
    "Finding": (*_FRAME, Placeholder("Content", Kind.TEXT, 24, CONTENT)),
    "Two Charts and Sidebar": (
        *_FRAME,
        Placeholder("Upper Chart", Kind.CHART, 20, _UPPER),
        Placeholder("Lower Chart", Kind.CHART, 22, _LOWER),
        Placeholder("Sidebar", Kind.TEXT, 21, _SIDE, 13),
    ),
    "Chart and Table": (
        *_FRAME,
        Placeholder("Chart", Kind.CHART, 20, _HALF_LEFT),
        Placeholder("Table", Kind.TABLE, 23, _HALF_RIGHT),
    ),
    "Table": (*_FRAME, Placeholder("Table", Kind.TABLE, 23, CONTENT)),
}
"""Layouts by name. Slides ask for a place by its name, so the geometry stands here and nowhere else."""


def placeholder(layout: str, name: str) -> Placeholder:
    """The placeholder `name` of `layout`; LookupError names those there are."""
    for place in LAYOUTS[layout]:
        if place.name == name:
            return place
    raise LookupError(f"Layout {layout!r} has no place {name!r}, only {[place.name for place in LAYOUTS[layout]]}.")
