"""One builds the models, or several read them; whoever waits is told for what."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from orchestration import turns
from orchestration.progress import Quiet
from tests.installation import installed

LONG_ENOUGH = 60
"""Seconds after which a thread that should have come through is taken for stuck; nothing is measured by it."""


@pytest.fixture(autouse=True)
def _warehouse(database_url: str, tmp_path: Path) -> Iterator[None]:
    (tmp_path / "config").mkdir()
    with installed(database_url, tmp_path / "var", tmp_path / "config"):
        yield


class Comer(Quiet):
    """Somebody else who takes a turn: what they were told, and whether they are inside."""

    def __init__(self, turn: Callable[["Comer"], AbstractContextManager[object]]) -> None:
        self.told: list[str] = []
        self.waits, self.is_inside, self._may_leave = threading.Event(), threading.Event(), threading.Event()
        self._turn = turn
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def _go(self) -> None:
        with self._turn(self):
            self.is_inside.set()
            self._may_leave.wait(LONG_ENOUGH)

    def line(self, text: str) -> None:
        self.told.append(text.strip())
        self.waits.set()

    def comes_in(self) -> bool:
        return self.is_inside.wait(LONG_ENOUGH)

    def leave(self) -> None:
        self._may_leave.set()
        self._thread.join(LONG_ENOUGH)
        assert not self._thread.is_alive()


@pytest.fixture
def queues(database_url: str) -> Callable[[], bool]:
    """Whether somebody really waits for the lock: being told of it comes a moment before."""

    def look() -> bool:
        with psycopg.connect(database_url, autocommit=True) as connection:
            asked = (
                "select count(*) from pg_locks where locktype = 'advisory' and not granted "
                "and database = (select oid from pg_database where datname = current_database())"
            )
            until = threading.Event()
            for _ in range(LONG_ENOUGH * 50):
                if connection.execute(asked).fetchone() != (0,):
                    return True
                until.wait(0.02)
        return False

    return look


def test_readers_read_together_and_a_build_waits_for_all_of_them_and_says_so(queues: Callable[[], bool]) -> None:
    first, second = Comer(turns.reading), Comer(turns.reading)
    assert first.comes_in()
    assert second.comes_in()
    assert first.told == second.told == []
    build = Comer(turns.sole_builder)
    assert queues()
    first.leave()
    assert not build.is_inside.is_set()
    second.leave()
    assert build.comes_in()
    assert build.told == [turns.OTHERS_READ.strip()]
    build.leave()


def test_a_reader_waits_for_a_build_and_says_so(queues: Callable[[], bool]) -> None:
    with turns.sole_builder():
        reader = Comer(turns.reading)
        assert queues()
        assert not reader.is_inside.is_set()
    assert reader.comes_in()
    assert reader.told == [turns.ANOTHER_BUILDS.strip()]
    reader.leave()


def test_a_build_waits_for_another_and_says_so(queues: Callable[[], bool]) -> None:
    with turns.sole_builder():
        second = Comer(turns.sole_builder)
        assert queues()
    assert second.comes_in()
    assert second.told == [turns.ANOTHER_BUILDS.strip()]
    second.leave()


def test_many_readers_keep_no_build_away(queues: Callable[[], bool]) -> None:
    with turns.reading():
        build = Comer(turns.sole_builder)
        assert queues()
        late = Comer(turns.reading)
        assert late.waits.wait(LONG_ENOUGH)
        with turns.reading():  # who reads already goes on, else both would wait for ever
            pass
        with turns.reading_if_free() as is_free:
            assert is_free
    assert build.comes_in()
    assert not late.is_inside.is_set()
    build.leave()
    assert late.comes_in()
    assert late.told == [turns.ANOTHER_COMES_FIRST.strip()]
    late.leave()


def test_who_builds_reads_inside_of_it_without_waiting_for_itself() -> None:
    with turns.sole_builder(), turns.sole_builder(), turns.reading(), turns.reading_if_free() as is_free:
        assert is_free


def test_a_build_inside_of_reading_is_refused_and_not_waited_for() -> None:
    with turns.reading(), pytest.raises(RuntimeError, match="inside of what reads"), turns.sole_builder():
        pass


def test_a_look_that_never_waits_finds_a_build_and_leaves_readers_alone() -> None:
    build = Comer(turns.sole_builder)
    assert build.comes_in()
    with turns.reading_if_free() as is_free:
        assert not is_free
    build.leave()
    reader = Comer(turns.reading)
    assert reader.comes_in()
    with turns.reading_if_free() as is_free:
        assert is_free
    reader.leave()


def test_who_has_built_lets_others_read_before_anybody_builds_again(queues: Callable[[], bool]) -> None:
    with turns.sole_builder() as let_others_read:
        build = Comer(turns.sole_builder)
        assert queues()
        let_others_read()
        with turns.reading():
            assert not build.is_inside.is_set()
        with pytest.raises(RuntimeError), turns.sole_builder():
            pass
    assert build.comes_in()
    build.leave()


def test_what_was_built_is_read_by_others_while_its_decks_are_drawn() -> None:
    with turns.sole_builder() as let_others_read:
        let_others_read()
        reader = Comer(turns.reading)
        assert reader.comes_in()
        assert reader.told == []
        reader.leave()


def test_a_turn_ends_with_its_block_also_where_that_fails() -> None:
    for turn in (turns.sole_builder, turns.reading):
        with pytest.raises(KeyError), turn():
            raise KeyError
        build = Comer(turns.sole_builder)
        assert build.comes_in()
        build.leave()
        assert build.told == []
