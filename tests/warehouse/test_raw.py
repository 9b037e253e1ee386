"""The raw tables, made at every start."""

import threading

import psycopg

from warehouse.raw import ensure_raw_tables

STREAMS = [("acme", "widgets", False), ("acme", "machines", True)]


def columns(connection: psycopg.Connection, schema: str, table: str) -> set[str]:
    rows = connection.execute(
        "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
        [schema, table],
    )
    return {name for (name,) in rows}


def test_every_stream_has_a_table_and_only_some_have_a_daily_one(connection: psycopg.Connection) -> None:
    ensure_raw_tables(connection, STREAMS)
    assert {"organization_id", "record_id", "record", "record_hash", "deleted_at"} <= columns(
        connection, "raw_acme", "widgets"
    )
    assert "snapshot_date" in columns(connection, "raw_acme", "machines_daily")
    assert not columns(connection, "raw_acme", "widgets_daily")


def test_making_them_again_keeps_the_rows(connection: psycopg.Connection) -> None:
    ensure_raw_tables(connection, STREAMS)
    connection.execute(
        "insert into raw_acme.widgets (organization_id, record_id, record, record_hash, first_seen_at, extracted_at,"
        " run_id) values ('o', '1', '{}', '', now(), now(), 'r')"
    )
    ensure_raw_tables(connection, STREAMS)
    assert connection.execute("select count(*) from raw_acme.widgets").fetchone() == (1,)


def test_two_processes_may_make_them_at_once(database_url: str) -> None:
    """`create schema if not exists` is no protection against a second session that does the same in the same moment."""
    together, failures = threading.Barrier(4), []

    def make() -> None:
        with psycopg.connect(database_url) as connection:
            together.wait()
            try:
                ensure_raw_tables(connection, STREAMS)
            except psycopg.Error as error:
                failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
