"""A source's requests of a month: counted by every run, stopped before a limit, shown by the doctor."""

import psycopg

from tests.command import qbr
from tests.orchestration.conftest import Allow
from warehouse.checksums import Checksum, table_checksums


def counted(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select sum(requests) from raw_meta.request_counts where source = 'connectwise'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def tickets(url: str) -> Checksum:
    with psycopg.connect(url) as connection:
        return table_checksums(connection, ["raw_connectwise"])["raw_connectwise.tickets"]


def test_a_read_stops_before_the_limit_and_goes_on_where_it_stopped(installation: str, allowed: Allow) -> None:
    allowed(6)
    stopped = qbr("extract", "connectwise", "tickets")
    assert stopped.exit_code == 2
    assert "ConnectWise may be asked 6 times a month for demo-msp, and all of them are used" in stopped.sentence
    assert "`sources.connectwise.requests_per_month` in config/demo-msp.yml sets it" in stopped.sentence
    assert counted(installation) == 6, "the seventh was never sent"
    assert tickets(installation).rows > 0, "what was loaded stays"
    some = tickets(installation).rows
    allowed(1000)
    assert qbr("extract", "connectwise", "tickets").exit_code == 0
    whole = tickets(installation)
    with psycopg.connect(installation) as connection:
        ((records, resumed),) = connection.execute(
            "select records, certificate ->> 'resumed_from' is not null from raw_meta.extraction_log"
            " where outcome = 'complete'"
        ).fetchall()
    assert resumed
    assert records == whole.rows - some


def test_the_doctor_shows_what_is_used_and_warns_when_the_month_will_not_do(installation: str, allowed: Allow) -> None:
    allowed(1000)
    qbr("extract", "connectwise", "boards")
    spent = counted(installation)
    line = requests_line()
    assert line.startswith("ok")
    assert f"connectwise requests: {spent} of 1,000 this month (this organization); about " in line
    with psycopg.connect(installation) as connection:
        connection.execute("update raw_meta.request_counts set requests = 999 where source = 'connectwise'")
    if not near_the_months_end(installation):
        assert requests_line().startswith("warn")
    with psycopg.connect(installation) as connection:
        connection.execute("update raw_meta.request_counts set requests = 1000 where source = 'connectwise'")
    assert requests_line().startswith("FAIL")


def test_the_doctor_shows_intuits_meter_for_the_whole_application(installation: str) -> None:
    told = qbr("doctor", "--offline").out
    (line,) = [line for line in told.splitlines() if "quickbooks requests" in line]
    assert "0 of 500,000 this month (all organizations of the application)" in line
    (unlimited,) = [line for line in told.splitlines() if "stripe requests" in line]
    assert "0 this month, no monthly limit" in unlimited


def requests_line() -> str:
    (line,) = [line for line in qbr("doctor", "--offline").out.splitlines() if "connectwise requests" in line]
    return line


def near_the_months_end(url: str) -> bool:
    """In the last minutes of a month 999 requests do not come to more than 1,000 by its end."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select now() + interval '1 hour' >= date_trunc('month', now()) + '1 month'"
        ).fetchone()
    assert row is not None
    return bool(row[0])
