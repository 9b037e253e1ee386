"""We only read: shown on the types, since the transport's wall is shown elsewhere."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import extractors
from extractors import VENDORS
from extractors.core.client import ReadClient
from extractors.core.reading import Session, VendorSession
from extractors.core.transport import WriteRefused
from tests.extractors.fakes import CONNECTIONS, opened

FILES = sorted(Path(inspect.getfile(extractors)).parent.rglob("*.py"))
MAY_POST = {"auth.py", "quickbooks_sign_in.py", "transport.py"}


def public(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_the_client_can_get_and_nothing_else() -> None:
    assert public(ReadClient) == {"get"}


def test_a_session_can_read_list_ids_check_and_close() -> None:
    assert public(Session) == public(VendorSession) == {"read", "ids", "preflight", "close"}


VERBS = ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "MERGE")


def reachable(thing: object, depth: int = 4) -> Iterator[httpx.Client]:
    """Every HTTP client that hangs anywhere from an object, however private the name."""
    if isinstance(thing, httpx.Client):
        yield thing
    elif depth and hasattr(thing, "__dict__"):
        for held in vars(thing).values():
            yield from reachable(held, depth - 1)


@pytest.mark.parametrize("source", sorted(VENDORS))
def test_no_client_of_a_session_sends_anything_but_get(source: str) -> None:
    """By whatever private name one gets at it, every other verb meets the wall and nothing is sent."""
    sent: list[str] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url}")
        return httpx.Response(200, json={"access_token": "token", "expires_in": 3600})

    may_post = {str(CONNECTIONS[source][key]) for key in VENDORS[source].token_urls}
    with opened(source, vendor) as session:
        clients = list(reachable(session))
        assert clients, "the session has no client, so this proves nothing"
        for client in clients:
            for verb in VERBS:
                for one in VENDORS[source].streams:
                    with pytest.raises(WriteRefused, match="would write to"):
                        client.request(verb, one.path.format(parent=1, realm_id=1), json={}, auth=None)
                for address in may_post:
                    if verb != "POST":
                        with pytest.raises(WriteRefused):
                            client.request(verb, address)
    assert [line for line in sent if line.removeprefix("POST ") not in may_post] == []


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
