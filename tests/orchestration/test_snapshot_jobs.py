"""When snapshots and cohorts are due, and which days they tell."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from typer.testing import CliRunner

from orchestration.cli.app import app
from orchestration.definitions import defs
from orchestration.errors import UsageError
from orchestration.schedules import schedules_of
from orchestration.snapshot_jobs import Days, take_snapshots
from orchestration.snapshots import Range, yesterday
from warehouse.organizations import Organization, load_organization
from warehouse.settings import PROJECT_ROOT

CHICAGO = ZoneInfo("America/Chicago")
SAAS = load_organization(PROJECT_ROOT / "config" / "demo-saas.yml").model_copy(update={"is_active": True})
DEALER = load_organization(PROJECT_ROOT / "config" / "demo-dealer.yml").model_copy(update={"is_active": True})


def ticks(name: str, start: datetime, count: int, organization: Organization = SAAS) -> list[datetime]:
    """The next ticks, on the wall clock of the organization."""
    one = next(one for one in schedules_of(organization) if one.name.endswith(name))
    zone = one.execution_timezone
    assert zone is not None
    found = schedule_execution_time_iterator(start.timestamp(), one.cron_schedule, zone)
    return [next(found).astimezone(ZoneInfo(zone)) for _ in range(count)]


def test_snapshots_are_taken_at_one_each_night_once_also_when_clocks_fall_back() -> None:
    found = ticks("snapshots", datetime(2026, 10, 31, 12, tzinfo=CHICAGO), 2)
    assert [f"{tick:%m-%d %H:%M}" for tick in found] == ["11-01 01:00", "11-02 01:00"]


def test_cohorts_are_followed_on_the_first_at_two() -> None:
    found = ticks("cohorts", datetime(2026, 10, 15, 12, tzinfo=CHICAGO), 2)
    assert [f"{tick:%m-%d %H:%M}" for tick in found] == ["11-01 02:00", "12-01 02:00"]


def test_in_another_zone_it_is_another_instant() -> None:
    there = SAAS.model_copy(update={"time_zone": "Pacific/Auckland"})
    (tick,) = ticks("snapshots", datetime(2026, 6, 15, 12, tzinfo=UTC), 1, there)
    assert f"{tick:%H:%M %Z}" == "01:00 NZST"


def test_a_dealer_has_no_product_to_tell_of() -> None:
    names = [one.name for one in schedules_of(DEALER)]
    assert names
    assert not [name for name in names if name.endswith(("snapshots", "cohorts"))]


def test_a_tick_starts_the_job_of_its_organization() -> None:
    for name in ("snapshots", "cohorts"):
        one = next(one for one in schedules_of(SAAS) if one.name.endswith(name))
        assert one.job_name == name
        request = one()
        assert isinstance(request, dg.RunRequest)
        assert request.partition_key == "demo-saas"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-08T07:00:00Z", date(2026, 3, 7)),  # 01:00, before the clocks go forward
        ("2026-03-09T04:59:00Z", date(2026, 3, 7)),  # 23:59 of that short day
        ("2026-03-09T05:00:00Z", date(2026, 3, 8)),
        ("2026-11-01T06:00:00Z", date(2026, 10, 31)),  # the first 01:00 of two
        ("2026-11-01T07:00:00Z", date(2026, 10, 31)),
        ("2026-11-02T05:59:00Z", date(2026, 10, 31)),
        ("2026-11-02T06:00:00Z", date(2026, 11, 1)),
    ],
)
def test_yesterday_is_the_last_day_that_is_over_where_the_organization_is(instant: str, day: date) -> None:
    assert yesterday(datetime.fromisoformat(instant), "America/Chicago") == day


def test_the_runs_configuration_chooses_days_and_client() -> None:
    now = datetime(2026, 7, 6, 6, tzinfo=UTC)
    assert Days().range(now, "America/Chicago") == Range(date(2026, 7, 5), date(2026, 7, 5))
    chosen = Days(first="2026-01-01", last="2026-03-31", client="acorn").range(now, "America/Chicago")
    assert chosen == Range(date(2026, 1, 1), date(2026, 3, 31), "acorn")
    schema = take_snapshots.config_schema.config_type
    assert schema is not None
    assert {"first", "last", "client"} <= set(schema.fields)  # type: ignore[attr-defined]


def test_both_jobs_are_in_the_graph() -> None:
    assert {"snapshots", "cohorts"} <= set(defs.get_repository_def().job_names)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--from", "2026-04-01", "--to", "2026-03-01"], "give --from the earlier day"),
        (["--to", "2999-01-01"], "is not over yet"),
        (["--from", "yesterday"], "is no day"),
    ],
)
def test_days_that_cannot_be_told_are_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.setattr("orchestration.cli.snapshot.run_instant", lambda _: datetime(2026, 7, 6, 14, tzinfo=UTC))
    outcome = CliRunner().invoke(app, ["snapshot", "--organization", "demo-saas", *options])
    assert isinstance(outcome.exception, UsageError)
    assert words in str(outcome.exception)
    assert "Nothing was done." in str(outcome.exception)
