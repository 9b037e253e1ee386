"""Decks that follow what they say, in a real Dagster: drawn when a figure changes, and left alone otherwise."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration import partitions
from orchestration.assets import decks
from orchestration.deck_sensor import deck_contents_read
from orchestration.definitions import defs
from orchestration.progress import Quiet
from orchestration.quarter_decks import alone_with, build_quarter
from orchestration.selection import one_organization
from reports.decks.bulk import Order
from tests.installation import installed
from tests.reports import marts
from warehouse.artefacts import store
from warehouse.periods import Quarter

BIRCH, JUNIPER, ORCHARD = (
    partitions.client_key(marts.ORGANIZATION, Quarter(2026, 2), one)
    for one in ("birch-freight", "juniper-dental", "orchard-legal")
)
EVERYBODY = {BIRCH, JUNIPER, ORCHARD}


@dataclass
class Office:
    """An installation with Dagster beside it: what its sensors would do is done when the test says so."""

    instance: dg.DagsterInstance
    connection: psycopg.Connection
    cursor: str | None = None
    asked: dg.AutomationConditionSensorDefinition | object = None
    said: list[str] = field(default_factory=list)

    def read(self) -> str:
        """One tick of the sensor that reads what decks say; what it gave as a reason to skip."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = deck_contents_read(context)
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        return found.skip_reason.skip_message or "" if found.skip_reason else ""

    def requested(self) -> set[str]:
        """One tick of the conditions: the clients' decks that are asked for."""
        result = dg.evaluate_automation_conditions(
            defs, self.instance, dg.AssetSelection.assets(decks.client_decks), cursor=self.asked
        )
        self.asked = result.cursor
        return {str(one) for one in result.get_requested_partitions(decks.client_decks.key)}

    def write(self, statement: str) -> None:
        self.connection.execute(statement)
        self.connection.commit()
        self.connection.execute("select pg_stat_force_next_flush()")
        self.connection.commit()

    def one_figure_of_birch_changes(self) -> None:
        self.write(
            "update marts.fct_metrics_monthly set value = value + 1 "
            "where metric = 'endpoints_managed' and client_id = 'birch-freight' and period = '2026-06'"
        )

    def draw(self, *keys: str) -> dg.ExecuteInProcessResult:
        first, last = min(keys), max(keys)
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return dg.materialize([decks.client_decks], instance=self.instance, tags=tags, raise_on_error=False)

    def drawn(self) -> dict[str, int]:
        """How often Dagster was told of each deck."""
        records = self.instance.fetch_materializations(decks.client_decks.key, limit=100).records
        return dict(Counter(str(one.partition_key) for one in records))


@pytest.fixture
def office(
    connection: psycopg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Marts of one organization, no deck drawn yet, and the conditions asked once, as by a Dagster that has run."""
    marts.create(connection)
    marts.whole_organization(connection)
    connection.commit()
    config = tmp_path / "config"
    config.mkdir()
    (config / f"{marts.ORGANIZATION}.yml").write_text(
        f"id: {marts.ORGANIZATION}\nname: Fernhill IT\ntime_zone: America/New_York\n"
        "sources: {ninjaone: {}, connectwise: {}}\n"
    )
    monkeypatch.setenv("QBR_AS_OF", marts.AS_OF.isoformat())
    monkeypatch.setenv("QBR_PRINTS_PDF", "false")
    with installed(database_url, tmp_path / "var", config), dg.DagsterInstance.ephemeral() as instance:
        found = Office(instance, connection)
        found.requested()
        yield found


@pytest.fixture
def settled(office: Office) -> Office:
    """Everything drawn by the command line and known to Dagster."""
    build_quarter(one_organization(marts.ORGANIZATION), marts.QUARTER, progress=Quiet())
    office.read()
    office.requested()
    return office


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
