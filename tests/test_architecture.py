"""Imports run one way: vendor to raw, raw to marts, marts to people, and orchestration joins them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("extractors", "warehouse", "expectations", "reports", "portal", "orchestration", "sandbox")
MAY_IMPORT = {
    "extractors": {"extractors"},
    "warehouse": {"warehouse"},
    "expectations": {"expectations", "warehouse"},
    "reports": {"reports", "warehouse"},
    "portal": {"portal", "reports", "warehouse"},
    "sandbox": {"sandbox"},
    "orchestration": {"orchestration", "extractors", "warehouse", "expectations", "reports"},
}
ONLY_IN = {
    "dagster": ("orchestration",),
    "dagster_dbt": ("orchestration",),
    "dbt": ("orchestration/transformation.py",),
    "great_expectations": ("orchestration/checks.py",),
    "pyarrow": ("reports/exports",),
    "pptx": ("reports/decks", "reports/paper"),
    "fastapi": ("portal",),
    "starlette": ("sandbox", "portal"),
    "typer": ("orchestration/cli",),
    "weasyprint": ("reports/paper",),
}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_lies_before_it(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(package)
        for name in imports_of(path)
        if (top := name.split(".")[0]) in OURS and top not in MAY_IMPORT[package]
    ]
    assert not wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_place(library: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(*OURS)
        for name in imports_of(path)
        if name.split(".")[0] == library and not str(path.relative_to(ROOT)).startswith(ONLY_IN[library])
    ]
    assert not wrong


def test_only_the_settings_read_the_environment() -> None:
    """Processes we start get an environment handed on; deciding by it is the settings' business alone."""
    readers = {
        str(path.relative_to(ROOT))
        for path in python_files(*OURS)
        if "os.environ" in path.read_text() or "os.getenv" in path.read_text()
    }
    hands_it_on = {"orchestration/dagster_processes.py", "orchestration/transformation.py"}
    assert readers <= hands_it_on


def test_a_file_is_one_to_two_screens() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files(*OURS)
        if (lines := len(path.read_text().splitlines())) > 350
    }
    assert not long
