"""The newest month that is over must be in every mart kept by month; an old one may be old."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from orchestration import newest_months
from orchestration.asset_checks import MONTHLY
from orchestration.definitions import defs
from orchestration.health import examine
from orchestration.newest_months import due_month, kept_by_month, missing
from tests.installation import installed
from tests.reports import marts
from warehouse.organizations import Organization
from warehouse.periods import Period

NORTH = Organization(id="north", name="North", time_zone="America/Chicago")
JULY = datetime(2026, 7, 6, 14, tzinfo=UTC)
MART = "fct_service_months"


@pytest.fixture
def built(connection: psycopg.Connection) -> psycopg.Connection:
    """Empty marts of every kind, built for North as of the sixth of July."""
    marts.create(connection)
    as_of(connection, JULY)
    return connection


def as_of(connection: psycopg.Connection, instant: datetime) -> None:
    connection.execute("delete from marts.dim_organizations")
    marts.insert(connection, "marts.dim_organizations", [{"organization_id": "north", "as_of": instant}])


def hold(connection: psycopg.Connection, *periods: str, organization: str = "north") -> None:
    rows = [{"organization_id": organization, "client_id": "all", "period": one} for one in periods]
    marts.insert(connection, f"marts.{MART}", rows)


@pytest.mark.parametrize(
    ("instant", "due"),
    [
        ("2026-07-01T04:59:00+00:00", "2026-05"),  # in Chicago it is still June
        ("2026-07-02T06:59:00+00:00", "2026-05"),  # the first evening run has had no day yet
        ("2026-07-02T07:00:00+00:00", "2026-06"),
        ("2026-07-31T12:00:00+00:00", "2026-06"),
    ],
)
def test_a_month_is_due_a_day_after_it_is_over_where_the_organization_is(instant: str, due: str) -> None:
    assert due_month(NORTH, datetime.fromisoformat(instant)) == Period.parse(due)


def test_the_newest_month_that_is_missing_is_named(built: psycopg.Connection) -> None:
    hold(built, "2026-03", "2026-04", "2026-05", "2026-07")
    assert missing(built, NORTH, JULY, [MART]) == {
        MART: "2026-06 is not there, though the months before it are",
    }
    hold(built, "2026-06")
    assert missing(built, NORTH, JULY, [MART]) == {}


def test_an_old_month_may_be_missing_and_old(built: psycopg.Connection) -> None:
    """A gap three months back is what that month was like; only the newest one can be late."""
    hold(built, "2026-02", "2026-04", "2026-06")
    assert missing(built, NORTH, JULY, [MART]) == {}


def test_what_an_organization_never_had_is_not_missed(built: psycopg.Connection) -> None:
    hold(built, "2026-04", "2026-05")
    hold(built, "2026-03", "2026-04", "2026-05", organization="south")
    assert missing(built, NORTH, JULY, [MART]) == {}


def test_a_month_made_before_it_was_over_is_not_whole(built: psycopg.Connection) -> None:
    hold(built, "2026-03", "2026-04", "2026-05", "2026-06")
    as_of(built, datetime(2026, 7, 1, 4, 30, tzinfo=UTC))
    assert missing(built, NORTH, JULY, [MART]) == {
        MART: "2026-06 was made as of 2026-07-01 04:30 UTC, before it was over, so part of it is missing",
    }


def test_an_organization_that_was_never_built_is_not_judged(built: psycopg.Connection) -> None:
    built.execute("delete from marts.dim_organizations")
    hold(built, "2026-03", "2026-04", "2026-05")
    assert missing(built, NORTH, JULY, [MART]) == {}


def test_the_graph_and_the_warehouse_name_the_same_marts(built: psycopg.Connection) -> None:
    assert set(kept_by_month(built)) == set(MONTHLY)
    assert {"fct_metrics_monthly", "fct_device_months", "fct_profit_and_loss", MART} <= set(MONTHLY)


@pytest.mark.parametrize("name", sorted(newest_months.BY_EVENT))
def test_every_mart_that_is_left_out_exists(name: str) -> None:
    assert list(marts.CONTRACTS.rglob(f"{name}.yml")), name


@pytest.fixture
def installation(
    built: psycopg.Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """An installation whose one organization is North, with the months up to May."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "north.yml").write_text("id: north\nname: North\ntime_zone: America/Chicago\n")
    monkeypatch.setenv("QBR_AS_OF", JULY.isoformat())
    hold(built, "2026-03", "2026-04", "2026-05")
    built.commit()
    with installed(database_url, tmp_path, tmp_path / "config"):
        yield built


def judged() -> dict[str, bool]:
    """What the job says of each mart."""
    run = defs.resolve_job_def("newest_months").execute_in_process()
    return {one.asset_key.path[-1]: one.passed for one in run.get_asset_check_evaluations()}


def test_the_job_fails_the_check_of_the_late_mart_and_of_no_other(installation: psycopg.Connection) -> None:
    found = judged()
    assert set(found) == set(MONTHLY)
    assert {mart for mart, passed in found.items() if not passed} == {MART}
    hold(installation, "2026-06")
    installation.commit()
    assert all(judged().values())


def test_the_doctor_names_it_with_what_to_do(installation: psycopg.Connection) -> None:
    [found] = [one for one in examine([NORTH], ask_vendors=False) if one.subject == f"north {MART}"]
    assert (found.state, found.advice) == ("warning", "Run `qbr run`.")
    hold(installation, "2026-06")
    installation.commit()
    said = [one.text for one in examine([NORTH], ask_vendors=False) if one.subject == "north marts"]
    assert said == ["none lacks 2026-06, the newest month that is over"]
