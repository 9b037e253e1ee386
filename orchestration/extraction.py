"""Reads streams of a source and loads them: where an extractor's pages meet the loader.

Which window a stream is read in is decided here; how a vendor is read belongs in ``extractors/``, how records are
merged in ``warehouse/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import extractors
from extractors import quickbooks
from extractors.core.budget import Budget, Rate, TokenBuckets
from extractors.core.errors import CredentialsRefused, VendorError, VendorUnavailable
from extractors.core.queries import report_id
from extractors.core.reading import Session, open_source
from extractors.core.stream import Stream
from extractors.core.window import Window
from orchestration.errors import UsageError
from orchestration.progress import Progress
from warehouse import loader
from warehouse.credentials import connection_for
from warehouse.engine import connect
from warehouse.errors import WarehouseError
from warehouse.organizations import Organization
from warehouse.periods import Period, periods_between
from warehouse.token_store import PostgresTokenStore

OPEN_MONTHS = 3  # books of the months before a reading still moved afterwards: late bills, re-dated entries


@dataclass(frozen=True, slots=True)
class StreamOutcome:
    """What came of one stream: counts when it is complete, a sentence when it is not."""

    source: str
    stream: str
    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    requests: int = 0
    seconds: float = 0.0
    note: str | None = None
    error: str | None = None
    worth_retrying: bool = False

    @property
    def is_complete(self) -> bool:
        return self.error is None


def choose(source: str, names: Sequence[str] = ()) -> tuple[Stream, ...]:
    """The declared streams of a source, all or the named ones, in the order they are declared.

    Raises :class:`UsageError` for a source or stream that nobody declared.
    """
    if source not in extractors.STREAMS:
        known = ", ".join(sorted(extractors.STREAMS))
        raise UsageError(f"There is no source {source!r}. The sources are: {known}. Nothing was done.")
    declared = extractors.STREAMS[source]
    if unknown := sorted(set(names) - {stream.name for stream in declared}):
        known = ", ".join(stream.name for stream in declared)
        raise UsageError(f"{source} has no stream {unknown[0]!r}. Its streams are: {known}. Nothing was done.")
    return tuple(stream for stream in declared if not names or stream.name in names)


def extract_source(
    organization: Organization,
    source: str,
    streams: Iterable[Stream],
    *,
    run_id: str,
    as_of: datetime,
    progress: Progress,
    period: Period | None = None,
) -> Iterator[StreamOutcome]:
    """Read and load the streams one after the other; one that fails does not stop the others.

    ``period`` asks for the records dated in that month instead of what changed since the last complete run.
    A source that cannot be signed in to, or does not answer, yields one failed outcome for every stream that is left.
    """
    waiting = [as_configured(organization, stream) for stream in streams]
    noted = partial(_noted, organization, run_id=run_id, as_of=as_of)
    refused_before = False
    try:
        with signed_in(organization, source, as_of=as_of) as session:
            while waiting:
                stream = waiting[0]
                progress.detail(f"{source} {stream.name}")
                try:
                    session.preflight((stream,))
                except VendorError as error:
                    if _speaks_for_the_source(error, refused_before=refused_before):
                        raise
                    refused_before = True
                    yield noted(stream, error)
                else:
                    refused_before = False
                    yield extract_stream(
                        session,
                        organization,
                        stream,
                        run_id=run_id,
                        as_of=as_of,
                        progress=progress,
                        period=period,
                    )
                waiting.pop(0)
    except (VendorError, WarehouseError) as error:
        for stream in waiting:
            yield noted(stream, error)


def _speaks_for_the_source(error: VendorError, *, refused_before: bool) -> bool:
    """Whether the other streams need not be tried: no sign-in, no answer, or the second stream that finds it down."""
    if isinstance(error, VendorUnavailable):
        return error.status is None or refused_before
    return isinstance(error, CredentialsRefused)


def _noted(
    organization: Organization, stream: Stream, error: VendorError | WarehouseError, *, run_id: str, as_of: datetime
) -> StreamOutcome:
    """A stream that was not even begun, in the log for the alerts and in the outcome for people."""
    with connect() as connection:
        loader.note_failure(
            connection,
            organization_id=organization.id,
            source=stream.source,
            stream=stream.name,
            run_id=run_id,
            as_of=as_of,
            error=str(error),
        )
    return _failed(stream, error)


def as_configured(organization: Organization, stream: Stream) -> Stream:
    """The stream as the organization's file wants it read: the books on their own accounting basis."""
    if (stream.source, stream.name) == ("quickbooks", "profit_and_loss"):
        return quickbooks.profit_and_loss(organization.settings.profit_and_loss_basis)
    return stream


def budget_of(organization: Organization, source: str) -> Budget | None:
    """The pace that the organization's file sets for a source; None for the source's own."""
    options = getattr(organization.sources, source)
    if options is None or options.requests_per_minute is None:
        return None
    per_second = options.requests_per_minute / 60
    return TokenBuckets({source: Rate(per_second=per_second, burst=max(1, int(per_second)))})


