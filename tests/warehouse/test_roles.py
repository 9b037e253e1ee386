"""Real sign-ins with each role: what they see, and what they are refused."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from warehouse.roles import (
    ALL_ORGANIZATIONS,
    ANALYST,
    LOADER,
    PORTAL,
    ROLES,
    TRANSFORMER,
    ensure_roles,
    organization_role,
)

Refused = psycopg.errors.InsufficientPrivilege
PERSON = f"person_{os.getpid()}"


class Person:
    """Somebody with a sign-in of their own, who was granted some roles."""

    def __init__(self, url: str, name: str) -> None:
        self._facts = {**psycopg.conninfo.conninfo_to_dict(url), "user": name, "password": "for this test"}

    def ask(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run the statements in one session; the rows of the last one."""
        with psycopg.connect(**self._facts) as session:
            for statement in statements:
                answer = session.execute(statement)  # type: ignore[arg-type]
            return answer.fetchall() if answer.description else []


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    """The owner of a database with a mart of two organizations, and their roles."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table marts.fct_sums (organization_id text, amount integer)")
        connection.execute("insert into marts.fct_sums values ('north', 1), ('south', 2), ('south-east', 4)")
        for alias, organization in enumerate(("north", "south"), start=1):
            connection.execute(
                "insert into app.organizations (organization_id, alias, name, time_zone, history_start) "
                "values (%s, %s, %s, 'UTC', '2026-01')",
                [organization, alias, organization],
            )
        assert ensure_roles(connection, ["north", "south"]) == []
        yield connection


@pytest.fixture
def grant(owner: psycopg.Connection, database_url: str) -> Iterator[Any]:
    """Make a person who was granted the roles named."""

    def make(*roles: str) -> Person:
        owner.execute(sql.SQL("create role {} login password 'for this test'").format(sql.Identifier(PERSON)))
        for role in roles:
            owner.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(PERSON)))
        return Person(database_url, PERSON)

    yield make
    owner.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(PERSON)))


SUMS = "select sum(amount) from marts.fct_sums"


def test_an_analyst_of_one_organization_sees_its_rows_only(grant: Any):
    assert grant(organization_role("south")).ask(SUMS) == [(2,)]


def test_an_analyst_of_two_sees_both(grant: Any):
    assert grant(organization_role("north"), organization_role("south")).ask(SUMS) == [(3,)]


def test_an_analyst_of_no_organization_sees_none(grant: Any):
    assert grant(ANALYST).ask(SUMS) == [(None,)]


def test_an_analyst_cannot_name_an_organization_that_was_not_granted(grant: Any):
    """The setting is the portal's; whoever may set it gains nothing by it."""
    assert grant(organization_role("south")).ask("set qbr.organization_id = 'north'", SUMS) == [(2,)]


def test_an_analyst_of_all_sees_everything(grant: Any):
    assert grant(ALL_ORGANIZATIONS).ask(SUMS) == [(7,)]


def test_the_portal_sees_the_organization_its_session_names(grant: Any):
    portal = grant(PORTAL)
    assert portal.ask(SUMS) == [(None,)]
    assert portal.ask("set qbr.organization_id = 'north'", SUMS) == [(1,)]
    assert portal.ask("set qbr.organization_id = ''", SUMS) == [(None,)]
    names = "select organization_id from app.organizations"
    assert portal.ask("set qbr.organization_id = 'north'", names) == [("north",)]
    assert portal.ask("set qbr.organization_id = 'north'", "select count(*) from app.current_thresholds") == [(0,)]


@pytest.mark.parametrize("role", [organization_role("south"), ALL_ORGANIZATIONS, PORTAL])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.fct_sums values ('south', 9)",
        "update marts.fct_sums set amount = 0",
        "delete from marts.fct_sums",
        "truncate marts.fct_sums",
        "drop table marts.fct_sums",
        "alter table marts.fct_sums disable row level security",
        "drop policy organizations_granted on marts.fct_sums",
        "create table marts.mine (value integer)",
        "select * from raw_stripe.customers",
        "select * from raw_meta.cursors",
        "select * from app.credentials",
        "create table staging.mine (value integer)",
    ],
)
def test_a_reader_writes_nothing_and_sees_nothing_else(grant: Any, role: str, statement: str):
    with pytest.raises(Refused):
        grant(role).ask("set qbr.organization_id = 'south'", statement)


def test_the_loader_writes_raw_tables_and_reads_nothing_that_was_built(grant: Any):
    loader = grant(LOADER)
    loader.ask(
        "insert into raw_stripe.customers"
        " (organization_id, record_id, record, record_hash, first_seen_at, extracted_at, run_id)"
        " values ('north', 'cus_1', '{}', '', now(), now(), 'run-1')",
        "insert into raw_meta.extraction_log (run_id, organization_id, source, stream, window_kind, as_of)"
        " values ('run-1', 'north', 'stripe', 'customers', 'all', now())",
    )
    assert loader.ask("select count(*) from raw_stripe.customers") == [(1,)]
    assert loader.ask("select count(*) from app.organizations") == [(2,)]
    for statement in (SUMS, "update app.organizations set name = 'mine'", "drop table raw_stripe.customers"):
        with pytest.raises(Refused):
            loader.ask(statement)


def test_the_transformer_builds_and_its_marts_are_guarded_as_well(grant: Any, owner: psycopg.Connection):
    transformer = grant(TRANSFORMER)
    transformer.ask(
        "create table marts.fct_new as select 'north' as organization_id union all select 'south'",
        "select app.restrict_to_organizations('marts.fct_new')",
    )
    assert transformer.ask("select count(*) from marts.fct_new") == [(2,)]
    owner.execute("set role qbr_organization_south")
    assert owner.execute("select * from marts.fct_new").fetchall() == [("south",)]
    owner.execute("reset role")
    assert transformer.ask("select count(*) from raw_stripe.customers, app.organizations") == [(0,)]
    for statement in ("delete from raw_stripe.customers", "update app.organizations set name = 'mine'"):
        with pytest.raises(Refused):
            transformer.ask(statement)


def test_once_more_changes_nothing(owner: psycopg.Connection):
    question = "select polrelid::regclass::text, polname, xmin::text from pg_policy order by 1, 2"
    before = owner.execute(question).fetchall()
    assert len(before) > 10
    assert ensure_roles(owner, ["north", "south"]) == []
    assert owner.execute(question).fetchall() == before


def test_nobody_signs_in_as_a_role_itself(owner: psycopg.Connection):
    found = owner.execute("select rolname, rolcanlogin from pg_roles where rolname = any(%s)", [list(ROLES)]).fetchall()
    assert found == [(role, False) for role, _ in found]
    assert {role for role, _ in found} == set(ROLES)


def test_a_role_is_not_made_under_a_name_that_postgres_would_cut(owner: psycopg.Connection):
    [sentence] = ensure_roles(owner, ["o" * 47])
    assert "too long" in sentence
