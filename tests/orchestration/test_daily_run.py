"""One evening on which a vendor refuses the sign-in: the rest is done, the run fails in a sentence, an alert tells."""

import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import httpx
import psycopg
import pytest

from expectations import SUITES
from extractors import VENDORS
from orchestration import demonstration, pipeline
from orchestration.asset_checks import NEWEST_MONTH, key_of
from orchestration.assets import raw
from orchestration.deck_alerts import BY_ITSELF
from orchestration.definitions import defs
from orchestration.partitions import configured
from orchestration.selection import one_organization
from orchestration.sensors import (
    BY_HAND,
    OF_NOBODY,
    named_by,
    organizations_of,
    run_failed,
    run_succeeded,
    scope_of,
    words_for,
)
from sandbox.credentials import Credentials
from tests.command import qbr
from tests.installation import installed
from tests.leaks import dump_of, leaks, texts_in
from tests.orchestration.conftest import AS_OF, sandbox_noted
from warehouse.credentials import connect_source, connection_for
from warehouse.settings import get_settings

# Dagster waits for the disk after each of thousands of events.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class Evening:
    """The run, what Dagster remembers of it, and the warehouse after it."""

    url: str
    folders: tuple[Path, Path]
    """What the run wrote: its own folder, and Dagster's storage."""
    instance: dg.DagsterInstance
    run: dg.ExecuteInProcessResult

    def events(self, kind: dg.DagsterEventType) -> list[dg.DagsterEvent]:
        return [event for event in self.run.all_events if event.event_type == kind]

    def of(self, key: str) -> list[dg.AssetMaterialization]:
        events = self.events(dg.DagsterEventType.ASSET_MATERIALIZATION)
        return [event.materialization for event in events if event.asset_key.to_user_string() == key]

    def renewed(self) -> dict[str, dg.AssetMaterialization]:
        events = self.events(dg.DagsterEventType.ASSET_MATERIALIZATION)
        return {event.asset_key.to_user_string(): event.materialization for event in events}

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def evening(module_database_url: str, sandbox: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    folder = tmp_path_factory.mktemp("evening")
    with (
        pytest.MonkeyPatch.context() as patch,
        installed(module_database_url, folder / "var", builds=True),
        everything_logged(folder / "debug.log"),
    ):
        (folder / "var" / "dbt" / "manifest.json").unlink()  # as at first: dbt writes all that it writes
        patch.setenv("QBR_AS_OF", AS_OF)
        get_settings.cache_clear()
        organization = one_organization(demonstration.ORGANIZATION)
        pipeline.prepare([organization])
        demonstration.connect_sources(organization, sandbox_noted(sandbox, get_settings().var_dir), anew=True)
        with psycopg.connect(module_database_url) as connection:
            facts = connection_for(connection, "demo-msp", "stripe") | {"api_key": "rk_wrong"}
            connect_source(connection, "demo-msp", "stripe", facts, environment="sandbox")
        with (
            tempfile.TemporaryDirectory(dir=IN_MEMORY) as storage,
            dg.DagsterInstance.local_temp(storage) as instance,
        ):
            run = defs.resolve_job_def("daily").execute_in_process(
                partition_key="demo-msp", instance=instance, raise_on_error=False
            )
            yield Evening(module_database_url, (folder, Path(storage)), instance, run)


@contextmanager
def everything_logged(path: Path) -> Iterator[None]:
    """Every word of every library, as when somebody looks for a fault."""
    root, before = logging.getLogger(), logging.getLogger().level
    handler = logging.FileHandler(path)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


def test_only_the_verdict_fails_and_says_why_in_one_sentence(evening: Evening) -> None:
    assert not evening.run.success
    (failure,) = evening.events(dg.DagsterEventType.STEP_FAILURE)
    assert failure.step_key == "conclude"
    told = failure.step_failure_data.user_failure_data.description
    assert told.count("Stripe") >= 1
    assert told.count("HTTP 401") == 1, "nine streams failed for one reason, which is told once"
    assert "rk_wrong" not in told


def test_the_other_sources_are_read_and_everything_after_them_is_renewed(evening: Evening) -> None:
    renewed = evening.renewed()
    assert not [key for key in renewed if key.startswith("stripe/")]
    for key in ("ninjaone/devices_daily", "connectwise/tickets", "quickbooks/profit_and_loss", "app/client_links"):
        assert key in renewed
    for key in ("staging/stg_stripe__charges", "marts/fct_smartnumbers", "reports/decks", "reports/alerts"):
        assert key in renewed
    assert renewed["marts/dim_clients"].metadata["dagster/row_count"].value > 10


def test_each_asset_is_renewed_in_the_partition_it_is_cut_by(evening: Evening) -> None:
    renewed = evening.renewed()
    assert renewed["connectwise/boards"].partition == "demo-msp"
    assert renewed["connectwise/tickets"].partition == dg.MultiPartitionKey(
        {"organization": "demo-msp", "month": "2026-07"}
    )
    assert renewed["marts/fct_smartnumbers"].partition is None
    assert renewed["reports/decks"].partition == dg.MultiPartitionKey(
        {"organization": "demo-msp", "quarter": "2026-04"}
    )


def test_every_check_that_ran_is_on_its_asset(evening: Evening) -> None:
    told = {
        (found.asset_key, found.check_name): found.passed
        for event in evening.events(dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        for found in [event.asset_check_evaluation_data]
    }
    kept = evening.rows("select check_name, is_passed from app.check_results where organization_id = 'demo-msp'")
    apart = {raw.CERTIFICATE, NEWEST_MONTH}  # of streams and of months; the table keeps those of dbt and of the suites
    assert {name: passed for (_, name), passed in told.items() if name not in apart} == dict(kept)
    assert {(key_of(suite), suite.name) for suite in SUITES} <= set(told)


def test_every_stream_that_was_read_is_certified_and_every_other_says_why_not(evening: Evening) -> None:
    judged = {
        found.asset_key.to_user_string(): (found.passed, found.description or "")
        for event in evening.events(dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if (found := event.asset_check_evaluation_data).check_name == raw.CERTIFICATE
    }
    assert set(judged) == {f"{source}/{one.name}" for source, vendor in VENDORS.items() for one in vendor.streams}
    assert {key.split("/")[0] for key, (passed, _) in judged.items() if not passed} == {"stripe"}
    assert "Stripe refused the sign-in" in judged["stripe/charges"][1]
    assert "its end told by the vendor" in judged["connectwise/tickets"][1]


def test_every_step_takes_the_same_instant_for_now(evening: Evening) -> None:
    assert evening.rows("select distinct as_of::text from raw_meta.extraction_log") == [("2026-07-06 14:00:00+00",)]
    assert evening.rows("select as_of::text from app.organizations") == [("2026-07-06 14:00:00+00",)]


def test_a_failed_run_opens_one_alert_however_often_it_fails_and_a_good_one_resolves_it(evening: Evening) -> None:
    failed = evening.instance.get_run_by_id(evening.run.run_id)
    assert failed is not None
    event = evening.events(dg.DagsterEventType.RUN_FAILURE)[0]
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failed", dagster_event=event, dagster_instance=evening.instance, dagster_run=failed
    )
    run_failed(context.for_run_failure())
    run_failed(context.for_run_failure())
    open_alerts = "select scope, message from app.alerts where rule = 'run_failed' and state = 'open'"
    ((scope, message),) = evening.rows(open_alerts)
    assert scope == "daily"
    assert "Stripe" in str(message)
    assert "Steps failed" not in str(message), "the step's own sentence, not Dagster's"
    told = (get_settings().var_dir / "alerts" / "demo-msp.jsonl").read_text().splitlines()
    assert sum("Stripe" in line and json.loads(line)["rule"] == "run_failed" for line in told) == 1

    run_succeeded(
        dg.build_run_status_sensor_context(
            sensor_name="run_succeeded", dagster_event=event, dagster_instance=evening.instance, dagster_run=failed
        )
    )
    assert evening.rows(open_alerts) == []


def test_a_run_is_for_the_organization_of_its_partition_and_one_without_for_all(evening: Evening) -> None:
    months = dg.DagsterRun(job_name="__ASSET_JOB", tags={"dagster/partition/organization": "demo-msp"})
    models = dg.DagsterRun(job_name="__ASSET_JOB")
    assert [one.id for one in organizations_of(months, evening.instance)] == ["demo-msp"]
    assert [one.id for one in organizations_of(models, evening.instance)] == ["demo-msp"]
    assert scope_of(models) == BY_HAND
    followed = dg.DagsterRun(
        job_name="__ASSET_JOB",
        tags={"dagster/partition": "demo-msp/2026-Q2/corvane-legal", "dagster/from_automation_condition": "true"},
    )
    assert named_by(followed, evening.instance) == {"demo-msp"}
    assert scope_of(followed) == BY_ITSELF


def test_what_failed_for_several_organizations_is_told_to_none_in_its_own_words(evening: Evening) -> None:
    """The failing step may have named one of them, its recipients or its clients."""
    failed = evening.instance.get_run_by_id(evening.run.run_id)
    assert failed is not None
    event = evening.events(dg.DagsterEventType.RUN_FAILURE)[0]
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failed", dagster_event=event, dagster_instance=evening.instance, dagster_run=failed
    ).for_run_failure()
    one, another, *_ = configured()
    assert "Stripe" in words_for([one], context)
    assert words_for([one, another], context) == OF_NOBODY


def test_each_client_of_whom_a_deck_was_drawn_has_its_partition(evening: Evening) -> None:
    told = evening.of("reports/client_decks")
    keys = set(evening.instance.get_dynamic_partitions("client_decks"))
    assert {one.partition for one in told} == keys
    assert len(keys) == len(told) > 10
    assert {one.partition for one in evening.of("reports/client_deck_contents")} == keys


def test_no_secret_is_anywhere_a_run_writes(evening: Evening, sandbox: str) -> None:
    """The database, every log at its most talkative, Dagster's storage, dbt's artefacts, decks, what commands say."""
    facts = httpx.get(f"{sandbox}/_sandbox/credentials").json()
    failed = qbr("extract", "stripe")
    with psycopg.connect(evening.url) as connection:
        connect_source(connection, "demo-msp", "stripe", facts["stripe"], environment="sandbox")
    mended = qbr("extract", "stripe")
    assert (failed.exit_code, mended.exit_code) == (2, 0)
    made = Credentials(7)
    secrets = [
        made.ninjaone_client_secret,
        made.connectwise_private_key,
        made.stripe_api_key,
        made.quickbooks_client_secret,
        facts["quickbooks"]["refresh_token"],
        "rk_wrong",
        get_settings().encryption_key().decode(),
        psycopg.conninfo.conninfo_to_dict(evening.url).get("password") or "no password was set",
    ]
    said = [
        ("pg_dump", dump_of(evening.url)),
        ("qbr", f"{failed.out}{failed.err}{mended.out}{mended.err}".encode()),
        ("Dagster's events", "\n".join(map(str, evening.run.all_events)).encode()),
    ]
    written = [text for folder in evening.folders for text in texts_in(folder, leaving_out=["secret.key"])]
    assert leaks(secrets, [*said, *written]) == []
    names = " ".join(name for name, _ in written)
    for kind in (".pptx!ppt/slides/", ".pptx!ppt/embeddings/", "manifest.json", "run_results.json", "debug.log", ".db"):
        assert kind in names, f"nothing was searched that ends in {kind}"
    assert b"raw_connectwise" in said[0][1]
    assert b"HTTP Request: GET" in dict(written)["debug.log"], "the log was not at its most talkative"


def test_nothing_was_written_to_any_vendor(evening: Evening, sandbox: str) -> None:
    """Every request of this session's runs: GET, but for sign-ins and the two searches of ConnectWise."""
    facts = httpx.get(f"{sandbox}/_sandbox/credentials").json()
    may_post = {
        httpx.URL(address).path
        for one in facts.values()
        for name, address in one.items()
        if name in {"token_url", "revoke_url"}
    }
    may_post |= {f"/connectwise/v4_6_release/apis/3.0/{kind}/tickets/search" for kind in ("service", "project")}
    asked = httpx.get(f"{sandbox}/_sandbox/requests", timeout=60).json()
    assert len({entry["source"] for entry in asked}) == len(facts)
    assert [entry for entry in asked if entry["method"] != "GET" and entry["path"] not in may_post] == []
