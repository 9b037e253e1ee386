"""The graph: complete from streams to decks, and told so that nobody has to open the code."""

import subprocess
import sys

import dagster as dg
import pytest

import extractors
from expectations import SUITES
from orchestration.asset_checks import key_of
from orchestration.assets.models import CHECK_KEYS, MANIFEST
from orchestration.definitions import defs
from warehouse.settings import PROJECT_ROOT

GRAPH = defs.resolve_asset_graph()
STREAMS = [stream for streams in extractors.STREAMS.values() for stream in streams]


def spec_of(*path: str) -> dg.AssetSpec:
    key = dg.AssetKey(path)
    return next(spec for spec in defs.resolve_all_asset_specs() if spec.key == key)


def ancestors_of(key: dg.AssetKey) -> set[dg.AssetKey]:
    found: set[dg.AssetKey] = set()
    waiting = {key}
    while waiting:
        parents = set(GRAPH.get(waiting.pop()).parent_keys) - found
        found |= parents
        waiting |= parents
    return found


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: f"{stream.source}/{stream.name}")
def test_every_declared_stream_is_an_asset_of_its_source(stream: extractors.core.stream.Stream) -> None:
    spec = spec_of(stream.source, stream.name)
    assert spec.group_name == stream.source
    assert stream.description in (spec.description or "")
    dimensions = {"entity": None, "windowed": {"organization", "month"}}[stream.reads]
    cut = GRAPH.get(spec.key).partitions_def
    names = {one.name for one in cut.partitions_defs} if isinstance(cut, dg.MultiPartitionsDefinition) else None
    assert names == dimensions


def test_every_table_that_dbt_reads_is_an_asset() -> None:
    known = {spec.key for spec in defs.resolve_all_asset_specs()}
    read = {dg.AssetKey([source["source_name"], source["name"]]) for source in MANIFEST["sources"].values()}
    assert read <= known


def test_every_model_and_every_data_test_of_the_project_is_in_the_graph() -> None:
    nodes = MANIFEST["nodes"].values()
    models = {node["name"] for node in nodes if node["resource_type"] in {"model", "seed"}}
    assert models <= {spec.key.path[-1] for spec in defs.resolve_all_asset_specs()}
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    assert tests <= {key.name for key in GRAPH.asset_check_keys}


def test_decks_and_alerts_reach_back_to_every_source() -> None:
    for name in ("decks", "alerts"):
        behind = ancestors_of(dg.AssetKey(["reports", name]))
        assert {"ninjaone", "connectwise", "quickbooks", "stripe"} <= {key.path[0] for key in behind}
        assert dg.AssetKey(["app", "client_links"]) in behind
        assert dg.AssetKey(["marts", "fct_smartnumbers"]) in behind
    of_clients = ancestors_of(dg.AssetKey(["reports", "client_decks"]))
    assert {
        dg.AssetKey(["marts", "fct_metrics_monthly"]),
        dg.AssetKey(["reports", "client_deck_contents"]),
    } <= of_clients


def test_every_asset_says_what_it_is_and_whose() -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.group_name not in {None, "default"}, spec.key


def test_an_error_on_a_mart_blocks_what_comes_after_and_a_warning_does_not() -> None:
    for suite in SUITES:
        spec = GRAPH.get_check_spec(dg.AssetCheckKey(key_of(suite), suite.name))
        assert spec.blocking == (suite.asset[0] == "marts" and suite.worst == "error"), suite.name
    for unique_id, key in CHECK_KEYS.items():
        severity = MANIFEST["nodes"][unique_id]["config"]["severity"].lower()
        assert GRAPH.get_check_spec(key).blocking == (severity == "error"), key.name


def test_no_two_steps_share_a_name() -> None:
    """Dagster looks at that when it starts, not when one job is asked for."""
    assert {"daily", "devices", "newest_months"} <= {job.name for job in defs.resolve_all_job_defs()}


def test_jobs_schedules_and_sensors_are_there() -> None:
    repository = defs.get_repository_def()
    assert {"daily", "devices", "newest_months"} <= set(repository.job_names)
    assert {one.name for one in repository.schedule_defs} == {
        "demo_msp_daily",
        "demo_msp_devices",
        "demo_msp_investor_reports",
        "demo_msp_data_quality_reports",
        "demo_msp_exports",
        "newest_months",
    }
    sensors = {"run_failed", "run_succeeded", "alerts_watched", "mails_wait", "deck_contents_read", "decks_follow"}
    assert {one.name for one in repository.sensor_defs} == sensors
    for one in [*repository.schedule_defs, *repository.sensor_defs]:
        assert one.default_status.value == "RUNNING"
        assert one.description


def test_no_job_that_waits_for_a_build_is_ended_before_the_longest_build_is() -> None:
    """A report that came while everything was built from scratch was ended after half an hour, and never sent."""
    repository = defs.get_repository_def()
    named = [one for one in repository.job_names if not one.startswith("__")]
    limits = {one: int(repository.get_job(one).tags["dagster/max_runtime"]) for one in named}
    assert {one for one, limit in limits.items() if limit < limits["daily"]} == {"devices", "waiting_mails"}


def test_loading_the_graph_imports_no_great_expectations_and_the_command_line_no_dagster() -> None:
    """Each takes seconds to import, and is not needed there."""
    for module, unwanted in (("orchestration.definitions", "great_expectations"), ("orchestration.cli", "dagster")):
        asked = f"import sys, {module}; sys.exit({unwanted!r} in sys.modules)"
        assert subprocess.run([sys.executable, "-c", asked], cwd=PROJECT_ROOT, check=False).returncode == 0
