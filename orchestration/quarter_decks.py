"""All decks of one quarter with what goes out beside them, for the command, the pipeline and Dagster alike.

Whoever draws decks of a quarter is alone with them: a second one waits and then finds them as they should be.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from orchestration import turns
from orchestration.progress import Progress
from orchestration.timetable import tells_investors
from orchestration.traces import where_the_details_are
from reports.decks import BuiltDeck
from reports.decks.builder import clients_left_out
from reports.decks.bulk import Commission, Order, Outcome, build_all, orders_of
from reports.paper.companions import Companions, accompany
from warehouse.audit import RUN, Actor
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings

DECKS_LOCK = 7_302_543  # any number, as long as every process uses the same
WORTH_A_PROCESS = 25
"""Decks that one process draws while another is still being started."""


@dataclass(frozen=True, slots=True)
class QuarterDecks:
    """What came of the orders: decks built or found unchanged, sentences about those that failed, handouts and PDFs."""

    built: list[BuiltDeck] = field(default_factory=list)
    drawn: list[BuiltDeck] = field(default_factory=list)
    """Those of them that were not found as they should be."""
    failed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Clients that got no deck, each with why; nobody is asked where decks were ordered by name."""
    missing: list[Order] = field(default_factory=list)
    """What was ordered and could not be built."""
    companions: Companions = field(default_factory=lambda: Companions((), ()))

    @property
    def unchanged(self) -> int:
        """How many were left alone."""
        return len(self.built) - len(self.drawn)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Decks of a quarter as they were drawn; handouts and PDFs are made of them afterwards."""

    organization_id: str
    quarter: str
    wanted: Sequence[Order]
    outcomes: Sequence[Outcome]
    left_out: Sequence[tuple[str, str]]


def build_quarter(
    organization: Organization,
    quarter: str,
    *,
    progress: Progress,
    orders: Sequence[Order] = (),
    processes: int | None = None,
    pdf: bool | None = None,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> QuarterDecks:
    """Build the decks ordered, all of the quarter where none is named, and their handouts and PDFs.

    The investor pack is among them where an organization tells investors of itself: its weekly mail carries the pack.
    Each deck is committed by itself. Raises DeckBlocked while a check holds them back, UnknownScope for an
    organization or quarter that is not in the marts.
    """
    # Always the quarter first: who reads the models and waits for another's PDFs would keep builds away meanwhile.
    with alone_with(organization.id, quarter, progress=progress):
        with turns.reading(progress):
            drawn = draw(
                organization,
                quarter,
                progress=progress,
                orders=orders,
                processes=processes,
                force_reason=force_reason,
                actor=actor,
            )
        return accompanied(drawn, progress=progress, pdf=pdf)


def draw(
    organization: Organization,
    quarter: str,
    *,
    progress: Progress,
    orders: Sequence[Order] = (),
    processes: int | None = None,
    force_reason: str | None = None,
    actor: Actor = RUN,
) -> Drawn:
    """The decks alone, for whoever is alone with the quarter and reads the models. Raises as :func:`build_quarter`."""
    organization_id = organization.id
    wanted = list(orders) or orders_for(organization, quarter)
    left_out: Sequence[tuple[str, str]] = ()
    if not orders and any(one.deck == "client" for one in wanted):
        with connect() as connection:
            left_out = clients_left_out(connection, organization_id, quarter)
    outcomes: list[Outcome] = []
    commission = Commission(organization_id, quarter, get_settings().var_dir / "reports", force_reason, actor)
    for outcome in build_all(wanted, commission, connect, processes=processes or _processes(len(wanted))):
        outcomes.append(outcome)
        progress.detail(f"{len(outcomes)} of {len(wanted)}")
    places = {order: number for number, order in enumerate(wanted)}
    outcomes.sort(key=lambda one: places[one.order])
    return Drawn(organization_id, quarter, wanted, outcomes, left_out)


def accompanied(drawn: Drawn, *, progress: Progress, pdf: bool | None = None) -> QuarterDecks:
    """Handouts and PDFs of decks, made of their snapshots alone: models may be built meanwhile."""
    built = [one.built for one in drawn.outcomes if one.built is not None]
    prints = get_settings().prints_pdf if pdf is None else pdf
    with connect() as connection:
        companions = accompany(
            connection, drawn.organization_id, drawn.quarter, built, pdf=prints, said=progress.detail
        )
        connection.commit()
    return QuarterDecks(
        built=built,
        drawn=[one.built for one in drawn.outcomes if one.built is not None and not one.is_unchanged],
        failed=[
            *(_told(one) for one in drawn.outcomes if one.error is not None),
            *companions.failed,
            *([where_the_details_are("\n".join(companions.traces))] if companions.traces else []),
        ],
        left_out=[f"{name}: {why}" for name, why in drawn.left_out],
        missing=[one.order for one in drawn.outcomes if one.built is None],
        companions=companions,
    )


def orders_for(organization: Organization, quarter: str) -> list[Order]:
    """Every deck of the quarter that a run draws: of the organization, of its investors, of its clients.

    Raises UnknownScope for an organization or quarter that is not in the marts.
    """
    with connect() as connection:
        found = orders_of(connection, organization.id, quarter)
    return [*found, Order("investor")] if tells_investors(organization) else found


@contextmanager
def alone_with(organization_id: str, quarter: str, progress: Progress | None = None) -> Iterator[None]:
    """Nobody else draws decks of this quarter as long as the block runs; whoever comes second waits.

    Wait for it before a turn at the models (:mod:`orchestration.turns`), never inside of one.
    """
    with alone_with_all([(organization_id, quarter)], progress):
        yield


@contextmanager
def alone_with_all(quarters: Iterable[tuple[str, str]], progress: Progress | None = None) -> Iterator[None]:
    """The same for the quarters of several organizations."""
    with connect(autocommit=True) as connection:
        for organization_id, quarter in sorted(quarters):  # in one order, so that two runs never wait for each other
            lock = [DECKS_LOCK, f"{organization_id}/{quarter}"]
            if connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", lock).fetchone() != (True,):
                if progress:
                    progress.line(f"  Decks of {quarter} are being drawn; this goes on when they are.")
                connection.execute("select pg_advisory_lock(%s, hashtext(%s))", lock)
        with _given_back(connection):
            yield


@contextmanager
def while_nobody_draws(organization_id: str, quarter: str) -> Iterator[bool]:
    """Whether nobody draws decks of this quarter; if so, nobody begins to as long as the block runs."""
    with connect(autocommit=True) as connection:
        row = connection.execute(
            "select pg_try_advisory_lock_shared(%s, hashtext(%s))", [DECKS_LOCK, f"{organization_id}/{quarter}"]
        ).fetchone()
        with _given_back(connection):
            yield row == (True,)


@contextmanager
def _given_back(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The lock goes with the block: the server notices the end of a connection a little later."""
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # lost, and the lock with it
            connection.execute("select pg_advisory_unlock_all()")


def _told(failed: Outcome) -> str:
    return f"{failed.error} {where_the_details_are(failed.trace)}" if failed.trace else str(failed.error)


def _processes(decks: int) -> int:
    return min(os.cpu_count() or 1, 4, 1 + decks // WORTH_A_PROCESS)
