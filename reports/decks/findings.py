"""Findings: plain sentences computed from views, each with the figures it states. No figure is typed by hand.

A finding is settled before anything is drawn, so its words are tested without a slide. The sentences themselves are in
`headlines` (slide titles) and `decisions`.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from reports.formats import NO_CHANGE, Formats
from reports.views.figures import Figure
from reports.views.smartnumbers import SmartNumber


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence and its figures as they read in it."""

    text: str
    figures: tuple[tuple[Figure, str], ...] = field(default=())


class Sentence:
    """Builds a finding: figures go through it, so that each one said is also cited."""

    def __init__(self, formats: Formats) -> None:
        self.formats = formats
        self._figures: list[tuple[Figure, str]] = []

    def value(self, figure: Figure, like: Figure | None = None) -> str:
        """The figure's text with its unit, at the digits of `like` if given."""
        return self._kept(figure, self.formats.with_unit(figure.value, figure.unit, places=places_of(like or figure)))

    def signed(self, figure: Figure, like: Figure) -> str:
        """The text of a difference with its sign, at the digits of `like`."""
        if figure.value is None:
            return self.value(figure)
        return self._kept(figure, self.formats.signed(figure.value, figure.unit, places=places_of(like)))

    def size(self, figure: Figure, like: Figure) -> str:
        """The text of a difference without its sign, where the words tell the way, at the digits of `like`."""
        if figure.value is None:
            return self.value(figure)
        shown = self.formats.signed(abs(figure.value), figure.unit, places=places_of(like)).lstrip("+")
        return self._kept(figure, shown)

    def share_of(self, figure: Figure) -> str:
        """The text of a share in hundredths of a percent, for shares near nothing or all."""
        if figure.value is None:
            return self.value(figure)
        return self._kept(figure, self.formats.percent(figure.value, 2))

    def share(self, figure: Figure) -> str:
        """The text of a relative change without its sign, in whole percent, in tenths below ten."""
        if figure.value is None:
            return self.value(figure)
        size = abs(figure.value)
        return self._kept(figure, self.formats.percent(size, 0 if size >= Decimal("0.1") else 1))

    def count(self, figure: Figure, one: str, many: str) -> str:
        """A number of things with its noun."""
        return f"{self.value(figure)} {one if figure.value == 1 else many}"

    def include(self, other: Finding) -> str:
        """Another finding as a part of this one."""
        self._figures.extend(other.figures)
        return other.text

    def finding(self, text: str) -> Finding:
        """The finished sentence."""
        return Finding(text, tuple(self._figures))

    def _kept(self, figure: Figure, shown: str) -> str:
        self._figures.append((figure, shown))
        return shown


def places_of(figure: Figure) -> int | None:
    """Decimals shown; None leaves it to the unit.

    Whole money from a thousand on, so that a figure, its changes and its bounds read alike; three decimals for what the
    catalogue keeps at four (0.242 hours), except shares.
    """
    if figure.unit == "usd":
        return 2 if figure.value is None or abs(figure.value) < 1000 else 0
    return 3 if figure.scale == 4 and figure.unit not in {"fraction", "fte", "count"} else None


def verdict(number: SmartNumber, change: Figure, earlier: Figure) -> str:
    """``better``, ``worse`` or nothing: whether `change` from `earlier` went the way the owner wants."""
    if change.value is None or change.value == 0:
        return ""
    if number.better in {"higher", "lower"}:
        return "better" if (change.value > 0) == (number.better == "higher") else "worse"
    if number.better == "near_one" and earlier.value is not None and number.figure.value is not None:
        before, after = abs(earlier.value - 1), abs(number.figure.value - 1)
        return "" if before == after else "better" if after < before else "worse"
    return ""


def is_flat(formats: Formats, change: Figure, now: Figure, earlier: Figure) -> bool:
    """True when `now` and `earlier` read alike, or their change vanishes, at the digits shown."""
    if change.value is None:
        return False
    places = places_of(now)
    if formats.value(now.value, now.unit, places=places) == formats.value(earlier.value, earlier.unit, places=places):
        return True
    return formats.signed(change.value, change.unit, places=places) == NO_CHANGE
