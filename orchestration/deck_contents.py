"""What each deck of the quarter says now, and whether the file that lies at its place says just that. Draws nothing.

Reading takes some hundredths of a second a deck, so it is worth doing only after something that decks read was written:
the warehouse's own counters tell that at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from orchestration.quarter_decks import orders_for
from reports.decks import BuiltDeck
from reports.decks.builder import gather_deck
from reports.decks.bulk import Order, as_it_stands
from reports.decks.snapshots import content_sha256
from warehouse.engine import connect
from warehouse.organizations import Organization
from warehouse.settings import get_settings

WRITTEN_BY_PEOPLE_AND_CHECKS = (
    "organizations", "clients", "thresholds", "check_results", "deck_comments",
    "frozen_decks", "frozen_ledger", "frozen_quarters", "restatements",
    "review_sessions", "review_priorities", "review_recommendations", "review_actions", "review_insights",
    "review_figures", "condition_assessments",
)  # fmt: skip
"""The tables of schema app that decks read, or that their gate asks."""
ORGANIZATION_ITSELF = "all"
NOT_THERE = "-gone"
"""Makes another version of what says the same as before, so that a deck that somebody deleted, or a DRAFT whose cause
was mended, is drawn again."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The decks of one client, or of the organization itself (``all``): what they say, and the files that say it."""

    client_id: str
    version: str
    """Another word when a figure or a word is another, and while they do not stand."""
    standing: tuple[BuiltDeck, ...]
    """The decks as they lie there; empty where one is missing or says something else."""


def version_of(contents: Iterable[str]) -> str:
    """Another word as soon as a figure or a word of these decks is another."""
    return _named("".join(contents))


def files_of(decks: Iterable[BuiltDeck]) -> str:
    """The hashes of these files, in the order of their kinds."""
    return " ".join(one.sha256 for one in sorted(decks, key=lambda one: one.kind))


def by_client(decks: Iterable[BuiltDeck]) -> dict[str, tuple[BuiltDeck, ...]]:
    """The decks of each client in the order of their kinds; those of the organization itself under ``all``."""
    found: dict[str, tuple[BuiltDeck, ...]] = {}
    for deck in sorted(decks, key=lambda one: one.kind):
        found[deck.client_id] = (*found.get(deck.client_id, ()), deck)
    return found


def mark(connection: psycopg.Connection[Any]) -> str:
    """Another word whenever a mart or another table that decks read was written since."""
    found = connection.execute(
        """
        select
            classes.oid, pg_relation_filenode(classes.oid), pg_stat_get_tuples_inserted(classes.oid),
            pg_stat_get_tuples_updated(classes.oid), pg_stat_get_tuples_deleted(classes.oid)
        from pg_class as classes
        join pg_namespace as schemas on schemas.oid = classes.relnamespace
        where
            classes.relkind in ('r', 'p')
            and (schemas.nspname = 'marts' or (schemas.nspname = 'app' and classes.relname = any(%s)))
        order by classes.oid
        """,
        [list(WRITTEN_BY_PEOPLE_AND_CHECKS)],
    ).fetchall()
    return _named(repr(found))


def whose(organization: Organization, quarter: str) -> dict[str, list[Order]]:
    """The orders of the quarter by client; those of the organization itself under ``all``.

    Raises UnknownScope for an organization or quarter that is not in the marts.
    """
    found: dict[str, list[Order]] = {}
    for order in sorted(orders_for(organization, quarter), key=lambda one: one.deck):
        found.setdefault(order.client_id or ORGANIZATION_ITSELF, []).append(order)
    return found


def read(organization: Organization, quarter: str, client_id: str, orders: Sequence[Order]) -> Contents:
    """What the decks of one client say. Raises DeckBlocked while a check holds the decks back."""
    folder = get_settings().var_dir / "reports"
    with connect() as connection:
        gathered = [
            gather_deck(connection, one.deck, organization.id, quarter, client_id=one.client_id) for one in orders
        ]
        standing = [as_it_stands(connection, folder, one) for one in gathered]
    there = tuple(one for one in standing if one is not None)
    version = version_of(content_sha256(one) for one in gathered)
    if len(there) == len(orders):
        return Contents(client_id, version, there)
    return Contents(client_id, f"{version}{NOT_THERE}", ())


def _named(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
