"""Exports that an organization's file names, written as by the calendar."""

import csv
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration import dagster_processes, turns
from orchestration import exports as orders
from orchestration.assets import exports, regular_reports
from orchestration.assets.files import metadata_of_files
from orchestration.errors import TurnLost
from orchestration.exports import write_declared
from orchestration.progress import Quiet
from orchestration.selection import one_organization
from reports.exports import Exported, export_mart
from reports.views.exports import MartRows
from tests.command import qbr
from tests.installation import installed
from tests.reports import marts
from warehouse.configuration_errors import ConfigurationError
from warehouse.organizations import load_organization
from warehouse.settings import get_settings


@pytest.fixture
def place(
    connection: psycopg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder of configuration of an installation with marts of one organization."""
    marts.create(connection)
    marts.whole_organization(connection)
    connection.commit()
    config = tmp_path / "config"
    config.mkdir()
    monkeypatch.setenv("QBR_AS_OF", marts.AS_OF.isoformat())
    with installed(database_url, tmp_path / "var", config):
        yield config


def asks(place: Path, exported: str) -> Path:
    path = place / f"{marts.ORGANIZATION}.yml"
    path.write_text(
        f"id: {marts.ORGANIZATION}\nname: Fernhill IT\ntime_zone: America/New_York\n"
        f"sources: {{ninjaone: {{}}}}\n{exported}\n"
    )
    return path


def files(place: Path) -> list[Path]:
    """Everything under the folder of reports, wherever it waits."""
    return [path for path in (place.parent / "var" / "reports").rglob("*") if path.is_file()]


def test_without_a_word_about_it_figures_and_names_are_written(place: Path, connection: psycopg.Connection) -> None:
    asks(place, "")
    done = write_declared(one_organization(marts.ORGANIZATION))
    assert done.failed == ()
    assert [one.path.name for one in done.written] == [
        "fernhill-it-fct-metrics-monthly.csv",
        "fernhill-it-fct-smartnumbers.csv",
        "fernhill-it-dim-clients.csv",
    ]
    noted = connection.execute("select kind, sha256 from app.artefacts where superseded_at is null").fetchall()
    assert sorted(noted) == sorted(("export", one.artefact.sha256) for one in done.written)


def test_a_build_that_comes_while_exports_are_read_waits_and_no_export_is_empty(
    place: Path, connection: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mart that was swapped after the moment of reading has no rows for its reader, and nobody would be told."""
    asks(place, "exports: [{of: dim_clients}]")
    [clients] = connection.execute("select count(*) from marts.dim_clients").fetchone() or ()
    connection.commit()
    has_come = threading.Event()

    class Waits(Quiet):
        def line(self, text: str) -> None:
            has_come.set()

    def build() -> None:
        with turns.sole_builder(Waits()), psycopg.connect(database_url) as builder:
            builder.execute("create table marts.made_anew as select * from marts.dim_clients")
            builder.execute("alter table marts.dim_clients rename to made_before")
            builder.execute("alter table marts.made_anew rename to dim_clients")
        has_come.set()

    read = orders.export_mart

    def reading(*arguments: object, **named: object) -> object:
        builder.start()
        assert has_come.wait(60)
        return read(*arguments, **named)  # type: ignore[arg-type]

    builder = threading.Thread(target=build, daemon=True)
    monkeypatch.setattr(orders, "export_mart", reading)
    done = write_declared(one_organization(marts.ORGANIZATION))
    builder.join(60)
    assert [one.rows for one in done.written] == [clients] != [0]
    assert connection.execute("select to_regclass('marts.made_before') is not null").fetchone() == (True,)


def test_where_builds_were_not_kept_away_all_the_time_no_export_is_noted(
    place: Path, connection: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks(place, "exports: [{of: dim_clients}]")
    connection.commit()
    read = orders.export_mart

    def reading(*arguments: object, **named: object) -> object:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid, 60000) from pg_locks where locktype = 'advisory' and objid = %s",
                [turns.BUILD_LOCK],
            )
        return read(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(orders, "export_mart", reading)
        with pytest.raises(TurnLost, match="may be empty or mix two builds"):
            write_declared(one_organization(marts.ORGANIZATION))
    assert connection.execute("select count(*) from app.artefacts").fetchone() == (0,)
    connection.commit()
    assert files(place) == []
    assert len(write_declared(one_organization(marts.ORGANIZATION)).written) == 1 == len(files(place))


def test_nor_does_an_export_that_a_person_asked_for_replace_the_one_that_lies_there(
    place: Path, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> None:
        raise TurnLost("The lock was lost.")

    asks(place, "")
    assert qbr("export", "dim_clients").exit_code == 0
    [file] = files(place)
    before = file.read_bytes()
    connection.execute("delete from marts.dim_clients where client_id <> 'birch-freight'")
    connection.commit()
    with monkeypatch.context() as patched:
        patched.setattr(turns, "make_sure", lost)
        assert "The lock was lost." in qbr("export", "dim_clients").err
    assert (files(place), file.read_bytes()) == ([file], before)
    assert qbr("export", "dim_clients").exit_code == 0
    assert file.read_bytes() != before


def test_what_an_export_that_was_killed_left_behind_goes_after_days_and_that_of_one_under_way_stays(
    place: Path,
) -> None:
    asks(place, "exports: [{of: dim_clients}]")
    killed, under_way = (place.parent / "var" / "reports" / marts.ORGANIZATION / f".waiting-{name}" for name in "ab")
    for left in (killed, under_way):
        left.mkdir(parents=True)
        (left / "half").write_text("half of it")
    os.utime(killed, (0, 0))
    write_declared(one_organization(marts.ORGANIZATION))
    assert sorted(path.name for path in files(place)) == ["fernhill-it-dim-clients.csv", "half"]
    assert not killed.exists()


def test_metrics_of_an_entry_share_a_file_and_what_cannot_be_written_stops_nothing(place: Path) -> None:
    asks(place, "exports: [{of: [endpoints_managed, tickets_opened, fct_nothing]}, {of: dim_clients, format: parquet}]")
    done = write_declared(one_organization(marts.ORGANIZATION))
    assert [one.path.suffix for one in done.written] == [".parquet"]
    (sentence,) = done.failed
    assert "fct_nothing" in sentence

    asks(place, "exports: [{of: [endpoints_managed], every_client: true}]")
    (one,) = write_declared(one_organization(marts.ORGANIZATION)).written
    with one.path.open(encoding="utf-8") as file:
        clients = {row["client_id"] for row in csv.DictReader(file)}
    assert clients >= {"all", *marts.CLIENTS}


@pytest.mark.parametrize("breaks", ["in the database", "in the code"])
def test_what_nobody_foresaw_stops_no_other_export(place: Path, monkeypatch: pytest.MonkeyPatch, breaks: str) -> None:
    """One mart with a value of a kind that nobody had foreseen kept every export of the morning back."""

    def export(connection: psycopg.Connection, asked: MartRows, *more: object, **named: object) -> Exported:
        if asked.mart == "fct_smartnumbers":
            connection.execute("select 1 / 0") if breaks == "in the database" else {}["no such"]
        return export_mart(connection, asked, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(orders, "export_mart", export)
    asks(place, "exports: [{of: [fct_metrics_monthly, fct_smartnumbers, dim_clients]}]")
    done = write_declared(one_organization(marts.ORGANIZATION))
    assert [one.path.name for one in done.written] == [
        "fernhill-it-fct-metrics-monthly.csv",
        "fernhill-it-dim-clients.csv",
    ]
    (sentence,) = done.failed
    assert sentence.startswith("fct_smartnumbers as csv: not written (")


def test_the_asset_shows_each_file_with_its_rows_and_its_hash(place: Path) -> None:
    asks(place, "exports: [{of: dim_clients}]")
    done = write_declared(one_organization(marts.ORGANIZATION))
    metadata = exports.metadata_of(done)
    (record,) = metadata["files"].value.records
    assert record.data["sha256"] == done.written[0].artefact.sha256
    assert record.data["rows"] == metadata["dagster/row_count"].value == done.written[0].rows > 0
    assert Path(str(metadata["folder"].value), str(record.data["file"])) == done.written[0].path
    assert isinstance(exports.exports.partitions_def, dg.StaticPartitionsDefinition)


def test_every_client_of_a_mart_is_refused_when_the_file_is_read(place: Path) -> None:
    path = asks(place, "exports: [{of: fct_tickets, every_client: true}]")
    with pytest.raises(ConfigurationError, match="every_client is for metrics"):
        load_organization(path)


def test_a_report_shows_where_its_files_lie_what_names_their_content_and_its_figures(tmp_path: Path) -> None:
    figures, workbook = tmp_path / "metrics_snapshot.json", tmp_path / "metrics.xlsx"
    figures.write_text('{"mrr": "12.50"}')
    workbook.write_bytes(b"workbook")
    metadata = regular_reports.metadata_of([figures, workbook])
    assert metadata["folder"].value == str(tmp_path)
    assert metadata["figures"].value == {"mrr": "12.50"}
    named = {record.data["file"]: record.data["sha256"] for record in metadata["files"].value.records}
    assert named["metrics.xlsx"] == hashlib.sha256(b"workbook").hexdigest()


def test_files_link_to_the_download_page_where_people_reach_one_and_to_none_elsewhere(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "metrics.xlsx"
    file.write_bytes(b"workbook")
    with installed(database_url, tmp_path, portal_url="https://files.example.com/"):
        page = metadata_of_files([(file, {})])["download page"]
    assert isinstance(page, dg.UrlMetadataValue)
    assert page.value == "https://files.example.com", "no secret stays in Dagster's history"
    with installed(database_url, tmp_path):
        assert list(metadata_of_files([(file, {})])) == ["folder", "files"]


def test_beside_a_download_page_that_make_up_serves_files_link_to_it_unless_people_reach_it_elsewhere(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, here = tmp_path / "metrics.xlsx", "http://127.0.0.1:8090"
    file.write_bytes(b"workbook")
    noted = dagster_processes.State(os.getpid(), "http://127.0.0.1:3000", {}, here)
    (dagster_processes.write_instance(tmp_path) / "services.json").write_text(json.dumps(asdict(noted)))
    monkeypatch.setattr(dagster_processes, "is_ours", lambda pid, word: (pid, word) == (os.getpid(), "up"))
    with installed(database_url, tmp_path):
        assert metadata_of_files([(file, {})])["download page"].value == here
        assert get_settings().portal_url is None, "mails name no address of this machine"
    with installed(database_url, tmp_path, portal_url="https://files.example.com"):
        assert metadata_of_files([(file, {})])["download page"].value == "https://files.example.com"
    monkeypatch.setattr(dagster_processes, "is_ours", lambda *_: False)
    with installed(database_url, tmp_path):
        assert "download page" not in metadata_of_files([(file, {})])
