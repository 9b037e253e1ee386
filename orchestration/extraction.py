"""Reads streams of a source and loads them: where an extractor's pages meet the loader.

Which window a stream is read in is decided in :mod:`orchestration.windows`; how a vendor is read belongs in
``extractors/``, how records are merged in ``warehouse/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import extractors
from extractors.contracts import contracts_of
from extractors.core.certificate import Certificate
from extractors.core.errors import (
    ChangesCutShort,
    CredentialsRefused,
    PermissionMissing,
    VendorError,
    VendorUnavailable,
)
from extractors.core.reading import Reading, Session
from extractors.core.stream import Stream
from orchestration.errors import UsageError
from orchestration.mapping import in_use
from orchestration.progress import Progress
from orchestration.sessions import see_that_it_is_now, signed_in
from orchestration.traces import where_the_details_are
from orchestration.windows import local_date, pinned_version, why_whole, window_for
from warehouse import loader
from warehouse.engine import connect
from warehouse.errors import WarehouseError
from warehouse.field_profiles import FieldNews, renew
from warehouse.organizations import Organization
from warehouse.periods import Period
from warehouse.raw import StreamKey


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
    certificate: Mapping[str, Any] | None = None
    field_findings: tuple[str, ...] = ()
    """Mapped fields that seem to have disappeared, and too many records that did not fit; a phrase each."""
    new_fields: tuple[str, ...] = ()
    """Top-level fields that no record had before."""
    month: str | None = None
    """The month that was read again, where a range of them was asked for."""
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
    whole: bool = False,
) -> Iterator[StreamOutcome]:
    """Read and load the streams one after the other; one that fails does not stop the others.

    ``period`` asks for the records dated in that month instead of what changed since the last complete run, ``whole``
    for everything.
    Streams that the organization's file does not map are passed over.
    A source that cannot be signed in to, or does not answer, yields one failed outcome for every stream that is left.
    """
    waiting = in_use(organization, streams)
    if not waiting:
        return
    noted = partial(_noted, organization, run_id=run_id, as_of=as_of)
    refused_before = False
    try:
        see_that_it_is_now(organization, source, as_of=as_of)
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
                        whole=whole,
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


def extract_stream(
    session: Session,
    organization: Organization,
    stream: Stream,
    *,
    run_id: str,
    as_of: datetime,
    progress: Progress,
    period: Period | None = None,
    whole: bool = False,
    because: str | None = None,
) -> StreamOutcome:
    """One stream of one organization: decide the window, read, merge, close. ``because``: why everything is read.

    A read that was interrupted goes on where it stopped, if the same part of the stream is asked for again in the same
    version of the vendor.
    """
    key = (organization.id, stream.source, stream.name)
    version = pinned_version(stream)
    with connect() as connection:
        reached = loader.reached(connection, *key)
        why = because or why_whole(stream, as_of=as_of, reached=reached, asked=whole) if period is None else None
        window = window_for(
            stream,
            organization,
            as_of=as_of,
            watermark=reached.watermark,
            period=period,
            held=loader.held_ids(connection, *key) if stream.by_month else (),
            whole=why is not None,
        )
        left = loader.resume_point(connection, *key)
    if left is not None and (left.window != asdict(window) or left.version != version or left.as_of > as_of):
        left = None  # of another part, another version, or by a clock that ran ahead
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
                certificate=lambda: _certificate(reading, organization, stream),
                snapshot_date=local_date(organization, as_of) if stream.keeps_daily_history else None,
                # A read of everything shows by itself what is gone, and a month alone says nothing about the rest.
                id_sweep=session.ids(stream) if stream.sweeps_deletions and window.kind == "changes" else None,
                on_page=on_page,
                overlap=stream.overlap,
                resumes=left,
                version=version,
                note=why,
                family_field=stream.parent_field,
            )
        news = field_news(organization.id, stream, as_of=as_of, run_id=run_id)
    except ChangesCutShort:
        return extract_stream(
            session,
            organization,
            stream,
            run_id=run_id,
            as_of=as_of,
            progress=progress,
            because="Read whole: there were more changes than the vendor's feed tells at once.",
        )
    except (VendorError, WarehouseError) as error:
        return _failed(stream, error)
    except Exception as error:  # noqa: BLE001 - one stream's defect is no reason to leave the others unread
        told = f"Something unforeseen happened ({type(error).__name__}) while {stream.source} {stream.name} was read"
        return _failed(
            stream, WarehouseError(f"{told}, so its read did not end; what was stored stays. {where_the_details_are()}")
        )
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
        certificate=result.certificate,
        field_findings=news.findings,
        new_fields=news.new_fields,
    )


def _certificate(reading: Reading, organization: Organization, stream: Stream) -> Certificate:
    """What proves the read; raises PermissionMissing where a list that is never empty came back empty.

    A role that lost sight of every client is answered with an empty list, not with a refusal.
    """
    found = reading.certificate
    if stream.never_empty and found.is_complete_set and not found.records and not found.rejected:
        with connect() as connection:
            held = loader.held_ids(connection, organization.id, stream.source, stream.name)
        if held:
            label = extractors.SOURCES[stream.source].label
            raise PermissionMissing(
                f"{label} gave none of the {len(held):,} {stream.name} that are known, so none was marked as deleted "
                f"and what was loaded stays. The sign-in sees them no more: grant {stream.permission}. If {label} is "
                f"no longer used, take it out of config/{organization.id}.yml.",
                vendor=label,
                about=stream.name,
            )
    return found


def field_news(organization_id: str, stream: Stream, *, as_of: datetime, run_id: str) -> FieldNews:
    """What the records since the last run tell of the stream's mapped fields; kept for the check of that name."""
    contract = contracts_of(stream.source).get(stream.name)
    if contract is None:
        return FieldNews()
    mapped = [leaf.path for leaf in contract.leaves if leaf.may_lack]
    with connect() as connection:
        key = StreamKey(organization_id, stream.source, stream.name)
        return renew(connection, key, mapped, as_of=as_of, run_id=run_id)


def _failed(stream: Stream, error: Exception) -> StreamOutcome:
    return StreamOutcome(
        stream.source,
        stream.name,
        error=str(error),
        worth_retrying=bool(getattr(error, "worth_retrying", False)),
    )
