"""When jobs start: in the organization's own zone, also when clocks change and at a month's end."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.jobs import months_to_read
from orchestration.schedules import schedules_of
from warehouse.organizations import Organization
from warehouse.periods import Period
from warehouse.source_options import SourceOptions

CHICAGO = ZoneInfo("America/Chicago")
NORTH = Organization(
    id="north-msp", name="North", time_zone="America/Chicago", sources={"ninjaone": {}, "connectwise": {}}
)


def schedule(name: str, organization: Organization = NORTH) -> dg.ScheduleDefinition:
    return next(one for one in schedules_of(organization) if one.name.endswith(name))


def ticks_after(one: dg.ScheduleDefinition, start: datetime, count: int) -> list[datetime]:
    """The next ticks, on the wall clock of the schedule's zone."""
    zone = one.execution_timezone
    assert zone is not None
    found = schedule_execution_time_iterator(start.timestamp(), one.cron_schedule, zone)
    return [next(found).astimezone(ZoneInfo(zone)) for _ in range(count)]


def test_the_evening_stays_the_evening_when_clocks_change() -> None:
    ticks = ticks_after(schedule("daily"), datetime(2026, 3, 7, 12, tzinfo=CHICAGO), 3)
    assert [f"{tick:%d %H:%M %Z}" for tick in ticks] == ["07 22:30 CST", "08 22:30 CDT", "09 22:30 CDT"]


def test_a_night_without_ten_past_two_still_reads_the_devices_once() -> None:
    """On 8 March 2026 clocks in Chicago jump from 02:00 to 03:00."""
    ticks = ticks_after(schedule("devices"), datetime(2026, 3, 7, 12, tzinfo=CHICAGO), 2)
    assert [tick.day for tick in ticks] == [8, 9]
    assert f"{ticks[0]:%H:%M}" == "03:00"


def test_a_night_with_two_of_each_hour_reads_the_devices_once() -> None:
    """On 1 November 2026 clocks in Chicago fall from 02:00 back to 01:00."""
    ticks = ticks_after(schedule("devices"), datetime(2026, 10, 31, 12, tzinfo=CHICAGO), 2)
    assert [f"{tick:%d %H:%M}" for tick in ticks] == ["01 02:10", "02 02:10"]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Chicago"])
def test_the_last_evening_of_a_month_belongs_to_that_month(zone: str) -> None:
    there = NORTH.model_copy(update={"time_zone": zone})
    last = ticks_after(schedule("daily", there), datetime(2026, 6, 30, 12, tzinfo=ZoneInfo(zone)), 1)[0]
    assert Period.containing(last, zone) == Period(2026, 6)
    assert months_to_read(last, zone) == [None]


def test_the_closing_run_reads_the_month_before_until_the_fifth() -> None:
    evenings = ticks_after(schedule("daily"), datetime(2026, 6, 30, 23, tzinfo=CHICAGO), 6)
    closing = [None, Period(2026, 6)]
    assert [months_to_read(evening, "America/Chicago") for evening in evenings] == [closing] * 5 + [[None]]


def test_investors_hear_on_sunday_at_nine_of_the_business_also_when_clocks_change() -> None:
    paid = NORTH.model_copy(update={"sources": NORTH.sources.model_copy(update={"stripe": SourceOptions()})})
    ticks = ticks_after(schedule("investor_reports", paid), datetime(2026, 3, 1, 12, tzinfo=CHICAGO), 2)
    assert [f"{tick:%a %d %H:%M %Z}" for tick in ticks] == ["Sun 08 09:00 CDT", "Sun 15 09:00 CDT"]
    assert not [one for one in schedules_of(NORTH) if one.name.endswith("investor_reports")]


def test_data_quality_is_told_when_the_closing_runs_are_over() -> None:
    (tick,) = ticks_after(schedule("data_quality_reports"), datetime(2026, 6, 30, 12, tzinfo=CHICAGO), 1)
    assert f"{tick:%d %H:%M}" == "06 08:00"


def test_what_a_file_exports_is_written_every_morning_and_nothing_where_it_exports_nothing() -> None:
    (tick,) = ticks_after(schedule("exports"), datetime(2026, 6, 30, 12, tzinfo=CHICAGO), 1)
    assert f"{tick:%d %H:%M}" == "01 05:00"
    without = NORTH.model_copy(update={"exports": ()})
    assert not [one for one in schedules_of(without) if one.name.endswith("exports")]


def test_a_tick_starts_the_job_for_its_organization() -> None:
    request = schedule("daily")()
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, request.tags["organization"]) == ("north-msp", "north-msp")


def test_an_organization_without_ninjaone_has_no_device_reading_and_an_inactive_one_no_schedule() -> None:
    without = NORTH.model_copy(update={"sources": NORTH.sources.model_copy(update={"ninjaone": None})})
    names = [one.name.removeprefix("north_msp_") for one in schedules_of(without)]
    assert names == ["daily", "data_quality_reports", "exports"]
    assert not list(schedules_of(NORTH.model_copy(update={"is_active": False})))
