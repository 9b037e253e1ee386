"""Read by changes for seven weeks, a warehouse holds what one holds that read everything on the last day.

Every source, every stream, with the real loader and the real windows: at a first instant, a day later, three, ten and
forty-five days after the first. The last step is longer than any vendor's feed of changes reaches. What was deleted,
voided or merged meanwhile is counted, so that the proof cannot pass by nothing having happened.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.warehouses import OVER_HTTP, Place, Records, differences, purged, warehouses

FIRST = {"quickbooks": datetime(2025, 7, 7, 14, tzinfo=UTC)}  # a journal entry is deleted soon after
USUALLY = datetime(2026, 5, 20, 14, tzinfo=UTC)
DAYS_LATER = (1, 3, 10, 45)


@pytest.fixture(scope="module")
def place(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with warehouses(module_database_url, tmp_path_factory.mktemp("var")) as found:
        yield found


@pytest.mark.parametrize("source", OVER_HTTP)
def test_reads_of_changes_add_up_to_a_read_of_everything(place: Place, source: str) -> None:
    first = FIRST.get(source, USUALLY)
    growing = place.warehouse()
    held = place.read(growing, source, first)
    gone: list[str] = []
    closed: list[str] = []
    for days in DAYS_LATER:
        now = first + timedelta(days=days)
        before, held = held, place.read(growing, source, now)
        fresh = place.read(place.warehouse(), source, now)
        assert differences(held, fresh, may_hold=purged(source)) == [], f"{source}, {days} days after the first reading"
        gone += [f"{name} {one}" for name, records in before.items() for one in records.keys() - fresh[name].keys()]
        closed += [f"{name} {one}" for name, one in ended(before, fresh)]
    whole = place.read(growing, source, now, whole=True)
    assert differences(whole, fresh, may_hold=purged(source)) == [], "after everything was read again"
    assert gone, "nothing was deleted meanwhile, so this proves nothing"
    # QuickBooks' one void of these weeks is of an invoice that was new at the same reading.
    assert closed or source in {"ninjaone", "quickbooks"}, "nothing was voided, canceled or merged meanwhile"


def ended(before: Records, after: Records) -> Iterator[tuple[str, str]]:
    """Records that were voided, canceled or merged into another between two readings."""
    for name, records in after.items():
        for one, record in records.items():
            old = before[name].get(one)
            if old is not None and not is_ended(old) and is_ended(record):
                yield name, one


def is_ended(record: dict[str, Any]) -> bool:
    """By whatever word the vendor has for it."""
    return (
        record.get("status") in ("void", "canceled")
        or str(record.get("PrivateNote", "")).startswith("Voided")
        or record.get("mergedParentTicket") is not None
    )


def test_the_comparison_sees_what_is_missing_stale_or_gone() -> None:
    """One that could not fail would prove nothing."""
    held: Records = {"tickets": {"1": {"a": 1}, "2": {"a": 1}}}
    fresh: Records = {"tickets": {"2": {"a": 2}, "3": {"a": 1}}}
    assert differences(held, fresh) == [
        "tickets 1 is gone at the vendor",
        "tickets 2 is out of date in ['a']",
        "tickets 3 is missing",
    ]


def test_a_vendor_whose_clock_lags_hides_no_change(place: Place) -> None:
    """Half an hour behind: what changes there after our run bears a mark from before it, and beyond the overlap.

    The run notes the vendor's clock by the Date of its answers and sets the watermark back by as much.
    """
    names, lag, end = ("tickets",), timedelta(minutes=30), USUALLY + timedelta(days=45)
    everything = place.read(place.warehouse(), "connectwise", end, names)["tickets"]
    marks = [datetime.fromisoformat(record["_info"]["lastUpdated"]) for record in everything.values()]
    changed = max(mark for mark in marks if mark < end - timedelta(days=2))
    now = changed + timedelta(minutes=20)  # by our clock; there it is ten minutes before the change
    growing = place.warehouse()
    place.befall({"kind": "skewed_clock", "ahead": -lag.total_seconds(), "source": "connectwise", "times": None})
    try:
        first = place.read(growing, "connectwise", now, names)["tickets"]
    finally:
        place.befall()
    there = place.read(place.warehouse(), "connectwise", now, names)["tickets"]
    assert differences({"tickets": first}, {"tickets": there}), "nothing changed in the half hour that was not seen"
    later = now + timedelta(days=1)
    second = place.read(growing, "connectwise", later, names)
    assert differences(second, place.read(place.warehouse(), "connectwise", later, names)) == []
