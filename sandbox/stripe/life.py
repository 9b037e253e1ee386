"""The life of one object: how it looks at an instant, and what happened to it when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

Members = dict[str, Any]


class Happening(NamedTuple):
    """What an event tells: at an instant, of which type, about which object."""

    at: datetime
    type: str
    resource: str
    id: str


@dataclass(frozen=True, slots=True)
class Thing:
    """One object. ``render`` shows it as of an instant; deleted, it leaves a stub or nothing."""

    id: str
    created_at: datetime
    render: Callable[[datetime], Members]
    happenings: tuple[Happening, ...]
    deleted_at: datetime | None = None
    leaves_stub: bool = False

    def is_there(self, now: datetime) -> bool:
        """Whether lists show it."""
        return self.created_at <= now and (self.deleted_at is None or self.deleted_at > now)


def still(record: Members) -> Callable[[datetime], Members]:
    """How an object looks that never changes."""

    def render(_: datetime) -> Members:
        return record

    return render


def told(resource: str, identity: str, *happened: tuple[str, datetime | None]) -> tuple[Happening, ...]:
    """The happenings of an object; those without an instant never come to pass."""
    return tuple(Happening(at, name, resource, identity) for name, at in happened if at is not None)
