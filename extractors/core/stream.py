"""What a stream is: a declaration that names how its records are found, keyed and paged.

A stream holds no behaviour of its own. Adding one is one `Stream(...)` in a source's STREAMS.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from extractors.core.cutting import Cut
    from extractors.core.walk import Walk

Paging = Callable[["Walk"], Iterator["Cut"]]
ChangeMark = Literal["iso", "epoch"]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One list of records of one source, as it lands in `raw_<source>.<name>`."""

    source: str
    name: str
    path: str
    """Below the source's base URL; `{parent}` stands for a parent's id. QuickBooks: the entity queried."""
    pages: Paging
    """The paging function that walks the list."""
    description: str
    """One row per what; shown in Dagster and in the docs."""
    permission: str
    """The right the sign-in needs, in the vendor's own words."""

    key: str | tuple[str, ...] = "id"
    """The field that identifies a record, or the fields that do so together (`extractors/core/keys.py`)."""
    key_type: type[int] | type[str] = str
    """The JSON type a key of one field must have; any other is a rejection. Of several, each is text or a number."""
    changed_at: str | None = None
    """Dotted path of the vendor's change mark, where it keeps one."""
    changed_at_type: ChangeMark = "iso"

    reads: Literal["entity", "windowed"] = "entity"
    """`entity` is read whole every time, or by the vendor's feed where there is one; `windowed` by changes, or by
    month when an older month is asked for."""
    change_filter: str | None = None
    """The vendor's name, in a filter, of what tells changes."""
    date_filters: tuple[str, ...] = ()
    """The vendor's names, in a filter, of the dates that put a record in a month; any one suffices."""
    overlap: timedelta = timedelta(minutes=10)
    """Taken off the run's start when the watermark moves: vendors' indexes lag behind their clocks."""
    look_back: timedelta = timedelta(0)
    """How much earlier a read of changes starts where the vendor's filter cannot see changes of old records."""
    feed_reach: timedelta | None = None
    """How far back the vendor's own feed of changes and deletions goes; what is older than that is read whole.

    None: the vendor has no such feed for this stream. With one, an entity stream is read by changes too.
    """
    whole_every: timedelta | None = None
    """Read whole again after this long, to find what no feed told; None: never for that reason."""
    events: Mapping[str, str] = field(default_factory=dict)
    """The types of the vendor's events that tell of a change, each with where the event's object names the record."""
    unannounced: bool = False
    """No event tells that a record was created: a read of changes asks the list for new ones as well."""
    page_size: int = 1000
    """Records asked for at once: the vendor's own cap, since some cap silently and a short page must mean the end."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request."""
    parent: "Stream | None" = None
    """The stream whose records this one's hang from."""
    nested: str | None = None
    """Where the parent's record holds these (Stripe's nested lists)."""
    parent_field: str | None = None
    """The field of a record that names its parent, by which a parent's children that are gone are found."""
    by_month: bool = False
    """A report, asked for once for each of the window's months."""
    bases: tuple[str, ...] = ()
    """The accounting bases on which a report is asked for; empty for one that knows none."""
    counted: bool = False
    """The vendor gives an independent total, which must be reached."""

    keeps_daily_history: bool = False
    """The vendor keeps no history: one copy a day goes to `raw_<source>.<name>_daily` as well."""
    never_empty: bool = False
    """Whoever uses the source has some: an empty list where some were means that the sign-in sees them no more."""
    sweeps_deletions: bool = False
    """Deletions are found by comparing ids, since reads of changes cannot see them."""
    version: str | None = None
    """What a change of makes records of another shape, where that is not the version of the whole source."""
    keeps_purged: bool = False
    """A log that is cut short where it comes from: what is gone there is history here, and never marked deleted."""
    vendor_fields: tuple[str, ...] = ()
    """Top-level fields no record is useful without; missing from all of a sample means a right is missing."""
    withheld_fields: tuple[str, ...] = ()
    """Fields never kept, because they can hold secrets; `a.b` is one inside another."""

    @property
    def resumes(self) -> bool:
        """Whether a broken read goes on where it stopped.

        Entity streams start over: their point is the whole set, and only one unbroken read proves it.
        """
        return self.reads == "windowed"
