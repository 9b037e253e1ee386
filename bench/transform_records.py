"""Raw tickets and time entries in any number, copied straight into the raw tables, and what a day changes of them.

They lie as a vendor's do: a higher id came later, and the time that was spent on a ticket lies near it.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from bench import records
from warehouse.raw_copying import ROW_COLUMNS, row_block

LOADED_AT = datetime(2026, 7, 6, 14, tzinfo=UTC)
"""When the last of it was merged; days that follow come after it."""
_COMPANIES = 400
ENTRIES_PER_TICKET = 3
"""As many as a ticket of an ordinary service desk has."""
_DAYS = 700
"""Since when there are records."""
_BLOCK = 5_000
_COPIED = 100_000
"""Records that are sent to the server; the rest it makes of them, under other ids, which is quicker."""
_TICKET, _ENTRY = "connectwise.tickets", "connectwise.time_entries"


class Row(NamedTuple):
    record_id: str
    body: bytes
    source_updated_at: datetime | None = None


def load_everything(url: str, organization_id: str, tickets: int) -> None:
    """Fill both raw tables and say that their streams were read to the end; the companies are clients of their own."""
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            insert into app.clients (organization_id, client_id, client_alias, name)
            select %(id)s, 'client-' || n, 1000 + n, 'Client ' || n from generate_series(1, %(companies)s) as n;
            """,
            {"id": organization_id, "companies": _COMPANIES},
        )
        connection.execute(
            """
            insert into app.client_links
                (organization_id, source, source_client_id, client_id, match_method, is_confirmed)
            select %(id)s, 'connectwise', n::text, 'client-' || n, 'mapped', true
            from generate_series(1, %(companies)s) as n
            """,
            {"id": organization_id, "companies": _COMPANIES},
        )
        connection.execute(
            """
            insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of)
            select %(id)s, 'connectwise', stream, '{(,2100-01-01)}', %(at)s, %(at)s
            from unnest(array['tickets', 'time_entries']) as stream
            """,
            {"id": organization_id, "at": LOADED_AT},
        )
        connection.execute("update app.organizations set as_of = %s", [LOADED_AT + timedelta(days=30)])
        entries = tickets * ENTRIES_PER_TICKET
        _copy(connection, _TICKET, organization_id, tickets, _tickets())
        _copy(connection, _ENTRY, organization_id, entries, _entries())
        _spread(connection, _TICKET, tickets, _DATED_TICKET)
        _spread(connection, _ENTRY, entries, _DATED_ENTRY)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze) raw_connectwise.tickets, raw_connectwise.time_entries")


def change_some(url: str, organization_id: str, at: datetime, day: int, is_scattered: bool) -> None:
    """What a day brings to one record of a hundred: most were edited, one of ten was deleted.

    A service desk works on what is new: nine of ten lie in the newest tenth of the records, the others anywhere.
    Scattered, all lie anywhere, as evenly as can be: the hardest day there is. Each of eleven days strikes others.
    """
    edits = {"tickets": """{"status": {"id": 2, "name": "Closed"}}""", "time_entries": """{"actualHours": 1.5}"""}
    with psycopg.connect(url) as connection:
        for stream, edit in edits.items():
            (newest,) = connection.execute(f"select 0.9 * count(*) from raw_connectwise.{stream}").fetchone()  # type: ignore[arg-type, misc]
            connection.execute(
                f"""
                update raw_connectwise.{stream}
                set record = record || %(edit)s::jsonb, extracted_at = %(at)s,
                    deleted_at = case when record_id::bigint / 1000 %% 10 = %(day)s %% 10 then %(at)s end
                where organization_id = %(id)s and ({_SCATTERED if is_scattered else _MOSTLY_NEW})
                """,  # type: ignore[arg-type]
                {"edit": edit, "at": at, "day": day, "id": organization_id, "newest": newest},
            )


_SCATTERED = "record_id::bigint %% 100 = %(day)s"
_MOSTLY_NEW = """
    record_id::bigint %% 1000 = 100 * %(day)s %% 1000 + 99
    or record_id::bigint >= %(newest)s and record_id::bigint %% 100 / 9 = %(day)s
"""
_DATED_TICKET = """copied.record || jsonb_build_object(
    '_info', copied.record -> '_info' || jsonb_build_object('dateEntered', entered, 'lastUpdated', entered)
) || case
    when copied.record ? 'closedDate' then jsonb_build_object(
        'closedDate',
        at + ((copied.record ->> 'closedDate')::timestamptz - (copied.record -> '_info' ->> 'dateEntered')::timestamptz)
    )
    else '{}'
end"""
_DATED_ENTRY = """copied.record || jsonb_build_object(
    'chargeToId', id / %(entries_per_ticket)s, 'timeStart', entered, 'timeEnd', entered, 'dateEntered', entered
)"""


