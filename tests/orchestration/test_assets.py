"""Single assets, materialized against the sandbox as from Dagster's page."""

from datetime import UTC, datetime

import dagster as dg
import psycopg
import pytest

from orchestration import partitions
from orchestration.assets import clients, raw
from orchestration.definitions import defs
from orchestration.extraction import StreamOutcome
from warehouse.credentials import connect_source, connection_for
from warehouse.periods import Period
from warehouse.settings import get_settings

SEPTEMBER = Period(2024, 9)  # partitions end with the machine's own clock, so a month that surely is past


def materialize(path: tuple[str, str], partition: str, **more: object) -> dg.ExecuteInProcessResult:
    """One asset of its step, and nothing else of it."""
    key = dg.AssetKey(path)
    definition = next(one for one in [*raw.assets(), clients.link_clients] if key in one.keys)
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([definition], selection=[key], partition_key=partition, instance=instance, **more)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_a_stream_is_read_alone_and_tells_what_came_of_it(installation: str) -> None:
    done = materialize(("connectwise", "companies"), "demo-msp")
    (event,) = done.asset_materializations_for_node("connectwise_entity_streams")
    stored = rows(installation, "select count(*) from raw_connectwise.companies")[0][0]
    assert event.partition == "demo-msp"
    assert event.metadata["dagster/row_count"].value == stored
    assert event.metadata["new"].value == stored > 0
    assert event.metadata["rejected"].value == 0
    assert rows(installation, "select count(*) from raw_connectwise.boards") == [(0,)]


def test_reading_devices_keeps_the_days_copy_as_well(installation: str) -> None:
    materialize(("ninjaone", "devices_daily"), "demo-msp")
    days = rows(installation, "select distinct snapshot_date::text from raw_ninjaone.devices_daily")
    assert days == [("2026-07-06",)]


def test_an_older_month_reads_the_records_dated_in_it(installation: str) -> None:
    materialize(("connectwise", "tickets"), str(partitions.month_key("demo-msp", SEPTEMBER)))
    ((kind, start, end),) = rows(
        installation, "select window_kind, window_from, window_to from raw_meta.extraction_log"
    )
    assert (kind, start, end) == (
        "dated",
        datetime(2024, 9, 1, 5, tzinfo=UTC),
        datetime(2024, 10, 1, 5, tzinfo=UTC),
    )
    ((stored, latest),) = rows(
        installation, "select count(*), max(record -> '_info' ->> 'dateEntered') from raw_connectwise.tickets"
    )
    assert stored > 100
    assert latest < "2024-10-01T05:00:00Z", "nothing that was entered later"


def test_a_month_that_has_not_begun_is_refused_in_a_sentence(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QBR_AS_OF", "2024-08-20T12:00:00+00:00")
    get_settings.cache_clear()
    done = materialize(
        ("connectwise", "tickets"), str(partitions.month_key("demo-msp", SEPTEMBER)), raise_on_error=False
    )
    assert not done.success
    assert "2024-09 has not begun as of 2024-08-20" in sentence_of(done)


def test_a_refused_sign_in_is_one_sentence_and_is_not_tried_again(installation: str) -> None:
    with psycopg.connect(installation) as connection:
        facts = connection_for(connection, "demo-msp", "stripe")
        connect_source(connection, "demo-msp", "stripe", facts | {"api_key": "rk_wrong"}, environment="sandbox")
    done = materialize(("stripe", "customers"), "demo-msp", raise_on_error=False)
    failure = next(event for event in done.all_events if event.is_step_failure)
    assert "Stripe" in sentence_of(done)
    assert "rk_wrong" not in sentence_of(done)
    assert failure.step_failure_data.user_failure_data.label == "intentional-failure"
    assert not [event for event in done.all_events if event.is_step_up_for_retry]


def test_only_what_may_pass_by_itself_is_tried_again_and_once() -> None:
    down = StreamOutcome("stripe", "customers", error="Stripe is down", worth_retrying=True)
    refused = StreamOutcome("stripe", "prices", error="Stripe refused the key")
    with pytest.raises(dg.RetryRequested):
        raw.ask_for_retry([down], retry_number=0)
    raw.ask_for_retry([down], retry_number=1)
    raw.ask_for_retry([down, refused], retry_number=0)
    raw.ask_for_retry([], retry_number=0)


def test_linking_clients_counts_those_nobody_has_confirmed(installation: str) -> None:
    materialize(("connectwise", "companies"), "demo-msp")
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([clients.link_clients], partition_key="demo-msp", instance=instance)
    by_key = {event.asset_key.path[-1]: event for event in done.asset_materializations_for_node("link_clients")}
    assert by_key["clients"].metadata["dagster/row_count"].value > 10
    assert by_key["client_links"].metadata["unmatched"].value > 0


def test_partition_keys_are_what_people_write() -> None:
    june = partitions.month_key("demo-msp", Period(2026, 6))
    assert (partitions.organization_of(june), partitions.month_of(june)) == ("demo-msp", Period(2026, 6))
    second = partitions.quarter_key("demo-msp", Period(2026, 6).quarter)
    assert str(partitions.quarter_of(second)) == "2026-Q2"
    assert partitions.organization_of("demo-msp") == "demo-msp"


def test_a_months_partition_exists_as_soon_as_the_month_has_begun_anywhere() -> None:
    """An organization in Auckland is half a day ahead of UTC; its first evening must find its month."""
    begun_in_kiritimati = datetime(2026, 6, 30, 11, tzinfo=UTC)
    with dg.partition_loading_context(effective_dt=begun_in_kiritimati):
        assert partitions.months.get_last_partition_key() == "2026-07"


def test_the_organizations_are_those_with_a_file() -> None:
    assert partitions.organizations.get_partition_keys() == ["demo-dealer", "demo-msp", "demo-saas"]
    assert defs.resolve_job_def("daily").partitions_def == partitions.organizations


def sentence_of(done: dg.ExecuteInProcessResult) -> str:
    failure = next(event for event in done.all_events if event.is_step_failure)
    return failure.step_failure_data.user_failure_data.description
