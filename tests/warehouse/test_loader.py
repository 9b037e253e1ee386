"""What the loader promises about the records it is given."""

import dataclasses
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.core.records import Page, Record, Rejection
from extractors.core.window import Window
from tests.warehouse.loading import AS_OF, EVERYTHING, Widgets, certificate, moment, numbered_pages, page, record
from warehouse import raw_batches
from warehouse.errors import LateWriter, StreamBusy, WarehouseError
from warehouse.loader import load_one, note_failure, resume_point, watermark

STREAM = ("lanternfield", "acme", "widgets")


class VendorGaveUp(Exception):
    """What a vendor's error is to the loader: any exception."""


@pytest.fixture
def widgets(database_url: str) -> Widgets:
    return Widgets(database_url)


def broken_after(pages: Iterator[Page]) -> Iterator[Page]:
    yield from pages
    raise VendorGaveUp("The vendor hung up.")


def test_records_arrive_as_the_vendor_gave_them(widgets: Widgets) -> None:
    result = widgets.load([page(record("1", 3, name="Ünïcode"), record("2", 4, name="b"))])
    assert widgets.bodies() == {"1": {"id": "1", "day": 3, "name": "Ünïcode"}, "2": {"id": "2", "day": 4, "name": "b"}}
    assert (result.records, result.new, result.changed, result.unchanged) == (2, 2, 0, 0)
    assert widgets.one("select source_updated_at from raw_acme.widgets where record_id = '1'") == moment(3)


def test_loading_the_same_again_rewrites_no_row(widgets: Widgets) -> None:
    widgets.load(numbered_pages(3, 10))
    before = widgets.ask("select record_id, xmin::text, ctid::text, extracted_at from raw_acme.widgets order by 1")
    result = widgets.load(numbered_pages(3, 10), run_id="run-2")
    assert (result.records, result.new, result.changed, result.unchanged) == (30, 0, 0, 30)
    assert before == widgets.ask(
        "select record_id, xmin::text, ctid::text, extracted_at from raw_acme.widgets order by 1"
    )


def test_a_changed_record_moves_its_extraction_time_and_keeps_its_first(widgets: Widgets) -> None:
    widgets.load([page(record("1", 3), record("2", 3))])
    [(first_seen, extracted)] = widgets.ask(
        "select first_seen_at, extracted_at from raw_acme.widgets where record_id = '1'"
    )
    result = widgets.load([page(record("1", 4), record("2", 3))], run_id="run-2")
    assert (result.new, result.changed, result.unchanged) == (0, 1, 1)
    [(first_seen_now, extracted_now, run_id)] = widgets.ask(
        "select first_seen_at, extracted_at, run_id from raw_acme.widgets where record_id = '1'"
    )
    assert first_seen_now == first_seen
    assert extracted_now > extracted
    assert run_id == "run-2"


def test_an_older_version_never_overwrites_a_newer_one(widgets: Widgets) -> None:
    widgets.load([page(record("1", 9, name="new"))])
    result = widgets.load([page(record("1", 8, name="old"))], window=Window("changes", since=moment(7)))
    assert widgets.bodies()["1"]["name"] == "new"
    assert result.unchanged == 1


def test_of_two_versions_in_one_batch_the_later_wins_and_both_are_counted(widgets: Widgets) -> None:
    result = widgets.load([page(record("1", 3, name="first")), page(record("1", 3, name="second"))])
    assert widgets.bodies()["1"]["name"] == "second"
    assert (result.records, result.new, result.unchanged) == (2, 1, 1)


