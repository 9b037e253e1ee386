"""Figures and marts for other programs, written every morning as each organization's file says."""

import dagster as dg

from orchestration import partitions, pipeline
from orchestration.assets.models import KEYS
from orchestration.exports import Regular, write_declared
from orchestration.progress import Logged
from orchestration.selection import one_organization
from reports.exports import Exported

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


def metadata_of(done: Regular) -> dict[str, dg.MetadataValue]:
    """The folder, and of each file how many rows it has, where it lies and what names its content."""
    if not done.written:
        return {"dagster/row_count": dg.MetadataValue.int(0), "cleared": dg.MetadataValue.text(str(done.cleared))}
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(one.rows for one in done.written)),
        "folder": dg.MetadataValue.path(done.written[0].path.parent),
        "links": dg.MetadataValue.md("\n".join(f"- [{one.path.name}]({one.path.as_uri()})" for one in done.written)),
        "files": dg.MetadataValue.table([_record(one) for one in done.written]),
        "cleared": dg.MetadataValue.text(str(done.cleared)),
    }


def _record(one: Exported) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "file": one.path.name,
            "rows": one.rows,
            "bytes": one.artefact.bytes,
            "sha256": one.artefact.sha256,
        }
    )


regular_exports = dg.define_asset_job(
    "exports",
    selection=dg.AssetSelection.assets(exports),
    executor_def=dg.in_process_executor,
    description="The exports that one organization's file names.",
    tags={"dagster/max_runtime": "1800"},
)
