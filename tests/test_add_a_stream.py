"""The page that says how a stream is added is followed to the letter: what it shows is what one has to write."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import psycopg
import pytest

import extractors
from extractors import Stream, connectwise
from orchestration import stream_reference
from orchestration.assets import raw
from tests.command import qbr
from tests.installation import installed
from tests.sandbox.conftest import sign_in
from tests.sandbox_server import sandbox_at
from warehouse.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "how-to" / "add-a-stream.md").read_text()
AS_OF = "2026-07-06T14:00:00Z"
MOST_LINES = 15


def shown() -> str:
    """The first piece of Python on the page."""
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, "the page shows no Python"
    return found.group(1)


def written() -> Stream:
    """The stream that the page shows, declared where the page says: with what extractors/connectwise.py has at hand."""
    found: tuple[Stream, ...] = eval(shown(), vars(connectwise))
    assert len(found) == 1
    return found[0]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Stream:
    """The stream, as one more of its source."""
    new = written()
    source = extractors.SOURCES["connectwise"]
    assert new.name not in {one.name for one in source.streams}, "the page's example exists already: choose another"
    streams = (*source.streams, new)
    monkeypatch.setitem(extractors.SOURCES, "connectwise", replace(source, streams=streams))
    monkeypatch.setitem(extractors.STREAMS, "connectwise", streams)
    return new


@pytest.fixture
def installation(
    declared: Stream, database_url: str, sandbox: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    from orchestration import demonstration, pipeline
    from orchestration.selection import one_organization

    with installed(database_url, tmp_path_factory.mktemp("var"), as_of=AS_OF):
        pipeline.prepare([one_organization(None)])
        vendors = sandbox_at(sandbox)
        demonstration.connect_sources(one_organization(None), vendors, anew=True)
        yield database_url


def test_it_takes_at_most_fifteen_lines() -> None:
    assert 0 < len([line for line in shown().splitlines() if line.strip()]) <= MOST_LINES


def test_the_command_that_the_page_gives_reads_it_into_its_table(
    installation: str, declared: Stream, sandbox: str
) -> None:
    command = f"qbr extract {declared.source} {declared.name}"
    assert f"`{command}`" in PAGE
    assert f"`raw_{declared.source}.{declared.name}`" in PAGE
    ended = qbr(*command.split()[1:])
    assert (ended.exit_code, ended.err) == (0, "")
    with psycopg.connect(installation) as connection:
        held = connection.execute(f"select record_id from raw_{declared.source}.{declared.name}").fetchall()
    with httpx.Client() as http:
        facts = http.get(f"{sandbox}/_sandbox/credentials").json()["connectwise"]
        with httpx.Client(**sign_in(http, "connectwise", facts)) as vendor:
            counted = vendor.get(f"{declared.path}/count", params=dict(declared.parameters)).json()["count"]
    assert len(held) == counted > 0
    assert qbr(*command.split()[1:]).out.count("complete") == 1


def test_the_asset_follows_from_the_declaration(declared: Stream) -> None:
    specs = {spec.key.to_user_string(): spec for asset in raw.assets() for spec in asset.specs}
    made = specs[f"{declared.source}/{declared.name}"]
    assert declared.description in str(made.description)
    assert declared.permission in str(made.description)


def test_the_generated_page_of_streams_has_it(declared: Stream) -> None:
    assert f"| `{declared.source}.{declared.name}` | `{declared.path}` |" in stream_reference.page()


def test_the_options_that_the_page_names_exist() -> None:
    table = PAGE[PAGE.index("| you know |") : PAGE.index("\nThen:")]
    named = set(re.findall(r"`(\w+)=", table))
    assert named
    assert named <= set(Stream.__dataclass_fields__)
