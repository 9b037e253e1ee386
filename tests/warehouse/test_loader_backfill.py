"""Which version stays: a month read again, a single record and a read of everything meet what is there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from extractors.core.records import Page, Record
from extractors.core.window import Window
from tests.warehouse.loading import AS_OF, Widgets, moment, page, record
from warehouse.loader import load_one

MAY = Window("dated", start=moment(1).replace(month=5), end=moment(1))


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    return Widgets(database_url)


def webhook(widgets: Widgets, one: Record) -> None:
    """A single record that the vendor sends while a run is under way."""
    with widgets.connect() as connection:
        load_one(
            connection, organization_id="lanternfield", source="acme", stream="widgets", record=one, run_id="webhook"
        )


def months_read_again(widgets: Widgets, pages: list[Page], meanwhile: Callable[[], None]) -> None:
    """The backfill of a month; `meanwhile` happens once its pages were fetched and before they are merged."""
    widgets.load(widgets.on_each(pages, lambda _: meanwhile()), run_id="backfill", window=MAY)


def test_a_newer_version_by_the_vendors_mark_stays(widgets: Widgets) -> None:
    widgets.load([page(record("1", 20, state="paid"), record("2", 3, state="open"))], run_id="daily")
    months_read_again(widgets, [page(record("1", 3, state="open"), record("2", 4, state="paid"))], lambda: None)
    assert {key: body["state"] for key, body in widgets.bodies().items()} == {"1": "paid", "2": "paid"}


@pytest.mark.parametrize("day", [20, None], ids=["with-a-change-mark", "without-one"])
def test_what_a_webhook_brought_meanwhile_stays(widgets: Widgets, day: int | None) -> None:
    """Stripe's invoices bear no mark of their last change: only the order of arrival tells which is newer."""
    old = None if day is None else 3
    widgets.load([page(record("1", old, state="draft"), record("2", old, state="draft"))], run_id="daily")
    months_read_again(
        widgets,
        [page(record("1", old, state="open"), record("2", old, state="open"))],
        lambda: webhook(widgets, record("1", day, state="paid")),
    )
    assert {key: body["state"] for key, body in widgets.bodies().items()} == {"1": "paid", "2": "open"}


def test_what_a_webhook_brought_before_is_read_over_when_no_mark_speaks_against_it(widgets: Widgets) -> None:
    webhook(widgets, record("1", state="draft"))
    months_read_again(widgets, [page(record("1", state="paid"))], lambda: None)
    assert widgets.bodies()["1"]["state"] == "paid"


def test_a_record_that_comes_twice_in_one_run_is_as_it_came_last(widgets: Widgets) -> None:
    widgets.load([page(record("1", state="draft"))], run_id="daily")
    widgets.load([page(record("1", state="open"))], run_id="again", window=MAY)
    months_read_again(widgets, [page(record("1", state="sent")), page(record("1", state="paid"))], lambda: None)
    assert widgets.bodies()["1"]["state"] == "paid"


def test_a_month_read_again_leaves_watermark_and_freshness_alone(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3))], run_id="daily")
    before = widgets.ask("select watermark, completed_run_id, whole_at from raw_meta.cursors")
    months_read_again(widgets, [page(record("1", 4))], lambda: None)
    assert widgets.ask("select watermark, completed_run_id, whole_at from raw_meta.cursors") == before


def test_a_mark_that_is_yet_to_come_keeps_no_later_version_out(widgets: Widgets) -> None:
    """A device whose clock runs ahead by years would be as it was that day until then."""
    ahead = record("1", state="before")
    ahead = Record("1", ahead.body, datetime.now(UTC) + timedelta(days=3650))
    widgets.load([page(ahead)], run_id="daily")
    widgets.load([page(record("1", 20, state="after"))], run_id="again")
    assert widgets.bodies()["1"]["state"] == "after"


def test_a_read_of_everything_takes_back_what_a_clock_that_ran_ahead_called_covered(widgets: Widgets) -> None:
    """A month without records counts as 0 where it is covered: nobody has read the months to come."""
    widgets.load([page(record("1", 3))], run_id="ahead", as_of=AS_OF + timedelta(days=200))
    widgets.load([page(record("1", 3))], run_id="right")
    assert widgets.one("select upper(covered) from raw_meta.cursors") == AS_OF


def test_a_read_of_everything_brings_back_the_older_version_that_the_vendor_put_back(widgets: Widgets) -> None:
    widgets.load([page(record("1", 20, state="mistaken"))], run_id="daily")
    months_read_again(widgets, [page(record("1", 3, state="restored"))], lambda: None)
    assert widgets.bodies()["1"]["state"] == "mistaken"
    widgets.load([page(record("1", 3, state="restored"))], run_id="whole")
    assert widgets.bodies()["1"]["state"] == "restored"


def test_a_read_of_everything_leaves_the_newer_version_that_came_meanwhile(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3, state="draft"))], run_id="daily")
    pages = [page(record("1", 4, state="open"))]
    newer = record("1", 20, state="paid")
    widgets.load(widgets.on_each(pages, lambda _: webhook(widgets, newer)), run_id="whole")
    assert widgets.bodies()["1"]["state"] == "paid"


@pytest.mark.parametrize("day", [4, None], ids=["with-a-change-mark", "without-one"])
def test_a_webhook_that_was_late_brings_no_deleted_record_back(widgets: Widgets, day: int | None) -> None:
    widgets.load([page(record("1", 3)), page(record("2", 3))], is_complete_set=True)
    widgets.load([page(record("2", 3))], is_complete_set=True)
    webhook(widgets, record("1", day, state="late"))
    assert set(widgets.bodies()) == {"2"}
    again = record("1", 20, state="made again")
    webhook(widgets, Record("1", again.body, datetime.now(UTC) + timedelta(minutes=1)))
    assert set(widgets.bodies()) == {"1", "2"}