versions = st.builds(
    lambda number, day, value: record(str(number), day, value=value),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(1, 5)),
    st.integers(0, 3),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.lists(st.lists(versions, max_size=6), max_size=8),
    batch=st.integers(1, 12),
    runs=st.integers(1, 3),
)
def test_merging_any_pages_ends_as_one_record_after_the_other_would(
    widgets: Widgets, pages: list[list[Record]], batch: int, runs: int
) -> None:
    """However the pages fall into batches and runs: a newer or unmarked version replaces, an older one does not.

    Of several runs all are reads of changes: one of everything may bring an older version back.
    """
    window = EVERYTHING if runs == 1 else Window("changes", since=moment(1))
    expected: dict[str, Record] = {}
    for each in (each for one in pages for each in one):
        held = expected.get(each.record_id)
        marks = (held.source_updated_at if held else None, each.source_updated_at)
        if held is None or marks[0] is None or marks[1] is None or marks[1] >= marks[0]:
            expected[each.record_id] = each
    with widgets.connect() as connection:
        connection.execute("truncate raw_acme.widgets")
    size = -(-len(pages) // runs) or 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_batches, "BATCH_RECORDS", batch)
        for start in range(0, len(pages), size):
            result = widgets.load([page(*each) for each in pages[start : start + size]], window=window)
            assert result.records == sum(len(each) for each in pages[start : start + size])
    found = widgets.ask("select record_id, record_hash, source_updated_at from raw_acme.widgets")
    assert {key: (hashed, mark) for key, hashed, mark in found} == {
        key: (raw_batches.record_hash(each.body), each.source_updated_at) for key, each in expected.items()
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"id": "2", "name": "a\\u0000b"}', "cannot be converted to text"),
        (b'{"id": "2", "name": "\\ud800"}', "surrogate"),
        (b'{"id": "2", "name": "a', "invalid"),
        (b'{"id": "2", "name": "\xff"}', "not UTF-8"),
        (b'{"id": "2", "name": "\x00"}', "NUL"),
        (b'{"id": "2", "number": 1e9999999}', "out of range|overflows"),
        (b'{"id": "2", "deep": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "stack depth"),
        (b'["2"]', "not a JSON object"),
    ],
)
def test_a_record_that_postgres_cannot_keep_is_rejected_with_the_reason_and_the_others_load(
    widgets: Widgets, body: bytes, reason: str
) -> None:
    result = widgets.load([page(record("1", 1), Record("2", body, None), record("3", 1))])
    assert set(widgets.bodies()) == {"1", "3"}
    assert (result.records, result.rejected) == (2, 1)
    [(record_id, said)] = widgets.ask("select record_id, reason from raw_meta.rejected_records")
    assert record_id == "2"
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(said)


@pytest.mark.parametrize("record_id", ["", "a\0b", "\ud800", "x" * 501])
def test_a_record_whose_id_cannot_be_a_key_is_rejected(widgets: Widgets, record_id: str) -> None:
    result = widgets.load([page(record("1", 1), Record(record_id, b"{}", None))])
    assert (result.records, result.rejected) == (1, 1)


def test_a_rejected_record_is_kept_once_and_counted_in_every_run(widgets: Widgets) -> None:
    rejection = Rejection(b"{}", "no id", None)
    for _ in range(2):
        result = widgets.load([page(record("1", 1), rejections=[rejection, rejection])])
        assert result.rejected == 2
    assert widgets.ask("select body, reason from raw_meta.rejected_records") == [("{}", "no id")]
    assert widgets.ask("select records_rejected from raw_meta.extraction_log") == [(2,), (2,)]


@pytest.mark.parametrize(
    "rejection",
    [
        Rejection(b"\xff\x00", "no text", None),
        Rejection(b"{}", "it quotes the record: " + "x" * 9000, None),
        Rejection(b"{}", "half a character: \ud800 \0", "\ud800"),
        Rejection(b"{}", "an id too long for a key", "x" * 9000),
    ],
)
def test_a_rejection_is_kept_however_odd_it_is(widgets: Widgets, rejection: Rejection) -> None:
    assert widgets.load([page(rejections=[rejection])]).rejected == 1
    assert widgets.one("select count(*) from raw_meta.rejected_records") == 1


