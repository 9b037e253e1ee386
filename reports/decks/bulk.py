"""Many decks of a quarter, several at a time: one that fails stops no other, and what is done is not done again."""

import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from reports.decks.builder import (
    BuiltDeck,
    clients_to_review,
    deck_path,
    gather_deck,
    snapshot_path,
    write_deck,
)
from reports.decks.snapshots import DeckSnapshot, content_sha256, encode
from reports.errors import DeckBlocked, ReportError
from reports.files import sha256_of
from reports.views.query import rows
from reports.views.reviews import customers_to_review
from reports.views.smartnumbers import has_smartnumbers
from warehouse.audit import RUN, Actor
from warehouse.errors import WarehouseError

Opened = Callable[[], AbstractContextManager[Connection[Any]]]
"""Opens a connection to the warehouse; a function of a module, so that another process can find it."""
_KILLED_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Order:
    """One deck to build; of the whole organization where no client is named."""

    deck: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an order ended: built, found as it should be, or failed with a sentence."""

    order: Order
    built: BuiltDeck | None = None
    error: str | None = None
    trace: str | None = None
    """Where an error that nobody foresaw came from, for the operator's log."""
    is_unchanged: bool = False
    blocked: tuple[str, ...] = ()
    """The checks that hold every deck of the quarter back; `build_all` raises them."""


@dataclass(frozen=True, slots=True)
class Commission:
    """What all orders of one call share."""

    organization_id: str
    quarter: str
    out_dir: Path
    force_reason: str | None = None
    actor: Actor = RUN


def orders_of(connection: Connection[Any], organization_id: str, quarter: str) -> list[Order]:
    """The company's deck, one for each client that has a figure to show, and a dealer's customer reviews.

    A dealer without any SmartNumber gets its customer reviews alone: the other decks would say nothing.
    """
    reviews = [Order("customer_review", one) for one in customers_to_review(connection, organization_id, quarter)]
    if reviews and not has_smartnumbers(connection, organization_id, quarter):
        return reviews
    return [
        Order("company"),
        *(Order("client", one) for one in clients_to_review(connection, organization_id, quarter)),
        *reviews,
    ]


def build_all(
    orders: Sequence[Order], commission: Commission, opened: Opened, *, processes: int = 1
) -> Iterator[Outcome]:
    """Each order's outcome as soon as it is known; every deck is committed by itself.

    A deck whose snapshot, but for its state, is that of the file already there is left alone, so a run that was
    broken off goes on where it was. Raises DeckBlocked when a check holds the whole quarter back: then no deck is
    begun after the first.
    """
    if processes == 1 or len(orders) == 1:
        with _Line(opened) as line:
            for order in orders:
                yield _unless_blocked(_attempt(line, order, commission), commission)
        return
    lost = list[Order]()
    pool = _pool(processes, opened)
    try:
        running: dict[Future[Outcome], Order] = {}
        for order in orders:
            try:
                running[pool.submit(_in_a_process, order, commission)] = order
            except BrokenProcessPool:
                lost.append(order)
        for one in as_completed(running):
            try:
                yield _unless_blocked(_outcome(one, running[one]), commission)
            except BrokenProcessPool:
                lost.append(running[one])
    finally:
        pool.shutdown(cancel_futures=True)  # also when whoever asked has stopped listening
    for outcome in _one_by_one([order for order in orders if order in lost], commission, opened):
        yield _unless_blocked(outcome, commission)


def _pool(processes: int, opened: Opened) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _open_one, (opened,))


def _one_by_one(orders: Sequence[Order], commission: Commission, opened: Opened) -> Iterator[Outcome]:
    """What was left when a process was killed, one deck at a time, so that a deck that kills its process is alone.

    Where one after the other is killed it is not the decks, and the rest fails.
    """
    if not orders:
        return
    pool, killed = _pool(1, opened), 0
    try:
        for order in orders:
            try:
                outcome, killed = _outcome(pool.submit(_in_a_process, order, commission), order), 0
            except BrokenProcessPool as error:
                outcome, killed = _unforeseen(order, error), killed + 1
                if killed < _KILLED_IN_A_ROW:
                    pool.shutdown()
                    pool = _pool(1, opened)
            yield outcome
    finally:
        pool.shutdown(cancel_futures=True)


