"""The daily job and the device reading: the whole pipeline of one organization, in steps.

One run touches assets that are cut in different ways (by organization, by month, by quarter, not at all), which a
Dagster asset job cannot. These jobs therefore run the pipeline's own steps and report to each asset what they did
(:mod:`orchestration.reporting`). Both are partitioned by organization: whoever starts one chooses whose it is.
"""

import functools
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

import extractors
from orchestration import checks, partitions, pipeline, reporting, services, turns
from orchestration.asset_checks import MONTHLY, NEWEST_MONTH
from orchestration.assets.raw import ask_for_retry
from orchestration.errors import BuildFailed
from orchestration.extraction import StreamOutcome
from orchestration.progress import Logged, Quiet
from orchestration.selection import one_organization, run_instant
from orchestration.timetable import HOLDS_A_BUILD
from warehouse.organizations import Organization
from warehouse.periods import Period, latest_complete_quarter

CLOSING_DAYS = 5  # until the fifth, the month before is still being booked and is read again


def months_to_read(as_of: datetime, time_zone: str) -> list[Period | None]:
    """What changed (None), and on the first days of a month the month before as well: the closing run."""
    local = as_of.astimezone(ZoneInfo(time_zone))
    current = Period.containing(as_of, time_zone)
    return [None, current - 1] if local.day <= CLOSING_DAYS else [None]


def _organization(context: dg.OpExecutionContext) -> Organization:
    return one_organization(context.partition_key)


@dg.op(description="Bring tables and rules up to date, and settle the one instant that the whole run takes for now.")
def prepare_warehouse(context: dg.OpExecutionContext) -> datetime:
    """The run's instant: every later step uses it, also after midnight and when the run is retried."""
    organization = _organization(context)
    pipeline.prepare([organization])
    services.vendors_of(organization)
    return run_instant([organization])


@functools.cache
def extract_op(source: str) -> dg.OpDefinition:
    """The step that reads a source; one definition, whichever jobs it is part of."""

    @dg.op(
        name=f"extract_{source}",
        pool=f"{source}_api",
        tags={"kind": source},
        description=f"Read every stream of {source}; a stream that fails is reported and stops no other.",
    )
    def extract(context: dg.OpExecutionContext, as_of: datetime) -> list[str]:
        organization = _organization(context)
        if source not in organization.sources.enabled:
            context.log.info(f"{organization.id} does not use {source}; nothing to read.")
            return []
        failed: list[StreamOutcome] = []
        for month in months_to_read(as_of, organization.time_zone):
            for outcome in pipeline.extract(
                organization, run_id=context.run_id, as_of=as_of, progress=Quiet(), sources=[source], period=month
            ):
                if outcome.error:
                    context.log.error(outcome.error)
                    failed.append(outcome)
                    reporting.stream_judged(context, organization, outcome)
                else:
                    reporting.stream_read(context, organization, outcome, month=month, as_of=as_of)
        ask_for_retry(failed, retry_number=context.retry_number)
        return list(dict.fromkeys(str(outcome.error) for outcome in failed))

    return extract


@dg.op(pool="dbt", tags={"kind": "dbt"}, description="Link clients; build and test every model; run the suites.")
def build_models(context: dg.OpExecutionContext, as_of: datetime, failed: list[list[str]]) -> list[str]:
    """Raw tables to marts, from whatever could be read; every model and check is reported to its asset."""
    organization = _organization(context)
    pipeline.link_clients(organization)
    reporting.clients_linked(context, organization)
    try:
        # Nobody reads before this organization's suites have run; what the others' have is decision 49's.
        with turns.sole_builder(Logged(context.log)):
            built = pipeline.build_models([organization], run_id=context.run_id, as_of=as_of)
            checked = checks.run(organization, run_id=context.run_id, built=built)
    except BuildFailed as error:
        reporting.models_built(context, error.results)
        raise dg.Failure(description=str(error), allow_retries=False) from error
    reporting.models_built(context, built)
    for outcome in checked:
        if not outcome.is_passed:
            context.log.warning(f"{outcome.check_name} on {outcome.subject}: {outcome.message}")
    reporting.suites_run(context)
    return [sentence for one in failed for sentence in one]


@dg.op(tags={"kind": "powerpoint"}, description="Decks of the latest complete quarter, then alerts and their delivery.")
def report(context: dg.OpExecutionContext, as_of: datetime, failed: list[str]) -> list[str]:
    """What people receive; a blocked deck does not keep an alert back."""
    organization = _organization(context)
    quarter = latest_complete_quarter(as_of, organization.time_zone)
    done = pipeline.report(
        pipeline.OrganizationReport(organization), as_of=as_of, quarter=quarter, progress=Logged(context.log)
    )
    reporting.people_told(context, done, quarter)
    if done.decks_blocked:
        context.log.error(done.decks_blocked)
        return [*failed, done.decks_blocked]
    for sentence in done.decks.failed:
        context.log.error(sentence)
    return [*failed, *done.decks.failed]


@dg.op(description="Fail the run when any part failed, so that nobody takes it for a good one.")
def conclude(failed: list[str]) -> None:
    """The run's verdict, after everything that could be done was done."""
    if failed:
        raise dg.Failure(description=" ".join(failed), allow_retries=False)


@dg.op(description="Fail the run when the devices could not be read.")
def conclude_devices(failed: list[str]) -> None:
    """The verdict on a reading that nothing else waits for."""
    if failed:
        raise dg.Failure(description=" ".join(failed), allow_retries=False)


@dg.job(
    executor_def=dg.in_process_executor,
    partitions_def=partitions.organizations,
    description="One organization's whole pipeline: extract, link, build, check, render, alert.",
    tags={"dagster/max_runtime": HOLDS_A_BUILD},
)
def daily() -> None:
    """Extract all sources, then build, check and report."""
    as_of = prepare_warehouse()
    failed = [extract_op(source)(as_of) for source in extractors.STREAMS]
    conclude(report(as_of, build_models(as_of, failed)))


@dg.job(
    executor_def=dg.in_process_executor,
    partitions_def=partitions.organizations,
    description="NinjaOne keeps no history of devices: this reads them once a day, so that months can be counted.",
    tags={"dagster/max_runtime": "3600"},
)
def devices() -> None:
    """Read NinjaOne early in the morning, before people start to work."""
    conclude_devices(extract_op("ninjaone")(prepare_warehouse()))


newest_months = dg.define_asset_job(
    "newest_months",
    selection=dg.AssetSelection.checks(*(dg.AssetCheckKey(key, NEWEST_MONTH) for key in MONTHLY.values())),
    executor_def=dg.in_process_executor,
    description="Whether marts hold the newest month that is over: run apart from what builds them, so that it says so "
    "when nothing was built.",
    tags={"dagster/max_runtime": HOLDS_A_BUILD},
)
