"""What a measurement comes to, and how it is told: figures, pairs of speeds, the table, progress."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ``ratios`` are this against ``against``, one for each interleaved pair."""

    what: str
    measured: str
    against: str = ""
    ratios: tuple[float, ...] = ()
    target: str = ""

    @property
    def median(self) -> str:
        return f"{statistics.median(self.ratios):.2f}" if self.ratios else ""

    @property
    def spread(self) -> str:
        return f"{min(self.ratios):.2f} to {max(self.ratios):.2f}" if len(self.ratios) > 1 else ""


def speeds(what: str, mine: Sequence[float], others: Sequence[float], *, against: str, target: str = "") -> Figure:
    """A speed (records or decks a second) held against another that was measured in turn with it."""
    ratios = tuple(one / other for one, other in zip(mine, others, strict=True))
    return Figure(what, a_second(mine), against, ratios, target)


def a_second(values: Sequence[float]) -> str:
    """The median of some speeds, as people read it."""
    median = statistics.median(values)
    return f"{median:,.0f}/s" if median >= 100 else f"{median:.1f}/s"


def seconds(values: Sequence[float]) -> str:
    """The median of some times."""
    return f"{statistics.median(values):.2f} s"


def table(rows: Sequence[tuple[str, Sequence[Figure]]]) -> str:
    """Subjects with their figures, in columns."""
    heads = ("", "measured", "ratio", "spread", "against", "target")
    lines: list[tuple[str, ...]] = [heads]
    for subject, figures in rows:
        lines.append((subject, *[""] * 5))
        lines += [(f"  {f.what}", f.measured, f.median, f.spread, f.against, f.target) for f in figures]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def say(text: str) -> None:
    """Progress: a line at once, beside the table rather than in it."""
    print(text, file=sys.stderr, flush=True)
