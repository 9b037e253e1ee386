"""Decks that follow what they say, in a real Dagster: drawn when a figure changes, and left alone otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration.assets import decks
from orchestration.definitions import defs
from orchestration.progress import Quiet
from orchestration.quarter_decks import alone_with, build_quarter
from orchestration.selection import one_organization
from reports.decks.bulk import Order
from tests.orchestration.office import BIRCH, EVERYBODY, JUNIPER, ORCHARD, Office
from tests.reports import marts
from warehouse.artefacts import store


def test_each_client_with_figures_gets_a_partition_and_what_was_never_drawn_is_asked_for_once(office: Office) -> None:
    office.read()
    assert set(office.instance.get_dynamic_partitions("client_decks")) == EVERYBODY
    assert office.requested() == EVERYBODY
    assert office.requested() == set(), "the same wish is not told twice"


def test_decks_that_the_command_line_drew_are_told_and_not_asked_for(office: Office) -> None:
    build_quarter(one_organization(marts.ORGANIZATION), marts.QUARTER, progress=Quiet())
    office.read()
    assert office.requested() == set()
    assert office.drawn() == dict.fromkeys(EVERYBODY, 1)
    (told,) = office.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=decks.client_decks.key, asset_partitions=[BIRCH]), limit=5
    ).records
    metadata = told.asset_materialization.metadata
    assert {record["file"] for record in (one.data for one in metadata["files"].value.records)} == {
        "fernhill-it-2026-Q2-birch-freight.pptx",
        "fernhill-it-2026-Q2-birch-freight.xlsx",
    }
    assert Path(str(metadata["folder"].value), "fernhill-it-2026-Q2-birch-freight.pptx").is_file()
    assert "file:" not in repr(metadata), "no browser opens such a link from a page of a server"


def test_one_figure_makes_the_decks_that_show_it_and_no_other(settled: Office) -> None:
    settled.one_figure_of_birch_changes()
    settled.read()
    assert settled.requested() == {BIRCH}
    assert settled.draw(BIRCH).success
    assert settled.read() == "Nothing that decks read was written since."
    assert settled.requested() == set()
    assert settled.drawn() == {BIRCH: 2, JUNIPER: 1, ORCHARD: 1}


def test_the_same_rows_read_and_checked_a_day_later_make_no_deck(settled: Office) -> None:
    for table in ("fct_metrics_monthly", "fct_metrics_quarterly", "fct_smartnumbers"):
        settled.write(f"update marts.{table} set freshest_at = freshest_at + interval '1 day'")
    settled.write(
        "update marts.fct_source_freshness set last_completed_at = last_completed_at + interval '1 day', "
        "completed_as_of = completed_as_of + interval '1 day', records = records + 7"
    )
    settled.write("update app.check_results set checked_at = checked_at + interval '1 day', run_id = 'next'")
    assert settled.read() == "Every deck says what it said."
    assert settled.requested() == set()
    assert settled.drawn() == dict.fromkeys(EVERYBODY, 1)


def test_nothing_is_read_while_nothing_was_written(settled: Office) -> None:
    assert settled.read() == "Nothing that decks read was written since."


def test_a_check_that_fails_holds_the_change_back_until_it_passes(settled: Office) -> None:
    settled.one_figure_of_birch_changes()
    settled.write("update app.check_results set is_passed = false, severity = 'error', message = 'Two rows too many.'")
    assert "Two rows too many." in settled.read()
    assert settled.requested() == set()
    settled.write("update app.check_results set is_passed = true")
    settled.read()
    assert settled.requested() == {BIRCH}


def test_a_deck_that_is_being_drawn_is_not_asked_for_again(settled: Office) -> None:
    settled.one_figure_of_birch_changes()
    with running(settled, BIRCH):
        settled.read()
        assert settled.requested() == set()
    assert settled.requested() == {BIRCH}


def test_what_decks_say_is_not_read_while_somebody_draws_them(settled: Office) -> None:
    settled.one_figure_of_birch_changes()
    with alone_with(marts.ORGANIZATION, marts.QUARTER):
        assert "decks are being drawn" in settled.read()
        assert settled.requested() == set()
    settled.read()
    assert settled.requested() == {BIRCH}


def test_a_draft_is_drawn_anew_once_its_cause_is_mended_though_every_figure_is_what_it_was(settled: Office) -> None:
    """What it said had been told before the check failed, so the DRAFT stayed until the evening."""
    settled.write("update app.check_results set is_passed = false, severity = 'error'")
    organization = one_organization(marts.ORGANIZATION)
    orders = [Order("client", "birch-freight")]
    build_quarter(organization, marts.QUARTER, progress=Quiet(), orders=orders, force_reason="the board meets today")
    settled.read()
    assert settled.requested() == set()
    settled.write("update app.check_results set is_passed = true")
    settled.read()
    assert settled.requested() == {BIRCH}
    assert settled.draw(BIRCH).success
    settled.write("update app.check_results set checked_at = checked_at + interval '1 day'")
    settled.read()
    assert settled.requested() == set()


def test_a_deck_that_somebody_deleted_is_drawn_again(settled: Office, tmp_path: Path) -> None:
    (gone,) = tmp_path.rglob("*-juniper-dental.pptx")
    gone.unlink()
    settled.write("update app.check_results set checked_at = checked_at + interval '1 day'")
    settled.read()
    assert settled.requested() == {JUNIPER}
    assert settled.draw(JUNIPER).success
    assert gone.is_file()


def test_dagster_lists_no_pdf_of_an_earlier_deck(settled: Office, tmp_path: Path) -> None:
    """It was taken for that of the deck beside it, where nothing could print since."""
    (deck,) = tmp_path.rglob("*-birch-freight.pptx")
    pdf = deck.with_suffix(".pdf")
    pdf.write_bytes(b"of an earlier deck")
    note = {"kind": "client_pdf", "period": marts.QUARTER, "client_id": "birch-freight"}
    store(settled.connection, marts.ORGANIZATION, pdf, **note, details={"deck_sha256": "0" * 64})
    settled.one_figure_of_birch_changes()
    settled.read()
    assert settled.draw(BIRCH).success
    told = settled.instance.get_latest_materialization_event(decks.client_decks.key)
    assert told is not None
    assert told.asset_materialization is not None
    files = [one.data["file"] for one in told.asset_materialization.metadata["files"].value.records]
    assert files == [deck.name, deck.with_suffix(".xlsx").name]


def test_a_client_that_goes_keeps_its_partition_and_its_file(settled: Office) -> None:
    settled.write("update marts.dim_clients set is_excluded = true where client_id = 'orchard-legal'")
    settled.read()
    assert settled.requested() <= {BIRCH, JUNIPER}
    assert set(settled.instance.get_dynamic_partitions("client_decks")) == EVERYBODY
    failed = settled.draw(ORCHARD)
    assert not failed.success
    assert settled.drawn()[ORCHARD] == 1


def test_one_deck_that_fails_is_named_and_the_others_are_told(settled: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.one_figure_of_birch_changes()
    from reports.decks import bulk

    def breaks(connection: psycopg.Connection, order: bulk.Order, commission: bulk.Commission) -> bulk.Outcome:
        if order.client_id == "birch-freight":
            raise KeyError("no such column")
        return build(connection, order, commission)

    build = bulk._build
    monkeypatch.setattr(bulk, "_build", breaks)
    assert not settled.draw(*EVERYBODY).success
    assert settled.drawn() == {BIRCH: 1, JUNIPER: 2, ORCHARD: 2}


@contextmanager
def running(office: Office, key: str) -> Iterator[None]:
    """A run that draws the deck, begun by a person in the page, ended by one."""
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={decks.client_decks.key})
    run = office.instance.create_run_for_job(
        job_def=job,
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": key},
        asset_selection=frozenset({decks.client_decks.key}),
    )
    yield
    office.instance.report_run_canceled(run)
