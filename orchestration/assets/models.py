"""dbt's models as assets, grouped by domain, their data tests as asset checks.

dagster-dbt translates the project; the building is the pipeline's own step, the one that ``qbr run`` takes, with dbt in
this process. Tables that dbt reads and no asset writes are listed here as well, so that lineage has no loose end.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import psycopg
from dagster_dbt import DagsterDbtTranslator
from psycopg import sql

from orchestration import checks, pipeline
from orchestration.errors import BuildFailed
from orchestration.progress import Logged
from orchestration.selection import chosen_organizations, run_instant
from orchestration.transformation import DbtResult, ensure_manifest
from warehouse.engine import connect

OWNERS = {
    "staging": "team:data-engineering",
    "intermediate": "team:data-engineering",
    "marts": "team:analytics",
    "app": "team:account-management",
    "raw_meta": "team:data-engineering",
}
PREFIXES = {"staging": "stg_", "intermediate": "int_", "marts": ""}
UNIQUE_ID = "dagster_dbt/unique_id"
SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


class Translator(DagsterDbtTranslator):
    """Where a model, seed, source or test of the project has its place in the graph."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The domain, with its models' own prefix before the marts: ``stg_stripe``, ``int_core``, ``finance``."""
        if dbt_resource_props["resource_type"] != "model":
            return dbt_resource_props.get("source_name") or "seeds"
        layer, domain = dbt_resource_props["fqn"][1:3]
        return f"{PREFIXES[layer]}{domain}"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """The owner of the model's dbt group where it has one, else the team of its layer."""
        layer = dbt_resource_props.get("source_name") or dbt_resource_props["fqn"][1]
        return super().get_owners(dbt_resource_props) or [OWNERS.get(layer, OWNERS["marts"])]

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """A test of one model hangs on it; one that compares several hangs on the first mart among them."""
        test = manifest["nodes"][unique_id]
        read = [node for node in test["depends_on"]["nodes"] if node.startswith(("model.", "seed."))]
        anchor = test.get("attached_node") or next((node for node in read if ".fct_" in node), read[0])
        if asset_spec.metadata[UNIQUE_ID] != anchor:
            return None
        is_error = str(test["config"].get("severity", "error")).lower() == "error"
        others = [self.get_asset_spec(manifest, node, project).key for node in read if node != anchor]
        return dg.AssetCheckSpec(
            test["name"],
            asset=asset_spec.key,
            description=test.get("description") or None,
            additional_deps=others,
            metadata={UNIQUE_ID: unique_id},
            blocking=is_error,
        )


def _specs(manifest: Mapping[str, Any]) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """Every model and seed, and the tests that hang on them."""
    translator = Translator()
    nodes = [name for name, node in manifest["nodes"].items() if node["resource_type"] in {"model", "seed"}]
    specs = [translator.get_asset_spec(manifest, name, None) for name in nodes]
    tests = [name for name, node in manifest["nodes"].items() if node["resource_type"] == "test"]
    found = [translator.get_asset_check_spec(spec, manifest, name, None) for spec in specs for name in tests]
    return specs, [one for one in found if one is not None]


def external_tables(written: set[dg.AssetKey]) -> list[dg.AssetSpec]:
    """The tables that models read and no asset of ours writes: rules, typed figures, the loader's own log."""
    translator = Translator()
    found = [translator.get_asset_spec(MANIFEST, name, None) for name in MANIFEST["sources"]]
    return [
        dg.AssetSpec(
            one.key,
            group_name=one.group_name,
            owners=one.owners,
            kinds={"postgres"},
            description=str(one.description).partition("\n")[0],
        )
        for one in found
        if one.key not in written
    ]


def shown_by(exposure: str) -> list[dg.AssetKey]:
    """The marts that an exposure of the dbt project says it reads."""
    nodes = MANIFEST["exposures"][f"exposure.qbr.{exposure}"]["depends_on"]["nodes"]
    return [KEYS[node] for node in nodes]


MANIFEST = json.loads(ensure_manifest().read_text())
SPECS, CHECK_SPECS = _specs(MANIFEST)
KEYS = {spec.metadata[UNIQUE_ID]: spec.key for spec in SPECS}
CHECK_KEYS = {spec.metadata[UNIQUE_ID]: spec.key for spec in CHECK_SPECS}


@dg.multi_asset(
    name="dbt_models",
    specs=SPECS,
    check_specs=CHECK_SPECS,
    can_subset=True,
    pool="dbt",
    description="One dbt build of the chosen models and their tests; all of them in one build, since the data is "
    "small and the rules run across months.",
)
def dbt_models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build and test, then tell Dagster and the decks' gate what came of it."""
    organizations = chosen_organizations()
    wanted = [name for name, key in KEYS.items() if key in context.selected_asset_keys]
    wanted += [name for name, key in CHECK_KEYS.items() if key in context.selected_asset_check_keys]
    whole = len(wanted) == len(KEYS) + len(CHECK_KEYS)
    failure = None
    try:
        select = () if whole else [name.split(".")[2] for name in wanted]
        built = pipeline.build_models(
            organizations,
            run_id=context.run.run_id,
            as_of=run_instant(organizations),
            select=select,
            progress=Logged(context.log),
        )
    except BuildFailed as error:
        built, failure = list(error.results), error
    checks.record_tests(organizations, built, run_id=context.run.run_id)
    for key, metadata in materializations(built):
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
    for outcome in evaluations(built):
        yield dg.AssetCheckResult(
            asset_key=outcome.asset_key,
            check_name=outcome.check_name,
            passed=outcome.passed,
            severity=outcome.severity,
            description=outcome.description,
        )
    if failure:
        raise dg.Failure(description=str(failure), allow_retries=False) from failure


def materializations(built: Sequence[DbtResult]) -> Iterator[tuple[dg.AssetKey, dict[str, Any]]]:
    """The models that a build renewed, with how many rows each table holds now and how long it took."""
    renewed = [result for result in built if result.is_built]
    if not renewed:
        return
    with connect() as connection:
        for result in renewed:
            metadata: dict[str, Any] = {"seconds": round(result.seconds, 2)}
            if result.table:
                metadata["dagster/row_count"] = _rows(connection, result.table)
            yield KEYS[result.unique_id], metadata


def evaluations(built: Sequence[DbtResult]) -> Iterator[dg.AssetCheckEvaluation]:
    """The data tests that a build ran, as Dagster's checks."""
    for result in built:
        if result.unique_id in CHECK_KEYS and result.status != "skipped":
            key = CHECK_KEYS[result.unique_id]
            passed = result.status in {"pass", "success"}
            yield dg.AssetCheckEvaluation(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=passed,
                severity=SEVERITY["warn" if "warn" in {result.severity, result.status} else "error"],
                description=None if passed else result.message,
            )


def _rows(connection: psycopg.Connection[Any], table: str) -> int:
    names = [part.strip('"') for part in table.split(".")[-2:]]
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(*names))).fetchone()
    return int(row[0]) if row else 0
