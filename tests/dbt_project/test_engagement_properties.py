"""A thousand users told twice, in March and in July: cohorts equal an oracle, and what was over stays as told."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from orchestration.transformation import build
from tests.conftest import a_database
from tests.installation import installed

ZONE = ZoneInfo("America/Chicago")
FIRST = date(2025, 9, 1)
LOG_BEGINS = date(2025, 8, 20)
MARCH = datetime(2026, 3, 9, 0, 30, tzinfo=ZONE)
"""Half an hour after the short day on which the clocks went forward; that of the long one, 2 November, is history."""
JULY = datetime(2026, 7, 6, 9, tzinfo=ZONE)
EDGES = (0, 6, 7, 13, 14, 27, 28, 34, 35, 83, 84, 90, 91)
"""Days after the sign-up that are the first or last of a window, or just outside of it."""
WINDOWS = (1, 4, 12)
Record = dict[str, Any]


def moment(chance: random.Random, day: date) -> datetime:
    """A minute of that day on the wall clock, often its first or last one or the one that the clocks repeat."""
    minute = chance.choice((0, 1, 90, 23 * 60 + 59, chance.randrange(1440)))
    return datetime.combine(day, time(minute // 60, minute % 60), ZONE).astimezone(UTC)


def draw() -> tuple[list[Record], list[Record]]:
    """Users and logins; a seed keeps a failure repeatable."""
    chance = random.Random(20260309)
    turns = [
        date(2025, 11, 2),
        date(2026, 3, 8),
        *(date(2025 + month // 12, month % 12 + 1, 1) for month in range(8, 18)),
    ]
    turns += [day - timedelta(days=1) for day in turns if day > FIRST]
    users, logins = [], [{"id": "first", "user_id": "before", "occurred_at": "2025-08-20T12:00:00+00:00"}]
    for number in range(1000):
        day = chance.choice(turns) if chance.random() < 0.5 else FIRST + timedelta(days=chance.randrange(300))
        created = moment(chance, day)
        left = created + timedelta(days=chance.randrange(1, 200)) if chance.random() < 0.3 else None
        users.append({
            "id": f"U{number}", "created_at": created.isoformat(), "profile_id": chance.choice((None, "P")),
            "deactivated_at": left and left.isoformat(),
        })  # fmt: skip
        for after in chance.sample(EDGES, chance.randrange(5)):
            at = moment(chance, day + timedelta(days=after))
            logins.append(
                {"id": f"L{len(logins)}", "user_id": f"U{number}", "occurred_at": max(at, created).isoformat()}
            )
    return users, logins


def known_by(records: list[Record], instant: datetime) -> list[Record]:
    """What a read at that instant brings: nothing of later, and nobody gone who is still there."""
    found = []
    for record in records:
        if datetime.fromisoformat(record.get("created_at") or record["occurred_at"]) >= instant:
            continue
        left = record.get("deactivated_at")
        gone = {"deactivated_at": None} if left and datetime.fromisoformat(left) >= instant else {}
        found.append({**record, **gone})
    return found


@dataclass(frozen=True)
class Told:
    """What the marts said at one instant."""

    cohorts: list[Record]
    snapshots: list[Record]


@pytest.fixture(scope="module")
def records() -> tuple[list[Record], list[Record]]:
    return draw()


@pytest.fixture(scope="module")
def told(
    postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory, records: tuple[list[Record], list[Record]]
) -> Iterator[dict[datetime, Told]]:
    with a_database(postgres, template) as url, installed(url, tmp_path_factory.mktemp("var"), builds=True):
        found = {}
        for instant in (MARCH, JULY):
            with psycopg.connect(url) as connection:
                _read(connection, instant, {"users": records[0], "login_events": records[1]})
            results = build(url, select=["+fct_cohorts", "+fct_executive_snapshots"])
            assert [one.unique_id for one in results if one.is_failed] == []
            with psycopg.connect(url, row_factory=dict_row) as connection:
                found[instant] = Told(
                    connection.execute("select * from marts.fct_cohorts where client_id = 'all'").fetchall(),
                    connection.execute("select * from marts.fct_executive_snapshots").fetchall(),
                )
        yield found


def _read(connection: psycopg.Connection, instant: datetime, streams: dict[str, list[Record]]) -> None:
    tables = {stream: {"columns": {"id": "A", "deactivated_at": "B"}} for stream in streams}
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, currency, locale, history_start, "
        "as_of, settings, config_hash) values ('saas', 1, 'Product', %s, 'USD', 'en_US', '2025-09', %s, %s, '') "
        "on conflict (organization_id) do update set as_of = excluded.as_of",
        [ZONE.key, instant, Jsonb({"sources": {"opsdb": {"tables": tables}}})],
    )
    for stream, records in streams.items():
        connection.execute(
            "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
            "values ('saas', 'opsdb', %s, tstzmultirange(tstzrange(null, %s)), now(), %s) "
            "on conflict (organization_id, source, stream) do update set covered = excluded.covered, "
            "completed_as_of = excluded.completed_as_of",
            [stream, instant, instant],
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into raw_opsdb.{stream} (organization_id, record_id, record, record_hash, first_seen_at, "
                "extracted_at, run_id) values ('saas', %s, %s, '', now(), now(), 'run') "
                "on conflict (organization_id, record_id) do update set record = excluded.record, extracted_at = now()",
                [(record["id"], Jsonb(record)) for record in known_by(records, instant)],
            )


def local_day(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(ZONE).date()


def months_over(instant: datetime) -> list[str]:
    """Every month from the history's first to the last one that is over."""
    months = [FIRST]
    while (following := (months[-1] + timedelta(days=31)).replace(day=1)) < instant.date().replace(day=1):
        months.append(following)
    return [f"{month:%Y-%m}" for month in months]


