"""One asset a stream, keyed ``[source, stream]`` as dbt keys its source tables.

Entity streams are partitioned by organization; windowed ones by organization and month. The current month's
partition reads what changed since the last complete run, an older month's reads the records dated in it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from psycopg import sql
from pydantic import Field

import extractors
from extractors.core.stream import Stream
from orchestration import certificates, partitions, pipeline, services
from orchestration.extraction import StreamOutcome, extract_source
from orchestration.progress import Quiet
from orchestration.selection import one_organization, run_instant
from warehouse.engine import connect
from warehouse.periods import Period

OWNERS = ["team:data-engineering"]


Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


class Reading(dg.Config):
    """How a step reads; set in the launchpad of a run that a person starts."""

    whole: bool = Field(
        default=False,
        description="Read everything again, not only what changed: finds records that are gone. The watermark stays.",
    )


RETRIES, RETRY_SECONDS = 1, 120  # requests are patient themselves; this bridges a vendor's restart, not its bad day


def spec(stream: Stream) -> dg.AssetSpec:
    """The stream as an asset: its description is the stream's own."""
    return dg.AssetSpec(
        [stream.source, stream.name],
        group_name=stream.source,
        kinds={stream.source, "postgres"},
        owners=OWNERS,
        description=f"{stream.description} Needs the right: {stream.permission}.",
        metadata={"table": f"raw_{stream.source}.{stream.name}", "read as": stream.reads},
        skippable=True,
    )


CERTIFICATE = "certificate"


def certificate_key(source: str, stream: str) -> dg.AssetCheckKey:
    """The check that a stream's last read ran to its proven end."""
    return dg.AssetCheckKey(dg.AssetKey([source, stream]), CERTIFICATE)


def certificate_spec(stream: Stream) -> dg.AssetCheckSpec:
    """Blocking: nothing in the same run goes on from a stream whose read proves nothing."""
    return dg.AssetCheckSpec(
        CERTIFICATE,
        asset=dg.AssetKey([stream.source, stream.name]),
        blocking=True,
        description="The last read ran to its proven end: pages, records, the vendor's own count where it gives one, "
        "the end of the list, rights, deletions. Without it the stretch counts as not read: figures that need it "
        "have no value and say why.",
    )


def certified(organization_id: str, outcome: StreamOutcome) -> dg.AssetCheckEvaluation:
    """The check's outcome after a read, as Dagster's event."""
    key = certificate_key(outcome.source, outcome.stream)
    proof = outcome.certificate or {}
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=outcome.is_complete,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{organization_id}: {outcome.error or certificates.short(proof)}",
        metadata={"organization": organization_id, **dict(certificates.rows(proof) if proof else [])},
        blocking=True,
    )


def _check_result(organization_id: str, outcome: StreamOutcome) -> dg.AssetCheckResult:
    found = certified(organization_id, outcome)
    return dg.AssetCheckResult(
        asset_key=found.asset_key,
        check_name=found.check_name,
        passed=found.passed,
        severity=found.severity,
        description=found.description,
        metadata=found.metadata,
    )


def history_spec(stream: Stream) -> dg.AssetSpec:
    """The day-by-day copies of a stream whose vendor keeps no history."""
    return dg.AssetSpec(
        _history_key(stream),
        deps=[dg.AssetKey([stream.source, stream.name])],
        group_name=stream.source,
        kinds={"postgres"},
        owners=OWNERS,
        description=f"{stream.name.capitalize()} as they were on each day they were read; rows of past days never "
        "change. The vendor keeps no history, so a day that was not read cannot be made up.",
        metadata={"table": f"raw_{stream.source}.{stream.name}_daily", "read as": "a copy a day"},
        skippable=True,
    )


def _history_key(stream: Stream) -> dg.AssetKey:
    return dg.AssetKey([stream.source, f"{stream.name}_daily"])


def assets() -> list[dg.AssetsDefinition]:
    """The assets of every source: one step for its entity streams, one for its windowed ones."""
    found = []
    for source, streams in extractors.STREAMS.items():
        for reads, cut in (("entity", partitions.organizations), ("windowed", partitions.organization_months)):
            if chosen := [stream for stream in streams if stream.reads == reads]:
                found.append(_assets_of(source, reads, chosen, cut))
    return found