def test_the_same_misfit_in_batches_side_by_side_holds_neither_up(
    widgets: Widgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later batch once wrote it first and then waited for the earlier one, which waited for that row."""
    monkeypatch.setattr(raw_batches, "BATCH_RECORDS", 1)
    rejection = Rejection(b"{}", "no id", None)
    pages = (page(record(str(each), 1), rejections=[rejection]) for each in range(40))
    assert widgets.load(pages).rejected == 40
    assert widgets.one("select count(*) from raw_meta.rejected_records") == 1


def test_what_a_complete_set_no_longer_holds_is_marked_deleted_and_comes_back_when_seen(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1), record("2", 1))], is_complete_set=True)
    before = widgets.one("select extracted_at from raw_acme.widgets where record_id = '2'")
    result = widgets.load([page(record("1", 1))], is_complete_set=True, run_id="run-2")
    assert result.deleted == 1
    [(deleted, extracted)] = widgets.ask("select deleted_at, extracted_at from raw_acme.widgets where record_id = '2'")
    assert deleted == extracted > before, "what reads by extraction time must hear of the deletion"
    assert widgets.load([page(record("1", 1))], is_complete_set=True).deleted == 0, "it is gone only once"

    result = widgets.load([page(record("1", 1), record("2", 1))], is_complete_set=True)
    assert (result.changed, result.unchanged) == (1, 1)
    assert set(widgets.bodies()) == {"1", "2"}
    assert widgets.one("select count(*) from raw_meta.seen_records") == 0


def test_a_read_of_a_part_deletes_nothing(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1), record("2", 1))])
    assert widgets.load([page(record("1", 1))]).deleted == 0
    assert widgets.load([page(record("1", 1))], window=Window("changes", since=moment(1))).deleted == 0
    with pytest.raises(ValueError, match="cannot be the complete set"):
        widgets.load([page()], window=Window("changes", since=moment(1)), is_complete_set=True)


def test_other_organizations_records_stay_when_a_complete_set_lacks_them(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1))], organization_id="other", is_complete_set=True)
    widgets.load([page(record("2", 1))], is_complete_set=True)
    assert set(widgets.bodies()) == {"1", "2"}


def test_a_rejected_record_is_still_the_vendors_so_it_is_not_marked_deleted(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1), record("2", 1), record("3", 1))], is_complete_set=True)
    broken = Record("2", b'{"name": "\\u0000"}', None)
    result = widgets.load([page(record("1", 1), broken)], is_complete_set=True)
    assert result.deleted == 1
    assert set(widgets.bodies()) == {"1", "2"}


def test_with_a_record_of_unreadable_id_nothing_is_marked_deleted_and_the_run_says_so(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1), record("2", 1))], is_complete_set=True)
    result = widgets.load([page(record("1", 1), rejections=[Rejection(b"{}", "no id", None)])], is_complete_set=True)
    assert result.deleted == 0
    assert result.note is not None
    assert result.note.startswith("1 rejected records have no readable id")
    assert set(widgets.bodies()) == {"1", "2"}


def test_a_sweep_over_the_ids_marks_what_is_gone_and_unmarks_what_is_not(widgets: Widgets) -> None:
    changes = Window("changes", since=moment(1))
    widgets.load([page(record("1", 1), record("2", 1), record("3", 1))])
    result = widgets.load([page(record("4", 2))], window=changes, id_sweep=[["1"], ["3", "4"]])
    assert result.deleted == 1
    assert set(widgets.bodies()) == {"1", "3", "4"}
    assert widgets.load([], window=changes, id_sweep=[["1", "2", "3", "4"]]).deleted == 0
    assert set(widgets.bodies()) == {"1", "2", "3", "4"}


def test_a_record_that_arrives_during_a_complete_read_is_not_taken_for_deleted(widgets: Widgets) -> None:
    """A webhook may bring a record that the vendor made after its page had been read."""

    def webhook(number: int) -> None:
        if number == 1:
            with widgets.connect() as connection:
                load_one(
                    connection, organization_id="lanternfield", source="acme", stream="widgets",
                    record=record("9", 2), run_id="webhook",
                )  # fmt: skip

    widgets.load(widgets.on_each([page(record("1", 1)), page(record("2", 1))], webhook), is_complete_set=True)
    assert set(widgets.bodies()) == {"1", "2", "9"}


def test_a_single_record_loads_while_the_stream_is_busy_and_older_ones_change_nothing(widgets: Widgets) -> None:
    merged = []

    def webhook(_: int) -> None:
        with widgets.connect() as connection:
            for day in (5, 4):
                one = record("9", day, name=f"day {day}")
                facts = {"organization_id": "lanternfield", "source": "acme", "stream": "widgets", "run_id": "webhook"}
                merged.append(load_one(connection, record=one, **facts))

    widgets.load(widgets.on_each([page(record("1", 1))], webhook))
    assert [(each.new, each.changed) for each in merged] == [(1, 0), (0, 0)]
    assert widgets.bodies()["9"]["name"] == "day 5"


def test_the_daily_history_has_one_row_a_day_and_the_last_word_of_that_day(widgets: Widgets) -> None:
    widgets.load([page(record("1", 1), record("2", 1))], snapshot_date=date(2026, 6, 1))
    widgets.load([page(record("1", 1), record("2", 2))], snapshot_date=date(2026, 6, 1))
    widgets.load([page(record("1", 1))], snapshot_date=date(2026, 6, 2))
    question = (
        "select snapshot_date::text, record_id, (record ->> 'day')::int from raw_acme.widgets_daily order by 1, 2"
    )
    assert widgets.ask(question) == [("2026-06-01", "1", 1), ("2026-06-01", "2", 2), ("2026-06-02", "1", 1)]
    before = widgets.ask("select xmin::text from raw_acme.widgets_daily order by 1")
    widgets.load([page(record("1", 1))], snapshot_date=date(2026, 6, 2))
    assert before == widgets.ask("select xmin::text from raw_acme.widgets_daily order by 1")


def test_what_went_during_the_day_is_not_in_that_days_history_and_stays_in_the_day_befores(widgets: Widgets) -> None:
    eve, day = date(2026, 5, 31), date(2026, 6, 1)
    both, one = [page(record("1", 1), record("2", 1))], [page(record("1", 1))]
    present = "select snapshot_date::text, record_id from raw_acme.widgets_daily where deleted_at is null order by 1, 2"
    widgets.load(both, snapshot_date=eve, is_complete_set=True)
    widgets.load(both, snapshot_date=day, is_complete_set=True)
    widgets.load(one, snapshot_date=day, is_complete_set=True)
    assert widgets.ask(present) == [("2026-05-31", "1"), ("2026-05-31", "2"), ("2026-06-01", "1")]
    widgets.load(both, snapshot_date=day, is_complete_set=True)
    assert widgets.ask(present)[-2:] == [("2026-06-01", "1"), ("2026-06-01", "2")], "it came back the same day"


def test_the_watermark_moves_only_when_a_complete_run_closes(widgets: Widgets) -> None:
    with widgets.connect() as connection:
        assert watermark(connection, *STREAM) is None
        with pytest.raises(VendorGaveUp):
            widgets.load(broken_after(numbered_pages(2, 5)))
        assert watermark(connection, *STREAM) is None
        widgets.load(numbered_pages(2, 5), overlap=timedelta(minutes=10))
        assert watermark(connection, *STREAM) == AS_OF - timedelta(minutes=10)
        yesterday = AS_OF - timedelta(days=1)
        widgets.load([], as_of=yesterday, window=Window("changes", since=yesterday - timedelta(days=1)))
        assert watermark(connection, *STREAM) == AS_OF - timedelta(minutes=10), "changes never move it back"
        widgets.load(numbered_pages(2, 5), as_of=yesterday)
        assert watermark(connection, *STREAM) == yesterday, "a read of everything stands by itself"


def test_a_certificate_that_is_refused_leaves_the_run_incomplete(widgets: Widgets) -> None:
    def refuse() -> None:
        raise VendorGaveUp("The vendor counts 7 and gave 5.")

    with pytest.raises(VendorGaveUp):
        widgets.load(numbered_pages(1, 5), certificate=refuse)
    assert widgets.one("select completed_at from raw_meta.cursors") is None
    assert len(widgets.bodies()) == 5


def test_a_month_read_on_its_own_does_not_make_the_stream_look_fresh(widgets: Widgets) -> None:
    """Not even the current one: what changed today in an older month's records is not in it."""
    this_month = Window("dated", start=moment(1), end=AS_OF + timedelta(days=9))
    widgets.load([page(record("1", 1))], window=this_month)
    reached = "select completed_as_of, covers_from, watermark from raw_meta.cursors"
    assert widgets.ask(reached) == [(None, moment(1), None)], "the rest of the history is still to come"
    widgets.load([page(record("1", 1))])
    for window in (this_month, Window("dated", start=datetime(2026, 5, 1, tzinfo=UTC), end=moment(1))):
        widgets.load([page(record("2", 1))], window=window, as_of=AS_OF + timedelta(days=3))
        assert widgets.ask(reached) == [(AS_OF, None, AS_OF)]


def test_months_apart_do_not_count_as_covered_until_the_gap_is_read(widgets: Widgets) -> None:
    def read(start: datetime, end: datetime) -> datetime:
        widgets.load([], window=Window("dated", start=start, end=end))
        covers_from: datetime = widgets.one("select covers_from from raw_meta.cursors")
        return covers_from

    assert read(moment(20), AS_OF) == moment(20)
    assert read(moment(1), moment(10)) == moment(20), "from the 10th to the 20th nothing was read"
    assert read(moment(9), moment(21)) == moment(1)
    widgets.load([], window=EVERYTHING)
    assert widgets.one("select covers_from from raw_meta.cursors") is None


def test_a_run_that_breaks_off_keeps_what_it_read_and_says_where_to_go_on(widgets: Widgets) -> None:
    with pytest.raises(VendorGaveUp, match="hung up"):
        widgets.load(broken_after(numbered_pages(3, 4)))
    assert len(widgets.bodies()) == 12
    with widgets.connect() as connection:
        point = resume_point(connection, *STREAM)
    assert point is not None
    assert point.position == {"page": 3}
    assert point.window == dataclasses.asdict(EVERYTHING)
    assert point.as_of == AS_OF
    assert widgets.ask("select outcome, error, records, pages from raw_meta.extraction_log") == [
        ("failed", "The vendor hung up.", 12, 3)
    ]


def test_a_resumed_read_still_finds_what_is_gone_and_counts_its_watermark_from_its_first_start(
    widgets: Widgets,
) -> None:
    widgets.load([page(record("gone", 1), *(record(str(each), 1) for each in range(15)))], is_complete_set=True)
    with pytest.raises(VendorGaveUp):
        widgets.load(broken_after(numbered_pages(2, 5)), as_of=AS_OF + timedelta(hours=1))
    with widgets.connect() as connection:
        point = resume_point(connection, *STREAM)
        assert point is not None
        result = widgets.load(
            numbered_pages(3, 5, start=point.position["page"]),
            as_of=AS_OF + timedelta(hours=9),
            resumes=point,
            is_complete_set=True,
        )
        assert result.deleted == 1, "the ten records of the interrupted run were seen, too"
        assert set(widgets.bodies()) == {str(each) for each in range(15)}
        assert watermark(connection, *STREAM) == AS_OF + timedelta(hours=1)
        assert resume_point(connection, *STREAM) is None
    assert widgets.one("select count(*) from raw_meta.seen_records") == 0


def test_a_read_that_starts_over_forgets_what_the_interrupted_one_saw(widgets: Widgets) -> None:
    widgets.load(numbered_pages(3, 5), is_complete_set=True)
    with pytest.raises(VendorGaveUp):
        widgets.load(broken_after(numbered_pages(2, 5)))
    assert widgets.load(numbered_pages(1, 5), is_complete_set=True).deleted == 10
    assert widgets.one("select count(*) from raw_meta.seen_records") == 0


def test_a_resume_point_serves_one_run_only(widgets: Widgets) -> None:
    with pytest.raises(VendorGaveUp):
        widgets.load(broken_after(numbered_pages(2, 5)))
    with widgets.connect() as connection:
        point = resume_point(connection, *STREAM)
    widgets.load(numbered_pages(3, 5))
    with pytest.raises(StreamBusy, match="taken on by another run"):
        widgets.load(numbered_pages(3, 5, start=2), resumes=point)


def test_a_second_load_of_a_busy_stream_is_refused_and_other_streams_are_not(widgets: Widgets) -> None:
    inside, finish = threading.Event(), threading.Event()

    def slow() -> Iterator[Page]:
        inside.set()
        finish.wait(30)
        yield page(record("1", 1))

    first = threading.Thread(target=lambda: widgets.load(slow()))
    first.start()
    try:
        inside.wait(30)
        with pytest.raises(StreamBusy, match="acme widgets of lanternfield is under way"):
            widgets.load([page(record("2", 1))], busy_after_seconds=0.05)
        widgets.load([page(record("3", 1))], organization_id="other", busy_after_seconds=0.05)
    finally:
        finish.set()
        first.join()
    assert set(widgets.bodies()) == {"1", "3"}


def test_a_late_writer_of_an_older_run_is_refused_and_writes_nothing(
    widgets: Widgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept through a failover loses its lock with its connection; the fence is what stops it then."""
    monkeypatch.setattr(raw_batches, "BATCH_RECORDS", 1)

    def overtaken(number: int) -> None:
        if number == 1:
            with widgets.connect() as connection:
                connection.execute("update raw_meta.cursors set fence = fence + 1")

    with pytest.raises(LateWriter, match="A newer run has taken over acme widgets of lanternfield"):
        widgets.load(widgets.on_each([page(record(str(each), 1)) for each in range(6)], overtaken))
    written = set(widgets.bodies())
    assert written <= {"0"}, "only the first batch may have been committed before the other run took over"
    assert widgets.ask("select outcome, records from raw_meta.extraction_log") == [("superseded", len(written))]
    assert widgets.one("select completed_at from raw_meta.cursors") is None


def test_a_run_that_was_killed_is_closed_in_the_log_by_the_next(widgets: Widgets) -> None:
    widgets.load([])
    with widgets.connect() as connection:
        connection.execute("update raw_meta.extraction_log set outcome = 'running', finished_at = null")
    widgets.load([])
    assert widgets.ask("select outcome, finished_at is null from raw_meta.extraction_log order by log_id") == [
        ("superseded", False),
        ("complete", False),
    ]


def test_the_log_holds_the_counts_and_the_certificate_of_a_complete_run(widgets: Widgets) -> None:
    proof = certificate(vendor_count=7, requests=3, retries=2, rate_limit_waits=1)
    widgets.load([page(record("1", 1)), page(record("2", 1))])
    widgets.load(
        [page(record("1", 1)), page(record("2", 2), record("3", 1))],
        certificate=lambda: proof,
        window=Window("changes", since=moment(1)),
    )
    columns = (
        "window_kind, window_from, outcome, pages, records, records_new, records_changed, records_unchanged,"
        " requests, retries, rate_limit_waits, vendor_count, error"
    )
    assert widgets.ask(f"select {columns} from raw_meta.extraction_log order by log_id desc limit 1") == [
        ("changes", moment(1), "complete", 2, 3, 1, 1, 1, 3, 2, 1, 7, None)
    ]
    kept = widgets.one("select certificate from raw_meta.extraction_log order by log_id desc limit 1")
    found = {"deletions": "not looked for", "deleted": 0, "resumed_from": None, "note": None}
    assert kept == {**dataclasses.asdict(proof), **found}


def test_a_failure_before_the_first_page_can_be_noted(widgets: Widgets) -> None:
    with widgets.connect() as connection:
        note_failure(
            connection, organization_id="lanternfield", source="acme", stream="widgets", run_id="run-1", as_of=AS_OF,
            error="The sign-in was refused.",
        )  # fmt: skip
    assert widgets.ask("select outcome, error from raw_meta.extraction_log") == [("failed", "The sign-in was refused.")]


def test_a_database_that_breaks_off_is_told_in_the_warehouses_words_and_logged(widgets: Widgets) -> None:
    def cut_off(number: int) -> None:
        if number == 1:
            with widgets.connect() as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                    " and pid <> pg_backend_pid()"
                )

    with pytest.raises(WarehouseError, match="Loading acme widgets of lanternfield stopped"):
        widgets.load(widgets.on_each([page(record("1", 1)), page(record("2", 1))], cut_off))
    assert widgets.ask("select outcome from raw_meta.extraction_log") == [("failed",)]
    widgets.load([page(record("1", 1)), page(record("2", 1))])
    assert set(widgets.bodies()) == {"1", "2"}


def test_a_missing_table_ends_the_run_with_a_sentence(widgets: Widgets) -> None:
    with pytest.raises(WarehouseError, match=r"raw_acme\.gadgets"):
        widgets.load([page(record("1", 1))], stream="gadgets")


def test_a_factory_that_commits_by_itself_does_not_break_the_transactions(widgets: Widgets) -> None:
    from warehouse.loader import load

    with pytest.raises(VendorGaveUp):
        load(
            lambda: psycopg.connect(widgets.url, autocommit=True), organization_id="lanternfield", source="acme",
            stream="widgets", pages=broken_after(numbered_pages(1, 3)), run_id="run-1", as_of=AS_OF, window=EVERYTHING,
            certificate=certificate,
        )  # fmt: skip
    assert len(widgets.bodies()) == 3


def test_finding_deletions_among_many_records_compares_sets_and_not_each_with_each(widgets: Widgets) -> None:
    """With fresh ids the planner once chose 400 million comparisons: half a minute for 20,000 records."""
    from warehouse.loader import load

    def impatient() -> psycopg.Connection:
        return psycopg.connect(widgets.url, options="-c statement_timeout=5s -c timezone=UTC")

    for found in (40, 39):
        result = load(
            impatient, organization_id="lanternfield", source="acme", stream="widgets",
            pages=numbered_pages(found, 1000), run_id="run-1", as_of=AS_OF, window=EVERYTHING,
            certificate=lambda: certificate(is_complete_set=True),
        )  # fmt: skip
    assert result.deleted == 1000


def test_memory_stays_flat_however_long_the_stream_is(widgets: Widgets) -> None:
    def peak(pages: int) -> int:
        tracemalloc.start()
        widgets.load(numbered_pages(pages, 500, filler="x" * 300))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    short, long = peak(20), peak(200)
    assert long < 1.5 * short, "ten times the records; how many batches are in work at once is left to chance"
    assert long < 40 * 1024 * 1024
