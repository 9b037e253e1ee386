"""We only read: shown on the types, since the transport's wall is shown elsewhere."""

import ast
import inspect
from pathlib import Path

import pytest

import extractors
from extractors.core.client import ReadClient
from extractors.core.reading import Session, VendorSession

FILES = sorted(Path(inspect.getfile(extractors)).parent.rglob("*.py"))
MAY_POST = {"auth.py", "quickbooks_sign_in.py", "transport.py"}


def public(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_the_client_can_get_and_nothing_else() -> None:
    assert public(ReadClient) == {"get"}


def test_a_session_can_read_list_ids_check_and_close() -> None:
    assert public(Session) == public(VendorSession) == {"read", "ids", "preflight", "close"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_no_module_but_the_sign_in_names_a_writing_method(file: Path) -> None:
    words = {node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)} & {
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
    }
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    } & {"post", "put", "patch", "delete", "request", "send"}
    assert words <= ({"POST"} if file.name in MAY_POST else set())
    assert calls <= ({"send"} if file.name == "quickbooks_sign_in.py" else set())


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_extractors_import_nothing_of_the_other_folders(file: Path) -> None:
    ours = {"orchestration", "warehouse", "reports", "expectations", "sandbox", "portal", "dagster", "psycopg"}
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    assert not imported & ours
