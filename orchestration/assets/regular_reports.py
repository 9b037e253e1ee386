"""What goes out by the calendar: the weekly report to investors, the monthly one on the data."""

import json
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import partitions, pipeline, regular_reports
from orchestration.assets.files import Metadata, metadata_of_files
from orchestration.assets.models import shown_by
from orchestration.progress import Logged
from orchestration.selection import one_organization, run_instant
from orchestration.timetable import HOLDS_A_BUILD
from reports.files import sha256_of

OWNERS = ["team:account-management"]


def _made(context: dg.AssetExecutionContext, kind: str) -> dg.MaterializeResult[None]:
    """Files, mail and retention of one organization; a mail that does not go is tried again by the sensor."""
    organization = one_organization(context.partition_key)
    pipeline.prepare([organization])
    done = regular_reports.make(
        kind,
        organization,
        run_instant([organization]),
        period=None,
        with_mail=True,
        progress=Logged(context.log),
    )
    sent = regular_reports.send(organization)
    cleared = regular_reports.clear(organization)
    return dg.MaterializeResult(
        metadata={
            "month": dg.MetadataValue.text(done.period),
            **metadata_of(done.files),
            "said": dg.MetadataValue.md("\n".join(f"- {one}" for one in done.sentences)),
            "mail": dg.MetadataValue.text(str(sent)),
            "cleared": dg.MetadataValue.text(str(cleared)),
        }
    )


def metadata_of(paths: Sequence[Path]) -> Metadata:
    """Where each file lies, what names its content, and the figures themselves where one is JSON."""
    shown = next((path for path in paths if path.suffix == ".json"), None)
    figures = {} if shown is None else {"figures": dg.MetadataValue.json(json.loads(shown.read_text()))}
    return {**metadata_of_files([(path, {"sha256": sha256_of(path)}) for path in paths]), **figures}


@dg.asset(
    key=["reports", "investor_report"],
    deps=shown_by("investor_report"),
    partitions_def=partitions.organizations,
    group_name="reports",
    kinds={"json", "excel", "email"},
    owners=OWNERS,
    description="The newest month for investors: snapshot files, a workbook, a mail with both and the investor pack.",
)
def investor_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Write and mail the investors' figures."""
    return _made(context, "investors")


@dg.asset(
    key=["reports", "data_quality_report"],
    deps=shown_by("data_quality_report"),
    partitions_def=partitions.organizations,
    group_name="reports",
    kinds={"html", "excel", "email"},
    owners=OWNERS,
    description="How far the month's figures can be trusted: readiness, checks, inputs, books, clients, sources.",
)
def data_quality_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Write and mail the report on the data."""
    return _made(context, "data-quality")


def _job(asset: dg.AssetsDefinition, description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        asset.key.path[-1] + "s",
        selection=dg.AssetSelection.assets(asset),
        executor_def=dg.in_process_executor,
        description=description,
        tags={"dagster/max_runtime": HOLDS_A_BUILD},
    )


investor_reports = _job(investor_report, "The investors' files and mail of one organization.")
data_quality_reports = _job(data_quality_report, "The report on one organization's data.")


@dg.op(description="Send the mails with reports that wait, of all organizations.")
def send_mails(context: dg.OpExecutionContext) -> None:
    """What could not be sent is tried again later."""
    context.log.info(str(regular_reports.send()))


@dg.job(
    executor_def=dg.in_process_executor,
    description="Mails with reports that wait for their mail server.",
    tags={"dagster/max_runtime": "1800"},
)
def waiting_mails() -> None:
    """Send them."""
    send_mails()
