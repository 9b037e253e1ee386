"""Whoever reads marts for a file, a mail or an alert keeps builds away meanwhile, and no longer than that."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

import dagster as dg
import psycopg
import pytest

from expectations import SUITES
from orchestration import alerting, asset_checks, checks, exports, jobs, pipeline, quarter_decks, regular_reports, turns
from orchestration.assets import decks, reports
from orchestration.cli import alerts as alert_commands
from orchestration.cli import build as build_command
from orchestration.cli import decks as deck_commands
from orchestration.cli import explain as explain_command
from orchestration.cli import exports as export_commands
from orchestration.cli import quarters as quarter_commands
from orchestration.cli import sessions as session_commands
from orchestration.errors import NothingDone, TurnLost
from orchestration.partitions import quarter_key
from orchestration.progress import Quiet
from orchestration.selection import chosen_organizations
from reports.alerts import AlertSummary
from reports.decks.bulk import Order
from tests.command import qbr
from tests.installation import installed
from tests.reports import marts
from warehouse.check_results import CheckResult
from warehouse.organizations import Organization
from warehouse.periods import Quarter
from warehouse.settings import PROJECT_ROOT
from warehouse.signals import tell

DEMO, QUARTER = "demo-msp", Quarter(2026, 2)
READERS, BUILDER, NOBODY = "readers", "a builder", "nobody"


@pytest.fixture(scope="module")
def installation(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demonstration's organization with empty marts."""
    place = tmp_path_factory.mktemp("installation")
    (place / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / f"{DEMO}.yml", place / "config")
    with installed(module_database_url, place / "var", place / "config", as_of="2026-07-06T14:00:00Z"):
        pipeline.prepare(chosen_organizations())
        with psycopg.connect(module_database_url) as connection:
            marts.create(connection)
        yield module_database_url


class Spy:
    """Stands where something reads, and notes who has the models then."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.seen: list[str] = []

    def __call__(self, *_: object, **__: object) -> Any:
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute("select pg_try_advisory_lock(%s)", [turns.BUILD_LOCK]).fetchone()
            has = NOBODY if row == (True,) else BUILDER if turns.is_building(connection) else READERS
            connection.execute("select pg_advisory_unlock_all()")  # the end of a connection is noticed late
        self.seen.append(has)
        raise NothingDone("Enough was seen.")


def one() -> Organization:
    return chosen_organizations()[0]


def make(kind: str) -> object:
    return regular_reports.make(kind, one(), marts.AS_OF, period=None, with_mail=False)


def draw() -> object:
    return quarter_decks.build_quarter(one(), str(QUARTER), progress=Quiet(), orders=[Order("company")])


def report() -> object:
    about = pipeline.OrganizationReport(one())
    return pipeline.report(about, as_of=marts.AS_OF, quarter=QUARTER, progress=Quiet())


def run() -> object:
    return pipeline.run([one()], as_of=marts.AS_OF, progress=Quiet(), sources=[])


def check_by_dagster() -> object:
    asked = dg.Definitions(
        assets=[dg.AssetSpec(SUITES[0].asset)],
        asset_checks=[asset_checks._check(SUITES[0])],
        jobs=[dg.define_asset_job("asked", selection=dg.AssetSelection.all_asset_checks())],
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return asked.resolve_job_def("asked").execute_in_process(instance=instance, raise_on_error=False)


def materialize(asset: dg.AssetsDefinition, key: str) -> object:
    return dg.materialize([asset], partition_key=key, raise_on_error=False)


def build_by_dagster() -> object:
    return jobs.build_models(dg.build_op_context(partition_key=DEMO), marts.AS_OF, [])


READS: dict[str, tuple[Callable[[], object], ModuleType | type, str, str]] = {
    "exports_by_the_calendar": (lambda: exports.write_declared(one()), exports.Asked, "exported", READERS),
    "qbr_export": (lambda: qbr("export", "tickets_opened"), export_commands.Asked, "exported", READERS),
    "investor_report": (lambda: make("investors"), regular_reports, "latest_period", READERS),
    "data_quality_report": (lambda: make("data-quality"), regular_reports, "build_quality_report", READERS),
    "drawing_decks": (draw, quarter_decks, "build_all", READERS),
    "their_handouts_and_pdfs": (draw, quarter_decks, "accompany", NOBODY),
    "qbr_deck_build": (lambda: qbr("deck", "build", "--quarter", "2026-Q2"), quarter_decks, "orders_of", READERS),
    "qbr_deck_diff": (lambda: qbr("deck", "diff", "2026-Q1:now", "2026-Q2:now"), deck_commands, "snapshot_of", READERS),
    "qbr_deck_finalise": (lambda: qbr("deck", "finalise", "--quarter", "2026-Q2"), deck_commands, "finalise", BUILDER),
    "asset_decks": (lambda: materialize(decks.decks, quarter_key(DEMO, QUARTER)), decks, "whose", READERS),
    "alerts_of_a_run": (report, pipeline, "evaluate", READERS),
    "messages_of_a_run": (report, pipeline, "deliver", NOBODY),
    "decks_of_qbr_run": (run, quarter_decks, "build_all", READERS),
    "alerts_of_qbr_run": (run, pipeline, "evaluate", READERS),
    "handouts_and_pdfs_of_qbr_run": (run, quarter_decks, "accompany", NOBODY),
    "messages_of_qbr_run": (run, pipeline, "deliver", NOBODY),
    "asset_alerts": (lambda: materialize(reports.alerts, DEMO), reports, "evaluate", READERS),
    "messages_of_that_asset": (lambda: materialize(reports.alerts, DEMO), reports, "deliver", NOBODY),
    "alerts_watched": (lambda: alerting.watch([one()]), alerting, "evaluate", READERS),
    "messages_of_that_look": (lambda: alerting.watch([one()]), alerting, "deliver", NOBODY),
    "qbr_alerts_rules": (lambda: qbr("alerts", "rules"), alert_commands, "judge_apart", READERS),
    "qbr_alerts_backtest": (
        lambda: qbr("alerts", "backtest", "--metric", "mrr", "--above", "1"),
        alert_commands,
        "test_on_the_past",
        READERS,
    ),
    "qbr_explain": (
        lambda: qbr("explain", "mrr", "--period", "2026-06"),
        explain_command.readings,
        "find_definition",
        READERS,
    ),
    "suite_by_dagster": (check_by_dagster, checks, "record_suite", READERS),
    "checks_of_the_daily_run": (build_by_dagster, checks, "run", BUILDER),
    "checks_of_qbr_build": (lambda: qbr("build"), build_command.checks, "run", BUILDER),
}


@pytest.mark.parametrize("reader", READS)
def test_a_build_that_came_now_would_find(installation: str, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    doing, where, name, who = READS[reader]
    for module, called in (*((quarter_decks, one) for one in ("build_all", "orders_of")), (pipeline, "build_models")):
        monkeypatch.setattr(module, called, lambda *_, **__: [])
    monkeypatch.setattr(checks, "run", lambda *_, **__: [])
    spy = Spy(installation)
    monkeypatch.setattr(where, name, spy)
    with suppress(Exception):
        doing()
    assert spy.seen[:1] == [who]
    with suppress(NothingDone):
        spy()
    assert spy.seen[-1] == NOBODY


@pytest.mark.parametrize("drawer", [draw, report, run])
def test_who_waits_for_decks_that_another_draws_keeps_no_build_away(
    installation: str, drawer: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PDFs are part of the waiting: one that hung would have kept everybody from the models."""
    monkeypatch.setattr(pipeline, "build_models", lambda *_, **__: [])
    monkeypatch.setattr(checks, "run", lambda *_, **__: [])
    spy = Spy(installation)
    monkeypatch.setattr(Quiet, "line", spy)
    with quarter_decks.alone_with(DEMO, str(QUARTER)), suppress(NothingDone):
        drawer()
    assert spy.seen == [NOBODY]


