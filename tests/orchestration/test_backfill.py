"""Ranges of months read again: the oldest first, gone on with when interrupted, beside a daily run."""

from datetime import UTC, datetime

import dagster as dg
import psycopg
import pytest

from orchestration import partitions
from orchestration.assets import raw
from orchestration.backfill import read_months
from orchestration.extraction import StreamOutcome, choose
from orchestration.progress import Quiet
from orchestration.selection import one_organization
from tests.command import qbr
from tests.orchestration.conftest import Allow
from warehouse import backfills, loader
from warehouse.checksums import Checksum, table_checksums
from warehouse.periods import Period
from warehouse.raw import StreamKey

RANGE = ("--from", "2025-01", "--to", "2025-03")


def log(url: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select stream, to_char(window_from + interval '1 day', 'YYYY-MM'), outcome from raw_meta.extraction_log"
            " where window_kind = 'dated' order by log_id"
        ).fetchall()


def tables(url: str) -> dict[str, Checksum]:
    with psycopg.connect(url) as connection:
        return table_checksums(connection, ["raw_connectwise"])


def test_a_range_is_read_month_by_month_the_oldest_first(installation: str) -> None:
    ended = qbr("extract", "connectwise", "tickets", *RANGE)
    assert (ended.exit_code, ended.err) == (0, "")
    assert log(installation) == [("tickets", f"2025-{month:02}", "complete") for month in (1, 2, 3)]
    assert "tickets: Read month by month: 2025-01 to 2025-03." in " ".join(ended.out.split())
    with psycopg.connect(installation) as connection:
        left = connection.execute("select count(*) from raw_meta.backfills").fetchone()
    assert left == (0,), "asked for again, it is read again"


def test_an_interrupted_range_goes_on_with_the_first_unfinished_month(installation: str, allowed: Allow) -> None:
    whole = qbr("extract", "connectwise", "tickets", "time_entries", *RANGE)
    assert whole.exit_code == 0
    calm = tables(installation)
    with psycopg.connect(installation) as connection:
        connection.execute(
            "truncate raw_connectwise.tickets, raw_connectwise.time_entries, raw_meta.cursors, raw_meta.extraction_log,"
            " raw_meta.request_counts"
        )
    allowed(9)
    stopped = qbr("extract", "connectwise", "tickets", "time_entries", *RANGE)
    assert stopped.exit_code == 1
    assert "the months after it were not read to their ends. ConnectWise may be asked 9 times" in stopped.sentence
    done = [(stream, month) for stream, month, outcome in log(installation) if outcome == "complete"]
    assert ("tickets", "2025-01") in done
    allowed(100_000)
    again = qbr("extract", "connectwise", "tickets", "time_entries", *RANGE)
    assert again.exit_code == 0
    assert "connectwise tickets: an earlier run of 2025-01 to 2025-03, begun" in again.out
    finished = [(stream, month) for stream, month, outcome in log(installation) if outcome == "complete"]
    assert len(finished) == len(set(finished)) == 6, "no month was read twice to its end"
    assert tables(installation) == calm


def test_a_month_that_is_not_over_is_read_again_by_whoever_goes_on_later(installation: str) -> None:
    """It was read as of that day, and what the vendor dated in it afterwards was not there yet."""
    assert qbr("extract", "connectwise", "boards").exit_code == 0
    months = [Period.parse("2025-02"), Period.parse("2025-03")]
    facts = {"run_id": "killed", "as_of": datetime(2025, 3, 10, tzinfo=UTC), "progress": Quiet()}
    streams = choose("connectwise", ["tickets"])
    outcomes = read_months(one_organization("demo-msp"), "connectwise", streams, months, **facts)  # type: ignore[arg-type]
    assert [next(outcomes).month, next(outcomes).month] == ["2025-02", "2025-03"]
    with psycopg.connect(installation) as connection:
        assert connection.execute("select months_done from raw_meta.backfills").fetchone() == (["2025-02"],)


def test_a_range_that_was_left_for_more_than_a_week_is_begun_again(connection: psycopg.Connection) -> None:
    key = StreamKey("demo-msp", "connectwise", "tickets")

    def done() -> frozenset[str]:
        return backfills.take_up(connection, key, first="2025-01", last="2025-03", version="").done

    backfills.month_done(
        connection, backfills.take_up(connection, key, first="2025-01", last="2025-03", version=""), "2025-01"
    )
    assert done() == {"2025-01"}
    connection.execute("update raw_meta.backfills set begun_at = begun_at - interval '6 days 23 hours'")
    assert done() == {"2025-01"}
    connection.execute("update raw_meta.backfills set begun_at = begun_at - interval '2 hours'")
    assert done() == frozenset()


def test_a_stream_without_months_is_read_once_as_it_is_now(installation: str) -> None:
    assert qbr("extract", "connectwise", "boards", "tickets", *RANGE).exit_code == 0
    with psycopg.connect(installation) as connection:
        found = connection.execute("select count(*) from raw_meta.extraction_log where stream = 'boards'").fetchone()
    assert found == (1,)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--from 2025-03 --to 2025-01", "2025-01 lies before 2025-03, so there is no month to read."),
        ("--from 2025-03", "--from and --to belong together"),
        ("--period 2025-03 --from 2025-01 --to 2025-02", "--period is one month, --from and --to are several"),
        ("--from 2025-01 --to 2031-01", "2031-01 has not begun for demo-msp"),
        ("--from 2019-01 --to 2025-01", "2019-01 lies before the history of demo-msp"),
        ("--from 2025-13 --to 2026-01", "'2025-13' is not a month"),
    ],
)
def test_what_is_no_range_of_months_is_refused_in_a_sentence(installation: str, typed: str, told: str) -> None:
    ended = qbr("extract", "connectwise", "tickets", *typed.split())
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert log(installation) == []


# In Dagster


def test_a_backfill_of_partitions_reads_each_month_once(installation: str) -> None:
    key = dg.AssetKey(["connectwise", "tickets"])
    definition = next(one for one in raw.assets() if key in one.keys)
    months = [Period(2025, 1), Period(2025, 2)]
    with dg.DagsterInstance.ephemeral() as instance:
        for month in months:
            done = dg.materialize(
                [definition],
                selection=[key],
                partition_key=str(partitions.month_key("demo-msp", month)),
                instance=instance,
                tags={"dagster/backfill": "two-months"},
            )
            assert done.success
        assert len(instance.get_materialized_partitions(key)) == 2
    assert log(installation) == [("tickets", str(month), "complete") for month in months]
    with psycopg.connect(installation) as connection:
        watermark = connection.execute("select watermark from raw_meta.cursors where stream = 'tickets'").fetchone()
    assert watermark == (None,), "the next daily run still reads everything"


def test_a_month_beside_a_running_daily_read_is_a_failure_worth_trying_again(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(loader.load.__kwdefaults__, "busy_after_seconds", 0.05)
    with psycopg.connect(installation) as daily:
        daily.execute("select pg_advisory_lock(hashtextextended('demo-msp/connectwise/tickets', 0))")
        ended = qbr("extract", "connectwise", "tickets", "--period", "2025-01")
        assert ended.exit_code == 2
        assert "Another run of connectwise tickets of demo-msp is under way, so this one did nothing." in ended.sentence
    busy = StreamOutcome("connectwise", "tickets", error="Another run is under way", worth_retrying=True)
    with pytest.raises(dg.RetryRequested):
        raw.ask_for_retry([busy], retry_number=0)
