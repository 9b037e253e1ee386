"""Both made-up firms from their own databases into the raw tables: whole, by changes, after breaks."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

import extractors
from orchestration import demonstration, health
from orchestration.extraction import StreamOutcome, choose, extract_source
from orchestration.mapping import is_in_use
from orchestration.progress import Quiet
from orchestration.sandbox_process import Sandbox
from orchestration.selection import one_organization, run_instant
from tests.installation import installed
from tests.leaks import dump_of, leaks
from tests.sandbox_server import running_sandbox, sandbox_at
from warehouse.credentials import connect_source, connection_for
from warehouse.engine import connect
from warehouse.organizations import Organization

NOW = datetime(2026, 7, 6, 14, tzinfo=UTC)
FIRMS = ("demo-saas", "demo-dealer")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of this file's own, since its clock is moved."""
    with running_sandbox() as url:
        yield sandbox_at(url)


@pytest.fixture(scope="module")
def installation(
    module_database_url: str, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Organization]]:
    """Both firms connected to their databases, nothing read yet."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "sandbox.json").write_text(json.dumps(asdict(sandbox)))
    with installed(module_database_url, folder):
        firms = {name: one_organization(name) for name in FIRMS}
        demonstration.attach_databases(list(firms.values()))
        yield firms
        _drop_what_the_sandbox_made(module_database_url)


def _drop_what_the_sandbox_made(url: str) -> None:
    name = demonstration.DATABASE.format(warehouse=psycopg.conninfo.conninfo_to_dict(url)["dbname"])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        for firm in FIRMS:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(f"{name}_{firm.removeprefix('demo-')}")))


def extract(firm: Organization, *streams: str, **options: Any) -> dict[str, StreamOutcome]:
    found = extract_source(
        firm,
        "opsdb",
        choose("opsdb", streams),
        run_id="test",
        as_of=options.pop("as_of", None) or run_instant([firm]),
        progress=Quiet(),
        **options,
    )
    return {outcome.stream: outcome for outcome in found}


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(statement, values).fetchall()


@pytest.fixture(scope="module")
def first_read(installation: dict[str, Organization]) -> dict[str, dict[str, StreamOutcome]]:
    return {name: extract(firm) for name, firm in installation.items()}


@pytest.mark.parametrize("firm", FIRMS)
def test_every_mapped_stream_is_read_whole_with_its_certificate(
    installation: dict[str, Organization], first_read: dict[str, dict[str, StreamOutcome]], firm: str
) -> None:
    mapped = [one.name for one in extractors.STREAMS["opsdb"] if is_in_use(installation[firm], one)]
    assert list(first_read[firm]) == mapped
    for outcome in first_read[firm].values():
        assert outcome.error is None
        assert outcome.records > 0
        assert outcome.rejected == 0
    told = dict(
        rows(
            "select stream, certificate from raw_meta.extraction_log where organization_id = %s and source = 'opsdb' "
            "and window_kind = 'all' order by log_id",
            firm,
        )
    )
    for stream, certificate in told.items():
        assert certificate["vendor_count"] == certificate["records"] == first_read[firm][stream].records
        assert certificate["cursor_closed"]


def test_between_them_the_firms_fill_every_stream(first_read: dict[str, dict[str, StreamOutcome]]) -> None:
    assert {name for firm in first_read.values() for name in firm} == {one.name for one in extractors.STREAMS["opsdb"]}


def test_the_runs_instant_is_the_sandboxs(installation: dict[str, Organization]) -> None:
    assert run_instant([installation["demo-saas"]]) == NOW


@pytest.mark.usefixtures("first_read")
def test_the_made_up_figures_hang_together() -> None:
    """What later metrics need: plausible activity, tenants that come and go, books that balance."""
    ((tenants, left, trials),) = rows(
        "select count(*), count(*) filter (where record ->> 'churned_at' is not null), "
        "count(*) filter (where record ->> 'status' = 'trial_lapsed') from raw_opsdb.tenants"
    )
    assert tenants > 35
    assert 3 <= left < tenants / 2
    assert trials
    ((dau, mau),) = rows(
        """
        select count(distinct record ->> 'user_id')
                filter (where (record ->> 'occurred_at')::date = '2026-06-24'),
            count(distinct record ->> 'user_id') filter (where (record ->> 'occurred_at')::date >= '2026-06-07')
        from raw_opsdb.login_events where record ->> 'is_successful' = 'true'
        """
    )
    assert 0.1 < dau / mau < 0.6
    assert (
        rows(
            "select count(*) from raw_opsdb.login_events as login left join raw_opsdb.users as member "
            "on member.record_id = login.record ->> 'user_id' where member.record_id is null"
        )[0][0]
        < 500
    )  # of users whose data was deleted since
    assert rows("select count(distinct record ->> 'service') from raw_opsdb.health_probes") == [(3,)]
    ((up,),) = rows("select avg((record ->> 'is_successful')::boolean::int) from raw_opsdb.health_probes")
    assert Decimal("0.99") < up < 1
    assert rows("select count(*) from raw_opsdb.customers") == [(8,)]
    assert rows("select count(*) from raw_opsdb.equipment") == [(150,)]
    off = rows(
        "select record ->> 'journal_id' from raw_opsdb.gl_entries group by 1 "
        "having sum((record ->> 'debit')::numeric) <> sum((record ->> 'credit')::numeric)"
    )
    assert off == []
    ((billed, booked),) = rows(
        """
        select (select sum((record ->> 'billed_amount')::numeric) from raw_opsdb.rentals),
            (select sum((record ->> 'credit')::numeric) from raw_opsdb.gl_entries
                where record ->> 'account_number' = '4300')
        """
    )
    assert billed == booked


@pytest.mark.usefixtures("first_read")
def test_reading_again_changes_nothing(installation: dict[str, Organization]) -> None:
    for firm in installation.values():
        for outcome in extract(firm).values():
            assert (outcome.new, outcome.changed, outcome.deleted, outcome.error) == (0, 0, 0, None), outcome.stream


def live(firm: str) -> dict[tuple[str, str], bytes]:
    """Every record that is here and not deleted, by stream and id."""
    found = {}
    for one in extractors.STREAMS["opsdb"]:
        for record_id, digest in rows(
            f"select record_id, record_hash from raw_opsdb.{one.name} "
            "where organization_id = %s and deleted_at is null",
            firm,
        ):
            found[one.name, record_id] = digest
    return found


LOGS = {one.name for one in extractors.STREAMS["opsdb"] if one.keeps_purged}


@pytest.mark.usefixtures("first_read")
@pytest.mark.parametrize("firm", FIRMS)
def test_changes_over_many_days_equal_a_fresh_read_but_for_logs_that_were_cleared(
    installation: dict[str, Organization], sandbox: Sandbox, firm: str
) -> None:
    organization = installation[firm]
    for days in (1, 40):
        sandbox.set_clock(NOW + timedelta(days=days))
        outcomes = extract(organization)
        assert all(outcome.error is None for outcome in outcomes.values())
    assert sum(outcome.new + outcome.changed for outcome in outcomes.values()) > 50
    by_changes = live(firm)
    for one in extractors.STREAMS["opsdb"]:
        with connect() as connection:
            connection.execute(f"delete from raw_opsdb.{one.name} where organization_id = %s", [firm])
    for outcome in extract(organization, whole=True).values():
        assert outcome.error is None
    fresh = live(firm)
    assert {key: by_changes[key] for key in fresh} == fresh
    assert {stream for stream, _ in by_changes.keys() - fresh.keys()} <= LOGS
    if firm == "demo-saas":
        assert {stream for stream, _ in by_changes.keys() - fresh.keys()} == {"api_requests"}
    sandbox.reset_clock()


class Breaks(Quiet):
    """A run that is killed when some of its pages are loaded."""

    pages = 0

    def detail(self, text: str) -> None:
        self.pages += "records" in text
        if self.pages > 9:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("first_read")
def test_in_dagster_too_a_stream_without_a_table_is_passed_over(installation: dict[str, Organization]) -> None:
    from dagster import AssetKey, DagsterInstance, materialize

    from orchestration.assets import raw

    keys = [AssetKey(["opsdb", "tenants"]), AssetKey(["opsdb", "customers"])]
    step = next(one for one in raw.assets() if keys[0] in one.keys)
    with DagsterInstance.ephemeral() as instance:
        done = materialize([step], selection=keys, partition_key="demo-saas", instance=instance)
    assert done.success
    assert [event.asset_key.path for event in done.get_asset_materialization_events()] == [["opsdb", "tenants"]]


def test_a_run_that_is_killed_goes_on_where_it_stopped(installation: dict[str, Organization]) -> None:
    firm = installation["demo-saas"]
    with connect() as connection:
        connection.execute("truncate raw_opsdb.login_events")
    with pytest.raises(KeyboardInterrupt):
        list(
            extract_source(
                firm, "opsdb", choose("opsdb", ["login_events"]), run_id="killed", as_of=NOW, progress=Breaks(),
                whole=True,
            )
        )  # fmt: skip
    ((kept,),) = rows("select count(*) from raw_opsdb.login_events")
    assert kept
    outcome = extract(firm, "login_events", whole=True)["login_events"]
    assert outcome.error is None
    ((all_of_them,),) = rows("select count(*) from raw_opsdb.login_events")
    assert outcome.records == all_of_them - kept
    ((told,),) = rows(
        "select vendor_count from raw_meta.extraction_log where stream = 'login_events' order by log_id desc limit 1"
    )
    assert told == all_of_them


def test_a_stream_that_is_not_mapped_is_not_in_use_and_fails_nothing(installation: dict[str, Organization]) -> None:
    assert extract(installation["demo-saas"], "rentals") == {}
    found = {one.subject: one for one in health.examine([installation["demo-saas"]], ask_vendors=True)}
    assert found["demo-saas opsdb"].state == "good"
    unused = found["demo-saas opsdb rentals"]
    assert (unused.state, unused.text) == ("good", "not in use: config/demo-saas.yml maps no table to it")


def test_the_sandboxs_reader_may_read_its_own_part_and_nothing_else(installation: dict[str, Organization]) -> None:
    with connect() as connection:
        facts = connection_for(connection, "demo-saas", "opsdb")
    address = psycopg.conninfo.make_conninfo(
        host=facts["host"], port=facts["port"], dbname=facts["database"], user=facts["user"], password=facts["password"]
    )
    with psycopg.connect(address, autocommit=True) as reader:
        assert reader.execute("select count(*) from app_core.accounts").fetchone()
        for refused in (
            'select * from "DLR"."CUSTMAST"',
            'select * from kept."app_core.accounts"',
            "insert into app_core.crm_leads (lead_ref, captured) values ('x', now())",
            "delete from app_core.accounts",
            "create table mine (x integer)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(refused)


@pytest.mark.usefixtures("first_read")
def test_the_password_of_a_database_is_in_nothing_that_a_read_leaves(
    installation: dict[str, Organization], caplog: pytest.LogCaptureFixture
) -> None:
    """The log at its most talkative, the outcomes, and the warehouse: also where the sign-in was refused."""
    firm = installation["demo-dealer"]
    with connect() as connection:
        facts = connection_for(connection, firm.id, "opsdb")
        connect_source(connection, firm.id, "opsdb", facts | {"password": "wrong/and secret"}, environment="sandbox")
    with caplog.at_level(logging.DEBUG):
        refused = extract(firm, "customers")
        with connect() as connection:
            connect_source(connection, firm.id, "opsdb", facts, environment="sandbox")
        read = extract(firm, "customers")
    assert refused["customers"].error is not None
    assert read["customers"].error is None
    said = [("log", caplog.text.encode()), ("outcomes", str([refused, read]).encode())]
    said.append(("pg_dump", dump_of(os.environ["QBR_DATABASE_URL"])))
    assert leaks([facts["password"], "wrong/and secret"], said) == []


def test_databases_are_made_once_and_found_again(installation: dict[str, Organization]) -> None:
    def made() -> tuple[Any, ...] | None:
        with connect() as connection:
            facts = connection_for(connection, "demo-saas", "opsdb")
            return connection.execute("select oid from pg_database where datname = %s", [facts["database"]]).fetchone()

    before = made()
    demonstration.attach_databases(list(installation.values()))
    assert made() == before is not None


def test_the_sandbox_says_what_it_could_not_do_without_the_address(sandbox: Sandbox) -> None:
    answer = httpx.put(
        f"{sandbox.url}/_sandbox/databases",
        json={"server": "postgresql://somebody:never-shown@127.0.0.1:1/nowhere", "database": "x"},
    )
    assert answer.status_code == 503
    assert "never-shown" not in answer.text
    assert httpx.put(f"{sandbox.url}/_sandbox/databases", json={"server": "x"}).status_code == 400


def test_pipelines_and_schedules_leave_the_firms_alone() -> None:
    from orchestration.schedules import schedules_of
    from orchestration.selection import chosen_organizations

    assert [one.id for one in chosen_organizations()] == ["demo-msp"]
    for name in FIRMS:
        assert not list(schedules_of(one_organization(name)))
