"""Figures and marts for other programs, written every morning as each organization's file says."""

from pathlib import Path

import dagster as dg

from orchestration import partitions, pipeline
from orchestration.assets.files import Fact, Metadata, metadata_of_files
from orchestration.assets.models import KEYS
from orchestration.exports import Regular, write_declared
from orchestration.progress import Logged
from orchestration.selection import one_organization
from orchestration.timetable import HOLDS_A_BUILD

OWNERS = ["team:account-management"]


@dg.asset(
    key=["reports", "exports"],
    deps=sorted(key for key in KEYS.values() if key.path[0] == "marts"),
    partitions_def=partitions.organizations,
    group_name="reports",
    kinds={"csv", "excel", "parquet"},
    owners=OWNERS,
    description="The exports of one organization's file (`exports`), over the last thirteen months or five quarters, "
    "of marts everything. Listed among the finished files, shared by links like any other, kept as `retention` says.",
)
def exports(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Write them; what cannot be written is named and stops no other."""
    organization = one_organization(context.partition_key)
    pipeline.prepare([organization])
    done = write_declared(organization, Logged(context.log))
    if done.failed:
        context.log_event(dg.AssetObservation(exports.key, partition=context.partition_key, metadata=metadata_of(done)))
        written = f"{len(done.written)} files were written."
        raise dg.Failure(description=" ".join([*done.failed, written]), allow_retries=False)
    return dg.MaterializeResult(metadata=metadata_of(done))


def metadata_of(done: Regular) -> Metadata:
    """Of each file how many rows it has, where it lies and what names its content."""
    files: list[tuple[Path, dict[str, Fact]]] = [
        (one.path, {"rows": one.rows, "sha256": one.artefact.sha256}) for one in done.written
    ]
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(one.rows for one in done.written)),
        **metadata_of_files(files),
        "cleared": dg.MetadataValue.text(str(done.cleared)),
    }


regular_exports = dg.define_asset_job(
    "exports",
    selection=dg.AssetSelection.assets(exports),
    executor_def=dg.in_process_executor,
    description="The exports that one organization's file names.",
    tags={"dagster/max_runtime": HOLDS_A_BUILD},
)
