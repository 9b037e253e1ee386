"""What the loader makes of deletions that a source's own feed tells."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.core.records import Page
from extractors.core.window import Window
from tests.warehouse.loading import AS_OF, Widgets, page, record

CHANGES = Window("changes", since=AS_OF - timedelta(days=1))


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    return Widgets(database_url)


def living(widgets: Widgets) -> set[str]:
    return {one for (one,) in widgets.ask("select record_id from raw_acme.widgets where deleted_at is null")}


def test_a_told_deletion_marks_the_record_and_keeps_its_last_state(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3, name="a"), record("2", 3))])
    result = widgets.load([page(record("3", 4), deletions=["1", "unknown"])], window=CHANGES, run_id="run-2")
    assert living(widgets) == {"2", "3"}
    assert (result.new, result.deleted) == (1, 1)
    assert widgets.one("select record ->> 'name' from raw_acme.widgets where record_id = '1'") == "a"
    assert widgets.one("select extracted_at = deleted_at from raw_acme.widgets where record_id = '1'")


def test_a_deletion_that_is_told_twice_is_counted_once(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3))])
    assert widgets.load([page(deletions=["1"])], window=CHANGES).deleted == 1
    assert widgets.load([page(deletions=["1"])], window=CHANGES).deleted == 0


def test_another_organization_s_record_of_the_same_id_stays(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3))], organization_id="elsewhere")
    widgets.load([page(record("1", 3))])
    widgets.load([page(deletions=["1"])], window=CHANGES)
    assert widgets.ask("select organization_id from raw_acme.widgets where deleted_at is null") == [("elsewhere",)]


steps = st.tuples(st.booleans(), st.lists(st.sampled_from("123"), min_size=1, max_size=3, unique=True))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=8))
def test_records_and_deletions_in_any_order_end_as_told_last(
    widgets: Widgets, told: list[tuple[bool, list[str]]]
) -> None:
    expected: set[str] = set()
    pages: list[Page] = []
    for is_given, ids in told:
        expected = expected | set(ids) if is_given else expected - set(ids)
        pages.append(page(*(record(one, 3) for one in ids)) if is_given else page(deletions=ids))
    with widgets.connect() as connection:
        connection.execute("truncate raw_acme.widgets")
    widgets.load(pages, window=CHANGES)
    assert living(widgets) == expected
