"""dbt's models as assets, grouped by domain, their data tests as asset checks."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from orchestration.selection import chosen_organizations, run_instant
from orchestration.transformation import PROJECT, dbt_environment, ensure_manifest, target
from warehouse.engine import database_url

OWNERS = {
    "staging": "team:data-engineering",
    "intermediate": "team:data-engineering",
}


class Translator(DagsterDbtTranslator):
    """Group each model by its folder, so that the graph reads from vendor to mart."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The domain: the last folder, marked with its layer for staging and intermediate."""
        layer, *folders = dbt_resource_props["fqn"][1:-1] or ["dbt"]
        return "_".join([layer, *folders]) if layer in OWNERS else (folders[-1] if folders else layer)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        """The layer's owner; marts keep the owner of their dbt group."""
        layer = dbt_resource_props["fqn"][1]
        return [OWNERS.get(layer, "team:analytics")]


project = DbtProject(project_dir=PROJECT, profiles_dir=PROJECT, target_path=target())


@dbt_assets(
    manifest=ensure_manifest(),
    project=project,
    dagster_dbt_translator=Translator(),
    pool="dbt",
    name="dbt_models",
)
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """Build and test the models, whole: the data is small, the rules run across months."""
    os.environ.update(dbt_environment(database_url()))
    as_of = run_instant(chosen_organizations())
    arguments = ["build", "--vars", json.dumps({"as_of": as_of.isoformat()})]
    yield from dbt.cli(arguments, context=context).stream().fetch_row_counts()
