import psycopg
import pytest

from warehouse.audit import Actor, record


def test_a_deed_is_kept_with_who_what_and_why(connection: psycopg.Connection):
    record(
        connection,
        "northwind-it",
        Actor("person", "kim"),
        "set_threshold",
        resource="net_profit_pct",
        reason="agreed in June",
        details={"old": "0.20", "new": "0.18"},
        ip_address="192.0.2.7",
        user_agent="browser " * 100,
    )
    row = connection.execute(
        "select actor_kind, actor_id, action, resource, reason, details ->> 'new', is_success, length(user_agent) "
        "from app.audit_log where organization_id = 'northwind-it'"
    ).fetchone()
    assert row == ("person", "kim", "set_threshold", "net_profit_pct", "agreed in June", "0.18", True, 200)


def test_a_deed_that_was_refused_is_kept_too(connection: psycopg.Connection):
    record(connection, "northwind-it", Actor("person", "kim"), "build_deck", is_success=False, reason="checks failed")
    assert connection.execute("select is_success, reason from app.audit_log").fetchone() == (False, "checks failed")


@pytest.mark.parametrize(
    "statement", ["update app.audit_log set actor_id = 'lee'", "delete from app.audit_log", "truncate app.audit_log"]
)
def test_what_was_done_cannot_be_undone_in_the_log(connection: psycopg.Connection, statement: str):
    record(connection, "northwind-it", Actor("person", "kim"), "import_manual")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        connection.execute(statement)
