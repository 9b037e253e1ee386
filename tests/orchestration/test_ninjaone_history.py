"""NinjaOne's streams in the warehouse as days go by: what is kept, what is gone, and what is read again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from orchestration import demonstration
from orchestration.extraction import choose, extract_source
from orchestration.progress import Quiet
from orchestration.selection import one_organization

FIRST = datetime(2026, 3, 17, 17, tzinfo=UTC)
LATER = FIRST + timedelta(days=20)


@pytest.fixture
def read(installation: str, sandbox: str) -> Iterator[Any]:
    """Reads streams as of an instant, the sandbox's clock with it."""
    organization = one_organization(demonstration.ORGANIZATION)

    def at(now: datetime, *streams: str) -> None:
        httpx.put(f"{sandbox}/_sandbox/clock", json={"now": now.isoformat()}).raise_for_status()
        chosen = choose("ninjaone", streams)
        outcomes = extract_source(organization, "ninjaone", chosen, run_id="test", as_of=now, progress=Quiet())
        assert [outcome.error for outcome in outcomes] == [None] * len(streams)

    yield at
    httpx.delete(f"{sandbox}/_sandbox/clock").raise_for_status()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_a_reset_alert_counts_as_deleted_and_stays_to_be_read(installation: str, read: Any) -> None:
    read(FIRST, "alerts")
    before = rows(installation, "select count(*) from raw_ninjaone.alerts")
    read(LATER, "alerts")
    ((reset, standing),) = rows(
        installation,
        "select count(*) filter (where deleted_at is not null), count(*) filter (where deleted_at is null "
        f"and (record ->> 'createTime')::numeric < {FIRST.timestamp()}) from raw_ninjaone.alerts",
    )
    assert reset
    assert standing
    assert reset + standing == before[0][0]


def test_each_days_reading_of_patches_is_kept_under_its_own_keys(installation: str, read: Any) -> None:
    read(FIRST, "os_patches")
    first_day = "select count(*), md5(string_agg(record_id || record::text, ',' order by record_id))"
    first_day += " from raw_ninjaone.os_patches_daily where snapshot_date = '2026-03-17'"
    before = rows(installation, first_day)
    read(LATER, "os_patches")
    assert rows(installation, first_day) == before
    ((kept, keyed),) = rows(
        installation,
        "select count(*), count(*) filter (where record_id = (record ->> 'deviceId') || ':' || (record ->> 'id')) "
        "from raw_ninjaone.os_patches_daily where snapshot_date = '2026-04-06'",
    )
    assert kept == keyed > 0


def test_the_activity_log_grows_by_what_is_new_and_loses_nothing(installation: str, read: Any) -> None:
    early = datetime(2024, 9, 17, 17, tzinfo=UTC)
    late = early + timedelta(days=20)
    read(early, "activities")
    first = rows(installation, "select count(*) from raw_ninjaone.activities")[0][0]
    read(late, "activities")
    read(late, "activities")
    told = rows(
        installation,
        "select window_kind, records_new > 0, records_changed, records_deleted from raw_meta.extraction_log "
        "where stream = 'activities' order by log_id",
    )
    assert told == [("all", True, 0, 0), ("changes", True, 0, 0), ("changes", False, 0, 0)]
    assert rows(installation, "select count(*) from raw_ninjaone.activities")[0][0] > first


def test_a_removed_device_is_marked_and_what_was_installed_on_it_stays(installation: str, read: Any) -> None:
    read(FIRST, "devices", "os_patch_installs")
    read(FIRST + timedelta(days=60), "devices", "os_patch_installs")
    ((gone, installed),) = rows(
        installation,
        "select count(distinct device.record_id), count(install.record_id) from raw_ninjaone.devices as device "
        "left join raw_ninjaone.os_patch_installs as install on install.record ->> 'deviceId' = device.record_id "
        "and install.deleted_at is null where device.deleted_at is not null",
    )
    assert gone
    assert installed > gone