@contextmanager
def signed_in(organization: Organization, source: str, *, as_of: datetime) -> Iterator[Session]:
    """A session with the vendor, its tokens kept in the warehouse."""
    with connect() as connection:
        facts = connection_for(connection, organization.id, source)
    store = PostgresTokenStore(organization.id, source)
    with open_source(
        source,
        facts,
        token_store=store,
        as_of=as_of,
        time_zone=organization.time_zone,
        budget=budget_of(organization, source),
    ) as session:
        yield session


def extract_stream(
    session: Session,
    organization: Organization,
    stream: Stream,
    *,
    run_id: str,
    as_of: datetime,
    progress: Progress,
    period: Period | None = None,
) -> StreamOutcome:
    """One stream of one organization: decide the window, read, merge, close.

    A read that was interrupted goes on where it stopped, if the same part of the stream is asked for again.
    """
    key = (organization.id, stream.source, stream.name)
    with connect() as connection:
        window = window_for(
            stream,
            organization,
            as_of=as_of,
            watermark=loader.watermark(connection, *key),
            period=period,
            held=loader.held_ids(connection, *key) if stream.by_month else (),
        )
        left = loader.resume_point(connection, *key)
    if left is not None and left.window != asdict(window):
        left = None
    seen = 0

    def on_page(records: int) -> None:
        nonlocal seen
        seen += records
        progress.detail(f"{stream.source} {stream.name}, {seen:,} records")

    try:
        with session.read(stream, window, left.position if left else None) as reading:
            result = loader.load(
                connect,
                organization_id=organization.id,
                source=stream.source,
                stream=stream.name,
                pages=reading,
                run_id=run_id,
                as_of=as_of,
                window=window,
                certificate=lambda: reading.certificate,
                snapshot_date=local_date(organization, as_of) if stream.keeps_daily_history else None,
                # A read of everything shows by itself what is gone, and a month alone says nothing about the rest.
                id_sweep=session.ids(stream) if stream.sweeps_deletions and window.kind == "changes" else None,
                on_page=on_page,
                overlap=stream.overlap,
                resumes=left,
            )
    except (VendorError, WarehouseError) as error:
        return _failed(stream, error)
    return StreamOutcome(
        stream.source,
        stream.name,
        records=result.records,
        new=result.new,
        changed=result.changed,
        unchanged=result.unchanged,
        deleted=result.deleted,
        rejected=result.rejected,
        requests=reading.certificate.requests,
        seconds=result.seconds,
        note=result.note,
    )


def window_for(
    stream: Stream,
    organization: Organization,
    *,
    as_of: datetime,
    watermark: datetime | None,
    period: Period | None = None,
    held: Sequence[str] = (),
) -> Window:
    """What to read: one older month when it is asked for, else what changed since the last complete run, else all.

    Reports are asked for by month: the months that were open at the last complete run and those since. All months
    where reports are missing from ``held``, the ids of those that are here, the latest first: on the first read, and
    when the history was made longer or the books are to be read on another basis.
    """
    current = Period.containing(as_of, organization.time_zone)
    if period is not None and stream.reads == "windowed":
        start, end = period.bounds(organization.time_zone)
        return Window("dated", start=start, end=end, months=(str(period),))
    first = Period.parse(organization.settings.history_start)
    if watermark is None or (stream.reads == "entity" and not stream.feed_reach):
        return Window("all", months=_months(first, current))
    if stream.feed_reach and as_of - watermark > stream.feed_reach:
        # What the feed no longer tells, only the whole list shows.
        return Window("all", months=_months(first, current))
    reached = min(Period.containing(watermark, organization.time_zone), current)
    if stream.by_month and not _holds_reports(stream, held, periods_between(first, reached)):
        return Window("all", months=_months(first, current))
    return Window("changes", since=watermark, months=_months(max(first, reached - (OPEN_MONTHS - 1)), current))


def _holds_reports(stream: Stream, held: Sequence[str], months: Iterable[Period]) -> bool:
    """Whether every month's report is here on the wanted basis, which no reading of another basis has overtaken."""
    wanted = {report_id(stream, str(month)) for month in months}
    kind = report_id(stream, "")
    return wanted <= set(held) and all(one.startswith(kind) for one in held[:1])


def _months(first: Period, last: Period) -> tuple[str, ...]:
    return tuple(str(month) for month in periods_between(first, last))


def _failed(stream: Stream, error: Exception) -> StreamOutcome:
    return StreamOutcome(
        stream.source,
        stream.name,
        error=str(error),
        worth_retrying=bool(getattr(error, "worth_retrying", False)),
    )


def local_date(organization: Organization, instant: datetime) -> date:
    """The calendar day of an instant where the organization does business."""
    return instant.astimezone(ZoneInfo(organization.time_zone)).date()
