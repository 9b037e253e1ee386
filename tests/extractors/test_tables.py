"""Operational databases are read as they are: in one snapshot, counted, resumable, and never written to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from extractors.core.errors import (
    CredentialsRefused,
    PagingBroken,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
)
from extractors.core.tables import queries_for
from extractors.core.window import Window
from tests.extractors.operational import NOW, PASSWORD, Operational, mapped, operational_database, read, told

TABLES = """
create schema crm;
create table crm."Account Book" (
    "Acct No" integer primary key, title text, joined timestamptz not null, touched timestamptz,
    seats integer, fee numeric(12, 2), is_internal boolean not null default false, region text
);
create table sessions (
    session_id uuid primary key, person bigint, at timestamp not null, ok smallint
);
create table odd_values (
    id text, name text, joined timestamptz, touched timestamptz, fee numeric, seats numeric
);
"""


@pytest.fixture(scope="module")
def ops(postgres: str) -> Iterator[Operational]:
    with operational_database(postgres) as found:
        found.run(TABLES)
        found.run(f"grant usage on schema crm to {found.reader}")
        found.run(f'grant select on crm."Account Book", sessions, odd_values to {found.reader}')
        yield found


@pytest.fixture(autouse=True)
def emptied(ops: Operational) -> None:
    ops.run('truncate crm."Account Book", sessions, odd_values')


TENANTS = mapped(
    "tenants",
    "crm.Account Book",
    {
        "id": "Acct No",
        "name": "title",
        "signed_up_at": "joined",
        "updated_at": "touched",
        "licensed_seats": "seats",
        "monthly_value": "fee",
    },
    {"is_internal": (False,), "region": ("eu", "us", None)},
)
UNMARKED = mapped("tenants", "crm.Account Book", {"id": "Acct No", "name": "title", "signed_up_at": "joined"})
LOGINS = mapped(
    "login_events",
    "sessions",
    {"id": "session_id", "user_id": "person", "occurred_at": "at", "is_successful": "ok"},
    time_zone="America/Chicago",
)
JOINED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def tenant(
    number: int, touched: datetime | None, *, internal: bool = False, region: str | None = "eu"
) -> tuple[Any, ...]:
    return (number, f"Tenant {number}", JOINED, touched, number, Decimal("12.50"), internal, region)


BOOK = 'crm."Account Book"'


def test_a_record_has_our_names_in_our_order_and_each_value_in_one_form(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(7, datetime(2026, 6, 1, 8, 30, 0, 123456, tzinfo=UTC))])
    with ops.open() as session:
        records, _, _, _ = read(session, TENANTS)
    (record,) = records
    assert record.record_id == "7"
    assert record.body == (
        b'{"id":"7","name":"Tenant 7","signed_up_at":"2026-03-01T12:00:00+00:00","licensed_seats":7,'
        b'"monthly_value":12.50,"updated_at":"2026-06-01T08:30:00.123456+00:00"}'
    )
    assert record.source_updated_at == datetime(2026, 6, 1, 8, 30, 0, 123456, tzinfo=UTC)


def test_times_without_a_zone_are_meant_in_the_configured_one(ops: Operational) -> None:
    first = UUID("00000000-0000-0000-0000-000000000001")
    ops.fill("sessions", [(first, 5, datetime(2026, 7, 1, 9, 0), 1), (UUID(int=2), 5, datetime(2026, 1, 5, 9, 0), 0)])  # noqa: DTZ001
    with ops.open() as session:
        records, _, _, _ = read(session, LOGINS)
    assert [(told(one)["occurred_at"], told(one)["is_successful"]) for one in records] == [
        ("2026-07-01T14:00:00+00:00", True),
        ("2026-01-05T15:00:00+00:00", False),
    ]
    assert records[0].record_id == str(first)
    assert records[0].source_updated_at == datetime(2026, 7, 1, 14, tzinfo=UTC)


def test_times_without_a_zone_and_none_configured_are_refused_before_the_first_row(ops: Operational) -> None:
    no_zone = replace(LOGINS, mapping=replace(LOGINS.mapping, time_zone=None))
    with ops.open() as session, pytest.raises(RequestRejected, match="keeps times without a zone in column at"):
        session.preflight([no_zone])


def test_constant_filters_keep_others_rows_out_and_null_is_a_value(ops: Operational) -> None:
    ops.fill(
        BOOK,
        [
            tenant(1, NOW - timedelta(1)),
            tenant(2, NOW - timedelta(1), internal=True),
            tenant(3, NOW - timedelta(1), region="asia"),
            tenant(4, NOW - timedelta(1), region=None),
        ],
    )
    with ops.open() as session:
        records, _, _, certificate = read(session, TENANTS)
    assert [record.record_id for record in records] == ["1", "4"]
    assert certificate.vendor_count == 2


def test_the_certificate_holds_the_databases_own_count_of_the_same_snapshot(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(number, NOW - timedelta(1)) for number in range(1, 26)])
    with ops.open() as session:
        _, _, _, certificate = read(session, TENANTS)
    assert (certificate.records, certificate.vendor_count, certificate.cursor_closed) == (25, 25, True)
    assert certificate.is_complete_set
    assert certificate.requests >= 2


def test_rows_that_come_and_go_during_a_read_are_seen_as_they_were_at_its_start(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(number, NOW - timedelta(1)) for number in range(1, 5001)])
    small = replace(TENANTS, page_size=1000)
    with ops.open() as session, session.read(small, Window("all")) as reading:
        seen = [record.record_id for record in next(reading).records]
        ops.run(f"delete from {BOOK}")
        seen += [record.record_id for page in reading for record in page.records]
        assert seen == [str(number) for number in range(1, 5001)]
        assert reading.certificate.vendor_count == 5000


def test_changes_are_what_was_touched_since_and_what_never_was(ops: Operational) -> None:
    since = NOW - timedelta(days=2)
    ops.fill(
        BOOK,
        [
            tenant(1, since - timedelta(seconds=1)),
            tenant(2, since),
            tenant(3, NOW),
            tenant(4, NOW + timedelta(seconds=1)),
            tenant(5, None),
        ],
    )
    with ops.open() as session:
        records, _, _, certificate = read(session, TENANTS, Window("changes", since=since))
    assert sorted(record.record_id for record in records) == ["2", "3", "5"]
    assert certificate.vendor_count == 3
    assert not certificate.is_complete_set


def test_where_clocks_went_back_nothing_of_the_doubled_hour_is_lost(ops: Operational) -> None:
    """01:30 came twice in Chicago on 1 November 2026; a row of the second pass reads like one before the mark."""
    since = datetime(2026, 11, 1, 6, 45, tzinfo=UTC)  # 01:45, first pass
    ops.fill("sessions", [(UUID(int=1), 5, datetime(2026, 11, 1, 1, 10), 1)])  # noqa: DTZ001 - 07:10 UTC, second pass
    with ops.open(as_of=datetime(2026, 11, 1, 8, tzinfo=UTC)) as session:
        records, _, _, _ = read(session, LOGINS, Window("changes", since=since))
    assert len(records) == 1


def test_a_month_holds_the_rows_dated_in_it(ops: Operational) -> None:
    local = [datetime(2026, 5, 31, 23, 59), datetime(2026, 6, 1), datetime(2026, 6, 30, 23, 59), datetime(2026, 7, 1)]  # noqa: DTZ001
    ops.fill("sessions", [(UUID(int=number), 5, at, 1) for number, at in enumerate(local)])
    june = Window(
        "dated", start=datetime(2026, 6, 1, 5, tzinfo=UTC), end=datetime(2026, 7, 1, 5, tzinfo=UTC), months=("2026-06",)
    )
    with ops.open() as session:
        records, _, _, _ = read(session, LOGINS, june)
    assert sorted(told(one)["occurred_at"] for one in records) == [
        "2026-06-01T05:00:00+00:00",
        "2026-07-01T04:59:00+00:00",
    ]


def test_a_table_without_a_change_mark_is_read_whole_each_time(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(1, None)])
    assert UNMARKED.reads == "entity"
    with ops.open() as session:
        records, _, pages, certificate = read(session, UNMARKED, Window("changes", since=NOW))
    assert len(records) == 1
    assert certificate.is_complete_set
    assert pages[0].resume is None


def test_a_log_never_says_that_what_its_source_cleared_away_is_gone(ops: Operational) -> None:
    ops.fill("sessions", [(UUID(int=1), 5, datetime(2026, 7, 1), 1)])  # noqa: DTZ001
    assert not LOGINS.sweeps_deletions
    with ops.open() as session:
        _, _, _, certificate = read(session, LOGINS)
        assert not certificate.is_complete_set
        with pytest.raises(ValueError, match="has no id sweep"):
            next(session.ids(LOGINS))


def test_a_sweep_gives_the_ids_of_a_whole_read(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(number, None, internal=number == 3) for number in range(1, 8)])
    with ops.open() as session:
        swept = [one for some in session.ids(TENANTS) for one in some]
        assert swept == [record.record_id for record in read(session, TENANTS)[0]] == ["1", "2", "4", "5", "6", "7"]


ODD = mapped(
    "tenants",
    "odd_values",
    {
        "id": "id",
        "name": "name",
        "signed_up_at": "joined",
        "updated_at": "touched",
        "monthly_value": "fee",
        "licensed_seats": "seats",
    },
)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("1", "A", JOINED, NOW, Decimal("NaN"), 1), "monthly_value is not a number (NaN or infinity)"),
        (("1", "A", JOINED, NOW, Decimal("Infinity"), 1), "monthly_value is not a number (NaN or infinity)"),
        (("1", None, JOINED, NOW, 1, 1), "name is null, and a record says nothing without it"),
        ((None, "A", JOINED, NOW, 1, 1), "id is null, and a record says nothing without it"),
        (("", "A", JOINED, NOW, 1, 1), "id is empty"),
        (("1", "A", JOINED, NOW, 1, Decimal("1.5")), "licensed_seats is no whole number"),
        (("2", "Again", JOINED, NOW, 1, 1), "id 2 stands on more than one row"),
    ],
    ids=["NaN", "infinity", "no name", "no key", "empty key", "half a seat", "key twice"],
)
def test_a_row_that_cannot_be_said_is_rejected_with_the_reason(
    ops: Operational, row: tuple[Any, ...], reason: str
) -> None:
    ops.fill("odd_values", [row, ("2", "Good", JOINED, NOW, Decimal(1), 2)])
    with ops.open() as session:
        records, rejections, _, certificate = read(session, ODD)
    assert [record.record_id for record in records] == ["2"]
    assert reason in rejections[0].reason
    assert (certificate.records, certificate.rejected, certificate.vendor_count) == (1, 1, 2)


def test_bytes_are_refused_by_name_before_the_first_row(ops: Operational) -> None:
    ops.run("create table if not exists blobs (id integer primary key, name bytea, joined timestamptz)")
    ops.run(f"grant select on blobs to {ops.reader}")
    blobs = mapped("tenants", "blobs", {"id": "id", "name": "name", "signed_up_at": "joined"})
    with ops.open() as session, pytest.raises(RequestRejected) as refused:
        session.preflight([blobs])
    assert "keeps bytea in column name of blobs, where name needs text" in str(refused.value)


def test_a_broken_read_goes_on_after_its_last_page_and_both_together_are_whole(ops: Operational) -> None:
    touched = NOW - timedelta(days=1)
    ops.fill(BOOK, [tenant(number, touched if number % 3 else None) for number in range(1, 4001)])
    window = Window("changes", since=NOW - timedelta(days=2))
    with ops.open() as session:
        reading = session.read(TENANTS, window)
        first = next(reading)
        reading.close()
    assert first.resume
    with ops.open(as_of=NOW + timedelta(hours=1)) as session:
        rest, _, _, certificate = read(session, TENANTS, window, first.resume)
    ids = [record.record_id for record in (*first.records, *rest)]
    assert len(ids) == len(set(ids)) == 4000
    assert certificate.vendor_count == 4000


def test_a_resume_point_of_another_mapping_is_not_followed(ops: Operational) -> None:
    ops.fill(BOOK, [tenant(number, NOW - timedelta(1)) for number in range(1, 2001)])
    with ops.open() as session:
        reading = session.read(TENANTS, Window("all"))
        first = next(reading)
        reading.close()
        other = TENANTS.mapped(replace(TENANTS.mapping, where={}))
        records, _, _, _ = read(session, other, Window("all"), first.resume)
    assert len(records) == 2000


def test_a_view_that_gives_other_rows_each_time_is_not_taken_as_complete(ops: Operational) -> None:
    ops.run(
        """
        create or replace view restless as
        select number as id, 'x' as name, now() as joined
        from generate_series(1, 50) as number where random() < 0.5
        """
    )
    ops.run(f"grant select on restless to {ops.reader}")
    restless = mapped("tenants", "restless", {"id": "id", "name": "name", "signed_up_at": "joined"})

    def read_again_and_again(session: Any) -> None:
        for _ in range(20):  # two drawings may agree by chance, not time and again
            read(session, restless)

    with ops.open() as session, pytest.raises(PagingBroken, match="where its own count says"):
        read_again_and_again(session)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"password": "wrong-and-never-shown"}, CredentialsRefused, "refused the user or the password"),
        ({"user": "nobody_here"}, CredentialsRefused, "refused the user or the password"),
        ({"database": "not_there"}, CredentialsRefused, "has no database of that name"),
        ({"port": "1"}, VendorUnavailable, "could not be reached"),
        ({"host": "db.example.com"}, CredentialsRefused, "is not encrypted, so nothing was sent"),
        ({"tls": "yes"}, CredentialsRefused, "does not offer an encrypted connection"),
        ({"kind": "oracle"}, CredentialsRefused, "must be postgres or sqlserver"),
        ({"port": "x"}, CredentialsRefused, "port must be a number"),
        ({"user": ""}, CredentialsRefused, "lacks user"),
    ],
    ids=["password", "user", "database", "port", "clear", "no TLS", "kind", "no port", "no user"],
)
def test_what_keeps_us_out_is_told_without_address_or_password(
    ops: Operational, change: dict[str, str], kind: type[VendorError], words: str
) -> None:
    with pytest.raises(kind) as refused, ops.open(**change) as session:
        session.preflight([])
    told_to_people = str(refused.value)
    assert words in told_to_people
    assert not any(
        secret in told_to_people for secret in (PASSWORD, "wrong-and-never-shown", "postgresql", "127.0.0.1")
    )


def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_worth_another_try(ops: Operational) -> None:
    ops.run("create or replace view slow as select 1 as id, 'x' as name, now() as joined, pg_sleep(5)::text as wait")
    ops.run(f"grant select on slow to {ops.reader}")
    slow = mapped("tenants", "slow", {"id": "id", "name": "wait", "signed_up_at": "joined"})

    def read_slowly(database: Any) -> None:
        queries = queries_for(database, slow, {})
        with database.snapshot("tenants") as snapshot:
            snapshot._connection.execute(text("set local statement_timeout = '50ms'"))
            list(snapshot.chunks(queries.rows(queries.whole), 10))

    with ops.open() as session, pytest.raises(VendorUnavailable, match="within the time") as late:
        read_slowly(session._database)
    assert late.value.worth_retrying


def test_the_server_itself_refuses_to_change_anything_through_a_session(ops: Operational) -> None:
    """Even for the owner of the tables: the transaction is read-only, whatever the user may do."""
    ops.fill(BOOK, [tenant(1, None)])
    facts = psycopg.conninfo.conninfo_to_dict(ops.owner)
    with ops.open(user=facts["user"], password=facts["password"]) as session:
        for statement in (f"delete from {BOOK}", "create table made (x integer)", "truncate sessions"):
            with pytest.raises(DBAPIError, match="read-only transaction"), session._database._engine.connect() as one:
                one.execute(text(statement))
        assert len(read(session, UNMARKED)[0]) == 1


def test_a_missing_right_is_named_with_the_grant_that_gives_it(ops: Operational) -> None:
    ops.run("create table if not exists private (id integer primary key, name text, joined timestamptz, secret text)")
    ops.run(f"grant select (id, name) on private to {ops.reader}")
    private = mapped("tenants", "private", {"id": "id", "name": "name", "signed_up_at": "joined"})
    with ops.open() as session, pytest.raises(PermissionMissing) as refused:
        session.preflight([private])
    assert "GRANT SELECT (id, name, joined) ON private" in str(refused.value)
    assert "tenants was not read" in str(refused.value)
    ops.run(f"grant select (joined) on private to {ops.reader}")
    with ops.open() as session:
        session.preflight([private])


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("crm.Acount Book", "title", "has no table or view crm.Acount Book (there is Account Book)"),
        ("nowhere.things", "title", "has no table or view nowhere.things"),
        ("crm.Account Book", "titel", "has no column titel in crm.Account Book (there is title"),
        ("crm.Account Book", "joined", "keeps timestamp in column joined of crm.Account Book, where name needs text"),
    ],
)
def test_a_mapping_that_misses_is_told_with_what_is_there(
    ops: Operational, table: str, column: str, words: str
) -> None:
    wrong = mapped("tenants", table, {"id": "Acct No", "name": column, "signed_up_at": "joined"})
    with ops.open() as session, pytest.raises(RequestRejected) as refused:
        session.preflight([wrong])
    assert words in str(refused.value)
    assert "tables: tenants" in str(refused.value)


@pytest.mark.parametrize(
    "name", ['x"; drop table sessions; --', "sessions; delete from sessions", "x' or '1'='1", "a%sb", "a:b", "%(x)s"]
)
def test_sql_in_a_name_is_a_name_that_is_not_there(ops: Operational, name: str) -> None:
    ops.fill("sessions", [(UUID(int=1), 5, datetime(2026, 7, 1), 1)])  # noqa: DTZ001
    for table, column, where in (
        (name.replace(".", ""), "title", {}),
        ("crm.Account Book", name, {}),
        ("crm.Account Book", "title", {name: ("1",)}),
    ):
        wrong = mapped("tenants", table, {"id": "Acct No", "name": column, "signed_up_at": "joined"}, where)
        with ops.open() as session, pytest.raises(RequestRejected, match=r"has no (table|column)"):
            session.preflight([wrong])
    with ops.open() as session:
        assert len(read(session, LOGINS)[0]) == 1


@pytest.mark.parametrize("odd", ["per cent %s", "a:b", "sel'ect", "[brackets]", "Ünïcode"])
def test_odd_names_that_do_exist_are_read(ops: Operational, odd: str) -> None:
    quoted = '"' + odd + '"'
    ops.run(f"create table {quoted} (id integer primary key, {quoted} text, joined timestamptz, kept text)")
    ops.run(f"insert into {quoted} values (1, 'it''s', now(), 'o''clock')")
    ops.run(f"grant select on {quoted} to {ops.reader}")
    one = mapped("tenants", odd, {"id": "id", "name": odd, "signed_up_at": "joined"}, {"kept": ("o'clock",)})
    with ops.open() as session:
        records, _, _, _ = read(session, one)
    assert told(records[0])["name"] == "it's"


def test_a_constant_that_is_no_value_of_its_column_is_told_by_name(ops: Operational) -> None:
    wrong = mapped(
        "tenants",
        "crm.Account Book",
        {"id": "Acct No", "name": "title", "signed_up_at": "joined"},
        {"seats": ("many",)},
    )
    with ops.open() as session, pytest.raises(RequestRejected, match="'many' cannot be compared with what column"):
        session.preflight([wrong])


def test_the_spaces_of_a_fixed_width_are_no_part_of_a_key_or_text(ops: Operational) -> None:
    ops.run("create table if not exists wide (id char(8), name char(20), joined timestamptz, at timestamptz)")
    ops.run("truncate wide")
    ops.run(f"grant select on wide to {ops.reader}")
    ops.fill("wide", [("A1", "Alder", JOINED, NOW), ("B 2", " Birch", JOINED, NOW)])
    columns = {"id": "id", "name": "name", "signed_up_at": "joined", "updated_at": "at"}
    wide = replace(mapped("tenants", "wide", columns), page_size=1)
    with ops.open() as session:
        records, _, _, _ = read(session, wide)
        assert [(one.record_id, told(one)["name"]) for one in records] == [("A1", "Alder"), ("B 2", " Birch")]
        assert [one for some in session.ids(wide) for one in some] == ["A1", "B 2"]


def test_days_are_days_wherever_the_reader_is(ops: Operational) -> None:
    ops.run("create table if not exists orders (id integer primary key, customer integer, day date, price numeric)")
    ops.run("truncate orders")
    ops.run(f"grant select on orders to {ops.reader}")
    ops.fill("orders", [(1, 9, date(2026, 6, 30), 5), (2, 9, date(2026, 7, 1), 5)])
    orders = mapped(
        "parts_orders", "orders", {"id": "id", "customer_id": "customer", "ordered_on": "day", "amount": "price"}
    )
    assert orders.reads == "entity"
    with ops.open() as session:
        records, _, _, _ = read(session, orders)
    assert [told(one)["ordered_on"] for one in records] == ["2026-06-30", "2026-07-01"]
