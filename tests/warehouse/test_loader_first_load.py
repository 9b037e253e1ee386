"""The first load of a stream, which copies straight into the table: it must end as merging would."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from extractors.core.records import Page, Record
from tests.warehouse.loading import Widgets, page, record
from warehouse import raw_batches, raw_merging
from warehouse.loader import load_one


@pytest.fixture
def widgets(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Widgets:
    monkeypatch.setattr(raw_batches, "BATCH_RECORDS", 2)
    return Widgets(database_url)


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each batch that was tried could be copied straight into the table."""
    real, outcomes = raw_merging._copy_rows, []

    def watched(*arguments: Any, **facts: Any) -> bool:
        outcomes.append(real(*arguments, **facts))
        return outcomes[-1]

    monkeypatch.setattr(raw_merging, "_copy_rows", watched)
    return outcomes


def test_a_first_load_is_copied_and_the_next_one_is_merged(widgets: Widgets, copied: list[bool]) -> None:
    first = widgets.load([page(record("1", 3), record("2"), record("3", 4))])
    assert (first.new, first.changed, copied) == (3, 0, [True])
    again = widgets.load([page(record("1", 3), record("2", 5, name="b"))], run_id="run-2")
    assert (again.new, again.changed, again.unchanged, copied) == (0, 1, 1, [True])


def test_every_column_is_as_merging_writes_it(widgets: Widgets, copied: list[bool]) -> None:
    widgets.load([page(record("1", 3, name="Ünïcode"), record("2"))])
    widgets.load([page(record("1", 3, name="Ünïcode"), record("2"))], organization_id="merged-one")
    with widgets.connect() as connection:
        connection.execute("delete from raw_acme.widgets where organization_id = 'merged-one' and record_id = '1'")
    widgets.load([page(record("1", 3, name="Ünïcode"), record("2"))], organization_id="merged-one")
    assert copied == [True, True]
    rows = "select record, source_updated_at, record_hash, deleted_at, run_id from raw_acme.widgets"
    assert widgets.ask(f"{rows} where organization_id = 'lanternfield' order by record_id") == widgets.ask(
        f"{rows} where organization_id = 'merged-one' order by record_id"
    )
    assert widgets.one("select bool_and(first_seen_at = extracted_at) from raw_acme.widgets")


def test_a_record_that_a_later_page_repeats_is_merged_with_its_batch(widgets: Widgets, copied: list[bool]) -> None:
    pages = [page(record("1", 3), record("2", 3)), page(record("2", 4, name="newer"), record("3", 3))]
    result = widgets.load(pages)
    assert copied == [True, False]
    assert (result.records, result.new, result.changed) == (4, 3, 1)
    assert widgets.bodies()["2"]["name"] == "newer"


def test_a_record_that_does_not_fit_is_rejected_and_its_neighbours_load(widgets: Widgets, copied: list[bool]) -> None:
    broken = Record("2", b'{"id": "2", "name": "\\u0000"}', None)
    result = widgets.load([page(record("1", 3), broken)])
    assert copied == [False]
    assert (result.new, result.rejected, set(widgets.bodies())) == (1, 1, {"1"})


def test_a_record_that_arrives_by_itself_meanwhile_is_not_lost(widgets: Widgets, copied: list[bool]) -> None:
    def pages() -> Iterator[Page]:
        yield page(record("1", 3), record("2", 3))
        with psycopg.connect(widgets.url) as connection:
            load_one(
                connection,
                organization_id="lanternfield",
                source="acme",
                stream="widgets",
                record=record("3", 9, name="newer"),
                run_id="webhook",
            )
        yield page(record("3", 5, name="older"), record("4", 3))

    result = widgets.load(pages())
    assert result.records == 4
    assert widgets.bodies()["3"]["name"] == "newer"
    assert set(widgets.bodies()) == {"1", "2", "3", "4"}
