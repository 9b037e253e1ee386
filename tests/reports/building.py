"""Decks of a quarter by the way that runs, on a connection whose rows no test wants to keep."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from reports.decks.builder import BuiltDeck
from reports.decks.bulk import Commission, Order, build_all, orders_of
from reports.errors import ReportError


class Uncommitted:
    """The connection, but for what would make its rows stay or go."""

    closed = False

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        """Nothing stays."""

    def rollback(self) -> None:
        """Nothing goes."""


def build_decks(
    connection: psycopg.Connection[Any],
    organization_id: str,
    quarter: str,
    folder: Path,
    *,
    clients: Sequence[str] | None = None,
    decks: Sequence[str] = ("company",),
    force_reason: str | None = None,
) -> list[BuiltDeck]:
    """What a run builds, or `decks` of the organization and those of the clients named; raises what one cannot."""

    @contextmanager
    def opened() -> Iterator[Any]:
        yield Uncommitted(connection)

    if clients is None and decks == ("company",):
        orders = orders_of(connection, organization_id, quarter)
    else:
        orders = [*(Order(deck) for deck in decks), *(Order("client", client) for client in clients or ())]
    commission = Commission(organization_id, quarter, folder, force_reason)
    built = []
    for outcome in build_all(orders, commission, opened):
        if outcome.built is None:
            raise ReportError(f"{outcome.error} {outcome.trace or ''}")
        built.append(outcome.built)
    return built
