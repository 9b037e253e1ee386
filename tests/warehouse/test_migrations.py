import psycopg
import pytest
from psycopg import sql

from warehouse.migrations import current_revision, downgrade, head_revision, upgrade
from warehouse.roles import ROLES, ensure_roles

TABLES = {
    "account_rules",
    "alembic_version",
    "alert_events",
    "alert_pending",
    "alert_rules",
    "alerts",
    "artefacts",
    "audit_log",
    "check_results",
    "client_links",
    "client_mappings",
    "clients",
    "condition_assessments",
    "credentials",
    "deck_comments",
    "deliveries",
    "frozen_decks",
    "frozen_figures",
    "frozen_ledger",
    "frozen_quarters",
    "mail_recipients",
    "manual_metrics",
    "metric_history",
    "organizations",
    "outbox",
    "restatements",
    "review_actions",
    "review_figures",
    "review_insights",
    "review_priorities",
    "review_recommendations",
    "review_sessions",
    "rule_values",
    "rule_versions",
    "settings",
    "share_link_files",
    "share_links",
    "share_views",
    "signals",
    "thresholds",
}


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'app'")}


def test_a_new_database_gets_every_app_table(database_url: str):
    assert tables(database_url) == TABLES
    assert current_revision(database_url) == head_revision()


def test_upgrading_again_changes_nothing(database_url: str):
    assert upgrade(database_url) == []
    assert tables(database_url) == TABLES


def test_every_revision_can_be_taken_back_and_made_again(database_url: str):
    seen = []
    while (revision := current_revision(database_url)) is not None:
        seen.append(revision)
        downgrade(database_url, "-1")
    made_in_order = [
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0011",
        "0010",
        "0009",
        "0012",
        "0013",
    ]
    assert seen == made_in_order[::-1]
    assert tables(database_url) == {"alembic_version"}
    with psycopg.connect(database_url) as connection:
        functions = connection.execute(
            "select proname from pg_proc join pg_namespace n on n.oid = pronamespace where nspname = 'app'"
        )
        assert functions.fetchall() == []
    upgrade(database_url)
    assert tables(database_url) == TABLES


def test_every_table_and_key_begins_with_the_organization(connection: psycopg.Connection):
    first_key_columns = connection.execute(
        """
        select c.relname, a.attname
        from pg_index i
        join pg_class c on c.oid = i.indrelid
        join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'app'
        join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        where i.indisprimary and c.relname <> 'alembic_version'
        """
    ).fetchall()
    assert {table for table, _ in first_key_columns} == TABLES - {"alembic_version"}
    assert {column for _, column in first_key_columns} == {"organization_id"}


def test_every_table_says_what_a_row_of_it_is(connection: psycopg.Connection):
    comments = dict(
        connection.execute(
            "select relname, obj_description(oid) from pg_class "
            "where relnamespace = 'app'::regnamespace and relkind in ('r', 'v') and relname <> 'alembic_version'"
        ).fetchall()
    )
    assert [name for name, comment in comments.items() if not (comment or "").startswith("One row per ")] == []


def test_the_analyst_reads_tables_of_marts_old_and_new(connection: psycopg.Connection):
    connection.execute("create table marts.fct_made_later (value integer)")
    connection.execute("set role qbr_analyst")
    assert connection.execute("select count(*) from marts.fct_made_later").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from app.organizations",
        "select * from app.credentials",
        "select * from raw_stripe.customers",
        "select * from raw_meta.cursors",
        "insert into marts.fct_made_later values (1)",
        "drop table marts.fct_made_later",
        "create table marts.mine (value integer)",
    ],
)
def test_the_analyst_does_nothing_else(connection: psycopg.Connection, statement: str):
    connection.execute("create table marts.fct_made_later (value integer)")
    connection.execute("set role qbr_analyst")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_analyst_cannot_sign_in(connection: psycopg.Connection):
    assert connection.execute("select rolcanlogin from pg_roles where rolname = 'qbr_analyst'").fetchone() == (False,)


def test_a_role_that_another_database_made_is_taken_as_it_is(connection: psycopg.Connection, database_url: str):
    assert ensure_roles(connection) == []
    assert ensure_roles(connection) == []


def test_without_the_right_to_make_roles_everything_else_still_works(postgres: str, database_url: str):
    """A managed Postgres often gives no CREATEROLE: then the role is missing, and a sentence says so."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute("create role limited_builder login password 'limited'")
        admin.execute(sql.SQL("grant create on database {} to limited_builder").format(sql.Identifier(name)))
        admin.execute("alter schema marts owner to limited_builder; grant usage on schema app to limited_builder")
        for role in ROLES:
            admin.execute(f"alter role {role} rename to {role}_elsewhere")  # type: ignore[arg-type]
    try:
        parts = psycopg.conninfo.conninfo_to_dict(database_url) | {"user": "limited_builder", "password": "limited"}
        with psycopg.connect(**parts) as limited:
            sentences = ensure_roles(limited)
            assert limited.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert [sentence.split(",")[0] for sentence in sentences] == [f"The role {role} was not made" for role in ROLES]
        assert "because limited_builder lacks CREATEROLE" in sentences[0]
    finally:
        with psycopg.connect(database_url, autocommit=True) as admin:
            for role in ROLES:
                admin.execute(f"alter role {role}_elsewhere rename to {role}")  # type: ignore[arg-type]
            admin.execute("drop owned by limited_builder cascade")
            admin.execute("drop role limited_builder")
