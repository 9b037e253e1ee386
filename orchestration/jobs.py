"""The daily job and the device reading: the whole pipeline of one organization, in steps.

One run touches assets that are cut in different ways (by organization, by month, by quarter, not at all), which a
Dagster asset job cannot. These jobs therefore run the pipeline's own steps and report to each asset what they did.
"""

import functools
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

import extractors
from orchestration import checks, partitions, pipeline
from orchestration.assets.raw import RETRY, metadata_of
from orchestration.assets.reports import links
from orchestration.progress import Quiet
from orchestration.selection import one_organization, run_instant
from warehouse.organizations import Organization
from warehouse.periods import Period, latest_complete_quarter

CLOSING_DAYS = 5  # until the fifth, the month before is still being booked and is read again


class Daily(dg.Config):
    """Whose pipeline runs."""

    organization: str


def months_to_read(as_of: datetime, time_zone: str) -> list[Period | None]:
    """What changed (None), and on the first days of a month the month before as well: the closing run."""
    local = as_of.astimezone(ZoneInfo(time_zone))
    current = Period.containing(as_of, time_zone)
    return [None, current - 1] if local.day <= CLOSING_DAYS else [None]


@functools.cache
def _extract_op(source: str) -> dg.OpDefinition:
    @dg.op(
        name=f"extract_{source}",
        ins={"after": dg.In(dg.Nothing)},
        out=dg.Out(list),
        pool=f"{source}_api",
        retry_policy=RETRY,
        tags={"dagster/op_execution_timeout_seconds": "7200"},
        description=f"Read every stream of {source}; a stream that fails is reported and stops no other.",
    )
    def extract(context: dg.OpExecutionContext, config: Daily) -> list[str]:
        organization = one_organization(config.organization)
        if source not in organization.sources.enabled:
            context.log.info(f"{organization.id} does not use {source}; nothing to read.")
            return []
        as_of = run_instant([organization])
        failed: list[str] = []
        for month in months_to_read(as_of, organization.time_zone):
            for outcome in pipeline.extract(
                organization, run_id=context.run_id, as_of=as_of, progress=Quiet(), sources=[source], period=month
            ):
                if outcome.error:
                    context.log.error(outcome.error)
                    failed.append(outcome.error)
                    continue
                reads = next(s.reads for s in extractors.STREAMS[source] if s.name == outcome.stream)
                context.log_event(
                    dg.AssetMaterialization(
                        [source, outcome.stream],
                        partition=_partition(organization, reads, month, as_of),
                        metadata=metadata_of(outcome),
                    )
                )
        return failed

    return extract


def _partition(organization: Organization, reads: str, month: Period | None, as_of: datetime) -> str:
    if reads == "entity":
        return organization.id
    return partitions.month_key(organization.id, month or Period.containing(as_of, organization.time_zone))


@dg.op(out=dg.Out(dg.Nothing), description="Bring tables and rules up to date before anything is read.")
def prepare_warehouse(config: Daily) -> None:
    """App tables, raw tables and the organization's rules."""
    pipeline.prepare([one_organization(config.organization)])


@dg.op(
    ins={"failed": dg.In(list)},
    out=dg.Out(list),
    pool="dbt",
    description="Link clients, build and test every model.",
)
def build_models(context: dg.OpExecutionContext, config: Daily, failed: list[list[str]]) -> list[str]:
    """Raw tables to marts; each model and data test is reported to its asset."""
    organization = one_organization(config.organization)
    pipeline.link_clients(organization)
    context.log_event(dg.AssetMaterialization(["app", "client_links"], partition=organization.id))
    built = pipeline.build_models([organization], as_of=run_instant([organization]))
    for result in built:
        if result.kind in {"model", "seed"} and not result.is_failed and result.status != "skipped":
            context.log_event(dg.AssetMaterialization([result.name], metadata={"status": result.status}))
    for outcome in checks.run(organization, run_id=context.run_id, built=built):
        (context.log.info if outcome.is_passed else context.log.warning)(
            f"{outcome.check_name} on {outcome.subject}: {'passed' if outcome.is_passed else outcome.message}"
        )
    return [sentence for one in failed for sentence in one]


@dg.op(out=dg.Out(list), description="Decks of the latest complete quarter, then alerts and their delivery.")
def report(context: dg.OpExecutionContext, config: Daily, failed: list[str]) -> list[str]:
    """What people receive; a blocked deck does not keep an alert back."""
    organization = one_organization(config.organization)
    as_of = run_instant([organization])
    quarter = latest_complete_quarter(as_of, organization.time_zone)
    done = pipeline.report(pipeline.OrganizationReport(organization), as_of=as_of, quarter=quarter, progress=Quiet())
    if done.decks_blocked:
        context.log.error(done.decks_blocked)
        return [*failed, done.decks_blocked]
    context.log_event(
        dg.AssetMaterialization(
            ["reports", "decks"],
            partition=partitions.quarter_key(organization.id, quarter),
            metadata={"decks": len(done.decks), "files": links([deck.path for deck in done.decks])},
        )
    )
    context.log_event(dg.AssetMaterialization(["reports", "alerts"], partition=organization.id))
    return failed


@dg.op(description="Fail the run when any part failed, so that nobody takes it for a good one.")
def conclude(failed: list[str]) -> None:
    """The run's verdict, after everything that could be done was done."""
    if failed:
        raise dg.Failure(description=" ".join(failed), allow_retries=False)


@dg.job(
    executor_def=dg.in_process_executor,
    description="One organization's whole pipeline: extract, link, build, check, render, alert.",
    tags={"dagster/max_runtime": "14400"},
)
def daily() -> None:
    """Extract all sources, then build, check and report."""
    ready = prepare_warehouse()
    read = [_extract_op(source)(after=ready) for source in extractors.STREAMS]
    conclude(report(build_models(read)))


@dg.job(
    executor_def=dg.in_process_executor,
    description="NinjaOne keeps no history of devices: this reads them once a day, so that months can be counted.",
    tags={"dagster/max_runtime": "3600"},
)
def devices() -> None:
    """Read NinjaOne early in the morning, before people start to work."""
    conclude(_extract_op("ninjaone")(after=prepare_warehouse()))


def daily_config(organization_id: str, job: dg.JobDefinition) -> dg.RunConfig:
    """The run configuration that gives every step of a job its organization."""
    names = {node.name for node in job.nodes if node.name != "conclude"}
    return dg.RunConfig(ops={name: Daily(organization=organization_id) for name in sorted(names)})
