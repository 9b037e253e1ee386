"""Whose decks are still to be read since something they read was written, and who comes first.

A round that is cut short by the next write begins anew. Whoever it had not reached comes first then, so that nobody
waits for ever where something is written all the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Remembered:
    """What the sensor knows from one tick to the next."""

    mark: str = ""
    left: list[str] = field(default_factory=list)
    """Organizations whose decks are still to be read as of that mark."""
    done: list[str] = field(default_factory=list)
    """Whose decks of theirs are read already, as ``organization/client``."""
    late: list[str] = field(default_factory=list)
    """Whose were read before the mark changed in between, the longest ago first; they come after all others."""
    failed: list[str] = field(default_factory=list)
    """Whose could not be read when they were read last; a round that the next write cuts short takes them along."""

    def begun_anew(self, mark: str, active: Sequence[str]) -> Remembered:
        """Everything is to be read again, and whoever was kept waiting comes first: the mark may always change."""
        waited = [*self.left[1:], *self.left[:1]]
        left = [*(one for one in waited if one in active), *(one for one in active if one not in waited)]
        late = [*(one for one in self.late if one not in self.done), *self.done]
        return Remembered(mark, left, late=late, failed=self.failed)

    def in_turn(self, organization_id: str, clients: Iterable[str]) -> list[str]:
        """Who is still to be read, whoever was read before the mark changed last."""
        done, late = set(self.done), {name: place for place, name in enumerate(self.late, start=1)}
        names = [one for one in clients if f"{organization_id}/{one}" not in done]
        return sorted(names, key=lambda one: late.get(f"{organization_id}/{one}", 0))

    def keep_failed(self, organization_id: str, clients: Collection[str]) -> None:
        """Of the organization's clients that could not be read, only these still are: the others have gone."""
        names = {f"{organization_id}/{one}" for one in clients}
        self.failed = [one for one in self.failed if one in names or not one.startswith(f"{organization_id}/")]

    def forget(self, organization_id: str) -> None:
        """Nothing of this organization is left to be read."""
        for names in (self.done, self.late, self.failed):
            names[:] = [one for one in names if not one.startswith(f"{organization_id}/")]
