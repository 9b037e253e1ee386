"""Many decks at once: in several processes, one failing alone, going on where a run was broken off."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from reports.decks import DeckBlocked, builder, bulk
from reports.decks.builder import BuiltDeck, write_deck
from reports.decks.bulk import Commission, Order, Outcome, build_all, orders_of
from reports.decks.rendering import RenderedDeck, render
from reports.decks.snapshots import DeckSnapshot, decode
from tests.installation import installed
from tests.reports import marts
from warehouse.audit import Actor
from warehouse.engine import connect


@pytest.fixture
def committed(committing: psycopg.Connection, database_url: str, tmp_path: Path) -> Iterator[psycopg.Connection]:
    """The organization, committed, where this process and the ones it starts find it."""
    marts.whole_organization(committing)
    committing.commit()
    with installed(database_url, tmp_path / "var"):
        yield committing


@pytest.fixture
def orders(committed: psycopg.Connection) -> list[Order]:
    return orders_of(committed, marts.ORGANIZATION, marts.QUARTER)


def commission(folder: Path) -> Commission:
    return Commission(marts.ORGANIZATION, marts.QUARTER, folder)


def build(orders: list[Order], folder: Path, processes: int = 1) -> dict[Order, Outcome]:
    return {one.order: one for one in build_all(orders, commission(folder), connect, processes=processes)}


def test_there_is_an_order_for_the_company_and_each_client_with_figures(orders: list[Order]) -> None:
    assert orders[0] == Order("company")
    assert {one.client_id for one in orders[1:]} == {"juniper-dental", "birch-freight", "orchard-legal"}


def test_two_processes_make_the_same_decks_as_one(orders: list[Order], tmp_path: Path) -> None:
    alone, together = build(orders, tmp_path / "one"), build(orders, tmp_path / "two", processes=2)
    assert set(alone) == set(together) == set(orders)
    for order, outcome in together.items():
        assert outcome.built is not None
        assert alone[order].built is not None
        assert outcome.built.sha256 == alone[order].built.sha256
        assert outcome.built.path.is_file()


def test_a_deck_that_fails_stops_no_other(orders: list[Order], tmp_path: Path) -> None:
    nobody = Order("client", "nobody")
    found = build([nobody, *orders], tmp_path, processes=2)
    assert "no client 'nobody'" in str(found[nobody].error)
    assert all(found[order].built is not None for order in orders)


def test_a_renderer_that_breaks_fails_its_own_deck_and_says_where(
    orders: list[Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draws(snapshot: DeckSnapshot) -> RenderedDeck:
        if snapshot.client_id == "birch-freight":
            raise KeyError("no such column")
        return render(snapshot)

    monkeypatch.setattr(builder, "render", draws)
    found = build(orders, tmp_path)
    broken = found.pop(Order("client", "birch-freight"))
    assert broken.error == "The deck of birch-freight was not built (KeyError); the others go on."
    assert "no such column" in str(broken.trace)
    assert len(found) == len(orders) - 1
    assert all(one.built is not None for one in found.values())


def test_a_connection_that_is_lost_fails_one_deck_and_is_opened_again(
    committed: psycopg.Connection, orders: list[Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loses(connection: psycopg.Connection, document: bytes, *place: Path, **more: Actor) -> BuiltDeck:
        if decode(document).client_id == "birch-freight":
            committed.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        return write_deck(connection, document, *place, **more)

    monkeypatch.setattr(bulk, "write_deck", loses)
    found = build(orders, tmp_path)
    assert [order.client_id for order, one in found.items() if one.error] == ["birch-freight"]
    assert all(one.built is not None for one in found.values() if not one.error)


def test_a_process_that_is_killed_costs_decks_and_raises_nothing(orders: list[Order], tmp_path: Path) -> None:
    found = {one.order: one for one in build_all(orders, commission(tmp_path), _opens_nothing_and_dies, processes=2)}
    assert set(found) == set(orders)
    assert all("was not built (BrokenProcessPool)" in str(one.error) for one in found.values())


def _opens_nothing_and_dies() -> psycopg.Connection:
    os._exit(9)


def test_a_process_that_is_killed_once_costs_no_deck(
    orders: list[Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the system killed for its memory failed every deck of the quarter that was not yet built."""
    monkeypatch.setenv("TEST_OF_A_KILLED_PROCESS", str(tmp_path / "killed"))
    found = list(build_all(orders, commission(tmp_path), _is_killed_once, processes=2))
    assert (tmp_path / "killed").is_file()
    assert {one.order for one in found if one.built is not None} == set(orders)
    assert len(found) == len(orders)


