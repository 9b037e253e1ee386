"""Tickets, their lives and time entries are renewed row by row, and are always what a build from scratch would make.

What a build from scratch would make stands in the views that the facts are filled from, so each is compared with its
view. All records but those a test touches were loaded a week ago and more, a day each: an overlap of an hour reaches
the newest of them alone.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import a_database
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.two_organizations import load_two_organizations, put, ticket, time_entry

FACTS = {
    "fct_tickets": "int_tickets_classified",
    "fct_time_entries": "int_time_entries_classified",
    "fct_ticket_lifecycles": "int_tickets_followed",
}
KEYS = {"fct_tickets": "ticket_id", "fct_time_entries": "time_entry_id", "fct_ticket_lifecycles": "ticket_id"}
STAGED = ("stg_connectwise__tickets", "stg_connectwise__time_entries", "stg_connectwise__survey_results")
EVERYTHING = ("+int_ticket_metrics_counted", "+fct_ticket_lifecycles")
MONTHS = ("+fct_ticket_months", "+fct_ticket_backlog_months", "+fct_service_months", "+fct_data_readiness_months")
# dbt makes tables anew under another name, which takes the views over them along: they are made again too.
LATER = (*STAGED, "dim_organizations", "int_rules_fingerprinted", *FACTS.values(), *FACTS)
TICKETS, TIME_ENTRIES = "raw_connectwise.tickets", "raw_connectwise.time_entries"
ANSWERS = "raw_connectwise.survey_results"
OTHER_BOARD = {"id": 3, "name": "Projects"}


@pytest.fixture(scope="module")
def built(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Two organizations whose facts were built from records of a week ago."""
    with a_database(postgres, template) as url:
        with psycopg.connect(url) as connection:
            load_two_organizations(connection)
            for table in (TICKETS, TIME_ENTRIES):
                connection.execute(
                    f"update {table} set extracted_at = extracted_at - interval '1 day' * (7 + record_id::integer)"  # type: ignore[arg-type]
                )
        warehouse = Warehouse(url, tmp_path_factory.mktemp("facts"))
        warehouse.dbt("run", "--select", *EVERYTHING)
        yield warehouse


def delete(connection: psycopg.Connection, table: str, organization: str, number: int) -> None:
    """Mark a record deleted as the loader would, now."""
    connection.execute(
        f"update {table} set deleted_at = clock_timestamp(), extracted_at = clock_timestamp() "  # type: ignore[arg-type]
        "where organization_id = %s and record_id = %s",
        [organization, str(number)],
    )


def differences(warehouse: Warehouse) -> list[Any]:
    """Rows that a fact has and its view has not, or the other way round."""
    found: list[Any] = []
    for fact, view in FACTS.items():
        [(columns,)] = warehouse.rows(
            "select string_agg(column_name, ', ') from information_schema.columns "
            "where table_schema = 'marts' and table_name = %s and column_name <> 'rules_fingerprint'",
            [fact],
        )
        held, wanted = f"select {columns} from marts.{fact}", f"select {columns} from intermediate.{view}"
        found += warehouse.rows(f"({held} except all {wanted}) union all ({wanted} except all {held})")
    return found


def rewritten(warehouse: Warehouse, before: set[Any]) -> set[Any]:
    """Rows of the facts that were written since."""
    return versions(warehouse) - before


def versions(warehouse: Warehouse) -> set[Any]:
    """Every row of the facts with the transaction that wrote it."""
    return {
        row
        for fact, key in KEYS.items()
        for row in warehouse.rows(f"select '{fact}', organization_id, {key}, xmin::text from marts.{fact}")
    }


def change(*statements: str) -> Callable[[psycopg.Connection], None]:
    def run(connection: psycopg.Connection) -> None:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]

    return run


GOALS = {
    "sla": {"name": "Standard"},
    "respondByGoalUTC": "2026-03-12T12:00:00Z",
    "resolutionGoalUTC": "2026-03-14T12:00:00Z",
}

