"""`qbr connect opsdb`: asked, tried, then stored sealed; what does not work is told and not stored."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.command import qbr
from tests.extractors.operational import PASSWORD, Operational, operational_database
from tests.installation import installed
from warehouse.credentials import CredentialsIncomplete, connection_for
from warehouse.engine import connect
from warehouse.settings import PROJECT_ROOT, get_settings

CONFIG = """\
id: northwind-it
name: Northwind IT
time_zone: America/Chicago
sources:
  opsdb:
    tables:
      leads:
        table: crm_leads
        columns: {id: ref, created_at: at, updated_at: touched}
"""


@pytest.fixture(scope="module")
def ops(postgres: str) -> Iterator[Operational]:
    with operational_database(postgres) as found:
        found.run("create table crm_leads (ref text primary key, at timestamptz not null, touched timestamptz)")
        found.run("insert into crm_leads values ('a', now(), null), ('b', now(), now())")
        found.run(f"grant select on crm_leads to {found.reader}")
        yield found


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "northwind-it.yml").write_text(CONFIG)
    with installed(database_url, tmp_path / "var", folder):
        yield database_url


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))


def answers(ops: Operational, **changes: str) -> list[str]:
    facts = {**ops.facts, **changes}
    return [facts[name] for name in ("kind", "host", "port", "database", "user", "password", "tls")]


def test_a_database_is_tried_stored_sealed_and_then_read(
    installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, *answers(ops))
    connected = qbr("connect", "opsdb")
    assert connected.exit_code == 0, connected.err
    assert "opsdb is connected for northwind-it" in connected.out
    assert PASSWORD not in connected.out + connected.err
    with psycopg.connect(installation) as connection:
        ((sealed,),) = connection.execute("select sealed from app.credentials where source = 'opsdb'").fetchall()
    assert PASSWORD.encode() not in bytes(sealed)
    read = qbr("extract", "opsdb")
    assert read.exit_code == 0, read.err
    with psycopg.connect(installation) as connection:
        found = connection.execute("select record_id from raw_opsdb.leads order by 1").fetchall()
        assert found == [("a",), ("b",)]
    looked = qbr("doctor")
    assert "northwind-it opsdb: signed in, every stream may be read" in looked.out
    assert "northwind-it opsdb rentals: not in use" in looked.out


def test_what_is_usual_need_not_be_typed(installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "", *answers(ops)[1:-1], "")
    assert qbr("connect", "opsdb").exit_code == 0
    with connect() as connection:
        facts = connection_for(connection, "northwind-it", "opsdb")
    assert (facts["kind"], facts["tls"]) == ("postgres", "no")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong-and-never-shown"}, "refused the user or the password"),
        ({"host": "db.example.com"}, "is not encrypted, so nothing was sent"),
        ({"kind": "oracle"}, "Kind of database must be postgres or sqlserver"),
    ],
    ids=["password", "in the clear", "kind"],
)
def test_what_does_not_work_is_not_stored(
    installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], words: str
) -> None:
    typed(monkeypatch, *answers(ops, **change))
    ended = qbr("connect", "opsdb")
    assert ended.exit_code == 2
    assert words in ended.sentence
    assert "never-shown" not in ended.out + ended.err
    with psycopg.connect(installation) as connection:
        assert connection.execute("select count(*) from app.credentials").fetchone() == (0,)


def test_a_missing_right_is_told_and_the_sign_in_kept(
    installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch
) -> None:
    ops.run(f"revoke select on crm_leads from {ops.reader}")
    try:
        typed(monkeypatch, *answers(ops))
        ended = qbr("connect", "opsdb")
        assert ended.exit_code == 1
        assert "GRANT SELECT (ref, at, touched) ON crm_leads" in ended.sentence
        read = qbr("extract", "opsdb")
        assert read.exit_code == 2
        assert "GRANT SELECT" in read.sentence
    finally:
        ops.run(f"grant select on crm_leads to {ops.reader}")


def test_the_environment_may_serve_one_organization(
    installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qbr("extract", "opsdb").exit_code == 2
    monkeypatch.setenv("QBR_CREDENTIALS_ORGANIZATION", "northwind-it")
    for name in ("host", "port", "database", "user", "password"):
        monkeypatch.setenv(f"QBR_OPSDB_{name.upper()}", str(ops.facts[name]))
    get_settings.cache_clear()
    assert qbr("extract", "opsdb").exit_code == 0
    monkeypatch.delenv("QBR_OPSDB_PASSWORD")
    get_settings.cache_clear()
    with connect() as connection, pytest.raises(CredentialsIncomplete, match="QBR_OPSDB_PASSWORD"):
        connection_for(connection, "northwind-it", "opsdb")
    monkeypatch.undo()
    get_settings.cache_clear()


def test_streams_that_nobody_mapped_are_told_to_whoever_asks_for_them(installation: str) -> None:
    ended = qbr("extract", "opsdb", "rentals")
    assert ended.exit_code == 2
    assert "config/northwind-it.yml maps no table to rentals, so nothing was done" in ended.sentence


def test_an_organization_that_is_not_active_is_read_when_it_is_named(
    installation: str, ops: Operational, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = get_settings().config_dir
    shutil.copy(PROJECT_ROOT / "config" / "demo-saas.yml", folder)
    (folder / "northwind-it.yml").write_text(CONFIG.replace("sources:", "is_active: false\nsources:"))
    ended = qbr("extract", "opsdb")
    assert ended.exit_code == 2
    assert "Every organization in config/ says is_active: false" in ended.sentence
    typed(monkeypatch, *answers(ops))
    assert qbr("connect", "opsdb", "--organization", "northwind-it").exit_code == 0
    assert qbr("extract", "opsdb", "--organization", "northwind-it").exit_code == 0
