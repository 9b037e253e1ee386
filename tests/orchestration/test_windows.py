"""Which part of a stream is read, and which month a reading belongs to."""

from datetime import UTC, datetime, timedelta

import pytest

import extractors
from extractors import STREAMS
from extractors.core.budget import Rate
from extractors.core.stream import Stream
from orchestration.budgets import rate_of
from orchestration.errors import UsageError
from orchestration.extraction import choose
from orchestration.jobs import months_to_read
from orchestration.windows import local_date, pinned_version, why_whole, window_for
from warehouse.loader import Reached
from warehouse.organizations import Organization
from warehouse.periods import Period

ORGANIZATION = Organization(
    id="north", name="North", time_zone="America/Chicago", settings={"history_start": "2026-01"}
)
TICKETS = extractors.stream("connectwise", "tickets")
BOARDS = extractors.stream("connectwise", "boards")
REPORT = extractors.stream("quickbooks", "profit_and_loss")
EVENING = datetime(2026, 6, 10, 3, 30, tzinfo=UTC)


def test_the_first_read_of_a_stream_takes_everything() -> None:
    assert window_for(TICKETS, ORGANIZATION, as_of=EVENING, watermark=None).kind == "all"


def test_later_reads_take_what_changed_since_the_watermark() -> None:
    watermark = datetime(2026, 6, 9, 3, 20, tzinfo=UTC)
    window = window_for(TICKETS, ORGANIZATION, as_of=EVENING, watermark=watermark)
    assert (window.kind, window.since) == ("changes", watermark)


def test_entities_are_always_read_whole() -> None:
    assert window_for(BOARDS, ORGANIZATION, as_of=EVENING, watermark=EVENING).kind == "all"


def test_an_older_month_is_cut_in_the_organizations_own_zone() -> None:
    window = window_for(TICKETS, ORGANIZATION, as_of=EVENING, watermark=EVENING, period=Period(2026, 3))
    assert window.kind == "dated"
    assert window.start == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert window.end == datetime(2026, 4, 1, 5, tzinfo=UTC), "the clocks changed in between"


def test_reports_are_asked_for_from_the_first_month_of_the_history_at_first() -> None:
    window = window_for(REPORT, ORGANIZATION, as_of=EVENING, watermark=None)
    assert window.months == ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")


def reports(first: int, last: int, *bases: str) -> list[str]:
    """The ids of the reports of 2026, the latest first."""
    months = range(last, first - 1, -1)
    return [f"ProfitAndLoss:{basis}:2026-{month:02d}" for month in months for basis in bases or ("Accrual", "Cash")]


def test_reports_of_the_last_three_months_are_read_again_later() -> None:
    window = window_for(REPORT, ORGANIZATION, as_of=EVENING, watermark=EVENING, held=reports(1, 6))
    assert (window.kind, window.months) == ("changes", ("2026-04", "2026-05", "2026-06"))


@pytest.mark.parametrize("stream", [one for one in STREAMS["quickbooks"] if one.by_month], ids=lambda one: one.name)
def test_every_month_of_a_report_is_read_again_each_month(stream: Stream) -> None:
    """An accountant's closing entries change a year that ended months ago, and no feed tells that."""
    yesterday = EVENING - timedelta(days=1)
    reached = Reached(yesterday, pinned_version(stream), whole_at=EVENING - timedelta(days=30))
    assert "every 30 days" in (why_whole(stream, as_of=EVENING, reached=reached) or "")


def test_after_a_long_silence_reports_are_read_from_those_that_were_open_when_it_began() -> None:
    """March was still running when it was read, and the months up to May were never read at all."""
    spring = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)
    autumn = datetime(2026, 9, 10, 3, 30, tzinfo=UTC)
    window = window_for(REPORT, ORGANIZATION, as_of=autumn, watermark=spring, held=reports(1, 3))
    assert window.months == tuple(f"2026-{month:02d}" for month in range(1, 10))


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(reports(3, 6), id="the history was made longer"),
        pytest.param(reports(1, 6, "Accrual"), id="the books were read on one basis only"),
    ],
)
def test_all_reports_are_read_when_those_that_are_here_are_not_the_wanted_ones(held: list[str]) -> None:
    window = window_for(REPORT, ORGANIZATION, as_of=EVENING, watermark=EVENING, held=held)
    assert window.kind == "all"
    assert window.months == ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")


def test_the_last_evening_of_a_month_belongs_to_that_month() -> None:
    """At 22:30 in Chicago it is already the next month in UTC; an earlier system lost the day that way."""
    last_evening = datetime(2026, 7, 1, 3, 30, tzinfo=UTC)
    assert window_for(REPORT, ORGANIZATION, as_of=last_evening, watermark=None).months[-1] == "2026-06"
    assert local_date(ORGANIZATION, last_evening).isoformat() == "2026-06-30"


@pytest.mark.parametrize(("day", "months"), [(1, [None, Period(2026, 6)]), (5, [None, Period(2026, 6)]), (6, [None])])
def test_the_month_before_is_read_again_on_the_first_five_days(day: int, months: list[Period | None]) -> None:
    assert months_to_read(datetime(2026, 7, day, 18, tzinfo=UTC), "America/Chicago") == months


def test_a_stream_nobody_declared_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(UsageError, match=r"ninjaone has no stream 'device'. Its streams are: .*devices"):
        choose("ninjaone", ["device"])


def test_a_source_nobody_declared_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(UsageError, match=r"There is no source 'xero'. The sources are: connectwise, ninjaone"):
        choose("xero")


def test_reports_that_know_no_basis_are_held_once_a_month() -> None:
    aging = extractors.stream("quickbooks", "aged_receivables")
    held = [f"AgedReceivables:none:2026-{month:02d}" for month in range(1, 7)]
    assert window_for(aging, ORGANIZATION, as_of=EVENING, watermark=EVENING, held=held).kind == "changes"
    assert window_for(aging, ORGANIZATION, as_of=EVENING, watermark=EVENING, held=held[1:]).kind == "all"


def test_a_source_is_asked_no_faster_than_the_organizations_file_allows() -> None:
    slow = Organization(
        id="slow", name="Slow", time_zone="UTC", sources={"connectwise": {"requests_per_minute": 30}, "stripe": {}}
    )
    assert rate_of(slow, "connectwise") == Rate(per_second=0.5, burst=1)
    assert rate_of(slow, "stripe") == extractors.SOURCES["stripe"].rate, "without a setting the source's own pace holds"