def _assets_of(source: str, reads: str, streams: Sequence[Stream], cut: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{source}_{reads}_streams",
        specs=[
            *(spec(stream) for stream in streams),
            *(history_spec(stream) for stream in streams if stream.keeps_daily_history),
        ],
        check_specs=[certificate_spec(stream) for stream in streams],
        partitions_def=cut,
        can_subset=True,
        pool=f"{source}_api",
        description=f"The {reads} streams of {source}, read one after the other with one sign-in.",
    )
    def extract(context: dg.AssetExecutionContext, config: Reading) -> Events:
        organization = one_organization(partitions.organization_of(context.partition_key))
        pipeline.prepare([organization])
        services.vendors_of(organization)
        as_of = run_instant([organization])
        period = _older_month(context.partition_key, as_of, organization.time_zone)
        if config.whole and period:
            raise dg.Failure(
                description=f"`whole` reads everything and {period} is one month, so nothing was read. Choose the "
                "partition of the current month.",
                allow_retries=False,
            )
        chosen, checked = context.selected_asset_keys, context.selected_asset_check_keys
        wanted = [s for s in streams if keys_of(s) & chosen or certificate_key(s.source, s.name) in checked]
        failed: list[StreamOutcome] = []
        for outcome in extract_source(
            organization,
            source,
            wanted,
            run_id=context.run.run_id,
            as_of=as_of,
            progress=Quiet(),
            period=period,
            whole=config.whole,
        ):
            if outcome.error:
                context.log.error(outcome.error)
                failed.append(outcome)
            else:
                for key, metadata in renewed(organization.id, outcome).items():
                    if key in chosen:
                        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
                if certificate_key(outcome.source, outcome.stream) in checked:
                    yield _check_result(organization.id, outcome)
        ask_for_retry(failed, retry_number=context.op_execution_context.retry_number)
        for outcome in failed:
            if certificate_key(outcome.source, outcome.stream) in checked:
                yield _check_result(organization.id, outcome)
        if failed:
            sentences = dict.fromkeys(str(outcome.error) for outcome in failed)
            raise dg.Failure(description=" ".join(sentences), allow_retries=False)

    return extract


def ask_for_retry(failed: Sequence[StreamOutcome], *, retry_number: int) -> None:
    """Have the step run once more, later, when every failure in it may pass by itself."""
    if failed and all(outcome.worth_retrying for outcome in failed) and retry_number < RETRIES:
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS)


def keys_of(stream: Stream) -> set[dg.AssetKey]:
    """The assets that a read of the stream renews."""
    key = dg.AssetKey([stream.source, stream.name])
    return {key, _history_key(stream)} if stream.keeps_daily_history else {key}


def renewed(organization_id: str, outcome: StreamOutcome) -> dict[dg.AssetKey, dict[str, Any]]:
    """The assets that a complete read renewed: what came of it, and how many rows the organization has now."""
    metadata: dict[str, Any] = {
        "read": outcome.records,
        "new": outcome.new,
        "changed": outcome.changed,
        "deleted": outcome.deleted,
        "rejected": outcome.rejected,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 2),
        **({"new fields": ", ".join(outcome.new_fields)} if outcome.new_fields else {}),
        **({"mapped fields": "; ".join(outcome.field_findings)} if outcome.field_findings else {}),
    }
    if outcome.certificate:
        metadata |= {name: text for name, text in certificates.rows(outcome.certificate) if name not in metadata}
        metadata["certificate"] = dg.MetadataValue.md(certificates.markdown(outcome.certificate))
    keys = sorted(keys_of(extractors.stream(outcome.source, outcome.stream)))
    with connect() as connection:
        return {key: {"dagster/row_count": _rows(connection, key, organization_id), **metadata} for key in keys}


def _rows(connection: psycopg.Connection[Any], key: dg.AssetKey, organization_id: str) -> int:
    source, table = key.path
    query = sql.SQL("select count(*) from {} where organization_id = %s").format(sql.Identifier(f"raw_{source}", table))
    row = connection.execute(query, [organization_id]).fetchone()
    return int(row[0]) if row else 0


def _older_month(key: str, as_of: datetime, time_zone: str) -> Period | None:
    """The month to read again, or None for the current one, which is read by changes."""
    if not isinstance(key, dg.MultiPartitionKey):
        return None
    month, current = partitions.month_of(key), Period.containing(as_of, time_zone)
    if month > current:
        raise dg.Failure(
            description=f"{month} has not begun as of {as_of:%Y-%m-%d %H:%M} UTC, so nothing was read. "
            f"The newest month there is to read is {current}.",
            allow_retries=False,
        )
    return None if month == current else month
