"""The metric reference is whole: every key of the catalogue has a row, every row says everything."""

import re

import pytest

from orchestration.metric_reference import COLUMNS, Entry, Project, catalogue_keys, page


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return Project().entries()


def test_no_row_of_the_reference_lacks_a_field(entries: list[Entry]) -> None:
    assert len(entries) > 50
    assert {f"{entry.place}: {entry.key}": entry.lacking() for entry in entries if entry.lacking()} == {}


def test_every_key_of_the_catalogue_is_where_the_list_says(entries: list[Entry]) -> None:
    places = {(entry.key, "spine" if "." not in entry.place else entry.place) for entry in entries}
    lost = {
        key: place
        for key, place in catalogue_keys().items()
        if not place.startswith(("waiting: ", "building: ")) and (key, place) not in places
    }
    assert lost == {}


def test_only_the_portal_and_the_payments_are_waited_for() -> None:
    waited = {place for place in catalogue_keys().values() if place.startswith("waiting")}
    assert waited <= {"waiting: portal", "waiting: payments"}


def test_what_waits_is_not_there_already(entries: list[Entry]) -> None:
    """A key that somebody has built since must say where."""
    built = {entry.key for entry in entries}
    assert [key for key, place in catalogue_keys().items() if place.startswith("waiting") and key in built] == []


def test_every_key_is_printed_on_the_page_with_each_field() -> None:
    lines = page().splitlines()
    cells = {
        match[1]: re.split(r"(?<!\\)\|", line)[1:-1]
        for line in lines
        if (match := re.match(r"\| `(\w+)`", line)) is not None
    }
    keys = [key for key, place in catalogue_keys().items() if not place.startswith("building: ")]
    assert [key for key in keys if key not in cells] == []
    short = [
        key
        for key, place in catalogue_keys().items()
        if ": " not in place and (len(cells[key]) != len(COLUMNS) or not all(cell.strip() for cell in cells[key]))
    ]
    assert short == []


def test_the_tests_that_the_reference_names_exist(entries: list[Entry]) -> None:
    known = {name for name, _, _ in Project().unit_tests}
    named = {name for entry in entries for name in re.findall(r"`(\w+)`", entry.tests)}
    assert named
    assert {name for name in named if name not in known} == set()
