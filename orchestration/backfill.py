"""Reads a range of months again, the oldest first; an interrupted one goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from extractors.core.stream import Stream
from orchestration.extraction import StreamOutcome, extract_source
from orchestration.mapping import in_use
from orchestration.progress import Progress
from orchestration.windows import pinned_version
from warehouse import backfills
from warehouse.backfills import Backfill
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.periods import Period
from warehouse.raw import StreamKey


def has_months(stream: Stream) -> bool:
    """Whether the vendor can be asked for the records of one month."""
    return stream.reads == "windowed" and (stream.by_month or bool(stream.date_filters))


def read_months(
    organization: Organization,
    source: str,
    streams: Iterable[Stream],
    months: Sequence[Period],
    *,
    run_id: str,
    as_of: datetime,
    progress: Progress,
) -> Iterator[StreamOutcome]:
    """One outcome a stream and month; streams that know no months are read once, as they are now.

    Months that an interrupted run of the same range has finished are not read again, and the unfinished one goes on
    from its resume point. A month that is not over is never finished: more of it is to come. A stream that fails in a
    month is not asked for later ones; the others go on.
    """
    wanted = in_use(organization, streams)
    if timeless := [stream for stream in wanted if not has_months(stream)]:
        yield from extract_source(organization, source, timeless, run_id=run_id, as_of=as_of, progress=progress)
    open_ones = {
        stream.name: (stream, _take_up(organization, stream, months, progress))
        for stream in wanted
        if has_months(stream)
    }
    for month in months:
        waiting = [stream for stream, range_ in open_ones.values() if str(month) not in range_.done]
        if not waiting:
            continue
        progress.stage(f"{organization.name}: {source}, {month}")
        for outcome in extract_source(
            organization, source, waiting, run_id=run_id, as_of=as_of, progress=progress, period=month
        ):
            if outcome.is_complete and month.bounds(organization.time_zone)[1] <= as_of:
                with connect() as connection:
                    backfills.month_done(connection, open_ones[outcome.stream][1], str(month))
            elif not outcome.is_complete:
                del open_ones[outcome.stream]
            yield replace(outcome, month=str(month))
    with connect() as connection:
        for _, range_ in open_ones.values():
            backfills.forget(connection, range_)


def _take_up(organization: Organization, stream: Stream, months: Sequence[Period], progress: Progress) -> Backfill:
    key = StreamKey(organization.id, stream.source, stream.name)
    with connect() as connection:
        found = backfills.take_up(
            connection, key, first=str(months[0]), last=str(months[-1]), version=pinned_version(stream)
        )
    if found.done:
        left = [str(month) for month in months if str(month) not in found.done]
        progress.line(
            f"{stream.source} {stream.name}: an earlier run of {months[0]} to {months[-1]}, begun "
            f"{found.begun_at:%Y-%m-%d %H:%M} UTC, was interrupted; {len(found.done)} of {len(months)} months are "
            + (f"done, going on with {left[0]}." if left else "done.")
        )
    return found


def by_stream(outcomes: Sequence[StreamOutcome]) -> list[StreamOutcome]:
    """The months of each stream taken together: sums, and the first error with the month it happened in."""
    found: dict[tuple[str, str], list[StreamOutcome]] = {}
    for one in outcomes:
        found.setdefault((one.source, one.stream), []).append(one)
    return [_together(some) if some[0].month else some[0] for some in found.values()]


def _together(some: Sequence[StreamOutcome]) -> StreamOutcome:
    failed = next((one for one in some if not one.is_complete), None)
    read = [one for one in some if one.is_complete]
    months = f"{read[0].month} to {read[-1].month}" if len(read) > 1 else read[0].month if read else ""
    return replace(
        some[0],
        **{
            name: sum(getattr(one, name) for one in read)
            for name in ("records", "new", "changed", "unchanged", "deleted", "rejected", "requests", "seconds")
        },
        certificate=None,
        note=f"Read month by month: {months}." if read else None,
        error=f"{failed.month} and the months after it were not read to their ends. {failed.error}" if failed else None,
        worth_retrying=bool(failed and failed.worth_retrying),
    )
