"""The backlog at the ends of months, against one that looks at every ticket at every end in plain Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_project.compiled import compiled, fill, over
from tests.dbt_project.conftest import FirstBuild, Warehouse

MODEL = "int_ticket_backlog_counted"
FIRST = datetime(2031, 1, 1, tzinfo=UTC)
ENDS = {"2031-01": 31, "2031-02": 59, "2031-03": 90}
"""Days after the first that the months end at; of the last only half is known."""
KNOWN_UP_TO = 75
TABLES = {
    "fct_ticket_lifecycles": "organization_id text, client_id text, board_name text, ticket_id text, "
    "is_reactive boolean, is_closed_status boolean, entered_at timestamptz, closed_at timestamptz",
    "int_metric_scopes_listed": "organization_id text, client_id text, is_in_connectwise boolean",
    "int_rules_gathered": "organization_id text, service_boards text[], closed_statuses text[]",
    "dim_periods": "organization_id text, period text, ends_at timestamptz, is_complete boolean",
    "int_periods_covered": "organization_id text, period text, source text, stream text, reason text",
    "cursors": "organization_id text, source text, stream text, covered tstzmultirange",
}

# Days and halves of them, so that deeds fall on the very end of a month often; closed before it was entered too.
moment = st.integers(-40, 2 * 95).map(lambda halves: halves / 2)
ticket = st.tuples(
    st.sampled_from(["acorn", "birch"]),
    st.sampled_from(["Help Desk", "Alerts", None]),
    st.sampled_from([True, True, True, False]),
    st.booleans(),
    moment,
    st.none() | moment,
)
Ticket = tuple[str, str | None, bool, bool, float, float | None]


def at(days: float | None) -> datetime | None:
    return None if days is None else FIRST + timedelta(days=days)


def backlog(tickets: list[Ticket]) -> dict[tuple[str, str, str], tuple[int, float | None, float | None, int]]:
    """By month, client and board: how many are open, their median and greatest age in days, how many are undated."""
    found: dict[tuple[str, str, str], tuple[int, float | None, float | None, int]] = {}
    for period, end in ENDS.items():
        now = min(end, KNOWN_UP_TO)
        for client, board in [("all", "all"), ("acorn", "all"), ("birch", "all"), *(("all", b) for b in BOARDS)]:
            standing = [
                (now - entered, is_closed and closed is None)
                for of, on, is_reactive, is_closed, entered, closed in tickets
                if is_reactive
                and client in ("all", of)
                and board in ("all", on or "unknown")
                and entered < now
                and (not is_closed or closed is None or closed >= now)
            ]
            ages = [age for age, is_undated in standing if not is_undated]
            if standing or board == "all":
                found[period, client, board] = (
                    len(ages),
                    median(ages) if ages else None,
                    max(ages, default=None),
                    len(standing) - len(ages),
                )
    return found


BOARDS = ("Help Desk", "Alerts", "unknown")


@pytest.fixture(scope="module")
def statement(empty_warehouse: Warehouse, first_build: FirstBuild) -> str:
    assert first_build.results
    return over(compiled(empty_warehouse, MODEL)[MODEL], TABLES)


@pytest.fixture(scope="module")
def session(empty_warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_warehouse.url) as connection:
        fill(
            connection,
            "int_metric_scopes_listed",
            TABLES["int_metric_scopes_listed"],
            [("msp", client, True) for client in ("all", "acorn", "birch")],
        )
        fill(connection, "int_rules_gathered", TABLES["int_rules_gathered"], [("msp", ["help desk"], ["closed"])])
        ends = [("msp", period, at(end), end <= KNOWN_UP_TO) for period, end in ENDS.items()]
        fill(connection, "dim_periods", TABLES["dim_periods"], ends)
        covered = [("msp", period, "connectwise", "tickets", None) for period in ENDS]
        fill(connection, "int_periods_covered", TABLES["int_periods_covered"], covered)
        known = f"{{(,{at(KNOWN_UP_TO)})}}"
        fill(connection, "cursors", TABLES["cursors"], [("msp", "connectwise", "tickets", known)])
        yield connection
        connection.rollback()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tickets=st.lists(ticket, max_size=12))
def test_a_ticket_stands_wherever_it_was_open_when_a_month_ended(
    tickets: list[Ticket], statement: str, session: psycopg.Connection
) -> None:
    fill(
        session,
        "fct_ticket_lifecycles",
        TABLES["fct_ticket_lifecycles"],
        [
            ("msp", client, board, str(number), is_reactive, is_closed, at(entered), at(closed))
            for number, (client, board, is_reactive, is_closed, entered, closed) in enumerate(tickets)
        ],
    )
    found = session.execute(
        "select period, client_id, board_name, open_tickets, median_age_days, oldest_age_days, closed_undated "  # type: ignore[arg-type]
        f"from ({statement}) as backlog"
    ).fetchall()
    assert {row[:3]: row[3:] for row in found} == backlog(tickets)
