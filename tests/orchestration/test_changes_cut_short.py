"""When QuickBooks has more changes to tell than its feed can, the stream is read whole in the same run."""

import psycopg
import pytest

from extractors.core import change_capture
from tests.command import qbr


def test_a_stream_whose_changes_the_feed_cannot_tell_is_read_whole_in_the_same_run(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qbr("extract", "quickbooks", "bills").exit_code == 0
    monkeypatch.setattr(change_capture, "MOST_OBJECTS", 0)
    assert qbr("extract", "quickbooks", "bills").exit_code == 0
    with psycopg.connect(installation) as connection:
        runs = connection.execute("select window_kind, outcome from raw_meta.extraction_log order by log_id").fetchall()
    assert runs == [("all", "complete"), ("changes", "failed"), ("all", "complete")]