CHANGES: dict[str, list[Callable[[psycopg.Connection], None]]] = {
    "tickets and time are new": [
        lambda c: put(c, TICKETS, "north", ticket(6, "2026-02-20T12:00:00Z")),
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(10, ticket_id=6, hours=2.5)),
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(11, ticket_id=77, hours=4)),  # a ticket nobody has read
    ],
    "tickets were closed, moved to another board, and read at last": [
        lambda c: put(c, TICKETS, "north", ticket(6, "2026-02-20T12:00:00Z", "2026-03-02T12:00:00Z")),
        lambda c: put(c, TICKETS, "north", ticket(2, "2026-02-10T12:00:00Z", board=OTHER_BOARD)),
        lambda c: put(c, TICKETS, "north", ticket(77, "2026-01-20T12:00:00Z")),
    ],
    "a ticket moved to another month, client and board": [
        lambda c: put(
            c,
            TICKETS,
            "north",
            ticket(1, "2026-01-20T12:00:00Z", "2026-02-02T12:00:00Z", company=None, board=OTHER_BOARD),
        ),
    ],
    "a closed ticket was opened again": [
        lambda c: put(c, TICKETS, "north", ticket(6, "2026-02-20T12:00:00Z", closedFlag=False)),
        lambda c: put(c, TICKETS, "south", ticket(1, "2026-02-01T05:59:00Z")),
    ],
    "an old month was corrected": [
        lambda c: put(c, TICKETS, "south", ticket(7, "2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z")),
        lambda c: put(
            c, TIME_ENTRIES, "south", time_entry(7, ticket_id=7, hours=3) | {"dateEntered": "2026-01-05T13:00:00Z"}
        ),
        lambda c: put(
            c, TIME_ENTRIES, "north", time_entry(2, ticket_id=3, hours=9) | {"dateEntered": "2026-01-07T13:00:00Z"}
        ),
    ],
    "a ticket was deleted and its time was not, and all tickets of an organization": [
        lambda c: delete(c, TICKETS, "north", 3),
        lambda c: delete(c, TIME_ENTRIES, "south", 1),
        *(lambda c, number=number: delete(c, TICKETS, "south", number) for number in range(1, 6)),
    ],
    "time was charged to another ticket, to another kind of work, and taken away": [
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(10, ticket_id=2, hours=2.5)),
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(1, ticket_id=2, hours=1.5) | {"chargeToType": "ChargeCode"}),
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(3, ticket_id=6, hours=8)),
        lambda c: delete(c, TIME_ENTRIES, "north", 3),
    ],
    "tickets have goals": [
        lambda c: put(c, TICKETS, "north", ticket(6, "2026-02-20T12:00:00Z", **GOALS)),
        lambda c: put(c, TICKETS, "north", ticket(8, "2026-02-20T12:00:00Z", **GOALS)),
    ],
    "their goals passed": [change("update app.organizations set as_of = '2026-03-15'")],
    "an instant before that is looked at": [change("update app.organizations set as_of = '2026-03-11'")],
    "an open ticket was answered for": [
        lambda c: put(c, ANSWERS, "north", {"id": 1, "ticketId": 8}),
        lambda c: put(c, ANSWERS, "north", {"id": 2, "ticketId": 6}),
    ],
    "that answer was about another ticket, and another was taken back": [
        lambda c: put(c, ANSWERS, "north", {"id": 1, "ticketId": 2}),
        lambda c: delete(c, ANSWERS, "north", 2),
    ],
    "boards and closed statuses are others": [
        change("insert into app.rule_values values ('north', 'closed_status', 'New', 99)"),
        change("delete from app.rule_values where rule = 'service_board'"),
        change("insert into app.rule_values values ('north', 'service_board', 'Projects', 98)"),
    ],
    "an organization moved to another zone and counts children": [
        change("update app.rule_values set value = 'no' where rule = 'parent_tickets_only'"),
        change("update app.organizations set time_zone = 'Pacific/Auckland' where organization_id = 'north'"),
    ],
    "a company was mapped to another client": [
        change("update app.client_links set client_id = 'unassigned' where source = 'connectwise'"),
    ],
    "tickets are known up to a later instant": [
        lambda c: put(c, TIME_ENTRIES, "north", time_entry(12, ticket_id=88, hours=1)),
        change("update raw_meta.cursors set covered = covered + '{[2026-03-12,2026-04-01)}' where stream = 'tickets'"),
    ],
    "all tickets ever were read": [change("update raw_meta.cursors set covered = '{(,2026-05-01)}'")],
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_later_build_equals_one_from_scratch_when(built: Warehouse, what: str):
    assert differences(built) == []
    with psycopg.connect(built.url) as connection:
        for make in CHANGES[what]:
            make(connection)
    built.dbt("run", "--select", *LATER)
    assert differences(built) == []


def test_only_what_changed_is_written(built: Warehouse):
    """A ticket brings its time along; other tickets, other time and other organizations stay as they are."""
    with psycopg.connect(built.url) as connection:
        for table in (TICKETS, TIME_ENTRIES):
            connection.execute(f"update {table} set extracted_at = '2026-01-01'")  # type: ignore[arg-type]
        for organization in ("north", "south"):
            put(connection, TICKETS, organization, ticket(40, "2026-02-20T12:00:00Z"))
            put(connection, TICKETS, organization, ticket(41, "2026-02-20T12:00:00Z"))
            put(connection, TIME_ENTRIES, organization, time_entry(40, ticket_id=40, hours=1))
            put(connection, TIME_ENTRIES, organization, time_entry(41, ticket_id=41, hours=1))
        for table, spared in ((TICKETS, "41"), (TIME_ENTRIES, "41")):
            connection.execute(
                f"update {table} set extracted_at = '2026-01-02' where extracted_at > '2026-01-02' and record_id <> %s",  # type: ignore[arg-type]
                [spared],
            )
    built.dbt("run", "--select", *LATER, "--full-refresh")
    before = versions(built)
    with psycopg.connect(built.url) as connection:
        put(connection, TICKETS, "north", ticket(40, "2026-02-20T12:00:00Z", "2026-02-21T12:00:00Z"))
    built.dbt("run", "--select", *LATER)
    # The newest rows, an hour's worth, are looked at again and left, but for lives whose time is among them; time whose
    # ticket nobody knows is written anew.
    again = {("fct_ticket_lifecycles", organization, "41") for organization in ("north", "south")}
    unknown = {
        ("fct_time_entries", *row)
        for row in built.rows(
            "select organization_id, time_entry_id from marts.fct_time_entries where not is_ticket_held"
        )
    }
    written = {row[:3] for row in rewritten(built, before)}
    assert written - unknown == again | {(fact, "north", "40") for fact in FACTS}


