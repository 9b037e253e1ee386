"""Which part of a stream one read covers. No vendor's filter syntax here: paging functions translate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

WindowKind = Literal["all", "changes", "dated"]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a stream.

    - `all`: every record the vendor has.
    - `changes`: what changed after `since`; the caller has already taken its overlap off.
    - `dated`: records dated in `start` (included) to `end` (excluded), both UTC.

    `months` ("2026-06") is for reports, which are asked for month by month whatever the kind.
    """

    kind: WindowKind
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    months: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a window that lacks its bounds or holds a time without a zone; raises ValueError."""
        needed = {"all": (), "changes": ("since",), "dated": ("start", "end")}.get(self.kind)
        if needed is None:
            raise ValueError(f"a window is all, changes or dated, not {self.kind!r}")
        for name in ("since", "start", "end"):
            moment = getattr(self, name)
            if name in needed and moment is None:
                raise ValueError(f"a window of kind {self.kind!r} needs {name!r}")
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name!r} of a window needs a time zone")

    def as_json(self) -> dict[str, Any]:
        """The window as plain JSON values, to be kept in a resume point."""
        moments = {name: getattr(self, name) for name in ("since", "start", "end")}
        return {
            "kind": self.kind,
            **{name: moment.isoformat() for name, moment in moments.items() if moment},
            **({"months": list(self.months)} if self.months else {}),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Window":
        """The window that `as_json` wrote."""
        moments = {name: datetime.fromisoformat(values[name]) for name in ("since", "start", "end") if name in values}
        return cls(kind=values["kind"], months=tuple(values.get("months", ())), **moments)
