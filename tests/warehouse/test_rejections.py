"""What did not fit is kept aside, and settled once it no longer stands."""

import pytest

from extractors.core.records import Rejection
from extractors.core.window import Window
from tests.warehouse.loading import Widgets, moment, page, record


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    return Widgets(database_url)


def test_a_rejection_is_settled_when_the_record_fits_or_a_whole_read_gives_it_no_more(widgets: Widgets) -> None:
    def open_ones() -> set[str]:
        return {
            row[0] for row in widgets.ask("select record_id from raw_meta.rejected_records where settled_at is null")
        }

    misfits = tuple(Rejection(b"{}", "name is missing", number) for number in ("1", "2", "3"))
    changes = Window("changes", since=moment(1))
    widgets.load([page(rejections=misfits)], window=changes)
    assert open_ones() == {"1", "2", "3"}
    widgets.load([page(record("1", 1))], window=changes)
    assert open_ones() == {"2", "3"}
    widgets.load([page(rejections=misfits[1:2])], is_complete_set=True)
    assert open_ones() == {"2"}
    widgets.load([page(rejections=misfits[2:])], window=changes)
    assert open_ones() == {"2", "3"}, "what does not fit again is open again"
