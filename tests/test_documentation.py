"""Docs move with the code: what a person can use is written down, and generated pages are as new as the code."""

import re
from pathlib import Path

import pytest
import yaml

import extractors
from orchestration.cli.documentation import pages
from warehouse.settings import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"


@pytest.mark.parametrize("path", sorted(pages()), ids=lambda path: path.name)
def test_a_generated_page_is_as_new_as_the_code(path: Path) -> None:
    assert path.read_text() == pages()[path], "run `make docs` and commit the result"


def test_every_source_and_stream_is_described() -> None:
    text = (DOCS / "sources.md").read_text()
    missing = [
        f"{source} {stream.name}"
        for source, streams in extractors.STREAMS.items()
        for stream in streams
        if f"`{stream.name}`" not in text
    ]
    assert not missing


def test_every_mart_is_in_the_metric_reference() -> None:
    text = (DOCS / "metrics.md").read_text()
    marts = [path.stem for path in (PROJECT_ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")]
    assert marts
    assert [mart for mart in marts if f"`{mart}`" not in text] == []


def test_every_model_column_is_described() -> None:
    found = []
    for path in (PROJECT_ROOT / "dbt_project" / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models") or []:
            found += [
                f"{model['name']}.{column['name']}"
                for column in model.get("columns", [])
                if not column.get("description", "").strip()
            ]
            if not model.get("description", "").strip():
                found.append(model["name"])
    assert not found


def test_links_between_pages_lead_somewhere() -> None:
    pages_to_read = [PROJECT_ROOT / "README.md", PROJECT_ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.relative_to(PROJECT_ROOT)} -> {target}"
        for page in pages_to_read
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken


def test_the_commands_of_the_readme_exist() -> None:
    text = (PROJECT_ROOT / "README.md").read_text()
    verbs = set(re.findall(r"^([a-z]+):.*##", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word for pair in re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", text, re.MULTILINE) for word in pair if word
    }
    assert {"demo", "test", "up"} <= named
    assert named <= verbs
