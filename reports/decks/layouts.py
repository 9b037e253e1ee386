"""Where things stand on a slide: one grid, and the layouts of the template with their placeholders by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Literal

from pptx.util import Inches

SLIDE_WIDTH = 13.333
PAPERS = {"widescreen": 7.5, "a4": SLIDE_WIDTH * 210 / 297, "letter": SLIDE_WIDTH * 8.5 / 11}
"""Height of a slide in inches: a slide for paper has the paper's shape, so that a print fills the sheet."""
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
KICKER = Placeholder("Kicker", Kind.TEXT, 13, Box(LEFT, 0.42, 8.7, 0.3), 12, bold=True, colour="accent1", anchor="b")
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


Layouts = Mapping[str, tuple[Placeholder, ...]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The size of a slide in inches, and its layouts."""

    width: float
    height: float
    layouts: Layouts

    def place(self, layout: str, name: str) -> Placeholder:
        """The placeholder `name` of `layout`; LookupError names those there are."""
        for place in self.layouts[layout]:
            if place.name == name:
                return place
        names = [place.name for place in self.layouts[layout]]
        raise LookupError(f"Layout {layout!r} has no place {name!r}, only {names}.")


@lru_cache(maxsize=8)
def sheet(paper: str = "widescreen", *, has_logo: bool = False) -> Sheet:
    """The product's own layouts on a slide of the paper's shape; the foot makes room for a logo where there is one."""
    height = PAPERS[paper]
    layouts = {
        name: tuple(_placed(place, height - PAPERS["widescreen"], is_cover=name == "Cover") for place in places)
        for name, places in LAYOUTS.items()
    }
    if has_logo:
        layouts = {name: tuple(map(_beside_logo, places)) for name, places in layouts.items()}
    return Sheet(SLIDE_WIDTH, height, layouts)


def logo_box(paper: str, *, is_cover: bool) -> Box:
    """Where a logo stands: at the foot beside the slide's number, on the cover at the top right."""
    if is_cover:
        return Box(LEFT + WIDTH - 2.6, 0.65, 2.6, 0.9)
    return Box(LEFT + WIDTH - 2.75, PAPERS[paper] - 0.49, 1.5, 0.32)


def _placed(place: Placeholder, extra: float, *, is_cover: bool) -> Placeholder:
    """A place of the wide slide on one that is `extra` inches higher."""
    box = place.box
    if is_cover:
        moved = box if place.name == "Owner" else replace(box, top=box.top + extra / 2)
    elif place.kind in {Kind.FOOTER, Kind.NUMBER}:
        moved = replace(box, top=box.top + extra)
    elif box.top >= CONTENT.top:
        by = (CONTENT.height + extra) / CONTENT.height
        moved = replace(box, top=CONTENT.top + (box.top - CONTENT.top) * by, height=box.height * by)
    else:
        moved = box
    return replace(place, box=moved)


def _beside_logo(place: Placeholder) -> Placeholder:
    narrower = {"Footer": 8.7, "Owner": 8.4}.get(place.name)
    return place if narrower is None else replace(place, box=replace(place.box, width=narrower))
