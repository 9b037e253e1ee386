"""One builds the models, or several read them; whoever waits is told for what."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psycopg
import pytest

from orchestration import quarter_decks, turns
from orchestration.errors import TurnLost
from orchestration.progress import Quiet
from tests.installation import installed

LONG_ENOUGH = 60
"""Seconds after which a thread that should have come through is taken for stuck; nothing is measured by it."""
TURNS = (
    "pg_locks where locktype = 'advisory' "
    "and database = (select oid from pg_database where datname = current_database())"
)
"""The locks of this test's database, held or waited for."""


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
            asked = f"select count(*) from {TURNS} and not granted"
            until = threading.Event()
            for _ in range(LONG_ENOUGH * 50):
                if connection.execute(asked).fetchone() != (0,):
                    return True
                until.wait(0.02)
        return False

    return look


def waits_for(comer: Comer, work: str, holders: int) -> None:
    """What it was told: for which work, and where each of those is that hold the lock."""
    [told] = comer.told
    assert told.startswith(work.strip())
    named = told.removeprefix(work.strip())
    one = rf"qbr in \S+, process {os.getpid()} on \S+ \(process \d+ of Postgres\) since \d{{4}}-\d\d-\d\d \d\d:\d\d UTC"
    assert re.fullmatch(rf" Held by {'; '.join([one] * holders)}\. If one hangs: .*", named), named


def lose(url: str) -> None:
    """End the connection that holds the lock, as a server does that restarts."""
    with psycopg.connect(url, autocommit=True) as other:
        ended = other.execute(
            f"select pg_terminate_backend(pid, 60000) from {TURNS} and granted"  # type: ignore[arg-type]
        ).fetchall()
    assert ended == [(True,)]


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
    waits_for(build, turns.OTHERS_READ, 2)
    build.leave()


def test_a_reader_waits_for_a_build_and_says_so(queues: Callable[[], bool]) -> None:
    with turns.sole_builder():
        reader = Comer(turns.reading)
        assert queues()
        assert not reader.is_inside.is_set()
    assert reader.comes_in()
    waits_for(reader, turns.ANOTHER_BUILDS, 1)
    reader.leave()


def test_a_build_waits_for_another_and_says_so(queues: Callable[[], bool]) -> None:
    with turns.sole_builder():
        second = Comer(turns.sole_builder)
        assert queues()
    assert second.comes_in()
    waits_for(second, turns.ANOTHER_BUILDS, 1)
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
    waits_for(late, turns.ANOTHER_COMES_FIRST, 1)
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


@pytest.mark.parametrize(
    ("turn", "whom"), [(turns.sole_builder, "others"), (turns.reading, "builds"), (turns.reading_if_free, "builds")]
)
def test_a_lock_that_was_lost_fails_what_went_well(
    database_url: str, turn: Callable[[], AbstractContextManager[object]], whom: str
) -> None:
    with pytest.raises(TurnLost, match=rf"The lock that keeps {whom} away was lost .* Run it once more"), turn():
        lose(database_url)
    with pytest.raises(KeyError), turn():  # noqa: PT012 - what it says itself comes first
        lose(database_url)
        raise KeyError
    with turns.sole_builder():
        pass


def test_who_commits_asks_before_whether_the_lock_is_still_held(database_url: str) -> None:
    turns.make_sure()
    with pytest.raises(TurnLost), turns.reading():  # noqa: PT012 - asked inside, which the end of the block repeats
        turns.make_sure()
        lose(database_url)
        with pytest.raises(TurnLost):
            turns.make_sure()


def test_a_lock_that_was_lost_during_a_build_is_told_in_a_sentence_before_others_read(database_url: str) -> None:
    told = pytest.raises(TurnLost, match="others may have read or built in between")
    with told, turns.sole_builder() as let_others_read:
        lose(database_url)
        let_others_read()


def test_the_lock_of_a_quarters_decks_goes_with_its_block(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with its connection, whose end the server notices when it comes to it."""
    with (
        psycopg.connect(database_url, autocommit=True) as first,
        psycopg.connect(database_url, autocommit=True) as other,
    ):
        connections = [first, other, first]
        monkeypatch.setattr(quarter_decks, "connect", lambda **_: nullcontext(connections.pop()))
        with quarter_decks.alone_with("fernhill", "2026-Q2"):
            pass
        with quarter_decks.while_nobody_draws("fernhill", "2026-Q2") as is_free:
            assert is_free
        with quarter_decks.while_nobody_draws("fernhill", "2026-Q2") as is_free:
            assert is_free
        own = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        assert [one.execute(own).fetchone() for one in (first, other)] == [(0,), (0,)]
