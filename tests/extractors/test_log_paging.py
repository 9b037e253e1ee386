"""NinjaOne's activity log: walked back by id, whatever the times say, and stopped wherever that goes wrong."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors import stream
from extractors.core.errors import PagingBroken
from extractors.core.stream import Stream
from extractors.core.window import Window
from tests.extractors.fakes import EVERYTHING, NOW, Handler, read

EXAMPLES = settings(max_examples=40, deadline=None)
ACTIVITIES = replace(stream("ninjaone", "activities"), page_size=20)
SINCE = NOW - timedelta(days=2)


def entry(number: int, at: datetime) -> dict[str, Any]:
    return {"id": number, "activityTime": at.timestamp(), "activityType": "SYSTEM"}


@dataclass
class Log:
    """An activity log, newest first, that takes `olderThan` for what live tenants take it for."""

    entries: list[dict[str, Any]]
    is_bare: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 3600})
        asked = dict(request.url.params)
        self.asked.append(asked)
        page = self.page(asked)
        return httpx.Response(200, json=page if self.is_bare else {"lastActivityId": 1, "activities": page})

    def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        newest = sorted(self.entries, key=lambda one: -one["id"])
        below = int(asked.get("olderThan", 10**9))
        after, before = float(asked.get("after", 0)), float(asked.get("before", 1e11))
        found = [one for one in newest if one["id"] < below and after <= one["activityTime"] <= before]
        return found[: int(asked["pageSize"])]


def refused(vendor: Handler, mutant_of: Stream, window: Window = EVERYTHING) -> str:
    """The sentence that stops the read."""
    with pytest.raises(PagingBroken) as caught:
        read("ninjaone", vendor, mutant_of, window)
    assert caught.value.object == mutant_of.name
    return str(caught.value)


HOURLY = [entry(100 + 3 * hour, NOW - timedelta(hours=200 - hour)) for hour in range(200)]
NEWER = Window("changes", since=SINCE)


@EXAMPLES
@given(numbers=st.sets(st.integers(1, 900), max_size=70), size=st.integers(1, 30), is_bare=st.booleans())
def test_the_log_is_whole_in_either_of_its_shapes(numbers: set[int], size: int, is_bare: bool) -> None:
    log = Log([entry(number, NOW) for number in numbers], is_bare)
    seen, reading = read("ninjaone", log, replace(ACTIVITIES, page_size=size))
    assert seen == [str(number) for number in sorted(numbers, reverse=True)]
    assert reading.certificate.cursor_closed


@EXAMPLES
@given(size=st.integers(1, 60))
def test_changes_are_read_back_to_where_the_last_run_stopped_and_a_day_further(size: int) -> None:
    log = Log(HOURLY)
    seen, reading = read("ninjaone", log, replace(ACTIVITIES, page_size=size), NEWER)
    floor = (SINCE - ACTIVITIES.look_back).timestamp()
    assert set(seen) >= {str(one["id"]) for one in HOURLY if one["activityTime"] >= floor}
    assert len(seen) < len(HOURLY)
    assert reading.certificate.cursor_closed
    assert all("after" not in asked for asked in log.asked)


def test_what_a_device_tells_late_is_found_among_the_newest_ids() -> None:
    """Its times are days old, but its ids are new: a filter by time would never show them."""
    late = [entry(1000 + number, NOW - timedelta(days=9)) for number in range(15)]
    seen, _ = read("ninjaone", Log([*HOURLY, *late]), ACTIVITIES, NEWER)
    assert {str(one["id"]) for one in late} <= set(seen)
    assert {str(one["id"]) for one in HOURLY if one["activityTime"] >= SINCE.timestamp()} <= set(seen)


def test_a_month_of_the_log_is_asked_for_by_date_in_epoch_seconds() -> None:
    log = Log(HOURLY)
    start, end = NOW - timedelta(hours=150), NOW - timedelta(hours=100)
    seen, _ = read("ninjaone", log, ACTIVITIES, Window("dated", start=start, end=end))
    assert {str(one["id"]) for one in HOURLY if start.timestamp() <= one["activityTime"] < end.timestamp()} <= set(seen)
    assert (log.asked[0]["after"], log.asked[0]["before"]) == (
        str(int(start.timestamp()) - 1),
        str(int(end.timestamp()) + 1),
    )


def test_a_broken_walk_through_the_log_goes_on_below_the_last_id_it_had() -> None:
    log = Log(HOURLY)
    resume = {"window": EVERYTHING.as_json(), "as_of": NOW.isoformat(), "cursor": {"older_than": 400}, "received": 100}
    seen, _ = read("ninjaone", log, ACTIVITIES, resume=resume)
    assert max(map(int, seen)) < 400
    assert log.asked[0]["olderThan"] == "400"


def test_a_server_that_took_the_published_text_at_its_word_is_an_error() -> None:
    """The text of the two parameters is swapped: there, `olderThan` would give what is newer."""

    class Literal(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            above = int(asked.get("olderThan", 0))
            newest = sorted(self.entries, key=lambda one: -one["id"])
            return [one for one in newest if one["id"] > above][: int(asked["pageSize"])]

    assert "the wrong side" in refused(Literal(HOURLY), ACTIVITIES)


def test_a_log_that_ignores_where_it_is_to_go_on_is_an_error() -> None:
    class Deaf(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            return super().page({"pageSize": asked["pageSize"]})

    assert "the wrong side" in refused(Deaf(HOURLY), ACTIVITIES)


def test_a_log_that_repeats_its_last_entry_for_ever_is_an_error() -> None:
    class Inclusive(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            below = str(int(asked["olderThan"]) + 1) if "olderThan" in asked else "1000000"
            return super().page(asked | {"olderThan": below})

    assert "does not go further back" in refused(Inclusive(HOURLY[:30]), ACTIVITIES)


def test_a_log_that_comes_oldest_first_is_an_error() -> None:
    """Going on below its smallest id, everything above its first page would be missing."""

    class Ascending(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            oldest = [one for one in self.entries if one["id"] < int(asked.get("olderThan", 10**9))]
            return oldest[: int(asked["pageSize"])]

    assert "do not come newest first" in refused(Ascending(HOURLY), ACTIVITIES)


def test_a_log_that_does_not_understand_dates_is_an_error() -> None:
    class Dateless(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            return super().page({name: value for name, value in asked.items() if name not in {"after", "before"}})

    june = Window("dated", start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC))
    assert "another time than it was asked for" in refused(Dateless(HOURLY), ACTIVITIES, june)


def test_entries_without_an_id_are_no_end_of_the_log() -> None:
    assert "has no usable id" in refused(nameless, ACTIVITIES)


def nameless(request: httpx.Request) -> httpx.Response:
    body = {"access_token": "t"} if request.method == "POST" else {"activities": [{"message": "no id"}]}
    return httpx.Response(200, json=body)


def test_entries_that_are_rejected_still_move_the_walk_on() -> None:
    spoilt = [one | {"activityTime": "yesterday"} for one in HOURLY]

    class Spoilt(Log):
        def page(self, asked: dict[str, str]) -> list[dict[str, Any]]:
            below = int(asked.get("olderThan", 10**9))
            return [one for one in reversed(spoilt) if one["id"] < below][: int(asked["pageSize"])]

    _, reading = read("ninjaone", Spoilt(spoilt), ACTIVITIES, NEWER)
    assert reading.certificate.rejected == len(HOURLY)
