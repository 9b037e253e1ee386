"""What was asked for: metrics over months or quarters, of the whole organization, one client, or every client."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.periods import Period, Quarter, periods_between

MOST_NAMED = 2
"""Metrics that a file's name lists; more are counted and told apart by a short hash."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Metrics in the order they were asked for. `periods` are months, or quarters, in ascending order."""

    metrics: tuple[str, ...]
    periods: tuple[str, ...]
    client_id: str | None = "all"
    """A client, ``all`` for the organization as a whole, None for the whole and every client."""

    @property
    def is_quarterly(self) -> bool:
        """True when the periods are quarters."""
        return "Q" in self.periods[0]

    @property
    def name(self) -> str:
        """What tells this export from others of the organization; the stem of its file."""
        what = "-".join(self.metrics)
        if len(self.metrics) > MOST_NAMED:
            what = f"{len(self.metrics)}-metrics-{hashlib.sha256(' '.join(self.metrics).encode()).hexdigest()[:8]}"
        first, last = self.periods[0], self.periods[-1]
        who = {"all": "", None: "-every-client"}.get(self.client_id, f"-{self.client_id}")
        return f"{what}-{first}{'' if first == last else f'-to-{last}'}{who}"


def between(first: str, last: str) -> tuple[str, ...]:
    """All months, or all quarters, from `first` to `last`, both included. Raises PeriodError for other spellings."""
    if "Q" not in first:
        return tuple(str(month) for month in periods_between(Period.parse(first), Period.parse(last)))
    start, end = Quarter.parse(first), Quarter.parse(last)
    found = [start]
    while found[-1] < end:
        found.append(found[-1] + 1)
    return tuple(map(str, found))


def until(last: str, count: int) -> tuple[str, ...]:
    """The `count` months or quarters that end with `last`."""
    step = Quarter.parse(last) if "Q" in last else Period.parse(last)
    return tuple(str(step - back) for back in range(count - 1, -1, -1))


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once, in the order given."""
    return tuple(dict.fromkeys(names))
