"""Which part of a stream is read: what changed, everything, or the records dated in one month.

Only the choice is here; :mod:`orchestration.extraction` reads, and each vendor's module asks for a window its own way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import extractors
from extractors.core.books import report_ids
from extractors.core.stream import Stream
from extractors.core.window import Window
from warehouse.loader import Reached
from warehouse.organizations import Organization
from warehouse.periods import Period, periods_between

OPEN_MONTHS = 3  # books of the months before a reading still moved afterwards: late bills, re-dated entries


def window_for(
    stream: Stream,
    organization: Organization,
    *,
    as_of: datetime,
    watermark: datetime | None,
    period: Period | None = None,
    held: Sequence[str] = (),
    whole: bool = False,
) -> Window:
    """What to read: one older month when it is asked for, else what changed since the last complete run, else all.

    ``whole`` reads everything although changes are to be had. Reports are asked for by month: the months that were open
    at the last complete run and those since. All months where reports are missing from ``held``, the ids of those that
    are here: on the first read, and when the history was made longer.
    """
    current = Period.containing(as_of, organization.time_zone)
    if period is not None and stream.reads == "windowed" and (stream.date_filters or stream.by_month):
        start, end = period.bounds(organization.time_zone)
        return Window("dated", start=start, end=end, months=(str(period),))
    first = Period.parse(organization.settings.history_start)
    if whole or watermark is None or not _tells_changes(stream) or _is_behind_its_feed(stream, as_of, watermark):
        return Window("all", months=_months(first, current))
    reached = min(Period.containing(watermark, organization.time_zone), current)
    if stream.by_month and not _holds_reports(stream, held, periods_between(first, reached)):
        return Window("all", months=_months(first, current))
    return Window("changes", since=watermark, months=_months(max(first, reached - (OPEN_MONTHS - 1)), current))


def why_whole(  # noqa: PLR0911 - each reason has its own sentence
    stream: Stream, *, as_of: datetime, reached: Reached, asked: bool = False
) -> str | None:
    """Why everything is read again although the stream tells its changes, as a sentence; None when changes will do.

    ``asked``: a person wants it. Streams that are read whole every time need no reason.
    """
    if reached.watermark is None or not _tells_changes(stream):
        return None
    if asked:
        return "Read whole, as asked for."
    if reached.watermark > as_of:
        return (
            f"Read whole: the last complete read claims to be of {reached.watermark:%Y-%m-%d %H:%M} UTC, which is "
            "yet to come, so a clock ran ahead then and changes since are not known."
        )
    if reached.version != pinned_version(stream):
        before = f"in version {reached.version!r}" if reached.version is not None else "in a version that is not known"
        return f"Read whole: what was here was read {before}, and {pinned_version(stream)!r} is the pinned one now."
    if stream.feed_reach and _is_behind_its_feed(stream, as_of, reached.watermark):
        return (
            f"Read whole: the last complete read is of {reached.watermark:%Y-%m-%d}, and the vendor tells changes of "
            f"{_days(stream.feed_reach)} only."
        )
    if stream.whole_every and (reached.whole_at is None or as_of - reached.whole_at >= stream.whole_every):
        last = f"the last time was {reached.whole_at:%Y-%m-%d}" if reached.whole_at else "it never was since"
        return f"Read whole, as every {_days(stream.whole_every)}, to find what no feed tells; {last}."
    return None


def pinned_version(stream: Stream) -> str:
    """The version that the stream has or its source asks for; empty where there is none to pin."""
    if stream.version is not None:
        return stream.version
    source = extractors.SOURCES.get(stream.source)
    return source.version if source else ""


def local_date(organization: Organization, instant: datetime) -> date:
    """The calendar day of an instant where the organization does business."""
    return instant.astimezone(ZoneInfo(organization.time_zone)).date()


def _tells_changes(stream: Stream) -> bool:
    """Whether what changed can be asked for: by the vendor's filter, or by its feed."""
    return stream.reads == "windowed" or stream.feed_reach is not None


def _is_behind_its_feed(stream: Stream, as_of: datetime, watermark: datetime) -> bool:
    """Whether changes are missing that the feed no longer tells, so that only the whole list shows them."""
    return stream.feed_reach is not None and as_of - watermark > stream.feed_reach


def _holds_reports(stream: Stream, held: Sequence[str], months: Iterable[Period]) -> bool:
    """Whether every month's report is here, on each basis."""
    return {one for month in months for one in report_ids(stream, str(month))} <= set(held)


def _months(first: Period, last: Period) -> tuple[str, ...]:
    return tuple(str(month) for month in periods_between(first, last))


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):g} days"
