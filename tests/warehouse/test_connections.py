"""Connections to the warehouse: who vanished is noticed soon, and who holds a lock can be found."""

import os
import socket
import sys

import psycopg
import pytest

from warehouse.engine import connect, is_unreachable


def test_whoever_vanished_is_noticed_within_a_minute_on_both_sides(database_url: str) -> None:
    with connect(database_url) as connection:
        ours = connection.info.get_parameters()
        theirs = dict(
            connection.execute("select name, reset_val from pg_settings where name like 'tcp_keepalives%'").fetchall()
        )
    assert ours["keepalives"] == "1"
    for side in (ours, {name.removeprefix("tcp_"): value for name, value in theirs.items()}):
        idle, interval, count = (int(side[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
        assert 0 < idle + interval * count <= 60


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["/opt/qbr/.venv/bin/qbr", "deck", "build", "--force", "secret"], "qbr deck build"),
        (["qbr", "export", "tickets_opened"], "qbr export"),
        (["/lib/dagster/__main__.py", "api"], "qbr in dagster"),
    ],
)
def test_who_holds_a_lock_is_named_by_command_and_place(
    database_url: str, monkeypatch: pytest.MonkeyPatch, typed: list[str], told: str
) -> None:
    monkeypatch.setattr(sys, "argv", typed)
    monkeypatch.setattr(socket, "gethostname", lambda: "a" * 70)
    with connect(database_url) as connection:
        name = connection.execute("select current_setting('application_name')").fetchone()
    assert name == (f"{told}, process {os.getpid()} on {'a' * 70}"[:63],)


def test_a_server_that_is_gone_is_told_from_a_question_that_it_refuses(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set statement_timeout = '1ms'")
        with pytest.raises(psycopg.OperationalError) as refused:
            connection.execute("select pg_sleep(60)")
        with pytest.raises(psycopg.OperationalError) as gone:
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
    assert [is_unreachable(one.value) for one in (refused, gone)] == [False, True]