def test_other_rules_renew_their_own_organization_whole(built: Warehouse):
    before = versions(built)
    built.execute("insert into app.rule_values values ('north', 'closed_status', 'Waiting', 97)")
    built.dbt("run", "--select", *LATER)
    untouched = versions(built) & before
    assert {organization for _, organization, _, _ in untouched} >= {"south"}
    assert [row for row in untouched if row[1] == "north"] == []


def test_lives_that_were_told_between_a_change_of_rules_and_the_next_tickets_are_told_again(built: Warehouse):
    """As when somebody changes the rules while another build is under way: its tickets were made by the old ones."""
    built.execute("insert into app.rule_values values ('north', 'service_board', 'Help Desk', 96)")
    built.dbt("run", "--select", "int_rules_fingerprinted", "fct_ticket_lifecycles")
    built.dbt("run", "--select", *LATER)
    assert differences(built) == []


def test_time_that_was_deleted_and_comes_back_on_another_ticket_leaves_the_first_one(built: Warehouse):
    """The build between them broke off before it came to the lives of tickets."""
    with psycopg.connect(built.url) as connection:
        put(connection, TICKETS, "north", ticket(60, "2026-02-20T12:00:00Z"))
        put(connection, TICKETS, "north", ticket(61, "2026-02-20T12:00:00Z"))
        put(connection, TIME_ENTRIES, "north", time_entry(60, ticket_id=60, hours=7))
    built.dbt("run", "--select", *LATER)
    with psycopg.connect(built.url) as connection:
        delete(connection, TIME_ENTRIES, "north", 60)
    built.dbt("run", "--select", *STAGED, "fct_tickets", "fct_time_entries")
    with psycopg.connect(built.url) as connection:
        put(connection, TIME_ENTRIES, "north", time_entry(60, ticket_id=61, hours=7))
    built.dbt("run", "--select", *LATER)
    assert differences(built) == []


def test_an_organization_that_is_no_longer_configured_leaves_the_facts(built: Warehouse):
    with psycopg.connect(built.url) as connection:
        put(connection, TICKETS, "south", ticket(50, "2026-02-20T12:00:00Z"))
    built.dbt("run", "--select", *LATER)
    built.execute(
        """
        delete from app.client_links where organization_id = 'south';
        delete from app.clients where organization_id = 'south';
        delete from app.rule_values where organization_id = 'south';
        delete from app.organizations where organization_id = 'south'
        """
    )
    built.dbt("run", "--select", *LATER)
    assert differences(built) == []
    assert built.rows("select distinct organization_id from marts.fct_tickets") == [("north",)]


def test_any_mixture_of_changes_arrives(built: Warehouse):
    draw = random.Random(1)
    for _ in range(3):
        with psycopg.connect(built.url) as connection:
            for _ in range(draw.randint(1, 8)):
                number = draw.randint(1, 9)
                board = draw.choice([{"id": 1, "name": "Help Desk"}, OTHER_BOARD])
                draw.choice(
                    [
                        lambda n=number, b=board: put(
                            connection, TICKETS, "north", ticket(n, "2026-02-10T12:00:00Z", board=b)
                        ),
                        lambda n=number: put(
                            connection, TIME_ENTRIES, "north", time_entry(n, ticket_id=draw.randint(1, 12), hours=n)
                        ),
                        lambda n=number: delete(connection, TICKETS, "north", n),
                        lambda n=number: delete(connection, TIME_ENTRIES, "north", n),
                    ]
                )()
        built.dbt("run", "--select", *LATER)
        assert differences(built) == []


def test_and_a_full_refresh_changes_nothing_more(built: Warehouse):
    """Nor of the tables by month, which are made of the facts."""
    built.dbt("run", "--select", *EVERYTHING, *MONTHS)
    before = built.checksums()
    built.dbt("run", "--select", *EVERYTHING, *MONTHS, "--full-refresh")
    assert built.checksums() == before
