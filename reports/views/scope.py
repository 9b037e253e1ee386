"""What a view is asked about: one quarter of one organization, or of one of its clients.

Every view that stands behind a slide is a function of a connection and a `Scope` (and of what its line in the deck's
declaration gives it), and returns a frozen dataclass of figures and words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from psycopg import Connection

from reports.views.organizations import (
    Client,
    Organization,
    QuarterFacts,
    Snapshot,
    months_until,
    quarters_until,
)

P = ParamSpec("P")
T = TypeVar("T")

TREND_MONTHS = 13
"""A year and the same month before it, so that a month can be set beside its own a year ago."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures, of which quarter, from which state of the data."""

    organization: Organization
    quarter: QuarterFacts
    snapshot: Snapshot
    client: Client | None = None
    audience: str = ""
    """For whom the deck is; nothing that is for some alone is shown while this is not said."""
    _read: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def organization_id(self) -> str:
        """The organization's id."""
        return self.organization.organization_id

    @property
    def client_id(self) -> str:
        """The client's id, ``all`` for the whole organization."""
        return "all" if self.client is None else self.client.client_id

    @property
    def months(self) -> tuple[str, ...]:
        """Thirteen months up to the quarter's last complete one."""
        return months_until(self.quarter.last_complete_month, TREND_MONTHS)

    @property
    def quarters(self) -> tuple[str, str, str]:
        """Same quarter last year, the previous one, this one."""
        last_year, *_, previous, this = quarters_until(self.quarter.quarter, 5)
        return last_year, previous, this

    def once(
        self,
        read: Callable[Concatenate[Connection[Any], P], T],
        connection: Connection[Any],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `read` returns, read once for all slides of a deck that ask for it."""
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in self._read:
            self._read[key] = read(connection, *args, **kwargs)
        found: T = self._read[key]
        return found