class _Line:
    """A connection that is opened anew once it was lost."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._stack = opened, ExitStack()
        self._connection: Connection[Any] | None = None

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def connection(self) -> Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._stack.close()
            self._connection = self._stack.enter_context(self._opened())
        return self._connection

    def rollback(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):  # lost; the next to ask gets another
                self._connection.rollback()


_own: list[_Line] = []


def _open_one(opened: Opened) -> None:
    _own.append(_Line(opened))


def _in_a_process(order: Order, commission: Commission) -> Outcome:
    return _attempt(_own[0], order, commission)


def _outcome(ended: Future[Outcome], order: Order) -> Outcome:
    """How it ended. Raises BrokenProcessPool where a process was killed, of which every deck that waits is told."""
    try:
        return ended.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # noqa: BLE001  what cannot be handed over is the failure of this deck alone
        return _unforeseen(order, error)


def _attempt(line: _Line, order: Order, commission: Commission) -> Outcome:
    try:
        connection = line.connection()
        outcome = _build(connection, order, commission)
        connection.commit()
    except DeckBlocked as error:
        line.rollback()
        return Outcome(order, error=str(error), blocked=error.failures)
    except (ReportError, WarehouseError) as error:
        line.rollback()
        return Outcome(order, error=str(error))
    except Exception as error:  # noqa: BLE001  whatever a view or a renderer raises is the failure of this deck alone
        line.rollback()
        return _unforeseen(order, error)
    return outcome


def _unforeseen(order: Order, error: Exception) -> Outcome:
    named = order.client_id or order.deck
    return Outcome(
        order,
        error=f"The deck of {named} was not built ({type(error).__name__}); the others go on.",
        trace="".join(traceback.format_exception(error)),
    )


def _build(connection: Connection[Any], order: Order, commission: Commission) -> Outcome:
    place = (commission.organization_id, commission.quarter)
    snapshot = gather_deck(
        connection, order.deck, *place, client_id=order.client_id, force_reason=commission.force_reason
    )
    built = as_it_stands(connection, commission.out_dir, snapshot)
    if built is not None:
        return Outcome(order, built, is_unchanged=True)
    return Outcome(order, write_deck(connection, encode(snapshot), commission.out_dir, actor=commission.actor))


def as_it_stands(connection: Connection[Any], out_dir: Path, snapshot: DeckSnapshot) -> BuiltDeck | None:
    """The deck that stands at its place, if it says what this snapshot says and nobody has touched it since.

    In which state the same was read again, as of when and by which run, makes no other deck: links to it stay open.
    """
    path, beside = deck_path(out_dir, snapshot), snapshot_path(out_dir, snapshot)
    found = rows(
        connection,
        """
        select kind, client_id, sha256, details from app.artefacts
        where organization_id = %(organization_id)s and uri = %(uri)s and superseded_at is null
            and details ->> 'content' = %(content)s
        """,
        {
            "organization_id": snapshot.owner.organization_id,
            "uri": path.resolve().as_uri(),
            "content": content_sha256(snapshot),
        },
    )
    if not found:
        return None
    noted = found[0]
    named, share = noted["details"]["snapshot"], noted["details"].get("filled_automatically")
    for place, wanted in ((path, noted["sha256"]), (beside, named)):
        if not place.is_file() or sha256_of(place) != wanted:
            return None
    return BuiltDeck(
        path=path,
        sha256=noted["sha256"],
        slides=noted["details"]["slides"],
        kind=noted["kind"].removesuffix("_deck"),
        client_id=noted["client_id"],
        snapshot_path=beside,
        snapshot_sha256=named,
        filled_automatically=None if share is None else Decimal(share),
        draft_reason=noted["details"].get("draft_reason"),
        content_sha256=noted["details"]["content"],
    )


def _unless_blocked(outcome: Outcome, commission: Commission) -> Outcome:
    if outcome.blocked:
        raise DeckBlocked(commission.organization_id, commission.quarter, outcome.blocked)
    return outcome