def _is_killed_once() -> psycopg.Connection:
    mark = Path(os.environ["TEST_OF_A_KILLED_PROCESS"])
    if not mark.exists():
        mark.touch()
        os._exit(9)
    return connect()


def test_a_deck_that_kills_every_process_fails_alone(orders: list[Order], tmp_path: Path) -> None:
    found = {one.order: one for one in build_all(orders, commission(tmp_path), _dies_of_birch_freight, processes=2)}
    broken = found.pop(Order("client", "birch-freight"))
    assert "was not built (BrokenProcessPool)" in str(broken.error)
    assert len(found) == len(orders) - 1
    assert all(one.built is not None for one in found.values())


def _dies_of_birch_freight() -> psycopg.Connection:
    connection = connect()
    connection.cursor_factory = _DiesOfBirchFreight
    return connection


class _DiesOfBirchFreight(psycopg.Cursor):
    def execute(self, query, params=None, **more):  # type: ignore[no-untyped-def]
        if isinstance(params, dict) and params.get("client_id") == "birch-freight":
            os._exit(9)
        return super().execute(query, params, **more)


def test_what_was_drawn_from_the_same_snapshot_is_left_alone(orders: list[Order], tmp_path: Path) -> None:
    first = build(orders, tmp_path)
    assert not any(one.is_unchanged for one in first.values())
    again = build(orders, tmp_path)
    assert all(one.is_unchanged for one in again.values())
    assert [one.built for one in again.values()] == [one.built for one in first.values()]


def test_the_next_run_that_finds_the_same_leaves_a_deck_alone_and_another_figure_does_not(
    committed: psycopg.Connection, orders: list[Order], tmp_path: Path
) -> None:
    first = build(orders, tmp_path)
    committed.execute("update app.check_results set checked_at = checked_at + interval '1 day', run_id = 'next'")
    committed.execute("update marts.fct_metrics_monthly set freshest_at = freshest_at + interval '1 day'")
    committed.execute("update marts.fct_source_freshness set last_completed_at = now(), records = records + 1")
    committed.commit()
    again = build(orders, tmp_path)
    assert all(one.is_unchanged for one in again.values())
    assert [one.built for one in again.values()] == [one.built for one in first.values()]
    committed.execute(
        "update marts.fct_metrics_monthly set value = value + 1 "
        "where metric = 'endpoints_managed' and client_id = 'birch-freight' and period = '2026-06'"
    )
    committed.commit()
    changed = [order.client_id for order, one in build(orders[1:], tmp_path).items() if not one.is_unchanged]
    assert changed == ["birch-freight"]


def test_a_deck_noted_by_an_older_version_is_drawn_once_more_and_then_left_alone(
    committed: psycopg.Connection, orders: list[Order], tmp_path: Path
) -> None:
    """It came out as the same bytes, which nobody noted, and was drawn again every evening."""
    build(orders, tmp_path)
    committed.execute("update app.artefacts set details = details || jsonb_build_object('content', 'of before')")
    committed.commit()
    assert not any(one.is_unchanged for one in build(orders, tmp_path).values())
    assert all(one.is_unchanged for one in build(orders, tmp_path).values())


def test_a_deck_that_is_gone_or_was_touched_is_built_again(orders: list[Order], tmp_path: Path) -> None:
    first = {order: one.built for order, one in build(orders, tmp_path).items()}
    gone, touched, *others = orders
    assert first[gone] is not None
    assert first[touched] is not None
    first[gone].path.unlink()
    first[touched].path.write_bytes(b"edited by hand")
    again = build(orders, tmp_path)
    assert {order for order, one in again.items() if not one.is_unchanged} == {gone, touched}
    assert first[touched].path.read_bytes() != b"edited by hand"
    assert len(others) == 2


def test_a_run_that_was_broken_off_goes_on_where_it_was(orders: list[Order], tmp_path: Path) -> None:
    some = build_all(orders, commission(tmp_path), connect)
    done = {next(some).order, next(some).order}
    some.close()  # type: ignore[attr-defined]  # what a person does with ctrl-C
    again = build(orders, tmp_path)
    assert {order for order, one in again.items() if one.is_unchanged} == done
    assert all(one.built is not None for one in again.values())


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failing_check_holds_all_back_and_is_told_once(
    committed: psycopg.Connection, orders: list[Order], tmp_path: Path, processes: int
) -> None:
    committed.execute("delete from app.check_results")
    marts.checks(committed, failing=True)
    committed.commit()
    with pytest.raises(DeckBlocked) as refused:
        build(orders, tmp_path, processes)
    assert "--force" in str(refused.value)
    assert not list(tmp_path.rglob("*.pptx"))
