"""What every model owes its reader: a grain, a description of each column, a contract on marts, no hidden clock."""

import re
from pathlib import Path
from typing import Any

import extractors
from orchestration.transformation import PROJECT
from tests.dbt_project.conftest import FirstBuild, Warehouse

MODELS = PROJECT / "models"


def models(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "model"]


def test_every_description_opens_with_the_grain(manifest: Any):
    assert [node.name for node in models(manifest) if not node.description.startswith("One row per ")] == []


def test_every_column_that_exists_is_described(manifest: Any, empty_warehouse: Warehouse, first_build: FirstBuild):
    assert first_build.results
    existing = empty_warehouse.rows(
        """
        select table_name, array_agg(column_name::text) from information_schema.columns
        where table_schema in ('staging', 'intermediate', 'marts') group by table_name
        """
    )
    described = {
        node.name: {name for name, column in node.columns.items() if column.description} for node in models(manifest)
    }
    built = {table: set(columns) for table, columns in existing if table in described}
    assert set(built) == set(described)
    assert {table: columns ^ described[table] for table, columns in built.items() if columns != described[table]} == {}


def test_every_mart_keeps_a_contract_and_tells_its_key(manifest: Any):
    marts = [node for node in models(manifest) if node.schema == "marts"]
    assert len(marts) > 10
    assert [node.name for node in marts if not node.contract.enforced] == []
    keys = [
        node
        for node in manifest.nodes.values()
        if getattr(node, "test_metadata", None) and node.test_metadata.name in {"unique_combination", "unique"}
    ]
    tested = {node.attached_node for node in keys}
    assert [node.name for node in marts if node.unique_id not in tested] == []


def test_every_stream_has_a_source_and_a_staging_model(manifest: Any):
    """The extractors declare what exists; a stream that nobody stages would be copied for nothing."""
    declared = {
        (source, name)
        for source, streams in extractors.STREAMS.items()
        for stream in streams
        for name in ([stream.name, f"{stream.name}_daily"] if stream.keeps_daily_history else [stream.name])
    }
    sources = {
        (node.source_name, node.name) for node in manifest.sources.values() if node.source_name in extractors.STREAMS
    }
    staged = {
        tuple(node.name.removeprefix("stg_").split("__")) for node in models(manifest) if node.schema == "staging"
    }
    assert sources == declared
    assert staged == declared


def test_every_incremental_model_is_keyed_by_organization_first(manifest: Any):
    staged = [node for node in models(manifest) if node.config.materialized == "incremental"]
    assert len(staged) > 20
    assert [node.name for node in staged if node.config.unique_key[0] != "organization_id"] == []


def test_nothing_but_the_as_of_macro_reads_the_clock():
    clocks = re.compile(r"\b(now\(\)|current_date|current_timestamp|clock_timestamp|localtimestamp)", re.IGNORECASE)
    reading = [
        path.relative_to(PROJECT)
        for path in [*MODELS.rglob("*.sql"), *(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "tests").rglob("*.sql")]
        if clocks.search(path.read_text(encoding="utf-8"))
    ]
    assert reading == [Path("macros/as_of.sql")]
