"""A warehouse that another version of the models built is recognized, and one that this version built is left alone."""

import shutil
from pathlib import Path

import psycopg
import pytest

from orchestration import model_versions
from orchestration.transformation import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copied = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, copied, ignore=shutil.ignore_patterns("target", "logs"))
    return copied


@pytest.mark.parametrize(
    "changed", ["macros/safe_divide.sql", "models/marts/operations/fct_tickets.sql", "dbt_project.yml"]
)
def test_a_change_of_what_makes_incremental_rows_is_another_version(project: Path, changed: str) -> None:
    before = model_versions.fingerprint(project)
    (project / changed).write_text((project / changed).read_text() + "\n")
    assert model_versions.fingerprint(project) != before


def test_a_new_staging_model_is_another_version(project: Path) -> None:
    before = model_versions.fingerprint(project)
    (project / "models" / "staging" / "stripe" / "stg_stripe__things.sql").write_text("select 1")
    assert model_versions.fingerprint(project) != before


@pytest.mark.parametrize("changed", ["models/marts/finance/fct_profit_and_loss.sql", "models/marts/_marts.yml"])
def test_what_is_made_anew_in_each_build_is_none(project: Path, changed: str) -> None:
    before = model_versions.fingerprint(project)
    (project / changed).write_text((project / changed).read_text() + "\n")
    assert model_versions.fingerprint(project) == before


def test_a_warehouse_is_outdated_from_another_versions_build_until_this_ones(connection: psycopg.Connection) -> None:
    assert not model_versions.are_outdated(connection), "nothing was ever built"
    connection.execute("create table staging.stg_stripe__prices (organization_id text)")
    assert model_versions.are_outdated(connection), "built before versions were noted, or by a build that broke off"
    model_versions.note(connection)
    assert not model_versions.are_outdated(connection)
    connection.execute("comment on schema staging is 'qbr models of another time'")
    assert model_versions.are_outdated(connection)