@pytest.mark.parametrize("instant", [MARCH, JULY], ids=["March", "July"])
def test_each_window_is_the_users_own_and_has_no_share_before_the_last_one_passed(
    told: dict[datetime, Told], records: tuple[list[Record], list[Record]], instant: datetime
) -> None:
    users, logins = (known_by(one, instant) for one in records)
    days: dict[str, set[date]] = {}
    for login in logins:
        days.setdefault(login["user_id"], set()).add(local_day(login["occurred_at"]))
    rows = {row["period"]: row for row in told[instant].cohorts}
    assert sorted(rows) == months_over(instant)
    judged = set()
    for period, row in rows.items():
        members = {user["id"]: local_day(user["created_at"]) for user in users}
        members = {who: day for who, day in members.items() if f"{day:%Y-%m}" == period}
        assert row["cohort_size"] == len(members)
        for week in WINDOWS:
            followed = {who: day for who, day in members.items() if day + timedelta(days=7 * week + 6) < instant.date()}
            back = [
                who
                for who, day in followed.items()
                if any(day + timedelta(days=7 * week + number) in days.get(who, ()) for number in range(7))
            ]
            assert (row[f"week_{week}_followed"], row[f"week_{week}_retained"]) == (len(followed), len(back)), row
            share = (Decimal(len(back)) / len(members)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
            is_final = len(followed) == len(members)
            assert row[f"week_{week}_retention"] == (share if is_final else None), (period, week)
            assert is_final or "can be judged after" in row["reasons"][f"week_{week}_retention"]
            judged.add(is_final)
    assert judged == {True, False}


def test_a_bucket_that_is_over_is_told_the_same_four_months_later(told: dict[datetime, Told]) -> None:
    """Who left, came or logged in since changes nothing of the days before; only when it was computed differs."""
    key = ("organization_id", "environment", "client_id", "bucket_type", "bucket_date")
    later = {tuple(row[name] for name in key): row for row in told[JULY].snapshots}
    assert len(told[MARCH].snapshots) > 400
    for row in told[MARCH].snapshots:
        again = later[tuple(row[name] for name in key)]
        assert {**again, "computed_at": None} == {**row, "computed_at": None}
    assert {row["bucket_type"] for row in told[MARCH].snapshots} == {"daily", "weekly", "monthly"}
    assert max(row["last_date"] for row in told[MARCH].snapshots) == date(2026, 3, 8)


def test_accounts_and_active_users_of_each_day_are_those_of_its_end(
    told: dict[datetime, Told], records: tuple[list[Record], list[Record]]
) -> None:
    users, logins = (known_by(one, JULY) for one in records)
    for row in told[JULY].snapshots:
        if row["client_id"] != "all":
            continue
        last = row["last_date"]
        there = [
            user
            for user in users
            if user["profile_id"]
            and local_day(user["created_at"]) <= last
            and (user["deactivated_at"] is None or local_day(user["deactivated_at"]) > last)
        ]
        assert row["total_customers"] == len(there), row["bucket_date"]
        for name, length in (("dau", 1), ("wau", 7), ("mau", 30)):
            active = {
                login["user_id"]
                for login in logins
                if last - timedelta(days=length) < local_day(login["occurred_at"]) <= last
            }
            is_known = last - timedelta(days=length - 1) > LOG_BEGINS
            assert row[name] == (len(active) if is_known else None), (row["bucket_date"], name)