def test_the_check_of_newest_months_says_for_whom_it_waits(installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def line(_: Quiet, text: str) -> None:
        said.append(text)
        raise NothingDone("Enough was said.")

    monkeypatch.setattr(Quiet, "line", line)
    with psycopg.connect(installation, autocommit=True) as builder:
        builder.execute("select pg_advisory_lock(%s)", [turns.BUILD_LOCK])
        with suppress(NothingDone):
            list(asset_checks.newest_month_evaluations([one()], Quiet()))
        builder.execute("select pg_advisory_unlock_all()")
    assert [one.startswith(turns.ANOTHER_BUILDS) for one in said] == [True]


KEPT = "kept"


def keeps(returned: object) -> Callable[..., object]:
    """Stands where something is written, and gives back what its caller goes on with."""

    def written(connection: psycopg.Connection, *_: object, **__: object) -> object:
        tell(connection, DEMO, KEPT, 1, marts.AS_OF)
        return returned

    return written


QUALITY = SimpleNamespace(files=(), mailing=None, findings=())
INVESTORS = SimpleNamespace(files=(), mailing=None, why_no_pack="None is drawn.")
CLOSED = SimpleNamespace(session_id="a review", open_actions=())
SUITE = CheckResult(KEPT, "marts", "error", is_passed=True, message="")
JUDGED = keeps(AlertSummary((), (), ()))

WRITES: dict[str, tuple[Callable[[], object], ModuleType, str, Callable[..., object]]] = {
    "data_quality_report": (lambda: make("data-quality"), regular_reports, "build_quality_report", keeps(QUALITY)),
    "investor_report": (lambda: make("investors"), regular_reports, "build_investor_report", keeps(INVESTORS)),
    "alerts_of_a_run": (report, pipeline, "evaluate", JUDGED),
    "asset_alerts": (lambda: materialize(reports.alerts, DEMO), reports, "evaluate", JUDGED),
    "alerts_watched": (lambda: alerting.watch([one()]), alerting, "evaluate", JUDGED),
    "qbr_quarter_freeze": (
        lambda: qbr("quarter", "freeze", "2026-Q2"),
        quarter_commands.frozen_quarters,
        "freeze",
        keeps(1),
    ),
    "qbr_session_finalise": (
        lambda: qbr("session", "finalise", "1"),
        session_commands.sessions,
        "finalise",
        keeps((CLOSED, 1)),
    ),
    "suite_by_dagster": (check_by_dagster, checks, "run_suite", lambda *_: SUITE),
}


@pytest.mark.parametrize("writer", WRITES)
def test_where_the_lock_was_lost_nothing_is_kept(
    installation: str, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be half of one build and half of the next, or nothing at all."""

    def lost() -> None:
        raise TurnLost("The lock was lost.")

    def kept() -> int:
        with suppress(Exception):
            doing()
        with psycopg.connect(installation) as connection:
            marked = connection.execute("delete from app.signals where signal = %s", [KEPT])
            checked = connection.execute("delete from app.check_results where check_name = %s", [KEPT])
            return marked.rowcount + checked.rowcount

    doing, where, name, written = WRITES[writer]
    for called in ("build_all", "orders_of"):
        monkeypatch.setattr(quarter_decks, called, lambda *_, **__: [])
    monkeypatch.setattr(regular_reports, "latest_period", lambda *_: "2026-06")
    monkeypatch.setattr(where, name, written)
    with monkeypatch.context() as patched:
        patched.setattr(turns, "make_sure", lost)
        assert kept() == 0
    assert kept() == 1