def _spread(connection: psycopg.Connection, stream: str, count: int, record: str) -> None:
    """Take the copied records as often as needed for ``count``, by ascending id, each dated by its place among them."""
    connection.execute(f"create temporary table copied on commit drop as table raw_{stream}")  # type: ignore[arg-type]
    connection.execute(f"truncate raw_{stream}")  # type: ignore[arg-type]
    changed = {
        "organization_id": "copied.organization_id",
        "record_id": "id::text",
        "record": record,
        "extracted_at": "at",
        "first_seen_at": "at",
    }
    values = ", ".join(changed.get(name, name) for name in ROW_COLUMNS.split(", "))
    for more in range(0, count, _COPIED):
        connection.execute(
            f"""
            insert into raw_{stream} ({ROW_COLUMNS})
            select {values} from copied
            cross join lateral (select copied.record_id::bigint + %(more)s as id) as numbered
            cross join lateral (
                select %(loaded_at)s - %(days)s * (1 - id::double precision / %(count)s) * interval '1 day' as at
            ) as placed
            cross join lateral (
                select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as entered
            ) as written
            where id < %(count)s
            order by id
            """,  # type: ignore[arg-type]
            {
                "more": more,
                "count": count,
                "days": _DAYS,
                "loaded_at": LOADED_AT,
                "entries_per_ticket": ENTRIES_PER_TICKET,
            },
        )
    connection.execute("drop table copied")


def _copy(
    connection: psycopg.Connection, stream: str, organization_id: str, count: int, record: Callable[[int], bytes]
) -> None:
    for block in _blocks(min(count, _COPIED), record):
        with connection.cursor().copy(f"copy raw_{stream} ({ROW_COLUMNS}) from stdin (format binary)") as copy:  # type: ignore[arg-type]
            copy.write(row_block(block, organization_id=organization_id, run_id="bench", extracted_at=LOADED_AT))


def _blocks(count: int, record: Callable[[int], bytes]) -> Iterator[list[Row]]:
    for start in range(0, count, _BLOCK):
        yield [Row(str(number), record(number)) for number in range(start, min(start + _BLOCK, count))]


def _tickets() -> Callable[[int], bytes]:
    """Tickets of about 4 KB; one of twenty is a child of the one before it."""
    dice = random.Random(11)
    plain = records.tickets()
    bodies = [_halves(_classified(json.loads(records.ticket(plain, number)), dice)) for number in range(len(plain))]
    return lambda number: b"%b%d%b" % (bodies[number % len(bodies)][0], number, bodies[number % len(bodies)][1])


def _classified(ticket: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    entered = LOADED_AT - dice.random() * timedelta(days=_DAYS)
    is_closed = dice.random() < 0.97
    board = dice.choice(["Help Desk", "Help Desk", "Projects", "Alerts"])
    ticket |= {
        "id": records.MARK,
        "board": {**ticket["board"], "name": board},
        "status": {**ticket["status"], "name": "Closed" if is_closed else "New"},
        "company": {"id": dice.randint(1, _COMPANIES)},
        "_info": {**ticket["_info"], "dateEntered": f"{entered:%Y-%m-%dT%H:%M:%SZ}"},
    }
    if is_closed:
        ticket["closedDate"] = f"{entered + dice.random() * timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
    if dice.random() < 0.05:
        ticket["parentTicketId"] = 1
    return ticket


def _entries() -> Callable[[int], bytes]:
    """Time entries of about 1.5 KB."""
    dice = random.Random(12)
    bodies = [_halves(_entry(dice)) for _ in range(records.POOL)]
    return lambda number: b"%b%d%b" % (bodies[number % len(bodies)][0], number, bodies[number % len(bodies)][1])


def _entry(dice: random.Random) -> dict[str, Any]:
    made = f"{LOADED_AT - dice.random() * timedelta(days=_DAYS):%Y-%m-%dT%H:%M:%SZ}"
    href = "https://psa.example.com/v4_6_release/apis/3.0"
    return {
        "id": records.MARK,
        "company": {"id": dice.randint(1, _COMPANIES), "name": "A company", "_info": {"href": f"{href}/companies/1"}},
        "chargeToType": "ServiceTicket" if dice.random() < 0.9 else "ChargeCode",
        "chargeToId": 0,
        "member": {"id": 7, "identifier": f"tech{dice.randint(1, 40)}", "_info": {"href": f"{href}/members/7"}},
        "workType": {"id": 1, "name": "Remote", "_info": {"href": f"{href}/workTypes/1"}},
        "workRole": {"id": 1, "name": "Engineer", "_info": {"href": f"{href}/workRoles/1"}},
        "billableOption": "Billable",
        "timeStart": made,
        "timeEnd": made,
        "dateEntered": made,
        "actualHours": dice.randint(1, 16) / 4,
        "hoursBilled": dice.randint(0, 16) / 4,
        "status": "Open",
        "notes": f"{dice.getrandbits(3000):x}",
        "_info": {"lastUpdated": made, "dateEntered": made, "enteredBy": "tech1"},
    }


def _halves(record: dict[str, Any]) -> tuple[bytes, bytes]:
    text = json.dumps(record, separators=(",", ":")).encode()
    head, tail = text.split(f'"{records.MARK}"'.encode())
    return head, tail
