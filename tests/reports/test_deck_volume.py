"""R18: a quarter of many clients is drawn in the memory of a few, however many there are."""

import psycopg
import pytest

from bench.drawing import SLIDES, draw_for_clients
from reports.decks.builder import gather_deck
from tests.reports import marts

GIGABYTE = 2**30


@pytest.mark.parametrize("clients", [100, pytest.param(200, marks=pytest.mark.soak)])
def test_memory_does_not_grow_with_the_number_of_decks(fernhill: psycopg.Connection, clients: int) -> None:
    snapshot = gather_deck(fernhill, "company", marts.ORGANIZATION, marts.QUARTER)
    _, peaks = draw_for_clients(snapshot, clients)
    assert len(peaks) == clients
    assert SLIDES == 20
    assert max(peaks) < GIGABYTE
    # Python lets what refers to itself lie until it is a quarter of all; some sixty decks later it stays where it is.
    settled = max(peaks[: clients * 2 // 3])
    assert max(peaks) < 1.2 * settled
