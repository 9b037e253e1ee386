"""The project as a whole: full marks, docs that can be made, lineage that runs one way, changes built alone."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestration.transformation import PROJECT
from tests.dbt_project.conftest import FirstBuild, Warehouse

OURS = {"app", "raw_meta"}
"""Sources that are read as they are, without staging models."""
LOOKED_UP = re.compile(
    r"\w*extracted_at\s*=(?!=)"
    r"|(?<![<>!=])=\s*(\(\s*select\s+)?(\w+\()?(\w+\.|\{\{[^}]*\}\}\.)?\w*extracted_at\b"
    r"|\busing\s*\([^)]*extracted_at\b"
    r"|\w*extracted_at\s+in\b"
)
"""Equality with the instant of a merge, in each way that SQL can say it."""


def test_dbt_score_finds_nothing_to_improve(manifest: Any, empty_warehouse: Warehouse, monkeypatch: Any):
    assert manifest
    from dbt_score.cli import cli

    monkeypatch.chdir(PROJECT)
    outcome = CliRunner().invoke(cli, ["lint", "--manifest", str(empty_warehouse.target / "manifest.json")])
    assert outcome.exit_code == 0, outcome.output
    assert "Project score: " in outcome.output


def test_every_macro_says_what_it_is_for():
    silent = [
        path.name
        for path in (PROJECT / "macros").glob("*.sql")
        if path.read_text(encoding="utf-8").count("{#-") == 0 or not path.read_text(encoding="utf-8").startswith("{#-")
    ]
    assert silent == []


def test_no_row_is_looked_up_by_the_instant_of_its_merge():
    """A batch has one instant: by an index of it, each record of a day is held against all of the day before.

    Texts are searched, not plans: `is not distinct from`, which no index answers, compares instants instead.
    """
    files = (*(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "models").rglob("*.sql"))
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    assert len(texts) > 200
    assert [name for name, text in texts.items() if LOOKED_UP.search(text)] == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("on raw.extracted_at = parsed.extracted_at", True),
        ("and built.{{ mark }} = {{ alias }}.extracted_at", True),
        ("and parsed.instant = (select max(raw.extracted_at) from raw)", True),
        ("and parsed.instant = coalesce(raw.extracted_at, now())", True),
        ("and parsed.extracted_at = newest.instant", True),
        ("on newest.instant = parsed.ticket_extracted_at", True),
        ("where extracted_at =\n    (select max(extracted_at) from raw)", True),
        ("inner join parsed using (organization_id,\n    extracted_at)", True),
        ("where raw.extracted_at in (select extracted_at from parsed)", True),
        ("where raw.extracted_at >= parsed.extracted_at", False),
        ("and parsed.extracted_at is not distinct from raw.extracted_at", False),
        ("order by extracted_at desc", False),
    ],
)
def test_each_way_to_look_one_up_is_found(text: str, is_found: bool):
    assert bool(LOOKED_UP.search(text)) == is_found


def test_lineage_reads_from_left_to_right(manifest: Any):
    """Vendors' records are read by staging alone, staging reads nothing else, and nothing built is read by it."""
    wrong = []
    for node in manifest.nodes.values():
        if node.resource_type != "model":
            continue
        parents = [manifest.sources.get(one) or manifest.nodes.get(one) for one in node.depends_on.nodes]
        for parent in parents:
            is_vendors = parent.resource_type == "source" and parent.source_name not in OURS
            if is_vendors != (node.schema == "staging" and parent.resource_type == "source") or (
                node.schema == "staging" and parent.resource_type == "model"
            ):
                wrong.append(f"{node.name} reads {parent.name}")
    assert wrong == []


def test_the_docs_can_be_generated(empty_warehouse: Warehouse, first_build: FirstBuild):
    assert first_build.results
    catalog = empty_warehouse.dbt("docs", "generate")
    described = catalog.nodes["model.qbr.fct_tickets"]
    assert "organization_id" in described.columns
    assert "One row per ConnectWise service ticket" in described.metadata.comment
    assert (empty_warehouse.target / "index.html").exists()


def test_what_was_modified_is_built_with_what_hangs_on_it_and_nothing_else(
    manifest: Any, empty_warehouse: Warehouse, first_build: FirstBuild, tmp_path: Path
):
    """As docs/how-to/work-on-the-models.md has it: the manifest of the last release is the state compared with."""
    assert manifest
    assert first_build.results
    state, project = tmp_path / "state", tmp_path / "project"
    state.mkdir()
    shutil.copy(empty_warehouse.target / "manifest.json", state)
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    changed = project / "models/intermediate/operations/int_agreement_metrics_counted.sql"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n-- changed\n", encoding="utf-8")
    built = empty_warehouse.dbt(
        *("build", "--select", "state:modified+", "--state", str(state), "--project-dir", str(project)),
        *("--exclude-resource-type", "unit_test"),
    )
    names = {result.node.name for result in built.results}
    assert {"int_agreement_metrics_counted", "fct_metrics_monthly", "fct_smartnumbers"} <= names
    assert not {"fct_tickets", "fct_profit_and_loss", "stg_connectwise__agreements"} & names
