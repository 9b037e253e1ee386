"""What the loader makes of pages that hold all children of some parents."""

from datetime import timedelta

import pytest

from extractors.core.records import Rejection
from extractors.core.window import Window
from tests.warehouse.loading import AS_OF, Widgets, page, record

CHANGES = Window("changes", since=AS_OF - timedelta(days=1))


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    loaded = Widgets(database_url)
    loaded.load([page(*(record(one, 1, box=one[0]) for one in ("a1", "a2", "b1", "b2")))])
    return loaded


def living(widgets: Widgets) -> set[str]:
    return {one for (one,) in widgets.ask("select record_id from raw_acme.widgets where deleted_at is null")}


def test_what_a_parent_no_longer_has_is_marked_and_other_parents_are_left_alone(widgets: Widgets) -> None:
    given = page(record("a2", 2, box="a"), record("a3", 2, box="a"), families=["a"])
    result = widgets.load([given], window=CHANGES, family_field="box")
    assert living(widgets) == {"a2", "a3", "b1", "b2"}
    assert (result.new, result.changed, result.deleted) == (1, 1, 1)


def test_a_parent_without_children_takes_them_all_with_it(widgets: Widgets) -> None:
    assert widgets.load([page(families=["b"])], window=CHANGES, family_field="box").deleted == 2
    assert living(widgets) == {"a1", "a2"}


def test_a_child_that_comes_back_lives_again(widgets: Widgets) -> None:
    widgets.load([page(families=["b"])], window=CHANGES, family_field="box")
    widgets.load([page(record("b2", 2, box="b"), families=["b"])], window=CHANGES, family_field="box")
    assert living(widgets) == {"a1", "a2", "b2"}


def test_another_organization_s_children_stay(widgets: Widgets) -> None:
    widgets.load([page(record("a1", 1, box="a"))], organization_id="elsewhere")
    widgets.load([page(families=["a"])], window=CHANGES, family_field="box")
    kept = widgets.ask("select organization_id, record_id from raw_acme.widgets where deleted_at is null")
    assert ("elsewhere", "a1") in kept


def test_a_rejected_child_is_not_gone(widgets: Widgets) -> None:
    rejected = Rejection(b"{}", "does not fit", "a1")
    widgets.load([page(rejections=[rejected], families=["a"])], window=CHANGES, family_field="box")
    assert living(widgets) == {"a1", "b1", "b2"}


def test_a_rejection_without_an_id_may_be_any_child_so_none_is_marked(widgets: Widgets) -> None:
    rejected = Rejection(b"{}", "does not fit", None)
    widgets.load([page(rejections=[rejected], families=["a"])], window=CHANGES, family_field="box")
    assert living(widgets) == {"a1", "a2", "b1", "b2"}


def test_families_of_a_stream_that_names_no_parent_are_a_mistake(widgets: Widgets) -> None:
    with pytest.raises(ValueError, match="does not say which field names a record's parent"):
        widgets.load([page(families=["a"])], window=CHANGES)
    assert living(widgets) == {"a1", "a2", "b1", "b2"}
